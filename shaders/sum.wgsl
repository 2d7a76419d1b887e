// A node's mixed sum, y[b, first + c, pixel] = m_b · Σ_t weight_t · x̂_t[b, c, pixel], and a part of a concatenation, which
// is a sum of one. m is the mask of a drop path, or 1.
//
// One thread a number of x.
//
//   word  1 y within values   2 channels of y   3 first   4 channels of x   5 pixels   6 how many summands
//         7 m within inputs, or NONE
//   table 4 words a summand: x within values, its norm, its weight within inputs, –

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let channels = items[item + 4u];
    let pixels = items[item + 5u];
    let index = (group - items[item]) * 256u + thread;
    if (index >= call.batch * channels * pixels) {
        return;
    }
    let plane = index / pixels;
    let channel = plane % channels;
    var sum = 0.0;
    var term = items[item + 31u];
    for (var i = 0u; i < items[item + 6u]; i = i + 1u) {
        let x = normalized(stored(items[term] + index), items[term + 1u], channel);
        sum = sum + inputs[items[term + 2u]] * x;
        term = term + 4u;
    }
    if (items[item + 7u] != NONE) {
        sum = sum * inputs[items[item + 7u] + plane / channels];
    }
    let to = (plane / channels) * items[item + 2u] + items[item + 3u] + channel;
    store(items[item + 1u] + to * pixels + index % pixels, sum);
}
