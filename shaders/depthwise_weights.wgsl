// The gradient of a depthwise filter: ∂D[c, tap] = Σ_b Σ_pixel ∂m[b, c, pixel] · relu(x̂)[b, c, pixel·s − p + tap·d].
//
// One workgroup a number of ∂D.
//
//   word  1 ∂m within scratch   2 ∂D within results   3 4 height and width of m   8 the map x̂   16 the window

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
    let at = group - items[item];
    let taps = u32(window.kernel.x * window.kernel.y);
    let channel = at / taps;
    let tap = i32(at % taps);
    let offset = vec2<i32>(tap / window.kernel.y, tap % window.kernel.y) * window.dilation - window.padding;
    var sum = 0.0;
    for (var i = thread; i < call.batch * pixels; i = i + 256u) {
        let plane = (i / pixels) * map.channels + channel;
        let pixel = i % pixels;
        let place = vec2<i32>(i32(pixel / width), i32(pixel % width)) * window.stride + offset;
        if (place.x >= 0 && place.y >= 0 && place.x < i32(map.height) && place.y < i32(map.width)) {
            let x = value_of(map, channel, (plane * map.height + u32(place.x)) * map.width + u32(place.y));
            sum = sum + scratch[items[item + 1u] + plane * pixels + pixel] * x;
        }
    }
    let all_of_it = total(sum, thread);
    if (thread == 0u) {
        results[items[item + 2u] + at] = all_of_it;
    }
}
