// The squares of a vector, added up in parts of 4,096 numbers, one workgroup a part: part[k] = Σ_i v[4096 k + i]².
//
//   to  parts   from_  v   count  length of v

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let part = id.x + id.y * grid.x;
    let first = part * 4096u;
    if (first >= call.count) {
        return;
    }
    var sum = 0.0;
    for (var i = first + thread; i < min(first + 4096u, call.count); i = i + 256u) {
        let value = state[call.from_ + i];
        sum = sum + value * value;
    }
    let all_of_it = total(vec2<f32>(sum, 0.0), thread).x;
    if (thread == 0u) {
        state[call.to + part] = all_of_it;
    }
}
