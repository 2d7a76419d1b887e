//! Sum of a node over all candidates of all its incoming edges, and concatenation of channels.
//!
//! ```text
//! y = m ∘ Σ_k p[k] · x_k,    ∂p[k] = ⟨m ∘ g, x_k⟩,    ∂x_k = p[k] · m ∘ g
//! ẏ = Σ_k p[k] · ẋ_k + ṗ[k] · x_k,   ∂ṗ[k] = ⟨ġ, x_k⟩ + ⟨g, ẋ_k⟩,   ∂ẋ_k = p[k] · ġ + ṗ[k] · g
//! ```
//!
//! with a mask m, or 1; below, g stands for m ∘ g. The gradient of a normalized summand is not written
//! out: the operation that wrote the summand reads g and multiplies by p[k].

use std::ops::Range;

use super::Real;
use super::component::Component;
use super::context::Context;
use super::group::Group;
use super::norm;
use super::product::{dot, total};
use super::simd::Simd;
use crate::engine::Mask;
use crate::graph::{Channels, Coefficient, Sum, ValueId};

#[inline(always)]
pub(super) fn forward<T: Real>(
    context: &Context<'_, T>,
    &Sum { ref terms, mask, y: value, .. }: &Sum,
    group: &mut Group<T>,
) {
    let count = group.images * context.layout.pixels(value);
    let component = context.component();
    let mut y = std::mem::take(&mut group.values[component][value]);
    for (channel, y) in y.chunks_exact_mut(count).enumerate() {
        // The first summand of the primal writes what adding to zeros would give, to the bit.
        let mut is_first = component == Component::Primal;
        if !is_first {
            y.fill(T::ZERO);
        }
        for &(x, weight) in context.given.paths.summands(terms) {
            let at = channel * count..(channel + 1) * count;
            let reader = context.channel(x, channel);
            let z = &group.values[Component::Primal][x][at.clone()];
            let [weight, direction] = [context.given.weight(weight), context.given.direction(weight)];
            if component == Component::Primal {
                let (mean, scale, shift) = (reader.mean, weight * reader.scale, weight * reader.shift);
                if std::mem::take(&mut is_first) {
                    y.iter_mut().zip(z).for_each(|(y, &x)| *y = T::ZERO + ((x - mean) * scale + shift));
                } else {
                    add(y, z, mean, scale, shift);
                }
            } else if context.plan.schedule.fixed[x] {
                if direction != T::ZERO {
                    add(y, z, reader.mean, direction * reader.scale, direction * reader.shift);
                }
            } else {
                let tangent = &group.values[Component::Tangent][x][at];
                let [mean, along] = context.slope(x, channel);
                // Normalization also subtracts from a tangent its mean and its part along ẑ.
                let scale = reader.scale * (direction - weight * along * reader.inverse);
                let shift = direction * reader.shift - weight * reader.scale * mean;
                let factor = weight * reader.scale;
                for ((y, &x), &tangent) in y.iter_mut().zip(z).zip(tangent) {
                    *y += factor * tangent + (x - reader.mean) * scale + shift;
                }
            }
        }
        if is_first {
            y.fill(T::ZERO);
        }
    }
    apply(context, mask, group, &mut y);
    group.values[component][value] = y;
}

/// Pixels that are multiplied by their masks at a time.
const PIXELS: usize = 16;

/// Multiplies a feature map of a group by the mask in a slot, if there is one.
#[inline(always)]
fn apply<T: Real>(context: &Context<'_, T>, slot: Option<usize>, group: &Group<T>, y: &mut [T]) {
    match slot.and_then(|slot| context.given.masks.get(slot)) {
        None => {}
        Some(Mask::Images(factors)) => {
            let own = &factors[group.start..][..group.images];
            let factors: Vec<T> = own.iter().map(|&factor| T::of(f64::from(factor))).collect();
            // Factors of some pixels, so that the inner loop is long.
            let factors = factors.repeat(PIXELS);
            for pixels in y.chunks_mut(factors.len()) {
                pixels.iter_mut().zip(&factors).for_each(|(y, &factor)| *y *= factor);
            }
        }
        Some(Mask::Numbers(dropout)) => {
            let numbers = y.len() / group.images;
            for image in 0..group.images {
                let places = (group.start + image) * numbers..;
                let own = y.iter_mut().skip(image).step_by(group.images);
                own.zip(places).for_each(|(y, place)| *y *= T::of(f64::from(dropout.factor(place))));
            }
        }
    }
}

/// y += (x − mean) · scale + shift.
#[inline(always)]
fn add<T: Real>(y: &mut [T], x: &[T], mean: T, scale: T, shift: T) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y += (x - mean) * scale + shift;
    }
}

/// Adds to the gradients of the operation weights (by cell), takes the sums of normalized summands, and adds to the
/// gradients of the others.
#[inline(always)]
pub(super) fn backward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    &Sum { ref terms, ref weights, mask, y: value }: &Sum,
    group: &mut Group<T>,
    cells: &mut [Vec<f64>],
) {
    let component = context.component();
    let mut g = norm::own_gradient(context, value, group);
    apply(context, mask, group, &mut g);
    let count = group.images * context.layout.pixels(value);
    for (channel, g) in g.chunks_exact(count).enumerate() {
        let sum = total(simd, g);
        for &(cell, index) in context.given.paths.ones(weights) {
            cells[cell][index] += sum.wide();
        }
        for &(x, weight) in context.given.paths.summands(terms) {
            let at = channel * count..(channel + 1) * count;
            let along = if let Some(norm) = context.plan.values[x].norm {
                let (z, reader) =
                    (&group.values[Component::Primal][x][at], context.readers.norms[norm.offset + channel]);
                let sums = norm::sums(simd, g, z, &reader, sum);
                group.sums[norm.offset + channel] = sums;
                sums.second * (reader.scale / reader.inverse).wide() + sums.first * reader.shift.wide()
            } else {
                if context.needs(x) {
                    hand_on(context, weight, [x, value], g, at.clone(), group);
                }
                let want = context.given.want.cells && weight != Coefficient::One;
                if want { along_stored(simd, context, [x, value], g, at, group) } else { 0.0 }
            };
            // Along a direction, `add_up` adds the part of a normalized summand's tangent, from its sums.
            if let Coefficient::Operation { cell, index } = weight {
                cells[cell][index] += along;
            }
        }
    }
    group.gradients[component][value] = g;
}

/// Adds a stored summand's part of the sum's gradient, `g` at some places, to the summand's gradient.
#[inline(always)]
fn hand_on<T: Real>(
    context: &Context<'_, T>,
    weight: Coefficient,
    [x, sum]: [ValueId; 2],
    g: &[T],
    at: Range<usize>,
    group: &mut Group<T>,
) {
    let (component, factor) = (context.component(), context.given.weight(weight));
    let count = group.values[Component::Primal][x].len();
    let mut gradient = group.grow_gradient(component, x, count, at.end);
    let to = &mut gradient[at.clone()];
    if component == Component::Primal {
        add(to, g, T::ZERO, factor, T::ZERO);
    } else {
        let (direction, g_dot) = (context.given.direction(weight), g);
        let g = &group.gradients[Component::Primal][sum][at];
        for ((to, &g_dot), &g) in to.iter_mut().zip(g_dot).zip(g) {
            *to += factor * g_dot + direction * g;
        }
    }
    group.gradients[component][x] = gradient;
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
    let along = dot(simd, g, &group.values[Component::Primal][x][at.clone()], T::ZERO).wide();
    if context.component() == Component::Primal || context.plan.schedule.fixed[x] {
        return along;
    }
    let (g, tangent) = (&group.gradients[Component::Primal][sum][at.clone()], &group.values[Component::Tangent][x][at]);
    along + dot(simd, g, tangent, T::ZERO).wide()
}

#[inline(always)]
pub(super) fn join<T: Real>(context: &Context<'_, T>, parts: &[Channels], value: ValueId, group: &mut Group<T>) {
    let count = group.images * context.layout.pixels(value);
    let component = context.component();
    let mut y = std::mem::take(&mut group.values[component][value]);
    for &part in parts {
        let is_still = component == Component::Tangent && context.plan.schedule.fixed[part.x];
        for (from, to) in part.pairs() {
            let own = &mut y[to * count..][..count];
            if is_still {
                own.fill(T::ZERO);
            } else {
                own.copy_from_slice(&group.values[component][part.x][from * count..][..count]);
            }
        }
    }
    group.values[component][value] = y;
}

#[inline(always)]
pub(super) fn split<T: Real>(context: &Context<'_, T>, parts: &[Channels], value: ValueId, group: &mut Group<T>) {
    let component = context.component();
    let g = norm::own_gradient(context, value, group);
    if g.is_empty() {
        return;
    }
    let count = group.images * context.layout.pixels(value);
    for &part in parts.iter().filter(|part| context.needs(part.x)) {
        let mut gradient = group.take_gradient(component, part.x, context.plan.values[part.x].channels * count);
        for (from, to) in part.pairs() {
            let own = &g[to * count..][..count];
            gradient[from * count..][..count].iter_mut().zip(own).for_each(|(gradient, &own)| *gradient += own);
        }
        group.gradients[component][part.x] = gradient;
    }
    group.gradients[component][value] = g;
}
