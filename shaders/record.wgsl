// Which way ReLUs and max pools went, written down: a bit for each number of a map, or a word for each winner.
//
// One thread a word.
//
//   word  1 to within kept   2 how many numbers   3 winners within values, or NONE for bits   8 the map x̂

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let word = (group - items[item]) * 256u + thread;
    let count = items[item + 2u];
    if (items[item + 3u] != NONE) {
        if (word < count) {
            kept[items[item + 1u] + word] = u32(stored(items[item + 3u] + word));
        }
        return;
    }
    if (word * 32u >= count) {
        return;
    }
    let map = map_at(item + 8u);
    let pixels = map.height * map.width;
    var bits = 0u;
    for (var i = 0u; i < 32u; i = i + 1u) {
        let offset = word * 32u + i;
        if (offset < count) {
            let value = normalized(stored(map.at + offset), map.norm, (offset / pixels) % map.channels);
            if (value > 0.0) {
                bits = bits | (1u << i);
            }
        }
    }
    kept[items[item + 1u] + word] = bits;
}
