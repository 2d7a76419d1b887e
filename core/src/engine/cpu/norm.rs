//! Batch norms, which are no operations of their own: statistics where a value is written, normalization where it is
//! read, and the gradient's transform where the gradient is read.
//!
//! ```text
//! ẑ = (z − μ)/σ,   x = γẑ + β,   ∂z = γ/σ · (g − ⟨g⟩ − ẑ ⟨g ẑ⟩)
//! ```
//!
//! where ⟨·⟩ is the mean over all pixels of a channel. The map from g to ∂z is symmetric, so that it also maps the
//! tangent ż to ẋ. Along a direction, with G = w·g the gradient of a summand with coefficient w, Ġ = ẇ·g + w·ġ, and
//! κ = ⟨ẑ ż⟩/σ:
//!
//! ```text
//! ∂ż = γ/σ · [Ġ − ⟨Ġ⟩ − κ (G − ⟨G⟩) − ⟨G ẑ⟩ (ż − ⟨ż⟩)/σ + ẑ (2κ ⟨G ẑ⟩ − B)]
//! B  = ⟨Ġ ẑ⟩ + (⟨G ż⟩ − ⟨ż⟩⟨G⟩)/σ − κ ⟨G ẑ⟩
//! ```
//!
//! B is also the derivative of γ's mean gradient.

use std::ops::Range;

use super::Real;
use super::component::Component;
use super::context::{Context, GradientTangent};
use super::group::{Group, Moments, Slope};
use super::plane::{self, Channel};
use super::product::{dot, three_sums, total};
use super::simd::Simd;
use crate::graph::{Coefficient, ValueId};

/// Takes the mean and Σ (x − mean)² of each channel of a value, or the sums of its tangent.
#[inline(always)]
pub(super) fn measure<T: Real, S: Simd<T>>(simd: S, context: &Context<'_, T>, value: ValueId, group: &mut Group<T>) {
    let Some(norm) = context.plan.values[value].norm else { return };
    let count = group.images * context.layout.pixels(value);
    let component = context.component();
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 pixels")]
    let n = count as f64;
    for channel in 0..context.plan.values[value].channels {
        let at = channel * count..(channel + 1) * count;
        let x = &group.values[component][value][at.clone()];
        if component == Component::Tangent {
            let (z, reader) = (&group.values[Component::Primal][value][at.clone()], context.channel(value, channel));
            let g = if group.before[value].is_empty() {
                &group.gradients[Component::Primal][reads_gradient_of(context, value).0]
            } else {
                &group.before[value]
            };
            // A value that no result depends on has no gradient, and its last sum is not read.
            let [sum, along, gradient] = three_sums(simd, x, z, reader.mean, g.get(at).unwrap_or(x));
            let own = Moments { first: sum.wide(), second: (along * reader.inverse).wide() };
            group.slopes[norm.offset + channel] = Slope { own, gradient: gradient.wide() };
            continue;
        }
        let mean = total(simd, x).wide() / n;
        let near = T::of(mean);
        let [off, square] = super::product::deviations(simd, x, near);
        // `near` is the mean but for rounding.
        let off = off.wide() / n;
        let moments = Moments { first: near.wide() + off, second: square.wide() - n * off * off };
        group.moments[norm.offset + channel] = moments;
    }
}

/// Reads some pixels of a channel, or their tangents, through the norm and a ReLU.
#[expect(clippy::too_many_arguments, reason = "what is read, and how")]
#[inline(always)]
pub(super) fn read<T: Real>(
    context: &Context<'_, T>,
    component: Component,
    value: ValueId,
    channel: usize,
    relu: bool,
    group: &Group<T>,
    at: Range<usize>,
    out: &mut [T],
) {
    let (z, reader) = (&group.values[Component::Primal][value][at.clone()], context.channel(value, channel));
    if component == Component::Primal {
        plane::read(out, z, &reader, relu);
        return;
    }
    let tangent = &group.values[Component::Tangent][value][at];
    match (context.plan.values[value].norm, relu) {
        (None, false) => out.copy_from_slice(tangent),
        (None, true) => plane::masked_by(out, tangent, z),
        (Some(_), relu) => {
            through(out, tangent, z, &reader, context.slope(value, channel), T::ONE);
            if relu {
                plane::relu_masked(out, z, &reader);
            }
        }
    }
}

/// Value whose gradient stands in for that of `value`, and the coefficient of `value` there.
#[inline(always)]
fn reads_gradient_of<T>(context: &Context<'_, T>, value: ValueId) -> (ValueId, Coefficient) {
    context.plan.schedule.source[value].unwrap_or((value, Coefficient::One))
}

/// Writes ∂z of some pixels of a channel of an operation's output, or its derivative; returns false if no wanted result
/// depends on it.
#[inline(always)]
pub(super) fn output_gradient<T: Real>(
    context: &Context<'_, T>,
    component: Component,
    y: ValueId,
    channel: usize,
    group: &Group<T>,
    at: Range<usize>,
    d: &mut [T],
) -> bool {
    let (source, weight) = reads_gradient_of(context, y);
    let (gradient, g_dot) = (&group.gradients[Component::Primal][source], &group.gradients[component][source]);
    if g_dot.is_empty() || !context.needs(y) {
        return false;
    }
    let Some(norm) = context.plan.values[y].norm else {
        d.copy_from_slice(&g_dot[at]);
        return true;
    };
    let z = &group.values[Component::Primal][y][at.clone()];
    let (place, readers) = (norm.offset + channel, context.readers);
    let reader = &readers.norms[place];
    if component == Component::Primal {
        through(d, &gradient[at], z, reader, readers.means[place], context.given.weight(weight));
    } else {
        let from = [&g_dot[at.clone()], &gradient[at.clone()], z];
        tangent_of_gradient(d, &readers.gradient_tangents[place], from, tangent(context, y, group, at), reader.mean);
    }
    true
}

/// Maps the gradient of a normalized channel to that of the stored one, or the tangent of the stored channel to that of
/// the normalized one.
#[inline(always)]
fn through<T: Real>(d: &mut [T], gradient: &[T], z: &[T], channel: &Channel<T>, [mean, along]: [T; 2], factor: T) {
    let (scale, along) = (factor * channel.scale, along * channel.inverse);
    for ((d, &g), &z) in d.iter_mut().zip(gradient).zip(z) {
        *d = scale * ((g - mean) - (z - channel.mean) * along);
    }
}

/// Tangents of a channel; none for a value that depends on no operation weight.
#[inline(always)]
fn tangent<'a, T: Real>(
    context: &Context<'_, T>,
    value: ValueId,
    group: &'a Group<T>,
    at: Range<usize>,
) -> Option<&'a [T]> {
    if context.plan.schedule.fixed[value] { None } else { group.values[Component::Tangent][value].get(at) }
}

/// Writes ∂ż of a channel.
#[inline(always)]
fn tangent_of_gradient<T: Real>(
    d: &mut [T],
    by: &GradientTangent<T>,
    [g_dot, gradient, z]: [&[T]; 3],
    tangent: Option<&[T]>,
    mean: T,
) {
    let rest = d.iter_mut().zip(g_dot).zip(gradient).zip(z);
    if let Some(tangent) = tangent {
        for ((((d, &g_dot), &g), &z), &tangent) in rest.zip(tangent) {
            *d = by.g_dot * g_dot + by.gradient * g + by.value * (z - mean) + by.tangent * tangent + by.shift;
        }
    } else {
        for (((d, &g_dot), &g), &z) in rest {
            *d = by.g_dot * g_dot + by.gradient * g + by.value * (z - mean) + by.shift;
        }
    }
}

/// Takes the gradient of a sum or a concatenation; the caller puts it back, since normalized summands read it, too. If
/// the value has a norm, the gradient of the stored value takes the place of that of the normalized one.
#[inline(always)]
pub(super) fn own_gradient<T: Real>(context: &Context<'_, T>, value: ValueId, group: &mut Group<T>) -> Vec<T> {
    let component = context.component();
    let mut own = std::mem::take(&mut group.gradients[component][value]);
    let Some(norm) = context.plan.values[value].norm else { return own };
    if context.given.keep {
        let mut before = group.buffer(own.len());
        before.extend_from_slice(&own);
        group.before[value] = before;
    }
    let (count, readers) = (group.images * context.layout.pixels(value), context.readers);
    for (channel, d) in own.chunks_exact_mut(count).enumerate() {
        let (at, place) = (channel * count..(channel + 1) * count, norm.offset + channel);
        let (z, reader) = (&group.values[Component::Primal][value][at.clone()], &readers.norms[place]);
        if component == Component::Tangent {
            let from = [&*d.to_vec(), &group.before[value][at.clone()], z];
            tangent_of_gradient(
                d,
                &readers.gradient_tangents[place],
                from,
                tangent(context, value, group, at),
                reader.mean,
            );
            continue;
        }
        let [mean, along] = readers.means[place];
        let along = along * reader.inverse;
        for (d, &z) in d.iter_mut().zip(z) {
            *d = reader.scale * ((*d - mean) - (z - reader.mean) * along);
        }
    }
    own
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
    let (from, component) = (channel * row.len(), context.component());
    let count = context.plan.values[value].channels * row.len();
    let mut gradient = group.grow_gradient(component, value, count, from + row.len());
    for (gradient, &row) in gradient[from..from + row.len()].iter_mut().zip(row) {
        *gradient += row;
    }
    group.gradients[component][value] = gradient;
    if let Some(norm) = context.plan.values[value].norm {
        let z = &group.values[Component::Primal][value][from..from + row.len()];
        let reader = &context.readers.norms[norm.offset + channel];
        group.sums[norm.offset + channel] = sums(simd, row, z, reader, total(simd, row));
    }
}

/// Σ g, which is given as `sum`, and Σ g ẑ.
#[inline(always)]
pub(super) fn sums<T: Real, S: Simd<T>>(simd: S, g: &[T], z: &[T], channel: &Channel<T>, sum: T) -> Moments {
    let raw = dot(simd, g, z, channel.mean);
    Moments { first: sum.wide(), second: (raw * channel.inverse).wide() }
}
