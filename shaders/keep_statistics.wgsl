// The statistics of a pass, kept: means, then unbiased variances.
//
//   to  kept means   other  kept variances   count  normalized channels

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let i = index_of(id, grid, thread);
    if (i >= call.count) {
        return;
    }
    state[call.to + i] = norms[i * 8u];
    state[call.other + i] = norms[i * 8u + 6u];
}
