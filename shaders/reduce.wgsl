// The two sums of a channel that a norm's gradient is made of, and the gradient of the weight of a summand:
//
//   S = Σ g,   T = Σ g ẑ,   ∂p = ⟨g, x̂⟩ = γ T + β S
//
// One workgroup a channel. Without a norm, only ∂p = Σ g z, or S in its place.
//
//   word  1 g within gradients   2 z within values   3 channels   4 pixels   5 norm, or NONE   6 the weight of the summand
//         within inputs   7 ∂p by channel within results, or NONE   8 9 ∂γ and ∂β within results, or NONE   10 whether S
//         is in the place of ∂p

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let channel = group - items[item];
    let channels = items[item + 3u];
    let pixels = items[item + 4u];
    let norm = items[item + 5u];
    let count = call.batch * pixels;
    let at = (norm + channel) * 8u;
    var mean = 0.0;
    if (norm != NONE) {
        mean = values[at];
    }
    var first = 0.0;
    var second = 0.0;
    for (var i = thread; i < count; i = i + 256u) {
        let place = ((i / pixels) * channels + channel) * pixels + i % pixels;
        let g = gradients[items[item + 1u] + place];
        first = first + g;
        second = second + g * (stored(items[item + 2u] + place) - mean);
    }
    let sums = total(vec2<f32>(first, second), thread);
    let s = sums.x;
    let t = sums.y;
    if (thread != 0u) {
        return;
    }
    let along = items[item + 7u];
    if (norm == NONE) {
        if (along != NONE) {
            results[along + channel] = select(t, s, items[item + 10u] == 1u);
        }
        return;
    }
    let normal = t * values[at + 1u];
    values[at + 4u] = s / f32(count);
    values[at + 5u] = normal / f32(count);
    if (along != NONE) {
        results[along + channel] = t * values[at + 2u] + s * values[at + 3u];
    }
    if (items[item + 8u] != NONE) {
        let factor = inputs[items[item + 6u]];
        results[items[item + 8u] + channel] = factor * normal;
        results[items[item + 9u] + channel] = factor * s;
    }
}
