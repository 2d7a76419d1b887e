// Shared by the kernels on the state, and put before each of them: bindings and parameters.
//
//   binding   what it holds
//   call      uniform: offsets, lengths and coefficients of this dispatch
//   state     weights ω, gradient g, momentum m, their saved copies, running statistics, and their saved copies
//   results   results of a pass; ∂ω comes first
//   norms     8 numbers a normalized channel: mean, 1/σ, γ/σ, shift, –, –, unbiased variance, –
//   affine    offsets within ω of γ and β of every normalized channel, or NONE: all γ, then all β

struct Call {
    // Numbers that are written.
    count: u32,
    // Offsets within the state, by kernel.
    to: u32,
    from_: u32,
    other: u32,
    a: f32,
    b: f32,
    c: f32,
    d: f32,
    flag: u32,
}

@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> state: array<f32>;
@group(0) @binding(2) var<storage, read_write> results: array<f32>;
@group(0) @binding(3) var<storage, read_write> norms: array<f32>;
@group(0) @binding(4) var<storage, read> affine: array<u32>;

const NONE: u32 = 0xffffffffu;

// The number that a thread works on.
fn index_of(id: vec3<u32>, grid: vec3<u32>, thread: u32) -> u32 {
    return (id.x + id.y * grid.x) * 256u + thread;
}
