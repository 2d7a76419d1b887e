// How normalized channels are read by running statistics: mean, 1/σ, γ/σ and shift, with σ² the variance + 1e-5.
//
//   to  ω   from_  means   other  variances   count  normalized channels

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let i = index_of(id, grid, thread);
    if (i >= call.count) {
        return;
    }
    let inverse = 1.0 / sqrt(state[call.other + i] + 1e-5);
    var scale = 1.0;
    var shift = 0.0;
    if (affine[i] != NONE) {
        scale = state[call.to + affine[i]];
        shift = state[call.to + affine[call.count + i]];
    }
    norms[i * 8u] = state[call.from_ + i];
    norms[i * 8u + 1u] = inverse;
    norms[i * 8u + 2u] = scale * inverse;
    norms[i * 8u + 3u] = shift;
}
