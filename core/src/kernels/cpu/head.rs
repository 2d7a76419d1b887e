//! The mean over pixels, the linear layer and the cross-entropy. Small: in double precision, on one thread.

use super::Real;
use super::context::{Context, gate};
use super::group::{Group, Kept};
use super::norm;
use super::plane::{gated, read};
use super::simd::Simd;
use crate::kernels::plan::{Head, ValueId};

/// What the head found.
pub(super) struct Scored {
    /// `[batch · classes]`.
    pub(super) logits: Vec<f64>,
    pub(super) loss: f64,
    /// ∂L/∂logits.
    pub(super) d_logits: Vec<f64>,
}

/// Means over the pixels of each image, `[images, channels]`.
#[inline(always)]
pub(super) fn features<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    head: &Head,
    value: ValueId,
    group: &Group<T>,
    kept: Option<&Kept>,
    row: &mut Vec<T>,
) -> Vec<f64> {
    let (channels, pixels) = (context.plan.values[value].channels, context.layout.pixels(value));
    let mut features = vec![0.0; group.images * channels];
    row.resize(pixels, T::ZERO);
    let gate = gate(head.relu, value, kept);
    for channel in 0..channels {
        let reader = context.channel(value, channel);
        for image in 0..group.images {
            let at = (channel * group.images + image) * pixels;
            read(row, &group.values[value][at..at + pixels], &reader, gate.slice(at, pixels));
            #[expect(clippy::cast_precision_loss, reason = "pixels are few")]
            let mean = super::product::total(simd, row).wide() / pixels as f64;
            features[image * channels + channel] = mean;
        }
    }
    features
}

/// Logits, and with labels the loss and its gradient.
pub(super) fn score<T: Real>(head: &Head, omega: &[T], features: &[f64], labels: Option<&[i64]>) -> Scored {
    let bias = &omega[head.bias..head.bias + head.classes];
    let channels = (head.bias - head.weight) / head.classes;
    let weight = &omega[head.weight..head.bias];
    let mut logits = Vec::with_capacity(features.len() / channels * head.classes);
    for features in features.chunks_exact(channels) {
        for (weight, bias) in weight.chunks_exact(channels).zip(bias) {
            let product: f64 = weight.iter().zip(features).map(|(weight, feature)| weight.wide() * feature).sum();
            logits.push(product + bias.wide());
        }
    }
    let (mut loss, mut d_logits) = (0.0, Vec::new());
    if let Some(labels) = labels {
        #[expect(clippy::cast_precision_loss, reason = "images are few")]
        let count = labels.len() as f64;
        for (logits, &label) in logits.chunks_exact(head.classes).zip(labels) {
            let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = logits.iter().map(|logit| (logit - top).exp()).sum();
            let label = usize::try_from(label).unwrap_or(usize::MAX);
            for (class, logit) in logits.iter().enumerate() {
                let probability = (logit - top).exp() / sum;
                if class == label {
                    loss -= (logit - top - sum.ln()) / count;
                }
                d_logits.push((probability - f64::from(u8::from(class == label))) / count);
            }
        }
    }
    Scored { logits, loss, d_logits }
}

/// ∂L/∂(weight, bias) of the linear layer, added to `gradient`.
pub(super) fn weights<T: Real>(head: &Head, features: &[f64], d_logits: &[f64], gradient: &mut [T]) {
    let channels = (head.bias - head.weight) / head.classes;
    for class in 0..head.classes {
        let column = || d_logits.iter().skip(class).step_by(head.classes);
        for channel in 0..channels {
            let features = features.iter().skip(channel).step_by(channels);
            let sum: f64 = column().zip(features).map(|(d, feature)| d * feature).sum();
            gradient[head.weight + class * channels + channel] += T::of(sum);
        }
        gradient[head.bias + class] += T::of(column().sum());
    }
}

/// ∂L/∂logits of a group's images to the gradient of what the head read.
#[expect(clippy::too_many_arguments, reason = "what a step reads and what it writes")]
#[inline(always)]
pub(super) fn backward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    head: &Head,
    value: ValueId,
    group: &mut Group<T>,
    kept: Option<&Kept>,
    d_logits: &[f64],
    row: &mut Vec<T>,
) {
    let (channels, pixels) = (context.plan.values[value].channels, context.layout.pixels(value));
    let d_logits = &d_logits[group.start * head.classes..(group.start + group.images) * head.classes];
    row.resize(group.images * pixels, T::ZERO);
    let gate = gate(head.relu, value, kept);
    for channel in 0..channels {
        for (row, d_logits) in row.chunks_exact_mut(pixels).zip(d_logits.chunks_exact(head.classes)) {
            let weights = context.omega[head.weight + channel..].iter().step_by(channels);
            let d: f64 = d_logits.iter().zip(weights).map(|(d, weight)| d * weight.wide()).sum();
            #[expect(clippy::cast_precision_loss, reason = "pixels are few")]
            row.fill(T::of(d / pixels as f64));
        }
        let at = channel * row.len()..(channel + 1) * row.len();
        let gate = gate.slice(at.start, row.len());
        gated(row, &group.values[value][at], &context.channel(value, channel), gate);
        norm::add_gradient(simd, context, value, channel, group, row);
    }
}
