// Pools: a maximum goes to the first of equal pixels; a mean is over the pixels that exist.
//
// One thread a number of y [batch, channels, height, width]. The winning tap of a maximum is written down beside the
// values; where another pass's winners are held to, they are read from `kept`, and pixels that do not exist are 0.
//
//   word  1 whether a maximum   2 y within values   3 winners within values   4 winners within kept, or NONE
//         5 6 height and width of y   8 the map x   16 the window

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let map = map_at(item + 8u);
    let window = window_at(item + 16u);
    let height = items[item + 5u];
    let width = items[item + 6u];
    let index = (group - items[item]) * 256u + thread;
    if (index >= call.batch * map.channels * height * width) {
        return;
    }
    let plane = index / (height * width);
    let pixel = index % (height * width);
    let place = vec2<i32>(i32(pixel / width), i32(pixel % width)) * window.stride - window.padding;
    let offset = plane * map.height * map.width;
    let channel = plane % map.channels;
    let is_maximum = items[item + 1u] == 1u;
    let held = items[item + 4u];
    var sum = 0.0;
    var count = 0.0;
    var best = 0.0;
    var winner = 0;
    for (var i = 0; i < window.kernel.x; i = i + 1) {
        for (var j = 0; j < window.kernel.y; j = j + 1) {
            let y = place.x + i;
            let x = place.y + j;
            if (y < 0 || x < 0 || y >= i32(map.height) || x >= i32(map.width)) {
                continue;
            }
            let value = value_of(map, channel, offset + u32(y) * map.width + u32(x));
            sum = sum + value;
            if (count == 0.0 || value > best) {
                best = value;
                winner = i * window.kernel.y + j;
            }
            count = count + 1.0;
        }
    }
    var result = sum / max(count, 1.0);
    if (is_maximum) {
        result = best;
        if (held != NONE) {
            winner = i32(kept[held + index]);
            let y = place.x + winner / window.kernel.y;
            let x = place.y + winner % window.kernel.y;
            result = 0.0;
            if (y >= 0 && x >= 0 && y < i32(map.height) && x < i32(map.width)) {
                result = value_of(map, channel, offset + u32(y) * map.width + u32(x));
            }
        }
        store(items[item + 3u] + index, f32(winner));
    }
    store(items[item + 2u] + index, result);
}
