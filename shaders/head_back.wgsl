// The gradients of the linear layer, and the loss:
//
//   ∂W = Σ_b ∂l[b] f[b]ᵀ,   ∂b = Σ_b ∂l[b],   ∂f[b] = Wᵀ ∂l[b],   L = Σ_b L_b
//
// One thread a number: first L, then ∂f [batch, channels], then ∂W [classes, channels] and ∂b [classes].
//
//   word  1 f within results   2 channels   3 classes   4 W within inputs   5 losses   6 ∂l   7 ∂f   8 L   9 ∂W   10 ∂b
//         11 whether ∂W and ∂b are wanted

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let channels = items[item + 2u];
    let classes = items[item + 3u];
    let slopes = items[item + 6u];
    var index = (group - items[item]) * 256u + thread;
    var sum = 0.0;
    if (index == 0u) {
        for (var image = 0u; image < call.batch; image = image + 1u) {
            sum = sum + results[items[item + 5u] + image];
        }
        results[items[item + 8u]] = sum;
        return;
    }
    index = index - 1u;
    if (index < call.batch * channels) {
        for (var class_ = 0u; class_ < classes; class_ = class_ + 1u) {
            let weight = inputs[items[item + 4u] + class_ * channels + index % channels];
            sum = sum + results[slopes + (index / channels) * classes + class_] * weight;
        }
        results[items[item + 7u] + index] = sum;
        return;
    }
    index = index - call.batch * channels;
    if (items[item + 11u] == 0u || index >= classes * (channels + 1u)) {
        return;
    }
    if (index < classes * channels) {
        for (var image = 0u; image < call.batch; image = image + 1u) {
            let feature = results[items[item + 1u] + image * channels + index % channels];
            sum = sum + results[slopes + image * classes + index / channels] * feature;
        }
        results[items[item + 9u] + index] = sum;
        return;
    }
    index = index - classes * channels;
    for (var image = 0u; image < call.batch; image = image + 1u) {
        sum = sum + results[slopes + image * classes + index];
    }
    results[items[item + 10u] + index] = sum;
}
