// Partial sums, added up in their order: results[to + i] = Σ_s part[from + s · stride + i].
//
// One thread a number.
//
//   word  1 to   2 how many numbers   3 how many parts   4 stride   5 from   6 whether parts are in scratch, else in results

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let index = (group - items[item]) * 256u + thread;
    if (index >= items[item + 2u]) {
        return;
    }
    var sum = 0.0;
    var at = items[item + 5u] + index;
    for (var i = 0u; i < items[item + 3u]; i = i + 1u) {
        if (items[item + 6u] == 1u) {
            sum = sum + scratch[at];
        } else {
            sum = sum + results[at];
        }
        at = at + items[item + 4u];
    }
    results[items[item + 1u] + index] = sum;
}
