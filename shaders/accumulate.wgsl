// The gradient of a pass, added to that of the state: g[i] ← g[i] + a · ∂ω[i].
//
//   to  g

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let i = index_of(id, grid, thread);
    if (i >= call.count) {
        return;
    }
    state[call.to + i] = state[call.to + i] + call.a * results[i];
}
