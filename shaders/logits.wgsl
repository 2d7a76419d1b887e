// The linear layer and the cross-entropy of one image:
//
//   l = W f + b,   L_b = −w · Σ_c t_c · ln softmax(l)_c / batch,   ∂l = w · (softmax(l) − t) / batch
//
// with w the head's weight in the loss and the smoothed target t_c = (1 − s) · [c is the label] + s / classes.
//
// One workgroup an image.
//
//   word  1 f within results   2 channels   3 classes   4 W and 5 b within inputs   6 l within results
//         7 labels within inputs, or NONE   8 the losses and 9 ∂l within results   10 w   11 s

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let image = group - items[item];
    let channels = items[item + 2u];
    let classes = items[item + 3u];
    let features = items[item + 1u] + image * channels;
    let logits = items[item + 6u] + image * classes;
    for (var class_ = thread; class_ < classes; class_ = class_ + 256u) {
        var sum = 0.0;
        for (var channel = 0u; channel < channels; channel = channel + 1u) {
            sum = sum + inputs[items[item + 4u] + class_ * channels + channel] * results[features + channel];
        }
        results[logits + class_] = sum + inputs[items[item + 5u] + class_];
    }
    if (items[item + 7u] == NONE) {
        return;
    }
    let label = u32(inputs[items[item + 7u] + image]);
    var top = -3.0e38;
    for (var class_ = thread; class_ < classes; class_ = class_ + 256u) {
        top = max(top, results[logits + class_]);
    }
    workgroupBarrier();
    shares[thread].x = top;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half = half / 2u) {
        if (thread < half) {
            shares[thread].x = max(shares[thread].x, shares[thread + half].x);
        }
        workgroupBarrier();
    }
    let largest = shares[0].x;
    workgroupBarrier();
    // Σ exp(l − largest) and Σ (l − largest).
    var parts = vec2<f32>(0.0, 0.0);
    for (var class_ = thread; class_ < classes; class_ = class_ + 256u) {
        let apart = results[logits + class_] - largest;
        parts = parts + vec2<f32>(exp(apart), apart);
    }
    let sums = total(parts, thread);
    let sum = sums.x;
    let images = f32(call.batch) / bitcast<f32>(items[item + 10u]);
    let smoothing = bitcast<f32>(items[item + 11u]);
    let other = smoothing / f32(classes);
    for (var class_ = thread; class_ < classes; class_ = class_ + 256u) {
        let logit = results[logits + class_];
        var target_ = other;
        if (class_ == label) {
            target_ = 1.0 - smoothing + other;
            let own = log(sum) - (logit - largest);
            let all = f32(classes) * log(sum) - sums.y;
            results[items[item + 8u] + image] = ((1.0 - smoothing) * own + other * all) / images;
        }
        results[items[item + 9u] + image * classes + class_] = (exp(logit - largest) / sum - target_) / images;
    }
}
