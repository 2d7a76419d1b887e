//! Head: mean over pixels, linear layer and cross-entropy. They are small, so in double precision and on one thread.

use super::Real;
use super::component::Component;
use super::context::Context;
use super::group::Group;
use super::norm;
use super::plane::relu_masked;
use super::simd::Simd;
use crate::graph::Head;

/// Results of a head.
#[derive(Clone, Debug, Default)]
pub(super) struct Scored {
    /// `[batch · channels]`.
    pub(super) features: Vec<f64>,
    /// `[batch · classes]`.
    pub(super) logits: Vec<f64>,
    pub(super) loss: f64,
    /// ∂L/∂logits.
    pub(super) d_logits: Vec<f64>,
}

/// Means over the pixels of each image, `[images, channels]`.
#[inline(always)]
pub(super) fn features<T: Real>(context: &Context<'_, T>, head: &Head, group: &Group<T>, row: &mut Vec<T>) -> Vec<f64> {
    let value = head.x;
    let (channels, pixels) = (context.plan.values[value].channels, context.layout.pixels(value));
    let mut features = vec![0.0; group.images * channels];
    if context.component() == Component::Tangent && context.plan.schedule.fixed[value] {
        return features;
    }
    row.resize(pixels * group.images, T::ZERO);
    for channel in 0..channels {
        let at = channel * row.len()..(channel + 1) * row.len();
        norm::read(context, context.component(), value, channel, head.relu, group, at, row);
        for pixel in row.chunks_exact(group.images) {
            let sums = features.iter_mut().skip(channel).step_by(channels);
            sums.zip(pixel).for_each(|(sum, &pixel)| *sum += pixel.wide());
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "pixels are few")]
    let pixels = pixels as f64;
    for sum in &mut features {
        *sum /= pixels;
    }
    features
}

/// Products of the linear layer, without its bias, `[batch · classes]`.
fn products<T: Real>(head: &Head, omega: &[T], features: &[f64]) -> Vec<f64> {
    let channels = (head.bias - head.weight) / head.classes;
    let weight = &omega[head.weight..head.bias];
    let mut products = Vec::with_capacity(features.len() / channels * head.classes);
    for features in features.chunks_exact(channels) {
        for weight in weight.chunks_exact(channels) {
            products.push(weight.iter().zip(features).map(|(weight, feature)| weight.wide() * feature).sum());
        }
    }
    products
}

/// Logits, and with labels the loss and its gradient.
pub(super) fn score<T: Real>(head: &Head, omega: &[T], features: Vec<f64>, labels: Option<&[i64]>) -> Scored {
    let bias = &omega[head.bias..head.bias + head.classes];
    let mut logits = products(head, omega, &features);
    for logits in logits.chunks_exact_mut(head.classes) {
        logits.iter_mut().zip(bias).for_each(|(logit, bias)| *logit += bias.wide());
    }
    let (mut loss, mut d_logits) = (0.0, Vec::new());
    if let Some(labels) = labels {
        #[expect(clippy::cast_precision_loss, reason = "images are few")]
        let count = labels.len() as f64 / head.loss.weight;
        let [other, own] = targets(head);
        for (logits, &label) in logits.chunks_exact(head.classes).zip(labels) {
            let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = logits.iter().map(|logit| libm::exp(logit - top)).sum();
            let label = usize::try_from(label).unwrap_or(usize::MAX);
            for (class, logit) in logits.iter().enumerate() {
                let probability = libm::exp(logit - top) / sum;
                let target = if class == label { own } else { other };
                if target > 0.0 {
                    loss -= target * (logit - top - libm::log(sum)) / count;
                }
                d_logits.push((probability - target) / count);
            }
        }
    }
    Scored { features, logits, loss, d_logits }
}

/// Targets of the classes other than the label, and of the label.
fn targets(head: &Head) -> [f64; 2] {
    let smoothing = head.loss.smoothing;
    #[expect(clippy::cast_precision_loss, reason = "classes are few")]
    let other = smoothing / head.classes as f64;
    [other, 1.0 - smoothing + other]
}

/// Tangent of ∂L/∂logits from that of the features: `d = P − target`, over the batch, so that
/// `ḋ = P ∘ (ṡ − ⟨P, ṡ⟩)`.
pub(super) fn logit_tangent<T: Real>(
    head: &Head,
    omega: &[T],
    scored: &Scored,
    features: &[f64],
    labels: &[i64],
) -> Vec<f64> {
    let mut g_dot = products(head, omega, features);
    #[expect(clippy::cast_precision_loss, reason = "images are few")]
    let count = labels.len() as f64 / head.loss.weight;
    let [other, own] = targets(head);
    for ((g_dot, d), &label) in
        g_dot.chunks_exact_mut(head.classes).zip(scored.d_logits.chunks_exact(head.classes)).zip(labels)
    {
        // P over the batch.
        let target = |class: usize| if usize::try_from(label) == Ok(class) { own } else { other };
        let shares: Vec<f64> = d.iter().enumerate().map(|(class, d)| d + target(class) / count).collect();
        let mean: f64 = shares.iter().zip(&*g_dot).map(|(share, g_dot)| share * g_dot).sum::<f64>() * count;
        g_dot.iter_mut().zip(shares).for_each(|(g_dot, share)| *g_dot = share * (*g_dot - mean));
    }
    g_dot
}

/// ∂L/∂weight of the linear layer, added to `gradient`.
pub(super) fn weights<T: Real>(head: &Head, features: &[f64], d_logits: &[f64], gradient: &mut [T]) {
    let channels = (head.bias - head.weight) / head.classes;
    for class in 0..head.classes {
        let column = || d_logits.iter().skip(class).step_by(head.classes);
        for channel in 0..channels {
            let features = features.iter().skip(channel).step_by(channels);
            let sum: f64 = column().zip(features).map(|(d, feature)| d * feature).sum();
            gradient[head.weight + class * channels + channel] += T::of(sum);
        }
    }
}

/// ∂L/∂bias, added to `gradient`.
pub(super) fn bias<T: Real>(head: &Head, d_logits: &[f64], gradient: &mut [T]) {
    for class in 0..head.classes {
        let sum = d_logits.iter().skip(class).step_by(head.classes).sum();
        gradient[head.bias + class] += T::of(sum);
    }
}

/// Adds the gradient of the value that the head reads, from ∂L/∂logits of a group's images.
#[inline(always)]
pub(super) fn backward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    head: &Head,
    group: &mut Group<T>,
    d_logits: &[f64],
    row: &mut Vec<T>,
) {
    let value = head.x;
    let (channels, pixels) = (context.plan.values[value].channels, context.layout.pixels(value));
    let d_logits = &d_logits[group.start * head.classes..(group.start + group.images) * head.classes];
    row.resize(group.images * pixels, T::ZERO);
    for channel in 0..channels {
        let (of_pixel, others) = row.split_at_mut(group.images);
        for (d, d_logits) in of_pixel.iter_mut().zip(d_logits.chunks_exact(head.classes)) {
            let weights = context.given.omega[head.weight + channel..].iter().step_by(channels);
            let sum: f64 = d_logits.iter().zip(weights).map(|(d, weight)| d * weight.wide()).sum();
            #[expect(clippy::cast_precision_loss, reason = "pixels are few")]
            let mean = sum / pixels as f64;
            *d = T::of(mean);
        }
        others.chunks_exact_mut(group.images).for_each(|pixel| pixel.copy_from_slice(of_pixel));
        let at = channel * row.len()..(channel + 1) * row.len();
        if head.relu {
            relu_masked(row, &group.values[Component::Primal][value][at], &context.channel(value, channel));
        }
        norm::add_gradient(simd, context, value, channel, group, row);
    }
}
