// The gradient behind a norm to the one before it, in place: g ← γ/σ · (g − mean(g) − ẑ · mean(g ẑ)).
//
// For normalized sums, whose summands read it. One thread a number.
//
//   word  1 pixels   8 the slope

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let z = slope_at(item + 8u);
    let pixels = items[item + 1u];
    let index = (group - items[item]) * 256u + thread;
    if (index >= call.batch * z.channels * pixels) {
        return;
    }
    gradients[z.g + index] = slope(z, (index / pixels) % z.channels, index);
}
