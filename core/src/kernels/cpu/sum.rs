//! The mixed sum of a node over all candidates of all its incoming edges, and the concatenation of a cell's nodes.
//!
//! ```text
//! y = Σ_k p[k] · x_k,    ∂p[k] = ⟨g, x_k⟩,    ∂x_k = p[k] · g
//! ẏ = Σ_k p[k] · ẋ_k + ṗ[k] · x_k,   ∂ṗ[k] = ⟨ġ, x_k⟩ + ⟨g, ẋ_k⟩,   ∂ẋ_k = p[k] · ġ + ṗ[k] · g
//! ```
//!
//! A normalized summand's gradient is not written out: who computed it reads g and multiplies by p[k].

use std::ops::Range;

use super::Real;
use super::context::Context;
use super::group::Group;
use super::norm;
use super::product::{dot, total};
use super::side::Side;
use super::simd::Simd;
use crate::kernels::plan::{ValueId, Weight};

#[inline(always)]
pub(super) fn forward<T: Real>(
    context: &Context<'_, T>,
    terms: &[(ValueId, Weight)],
    value: ValueId,
    group: &mut Group<T>,
) {
    let count = group.images * context.layout.pixels(value);
    let side = context.side();
    let mut y = std::mem::take(&mut group.values[side][value]);
    for (channel, y) in y.chunks_exact_mut(count).enumerate() {
        y.fill(T::ZERO);
        for &(x, weight) in terms {
            let at = channel * count..(channel + 1) * count;
            let reader = context.channel(x, channel);
            let z = &group.values[Side::Value][x][at.clone()];
            let [weight, direction] = [context.given.weight(weight), context.given.direction(weight)];
            if side == Side::Value {
                add(y, z, reader.mean, weight * reader.scale, weight * reader.shift);
            } else if context.plan.schedule.fixed[x] {
                if direction != T::ZERO {
                    add(y, z, reader.mean, direction * reader.scale, direction * reader.shift);
                }
            } else {
                let tangent = &group.values[Side::Tangent][x][at];
                let [mean, along] = context.slope(x, channel);
                // Normalization takes more from a tangent than the scale that it gives it.
                let scale = reader.scale * (direction - weight * along * reader.inverse);
                let shift = direction * reader.shift - weight * reader.scale * mean;
                let factor = weight * reader.scale;
                for ((y, &x), &tangent) in y.iter_mut().zip(z).zip(tangent) {
                    *y += factor * tangent + (x - reader.mean) * scale + shift;
                }
            }
        }
    }
    group.values[side][value] = y;
}

/// y += (x − mean) · scale + shift.
#[inline(always)]
fn add<T: Real>(y: &mut [T], x: &[T], mean: T, scale: T, shift: T) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y += (x - mean) * scale + shift;
    }
}

/// Adds to the gradients of the weights (by cell), takes the sums of normalized summands, and adds to the gradients of
/// the others.
#[inline(always)]
pub(super) fn backward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    terms: &[(ValueId, Weight)],
    value: ValueId,
    group: &mut Group<T>,
    cells: &mut [Vec<f64>],
) {
    let side = context.side();
    let g = norm::own_gradient(context, value, group);
    let count = group.images * context.layout.pixels(value);
    for (channel, g) in g.chunks_exact(count).enumerate() {
        let sum = total(simd, g);
        for &(x, weight) in terms {
            let at = channel * count..(channel + 1) * count;
            let along = if let Some(norm) = context.plan.values[x].norm {
                let (z, reader) = (&group.values[Side::Value][x][at], context.readers.norms[norm.offset + channel]);
                let sums = norm::sums(simd, g, z, &reader, sum);
                group.sums[norm.offset + channel] = sums;
                sums.second * (reader.scale / reader.inverse).wide() + sums.first * reader.shift.wide()
            } else {
                if context.needs(x) {
                    hand_on(context, weight, [x, value], g, at.clone(), group);
                }
                let wanted = context.given.wanted.cells && weight != Weight::One;
                if wanted { along_stored(simd, context, [x, value], g, at, group) } else { 0.0 }
            };
            // Along a direction, what the tangents of normalized summands add is found from their sums.
            if let Weight::Operation { cell, at } = weight {
                cells[cell][at] += along;
            }
        }
    }
    group.gradients[side][value] = g;
}

/// Adds to a stored summand's gradient what part of the sum's, `g` at some places, is its own.
#[inline(always)]
fn hand_on<T: Real>(
    context: &Context<'_, T>,
    weight: Weight,
    [x, sum]: [ValueId; 2],
    g: &[T],
    at: Range<usize>,
    group: &mut Group<T>,
) {
    let (side, factor) = (context.side(), context.given.weight(weight));
    let count = group.values[Side::Value][x].len();
    let mut gradient = group.take_gradient(side, x, count);
    let to = &mut gradient[at.clone()];
    if side == Side::Value {
        add(to, g, T::ZERO, factor, T::ZERO);
    } else {
        let (direction, turned) = (context.given.direction(weight), g);
        let g = &group.gradients[Side::Value][sum][at];
        for ((to, &turned), &g) in to.iter_mut().zip(turned).zip(g) {
            *to += factor * turned + direction * g;
        }
    }
    group.gradients[side][x] = gradient;
}

/// ⟨g, x⟩ of a stored summand, or its derivative.
#[inline(always)]
fn along_stored<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    [x, sum]: [ValueId; 2],
    g: &[T],
    at: Range<usize>,
    group: &Group<T>,
) -> f64 {
    let along = dot(simd, g, &group.values[Side::Value][x][at.clone()], T::ZERO).wide();
    if context.side() == Side::Value || context.plan.schedule.fixed[x] {
        return along;
    }
    let (g, tangent) = (&group.gradients[Side::Value][sum][at.clone()], &group.values[Side::Tangent][x][at]);
    along + dot(simd, g, tangent, T::ZERO).wide()
}

#[inline(always)]
pub(super) fn join<T: Real>(context: &Context<'_, T>, parts: &[ValueId], value: ValueId, group: &mut Group<T>) {
    let count = group.images * context.layout.pixels(value);
    let side = context.side();
    let mut y = std::mem::take(&mut group.values[side][value]);
    let mut rest = y.as_mut_slice();
    for &part in parts {
        let (own, others) = rest.split_at_mut(context.plan.values[part].channels * count);
        if side == Side::Tangent && context.plan.schedule.fixed[part] {
            own.fill(T::ZERO);
        } else {
            own.copy_from_slice(&group.values[side][part]);
        }
        rest = others;
    }
    group.values[side][value] = y;
}

#[inline(always)]
pub(super) fn split<T: Real>(context: &Context<'_, T>, parts: &[ValueId], value: ValueId, group: &mut Group<T>) {
    let side = context.side();
    let g = norm::own_gradient(context, value, group);
    if g.is_empty() {
        return;
    }
    let count = group.images * context.layout.pixels(value);
    let mut rest = g.as_slice();
    for &part in parts {
        let (own, others) = rest.split_at(context.plan.values[part].channels * count);
        rest = others;
        if context.needs(part) {
            let mut gradient = group.take_gradient(side, part, own.len());
            gradient.iter_mut().zip(own).for_each(|(gradient, &own)| *gradient += own);
            group.gradients[side][part] = gradient;
        }
    }
    group.gradients[side][value] = g;
}
