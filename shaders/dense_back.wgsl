// The input's gradient of a convolution: ∂m[b, c, pixel] = Σ_k W[r, c, tap] · ∂z[b, first + r, …], k = (r, tap), over the
// places of the window that read the pixel. ∂z comes from the gradient behind the norm while it is read.
//
// A workgroup of 64 threads makes 16 channels of 64 pixels; a thread 4 by 4 of them. ∂m goes to scratch.
//
//   word  1 W within inputs   2 rows   3 first   4 ∂m within scratch   5 channels of m   6 7 height and width of m
//         8 the slope ∂z   16 the window

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let z = slope_at(item + 8u);
    let window = window_at(item + 16u);
    let weight = items[item + 1u];
    let rows = items[item + 2u];
    let first = items[item + 3u];
    let channels = items[item + 5u];
    let width = items[item + 7u];
    let pixels = items[item + 6u] * width;
    let taps = u32(window.kernel.x * window.kernel.y);
    let depth = rows * taps;
    let tiles = (channels + 15u) / 16u;
    let tile = group - items[item];
    let row = (tile % tiles) * 16u;
    let column = (tile / tiles) * 64u;
    let end = call.batch * pixels;
    let own = column + thread;
    let image = own / pixels;
    let pixel = own % pixels;
    let place = vec2<i32>(i32(pixel / width), i32(pixel % width)) + window.padding;
    let across = (thread % 16u) * 4u;
    let down = (thread / 16u) * 4u;
    var sums = array<vec4<f32>, 4>();
    for (var k = 0u; k < depth; k = k + 16u) {
        let steps = min(16u, depth - k);
        for (var i = 0u; i < steps; i = i + 1u) {
            var value = 0.0;
            let r = (k + i) / taps;
            let tap = i32((k + i) % taps);
            let ahead = place - vec2<i32>(tap / window.kernel.y, tap % window.kernel.y) * window.dilation;
            if (own < end && r < rows && ahead.x >= 0 && ahead.y >= 0) {
                let at = ahead / window.stride;
                if (all(at * window.stride == ahead) && at.x < i32(z.height) && at.y < i32(z.width)) {
                    let channel = first + r;
                    value = slope(z, channel, ((image * z.channels + channel) * z.height + u32(at.x)) * z.width + u32(at.y));
                }
            }
            right[i * 64u + thread] = value;
        }
        for (var i = 0u; i < 4u; i = i + 1u) {
            let at = thread + 64u * i;
            let channel = row + at / 16u;
            let r = (k + at % 16u) / taps;
            let tap = (k + at % 16u) % taps;
            var value = 0.0;
            if (channel < channels && r < rows) {
                value = inputs[weight + (r * channels + channel) * taps + tap];
            }
            left[(at % 16u) * 16u + at / 16u] = value;
        }
        workgroupBarrier();
        // Threads without a row to make have nothing to add up.
        if (row + down < channels) {
            multiply(&sums, down, across, steps);
        }
        workgroupBarrier();
    }
    for (var j = 0u; j < 4u; j = j + 1u) {
        let at = column + across + j;
        if (at >= end) {
            continue;
        }
        let base = items[item + 4u] + (at / pixels) * channels * pixels + at % pixels;
        for (var i = 0u; i < 4u; i = i + 1u) {
            if (row + down + i < channels) {
                scratch[base + (row + down + i) * pixels] = sums[i][j];
            }
        }
    }
}
