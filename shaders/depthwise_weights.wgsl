// The gradient of a depthwise filter: ∂D[c, tap] = Σ_b Σ_pixel ∂m[b, c, pixel] · relu(x̂)[b, c, pixel·s − p + tap·d].
//
// One thread a number of ∂D and a slice of all pixels. With more than one slice, each slice's sums go to scratch
// [slices, channels, taps], to be added up; else to results.
//
//   word  1 ∂m within scratch   2 the sums within scratch (or results)   3 4 height and width of m   5 slices
//         6 pixels of a slice   8 the map x̂   16 the window

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let map = map_at(item + 8u);
    let window = window_at(item + 16u);
    let width = items[item + 4u];
    let pixels = items[item + 3u] * width;
    let taps = u32(window.kernel.x * window.kernel.y);
    let numbers = map.channels * taps;
    let slices = items[item + 5u];
    let index = (group - items[item]) * 256u + thread;
    if (index >= numbers * slices) {
        return;
    }
    let at = index % numbers;
    let begin = (index / numbers) * items[item + 6u];
    let end = min(begin + items[item + 6u], call.batch * pixels);
    let channel = at / taps;
    let tap = i32(at % taps);
    let offset = vec2<i32>(tap / window.kernel.y, tap % window.kernel.y) * window.dilation - window.padding;
    var sum = 0.0;
    for (var i = begin; i < end; i = i + 1u) {
        let plane = (i / pixels) * map.channels + channel;
        let pixel = i % pixels;
        let place = vec2<i32>(i32(pixel / width), i32(pixel % width)) * window.stride + offset;
        if (place.x >= 0 && place.y >= 0 && place.x < i32(map.height) && place.y < i32(map.width)) {
            let x = value_of(map, channel, (plane * map.height + u32(place.x)) * map.width + u32(place.y));
            sum = sum + scratch[items[item + 1u] + plane * pixels + pixel] * x;
        }
    }
    if (slices > 1u) {
        scratch[items[item + 2u] + index] = sum;
    } else {
        results[items[item + 2u] + index] = sum;
    }
}
