// Running statistics, moved towards those that a pass has left: r[i] ← a · r[i] + b · kept[i]. Those of channels that the
// pass has not run stay.
//
//   to  means and variances   from_  kept ones   other  by channel, 0 if it was not run   count  twice the normalized
//         channels

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let i = index_of(id, grid, thread);
    if (i >= call.count || state[call.other + i % (call.count / 2u)] == 0.0) {
        return;
    }
    state[call.to + i] = call.a * state[call.to + i] + call.b * state[call.from_ + i];
}
