// Shared by all kernels, and put before each of them: bindings, and how a feature map is read.
//
//   binding   what it holds
//   call      uniform: which items this dispatch works on
//   inputs    ω, the number 1, p of all cells, labels
//   items     32 words an item, then tables that items point to
//   values    8 numbers a normalized channel: mean, 1/σ, γ/σ, shift, mean(g), mean(g·ẑ), unbiased variance, –; then
//             feature maps [batch, channels, height, width] each, and the winners of max pools
//   gradients of feature maps that have one of their own, as their readers see them
//   more      values beyond the size that a buffer can have
//   results   ∂ω, ∂p, loss, logits, and small things between kernels
//   kept      bits of ReLUs that were open, and winners, of a recorded pass
//   scratch   what lives between two dispatches
//
// All items of one dispatch lie one after the other; word 0 of each is its first workgroup, word 31 its table.

struct Call {
    first: u32,
    count: u32,
    groups: u32,
    batch: u32,
}

@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read> inputs: array<f32>;
@group(0) @binding(2) var<storage, read> items: array<u32>;
@group(0) @binding(3) var<storage, read_write> values: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(5) var<storage, read_write> more: array<f32>;
@group(0) @binding(6) var<storage, read_write> results: array<f32>;
@group(0) @binding(7) var<storage, read_write> kept: array<u32>;
@group(0) @binding(8) var<storage, read_write> scratch: array<f32>;

const NONE: u32 = 0xffffffffu;

// How many numbers `values` has room for.
override room: u32 = 0x10000000u;

// A number of a feature map.
fn stored(at: u32) -> f32 {
    if (at < room) {
        return values[at];
    }
    return more[at - room];
}

fn store(at: u32, value: f32) {
    if (at < room) {
        values[at] = value;
    } else {
        more[at - room] = value;
    }
}

// The item that a workgroup works on: its place in `items`.
fn find(group: u32) -> u32 {
    var low = 0u;
    var high = call.count;
    while (high - low > 1u) {
        let between = (low + high) / 2u;
        if (items[call.first + between * 32u] <= group) {
            low = between;
        } else {
            high = between;
        }
    }
    return call.first + low * 32u;
}

// A feature map as a kernel reads it. Gate: 0 none, 1 a ReLU, 2 a ReLU that goes the recorded way.
struct Map {
    at: u32,
    channels: u32,
    height: u32,
    width: u32,
    norm: u32,
    gate: u32,
    kept: u32,
    is_scratch: u32,
}

fn map_at(word: u32) -> Map {
    return Map(
        items[word],
        items[word + 1u],
        items[word + 2u],
        items[word + 3u],
        items[word + 4u],
        items[word + 5u],
        items[word + 6u],
        items[word + 7u],
    );
}

// A window over an image; each (vertical, horizontal).
struct Window {
    kernel: vec2<i32>,
    stride: vec2<i32>,
    padding: vec2<i32>,
    dilation: vec2<i32>,
}

fn window_at(word: u32) -> Window {
    return Window(
        vec2<i32>(i32(items[word]), i32(items[word + 1u])),
        vec2<i32>(i32(items[word + 2u]), i32(items[word + 3u])),
        vec2<i32>(bitcast<i32>(items[word + 4u]), bitcast<i32>(items[word + 5u])),
        vec2<i32>(i32(items[word + 6u]), i32(items[word + 7u])),
    );
}

// x̂ = (x − mean) · γ/σ + shift
fn normalized(x: f32, norm: u32, channel: u32) -> f32 {
    if (norm == NONE) {
        return x;
    }
    let at = (norm + channel) * 8u;
    return (x - values[at]) * values[at + 2u] + values[at + 3u];
}

fn is_open(map: Map, value: f32, offset: u32) -> bool {
    if (map.gate == 2u) {
        return ((kept[map.kept + offset / 32u] >> (offset % 32u)) & 1u) == 1u;
    }
    return value > 0.0;
}

// A number of a map through its norm and gate.
fn value_of(map: Map, channel: u32, offset: u32) -> f32 {
    if (map.is_scratch == 1u) {
        return scratch[map.at + offset];
    }
    let value = normalized(stored(map.at + offset), map.norm, channel);
    if (map.gate == 0u) {
        return value;
    }
    return select(0.0, value, is_open(map, value, offset));
}

// Where the gradient of a step's output comes from.
struct Slope {
    g: u32,
    z: u32,
    norm: u32,
    factor: u32,
    channels: u32,
    height: u32,
    width: u32,
}

fn slope_at(word: u32) -> Slope {
    return Slope(
        items[word],
        items[word + 1u],
        items[word + 2u],
        items[word + 3u],
        items[word + 4u],
        items[word + 5u],
        items[word + 6u],
    );
}

// ∂z = factor · γ/σ · (g − mean(g) − ẑ · mean(g ẑ))
fn slope(from_: Slope, channel: u32, offset: u32) -> f32 {
    let g = gradients[from_.g + offset];
    if (from_.norm == NONE) {
        return g;
    }
    let at = (from_.norm + channel) * 8u;
    let apart = (stored(from_.z + offset) - values[at]) * values[at + 1u];
    return inputs[from_.factor] * values[at + 2u] * ((g - values[at + 4u]) - apart * values[at + 5u]);
}
