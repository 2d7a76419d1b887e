// A convolution as a product of matrices: z[b, first + r, pixel] = Σ_k W[r, k] · relu(x̂)[b, k], k = (channel, tap).
//
// A workgroup of 64 threads makes 16 rows of 64 pixels (of all images in one line); a thread 4 by 4 of them.
//
//   word  1 W within inputs   2 rows   3 first   4 z within values   5 channels of z   6 7 height and width of z
//         8 the map x̂   16 the window

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let map = map_at(item + 8u);
    let window = window_at(item + 16u);
    let weight = items[item + 1u];
    let rows = items[item + 2u];
    let width = items[item + 7u];
    let pixels = items[item + 6u] * width;
    let taps = u32(window.kernel.x * window.kernel.y);
    let depth = map.channels * taps;
    let tiles = (rows + 15u) / 16u;
    let tile = group - items[item];
    let row = (tile % tiles) * 16u;
    let column = (tile / tiles) * 64u;
    let end = call.batch * pixels;
    // The pixel that this thread loads.
    let own = column + thread;
    let image = own / pixels;
    let pixel = own % pixels;
    let place = vec2<i32>(i32(pixel / width), i32(pixel % width)) * window.stride - window.padding;
    let from_ = image * map.channels;
    let across = (thread % 16u) * 4u;
    let down = (thread / 16u) * 4u;
    var sums = array<vec4<f32>, 4>();
    for (var k = 0u; k < depth; k = k + 16u) {
        let steps = min(16u, depth - k);
        for (var i = 0u; i < steps; i = i + 1u) {
            var value = 0.0;
            let channel = (k + i) / taps;
            let tap = i32((k + i) % taps);
            let at = place + vec2<i32>(tap / window.kernel.y, tap % window.kernel.y) * window.dilation;
            if (own < end && channel < map.channels && at.x >= 0 && at.y >= 0 && at.x < i32(map.height) && at.y < i32(map.width)) {
                value = value_of(map, channel, ((from_ + channel) * map.height + u32(at.x)) * map.width + u32(at.y));
            }
            right[i * 64u + thread] = value;
        }
        for (var i = 0u; i < 4u; i = i + 1u) {
            let at = thread + 64u * i;
            let r = row + at / 16u;
            let depth_at = k + at % 16u;
            var value = 0.0;
            if (r < rows && depth_at < depth) {
                value = inputs[weight + r * depth + depth_at];
            }
            left[(at % 16u) * 16u + at / 16u] = value;
        }
        workgroupBarrier();
        // Threads without a row to make have nothing to add up.
        if (row + down < rows) {
            multiply(&sums, down, across, steps);
        }
        workgroupBarrier();
    }
    for (var j = 0u; j < 4u; j = j + 1u) {
        let at = column + across + j;
        if (at >= end) {
            continue;
        }
        let base = items[item + 4u] + ((at / pixels) * items[item + 5u] + items[item + 3u]) * pixels + at % pixels;
        for (var i = 0u; i < 4u; i = i + 1u) {
            if (row + down + i < rows) {
                store(base + (row + down + i) * pixels, sums[i][j]);
            }
        }
    }
}
