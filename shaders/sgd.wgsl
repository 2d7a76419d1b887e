// SGD with momentum and L2 decay; the gradient is zero afterwards.
//
//   s = d · g + c · ω,   m ← b · m + s,   ω ← ω − a · m,   g ← 0
//
// With Nesterov's momentum, ω ← ω − a · (s + b · m).
//
//   to  ω   from_  g   other  m      a  learning rate   b  momentum   c  decay   d  scale   flag  1 for Nesterov's momentum

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let i = index_of(id, grid, thread);
    if (i >= call.count) {
        return;
    }
    let weight = state[call.to + i];
    let slope = call.d * state[call.from_ + i] + call.c * weight;
    let momentum = call.b * state[call.other + i] + slope;
    state[call.other + i] = momentum;
    state[call.to + i] = weight - call.a * select(momentum, slope + call.b * momentum, call.flag == 1u);
    state[call.from_ + i] = 0.0;
}
