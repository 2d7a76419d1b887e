// Running statistics, moved towards those that a pass has left: r[i] ← a · r[i] + b · kept[i].
//
//   to  means and variances   from_  kept ones   count  twice the normalized channels

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let i = index_of(id, grid, thread);
    if (i >= call.count) {
        return;
    }
    state[call.to + i] = call.a * state[call.to + i] + call.b * state[call.from_ + i];
}
