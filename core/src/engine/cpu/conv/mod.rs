//! ReLU, depthwise and dense convolution of a group of images, forward and backward.
//!
//! ```text
//! u = relu(x),  m = D ∗ u (or u),  z = W ∗ m
//! ∂W = ∂z ⋆ m,  ∂m = Wᵀ ∗ ∂z,  ∂D = ∂m ⋆ u,  ∂x = (Dᵀ ∗ ∂m) · [x > 0]
//! ```
//!
//! The filters are constant along a direction: u̇ = ẋ · [x > 0], ṁ = D ∗ u̇, ż = W ∗ ṁ. Derivatives of gradients follow
//! the same formulas, and those of the filters have two parts, base·∂W + (∂W)˙ = ∂ż ⋆ m + ∂z ⋆ (ṁ + base·m).
//!
//! The specification is the reference engine. m is not stored: the backward pass computes it again.

mod backward;
mod input;
pub(super) mod winograd;

pub(super) use backward::backward;

use std::ops::Range;

use self::input::{Part, middle, prepare};
use super::Real;
use super::context::{Context, Scratch, capacity};
use super::group::Group;
use super::plane::compact;
use super::product::{SLACK, Stretches, multiply};
use super::simd::Simd;
use crate::graph::Conv;

/// Sizes of a convolution on a group.
struct Sizes {
    channels: usize,
    /// Pixels of all images, of the input and of the output.
    input: usize,
    output: usize,
}

fn sizes<T: Real>(context: &Context<'_, T>, conv: &Conv, group: &Group<T>) -> Sizes {
    let images = group.images;
    Sizes {
        channels: context.plan.values[conv.x].channels,
        input: images * context.layout.pixels(conv.x),
        output: images * context.layout.pixels(conv.y),
    }
}

/// Range of the dense filter within ω.
pub(super) fn dense_weights(conv: &Conv, channels: usize) -> Range<usize> {
    conv.dense.weight..conv.dense.weight + conv.rows * channels * conv.dense.window.taps()
}

/// Lists the offset of each channel (and tap) in the input of a dense filter.
#[inline(always)]
fn shifts(list: &mut Vec<usize>, channels: usize, stride: usize, taps: &[usize]) {
    list.clear();
    list.extend((0..channels).flat_map(|channel| taps.iter().map(move |shift| channel * stride + shift)));
}

#[inline(always)]
pub(super) fn forward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    step: usize,
    conv: &Conv,
    group: &mut Group<T>,
    scratch: &mut Scratch<T>,
) {
    if let Some(tiling) = context.tiling(step, conv, group) {
        winograd::forward(simd, context, step, conv, tiling, group, scratch);
        return;
    }
    let Some(frame) = context.frame(step, group) else { return };
    let Sizes { channels, output, .. } = sizes(context, conv, group);
    let packed = &context.packed[step].forward;
    let component = context.component();
    let read = Part { component, base: T::ZERO };
    let mut z = std::mem::take(&mut group.values[component][conv.y]);
    let part = &mut z[conv.first * output..(conv.first + conv.rows) * output];
    if conv.depthwise.is_some() || frame.is_plain() {
        middle(simd, context, read, conv, frame, group, scratch);
        shifts(&mut scratch.shifts, channels, output + SLACK, &[0]);
        let (x, all) = (&scratch.inputs[component].middle, Stretches::one(output));
        multiply(simd, part, conv.rows, output, x, &scratch.shifts, packed, all);
    } else {
        prepare(context, read, conv, frame, group, scratch);
        shifts(&mut scratch.shifts, channels, frame.x_stride(), &frame.shifts);
        let (x, shifts) = (&scratch.inputs[component].planes, &scratch.shifts);
        if let Some(over) = frame.rows() {
            multiply(simd, part, conv.rows, output, x, shifts, packed, over);
        } else {
            let run = frame.run();
            let rows = capacity(&mut scratch.rows, conv.rows * run);
            multiply(simd, rows, conv.rows, run, x, shifts, packed, Stretches::one(run));
            for (part, rows) in part.chunks_exact_mut(output).zip(rows.chunks_exact(run)) {
                compact(part, rows, frame);
            }
        }
    }
    group.values[component][conv.y] = z;
}
