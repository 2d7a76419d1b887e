// The sum of the parts of a norm, by one workgroup: sum = Σ_k part[k].
//
//   to  sum   from_  parts   count  number of parts

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) thread: u32) {
    var sum = 0.0;
    for (var i = thread; i < call.count; i = i + 256u) {
        sum = sum + state[call.from_ + i];
    }
    let all_of_it = total(vec2<f32>(sum, 0.0), thread).x;
    if (thread == 0u) {
        state[call.to] = all_of_it;
    }
}
