// Weights beside the saved ones: ω[i] ← saved[i] + a · g[i].
//
//   to  ω   from_  saved   other  g

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let i = index_of(id, grid, thread);
    if (i >= call.count) {
        return;
    }
    state[call.to + i] = state[call.from_ + i] + call.a * state[call.other + i];
}
