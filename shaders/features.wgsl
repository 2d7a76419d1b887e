// The mean over the pixels of each image and channel: f[b, c] = Σ relu(x̂)[b, c, pixel] / pixels.
//
// One workgroup a number of f.
//
//   word  1 f within results   8 the map x̂

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let map = map_at(item + 8u);
    let plane = group - items[item];
    let pixels = map.height * map.width;
    var sum = 0.0;
    for (var i = thread; i < pixels; i = i + 256u) {
        sum = sum + value_of(map, plane % map.channels, plane * pixels + i);
    }
    let all_of_it = total(vec2<f32>(sum, 0.0), thread).x;
    if (thread == 0u) {
        results[items[item + 1u] + plane] = all_of_it / f32(pixels);
    }
}
