// Batch statistics: mean and variance of a channel over all images and pixels, and how it is read from now on.
//
//   μ = Σ x / n,   σ² = Σ (x − μ)² / n + ε
//
// One workgroup a channel, in two passes over it.
//
//   word  1 x within values   2 channels   3 pixels   4 the first channel's norm   5 6 γ and β within inputs, or NONE

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let channel = group - items[item];
    let channels = items[item + 2u];
    let pixels = items[item + 3u];
    let from_ = items[item + 1u] + channel * pixels;
    let count = call.batch * pixels;
    let n = f32(count);
    var sum = 0.0;
    for (var i = thread; i < count; i = i + 256u) {
        sum = sum + stored(from_ + (i / pixels) * channels * pixels + i % pixels);
    }
    let near = total(vec2<f32>(sum, 0.0), thread).x / n;
    var off = 0.0;
    var square = 0.0;
    for (var i = thread; i < count; i = i + 256u) {
        let apart = stored(from_ + (i / pixels) * channels * pixels + i % pixels) - near;
        off = off + apart;
        square = square + apart * apart;
    }
    // `near` is the mean but for rounding.
    let sums = total(vec2<f32>(off, square), thread);
    let error = sums.x / n;
    let squares = max(sums.y - n * error * error, 0.0);
    if (thread == 0u) {
        let at = (items[item + 4u] + channel) * 8u;
        let inverse = 1.0 / sqrt(squares / n + 1e-5);
        var scale = 1.0;
        var shift = 0.0;
        if (items[item + 5u] != NONE) {
            scale = inputs[items[item + 5u] + channel];
            shift = inputs[items[item + 6u] + channel];
        }
        values[at] = near + error;
        values[at + 1u] = inverse;
        values[at + 2u] = scale * inverse;
        values[at + 3u] = shift;
        values[at + 6u] = squares / max(n - 1.0, 1.0);
    }
}
