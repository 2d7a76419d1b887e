// A node's mixed sum, y[b, to + step · c, pixel] = m · Σ_t weight_t · x̂_t[b, first + c, pixel], and a part of a
// concatenation, which is a sum of one. m is a mask, or 1; with a mask, c goes over all channels of y.
//
// One thread a number of y.
//
//   word  1 y within values   2 channels of y   3 to   4 how many channels   5 pixels   6 how many summands
//         7 m within inputs, or NONE   8 whether it is one of dropout   9 channels of x   10 first   11 step
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
    let image = index / (pixels * channels);
    let pixel = index % pixels;
    let taken = (index / pixels) % channels;
    let channel = items[item + 10u] + taken;
    let from_ = (image * items[item + 9u] + channel) * pixels + pixel;
    var sum = 0.0;
    var term = items[item + 31u];
    for (var i = 0u; i < items[item + 6u]; i = i + 1u) {
        let x = normalized(stored(items[term] + from_), items[term + 1u], channel);
        sum = sum + inputs[items[term + 2u]] * x;
        term = term + 4u;
    }
    if (items[item + 7u] != NONE) {
        sum = sum * factor(items[item + 7u], items[item + 8u], image, index);
    }
    let to = image * items[item + 2u] + items[item + 3u] + taken * items[item + 11u];
    store(items[item + 1u] + to * pixels + pixel, sum);
}
