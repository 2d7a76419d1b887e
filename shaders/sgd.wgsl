// SGD with momentum and L2 decay; the gradient is zero afterwards.
//
//   m ← b · m + (d · g + c · ω),   ω ← ω − a · m,   g ← 0
//
//   to  ω   from_  g   other  m      a  learning rate   b  momentum   c  decay   d  scale

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let i = index_of(id, grid, thread);
    if (i >= call.count) {
        return;
    }
    let weight = state[call.to + i];
    let momentum = call.b * state[call.other + i] + (call.d * state[call.from_ + i] + call.c * weight);
    state[call.other + i] = momentum;
    state[call.to + i] = weight - call.a * momentum;
    state[call.from_ + i] = 0.0;
}
