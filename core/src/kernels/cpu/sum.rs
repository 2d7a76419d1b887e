//! The mixed sum of a node over all candidates of all its incoming edges, and the concatenation of a cell's nodes.
//!
//! ```text
//! x_i = Σ_k p[k] · ẑ_k,   ∂p[k] = ⟨g, ẑ_k⟩
//! ```
//!
//! A normalized summand's gradient is not written out: who computed it reads g and multiplies by p[k].

use super::Real;
use super::context::Context;
use super::group::Group;
use super::norm;
use super::product::{dot, total};
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
    let mut y = std::mem::take(&mut group.values[value]);
    for (channel, y) in y.chunks_exact_mut(count).enumerate() {
        y.fill(T::ZERO);
        for &(x, weight) in terms {
            let (weight, reader) = (context.weight(weight), context.channel(x, channel));
            let x = &group.values[x][channel * count..(channel + 1) * count];
            let (scale, shift) = (weight * reader.scale, weight * reader.shift);
            for (y, &x) in y.iter_mut().zip(x) {
                *y += (x - reader.mean) * scale + shift;
            }
        }
    }
    group.values[value] = y;
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
    let g = norm::own_gradient(context, value, group);
    let count = group.images * context.layout.pixels(value);
    for (channel, g) in g.chunks_exact(count).enumerate() {
        let sum = total(simd, g);
        for &(x, weight) in terms {
            let at = channel * count..(channel + 1) * count;
            let along = match context.plan.values[x].norm {
                Some(norm) => {
                    let reader = &context.norms[norm.offset + channel];
                    let sums = norm::sums(simd, g, &group.values[x][at], reader, sum);
                    group.sums[norm.offset + channel] = sums;
                    sums.second * (reader.scale / reader.inverse).wide() + sums.first * reader.shift.wide()
                }
                None if context.needs(x) || matches!(weight, Weight::Operation { .. }) => {
                    let along = dot(simd, g, &group.values[x][at.clone()], T::ZERO).wide();
                    if context.needs(x) {
                        let factor = context.weight(weight);
                        let total = context.plan.values[x].channels * count;
                        let mut gradient = group.take_gradient(x, total);
                        for (gradient, &g) in gradient[at].iter_mut().zip(g) {
                            *gradient += factor * g;
                        }
                        group.gradients[x] = gradient;
                    }
                    along
                }
                None => continue,
            };
            if let Weight::Operation { cell, at } = weight {
                cells[cell][at] += along;
            }
        }
    }
    group.gradients[value] = g;
}

#[inline(always)]
pub(super) fn join<T: Real>(context: &Context<'_, T>, parts: &[ValueId], value: ValueId, group: &mut Group<T>) {
    let count = group.images * context.layout.pixels(value);
    let mut y = std::mem::take(&mut group.values[value]);
    let mut rest = y.as_mut_slice();
    for &part in parts {
        let (own, others) = rest.split_at_mut(context.plan.values[part].channels * count);
        own.copy_from_slice(&group.values[part]);
        rest = others;
    }
    group.values[value] = y;
}

#[inline(always)]
pub(super) fn split<T: Real>(context: &Context<'_, T>, parts: &[ValueId], value: ValueId, group: &mut Group<T>) {
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
            let mut gradient = group.take_gradient(part, own.len());
            gradient.iter_mut().zip(own).for_each(|(gradient, &own)| *gradient += own);
            group.gradients[part] = gradient;
        }
    }
    group.gradients[value] = g;
}
