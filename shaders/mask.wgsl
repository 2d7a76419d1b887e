// The mask of a sum on its gradient, in place: g[b, c, pixel] ← m · g[b, c, pixel].
//
// One thread a number of g.
//
//   word  1 g within gradients   2 m within inputs   3 numbers of an image   4 whether the mask is one of dropout

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let numbers = items[item + 3u];
    let index = (group - items[item]) * 256u + thread;
    if (index >= call.batch * numbers) {
        return;
    }
    let at = items[item + 1u] + index;
    gradients[at] = gradients[at] * factor(items[item + 2u], items[item + 4u], index / numbers, index);
}
