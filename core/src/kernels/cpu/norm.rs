//! Batch norms, which have no kernel of their own: statistics where a value is written, and the gradient's transform
//! where it is read.
//!
//! ```text
//! ẑ = (z − μ)/σ,   ∂z = γ/σ · (g − mean(g) − ẑ · mean(g ẑ))
//! ```

use std::ops::Range;

use super::Real;
use super::context::Context;
use super::group::{Group, Moments};
use super::plane::Channel;
use super::product::{dot, total};
use super::simd::Simd;
use crate::kernels::plan::ValueId;

/// Mean and Σ (x − mean)² of each channel of a value.
#[inline(always)]
pub(super) fn measure<T: Real, S: Simd<T>>(simd: S, context: &Context<'_, T>, value: ValueId, group: &mut Group<T>) {
    let Some(norm) = context.plan.values[value].norm else { return };
    let count = group.images * context.layout.pixels(value);
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 pixels")]
    let n = count as f64;
    for (channel, x) in group.values[value].chunks_exact(count).enumerate() {
        let mean = total(simd, x).wide() / n;
        let near = T::of(mean);
        let [off, square] = super::product::deviations(simd, x, near);
        // `near` is the mean but for rounding.
        let off = off.wide() / n;
        let moments = Moments { first: near.wide() + off, second: square.wide() - n * off * off };
        group.moments[norm.offset + channel] = moments;
    }
}

/// ∂z of some channels of a step's output, `[channels, stride]`; `false` where nothing depends on it.
#[inline(always)]
pub(super) fn output_gradient<T: Real>(
    context: &Context<'_, T>,
    y: ValueId,
    channels: Range<usize>,
    group: &Group<T>,
    stride: usize,
    d: &mut [T],
) -> bool {
    if !context.needs(y) {
        return false;
    }
    let count = group.images * context.layout.pixels(y);
    let source = context.plan.schedule.source[y];
    let (value, factor) = source.map_or((y, T::ONE), |(sum, weight)| (sum, context.weight(weight)));
    let gradient = &group.gradients[value];
    if gradient.is_empty() {
        return false;
    }
    for (d, channel) in d.chunks_exact_mut(stride).zip(channels) {
        let at = channel * count..(channel + 1) * count;
        match context.plan.values[y].norm {
            None => d[..count].copy_from_slice(&gradient[at]),
            Some(norm) => {
                let z = &group.values[y][at.clone()];
                let means = context.means[norm.offset + channel];
                let reader = &context.norms[norm.offset + channel];
                through(&mut d[..count], &gradient[at], z, reader, means, factor);
            }
        }
    }
    true
}

/// The gradient of a normalized channel to that of the channel.
#[inline(always)]
pub(super) fn through<T: Real>(
    d: &mut [T],
    gradient: &[T],
    z: &[T],
    channel: &Channel<T>,
    [mean, along]: [T; 2],
    factor: T,
) {
    let (scale, along) = (factor * channel.scale, along * channel.inverse);
    for ((d, &g), &z) in d.iter_mut().zip(gradient).zip(z) {
        *d = scale * ((g - mean) - (z - channel.mean) * along);
    }
}

/// The gradient of a stored value whose readers normalize it, in place; of one that they read as it is, the gradient.
#[inline(always)]
pub(super) fn own_gradient<T: Real>(context: &Context<'_, T>, value: ValueId, group: &mut Group<T>) -> Vec<T> {
    let mut gradient = std::mem::take(&mut group.gradients[value]);
    if let Some(norm) = context.plan.values[value].norm {
        let count = group.images * context.layout.pixels(value);
        for (channel, gradient) in gradient.chunks_exact_mut(count).enumerate() {
            let z = &group.values[value][channel * count..(channel + 1) * count];
            let [mean, along] = context.means[norm.offset + channel];
            let reader = &context.norms[norm.offset + channel];
            let along = along * reader.inverse;
            for (gradient, &z) in gradient.iter_mut().zip(z) {
                *gradient = reader.scale * ((*gradient - mean) - (z - reader.mean) * along);
            }
        }
    }
    gradient
}

/// Adds a channel's gradient to a value's; for a normalized value, which has one reader, also takes its sums.
#[inline(always)]
pub(super) fn add_gradient<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    value: ValueId,
    channel: usize,
    group: &mut Group<T>,
    row: &[T],
) {
    let from = channel * row.len();
    let mut gradient = group.take_gradient(value, context.plan.values[value].channels * row.len());
    for (gradient, &row) in gradient[from..from + row.len()].iter_mut().zip(row) {
        *gradient += row;
    }
    group.gradients[value] = gradient;
    if let Some(norm) = context.plan.values[value].norm {
        let z = &group.values[value][from..from + row.len()];
        let reader = &context.norms[norm.offset + channel];
        group.sums[norm.offset + channel] = sums(simd, row, z, reader, total(simd, row));
    }
}

/// Σ g (which is known) and Σ g ẑ.
#[inline(always)]
pub(super) fn sums<T: Real, S: Simd<T>>(simd: S, g: &[T], z: &[T], channel: &Channel<T>, sum: T) -> Moments {
    let raw = dot(simd, g, z, channel.mean);
    Moments { first: sum.wide(), second: (raw * channel.inverse).wide() }
}
