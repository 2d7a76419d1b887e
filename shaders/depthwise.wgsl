// A filter for each channel: m[b, c, y, x] = Σ_tap D[c, tap] · relu(x̂)[b, c, y·s − p + tap·d].
//
// One thread a number of m [batch, channels, height, width], which goes to scratch.
//
//   word  1 D within inputs   2 m within scratch   3 4 height and width of m   8 the map x̂   16 the window

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let map = map_at(item + 8u);
    let window = window_at(item + 16u);
    let height = items[item + 3u];
    let width = items[item + 4u];
    let index = (group - items[item]) * 256u + thread;
    if (index >= call.batch * map.channels * height * width) {
        return;
    }
    let plane = index / (height * width);
    let pixel = index % (height * width);
    let channel = plane % map.channels;
    let place = vec2<i32>(i32(pixel / width), i32(pixel % width)) * window.stride - window.padding;
    let weight = items[item + 1u] + channel * u32(window.kernel.x * window.kernel.y);
    let from_ = plane * map.height * map.width;
    var sum = 0.0;
    for (var i = 0; i < window.kernel.x; i = i + 1) {
        let y = place.x + i * window.dilation.x;
        if (y < 0 || y >= i32(map.height)) {
            continue;
        }
        for (var j = 0; j < window.kernel.y; j = j + 1) {
            let x = place.y + j * window.dilation.y;
            if (x < 0 || x >= i32(map.width)) {
                continue;
            }
            let value = value_of(map, channel, from_ + u32(y) * map.width + u32(x));
            sum = sum + inputs[weight + u32(i * window.kernel.y + j)] * value;
        }
    }
    scratch[items[item + 2u] + index] = sum;
}
