// The gradient of a dense filter over a slice of all pixels: ∂W[r, k] = Σ_pixel ∂z[r, pixel] · relu(x̂)[k, pixel],
// k = (channel, tap).
//
// A workgroup of 64 threads makes 16 rows of 16 k; a thread 2 by 2 of them. With more than one slice, each slice's sums
// go to scratch [slices, rows, k], to be added up; else to results.
//
//   word  1 slices   2 rows   3 first   4 the sums within scratch (or results)   5 pixels of a slice   8 the map x̂
//         16 the window   24 the slope ∂z

var<workgroup> left: array<f32, 1040>;
var<workgroup> right: array<f32, 1040>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let map = map_at(item + 8u);
    let window = window_at(item + 16u);
    let z = slope_at(item + 24u);
    let slices = items[item + 1u];
    let rows = items[item + 2u];
    let first = items[item + 3u];
    let taps = u32(window.kernel.x * window.kernel.y);
    let depth = map.channels * taps;
    let pixels = z.height * z.width;
    let across = (depth + 15u) / 16u;
    let down = (rows + 15u) / 16u;
    let tile = group - items[item];
    let k = (tile % across) * 16u;
    let row = (tile / across % down) * 16u;
    let slice = tile / across / down;
    let begin = slice * items[item + 5u];
    let end = min(begin + items[item + 5u], call.batch * pixels);
    let r = (thread / 8u) * 2u;
    let c = (thread % 8u) * 2u;
    // What is beyond the filter is neither loaded nor added up.
    let wide = min(16u, max(rows - row, depth - k));
    let is_used = row + r < rows && k + c < depth;
    var sums = vec4<f32>();
    for (var base = begin; base < end; base = base + 64u) {
        let own = base + thread;
        let image = own / pixels;
        let pixel = own % pixels;
        let place = vec2<i32>(i32(pixel / z.width), i32(pixel % z.width)) * window.stride - window.padding;
        for (var i = 0u; i < wide; i = i + 1u) {
            var d = 0.0;
            if (own < end && row + i < rows) {
                let channel = first + row + i;
                d = slope(z, channel, (image * z.channels + channel) * pixels + pixel);
            }
            left[i * 65u + thread] = d;
            var value = 0.0;
            let channel = (k + i) / taps;
            let tap = i32((k + i) % taps);
            let at = place + vec2<i32>(tap / window.kernel.y, tap % window.kernel.y) * window.dilation;
            if (own < end && channel < map.channels && at.x >= 0 && at.y >= 0 && at.x < i32(map.height) && at.y < i32(map.width)) {
                value = value_of(map, channel, ((image * map.channels + channel) * map.height + u32(at.x)) * map.width + u32(at.y));
            }
            right[i * 65u + thread] = value;
        }
        workgroupBarrier();
        for (var i = 0u; i < select(0u, 64u, is_used); i = i + 1u) {
            let a = left[r * 65u + i];
            let b = left[(r + 1u) * 65u + i];
            let x = right[c * 65u + i];
            let y = right[(c + 1u) * 65u + i];
            sums = sums + vec4<f32>(a * x, a * y, b * x, b * y);
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < 4u; i = i + 1u) {
        let at_row = row + r + i / 2u;
        let at_k = k + c + i % 2u;
        if (at_row >= rows || at_k >= depth) {
            continue;
        }
        let to = items[item + 4u] + at_row * depth + at_k;
        if (slices > 1u) {
            scratch[to + slice * rows * depth] = sums[i];
        } else {
            results[to] = sums[i];
        }
    }
}
