//! Backward pass of a transformed convolution.

use std::ops::Range;

use super::super::super::Real;
use super::super::super::component::Component;
use super::super::super::context::{Context, Scratch, capacity};
use super::super::super::group::Group;
use super::super::super::matrix::{Left, product};
use super::super::super::norm;
use super::super::super::simd::{Simd, WIDTH};
use super::super::backward::finish;
use super::super::dense_weights;
use super::forward::read;
use super::transform::{Input, InputGradient, OutputGradient, to_pixels, to_points};
use super::{POINTS, SPAN, TILE, Tiles, Tiling, filter, pixels};
use crate::graph::Conv;

/// Adds the gradient of the weights to `gradient`, and that of the input to the group's.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "what the direct one takes, and the tiles")]
pub(in super::super::super) fn backward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    step: usize,
    conv: &Conv,
    tiling: &Tiling,
    group: &mut Group<T>,
    scratch: &mut Scratch<T>,
    gradient: &mut [T],
) {
    let (channels, rows) = (context.plan.values[conv.x].channels, conv.rows);
    let (weights, onward) = (context.given.want.weights != 0.0, context.needs(conv.x));
    let blocks = tiling.blocks([channels, rows]);
    let [of_v, of_m] = blocks.strides();
    let [all_v, all_m] = blocks.points();
    let of_filter = blocks.filter_stride();
    // The sums of a normalized input are those of whole channels.
    let at_once = context.plan.values[conv.x].norm.is_some();
    for block in blocks.all() {
        if !output_gradient(simd, context, conv, tiling, &block.rows, group, &mut scratch.tiles) {
            return;
        }
        if weights {
            read(simd, context, conv, tiling, block.rows_read, group, &mut scratch.tiles);
        }
        let Tiles { input, d_input, output, v, d_v, m, d_filter, .. } = &mut scratch.tiles;
        let (v, d_v, m) = (capacity(v, all_v), capacity(d_v, all_v), capacity(m, all_m));
        let (tiles, is_first) = (tiling.tiles(&block), block.rows.start == 0);
        to_points::<T, S, OutputGradient, 4>(simd, tiling, tiles, rows, output, m, of_m);
        if weights {
            let d_filter = capacity(d_filter, blocks.filters());
            to_points::<T, S, Input, 6>(simd, tiling, tiles, channels, input, v, of_v);
            for point in 0..POINTS {
                let left = Left { numbers: &m[point * of_m..], row: 1, column: rows };
                let (to, v) = (&mut d_filter[point * of_filter..], &v[point * of_v..]);
                if is_first {
                    product::<T, S, false>(simd, to, [rows, channels], left, v, tiles.len());
                } else {
                    product::<T, S, true>(simd, to, [rows, channels], left, v, tiles.len());
                }
            }
        }
        if onward {
            let d_input = capacity(d_input, tiling.pixels(channels));
            clear(d_input, tiling, &block.rows, channels);
            let filters = &context.packed[step].backward[0];
            for point in 0..POINTS {
                let left = Left { numbers: &m[point * of_m..], row: rows, column: 1 };
                let (d_v, filters) = (&mut d_v[point * of_v..], &filters[point * channels * rows..]);
                product::<T, S, false>(simd, d_v, [tiles.len(), channels], left, filters, rows);
            }
            to_pixels::<T, S, InputGradient, 6, true>(simd, tiling, tiles, channels, d_v, of_v, d_input);
            if !at_once {
                hand_on(simd, context, conv, tiling, &block.complete, group, scratch);
            }
        }
    }
    if weights {
        let d_filter = &scratch.tiles.d_filter;
        filter::add_gradient(simd, d_filter, of_filter, &mut gradient[dense_weights(conv, channels)]);
    }
    if onward && at_once {
        hand_on(simd, context, conv, tiling, &(0..tiling.height()), group, scratch);
    }
}

/// Clears the rows of the input's padded gradient that a block with some rows of the output is the first to add to.
#[inline(always)]
fn clear<T: Real>(d_input: &mut [T], tiling: &Tiling, rows: &Range<usize>, channels: usize) {
    let from = if rows.start == 0 { 0 } else { rows.start + SPAN - TILE };
    let until = rows.end.next_multiple_of(TILE) + SPAN - TILE;
    for image in d_input.chunks_exact_mut(tiling.image() * channels) {
        image[from * tiling.pitch() * channels..until * tiling.pitch() * channels].fill(T::ZERO);
    }
}

/// Writes the pixels of ∂z in some rows; returns false if no wanted result depends on it.
#[inline(always)]
fn output_gradient<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    conv: &Conv,
    tiling: &Tiling,
    of: &Range<usize>,
    group: &Group<T>,
    Tiles { output, eight, .. }: &mut Tiles<T>,
) -> bool {
    let (numbers, places) = (tiling.numbers(of), tiling.places(of));
    let output = capacity(output, tiling.pixels(conv.rows));
    let eight = capacity(eight, WIDTH * numbers.len());
    if tiling.is_ragged() && of.start == 0 {
        output.fill(T::ZERO);
    }
    for first in (0..conv.rows).step_by(WIDTH) {
        for (channel, d) in (conv.first + first..).zip(eight.chunks_exact_mut(numbers.len())) {
            let [start, end] = [numbers.start, numbers.end].map(|number| channel * tiling.count() + number);
            if !norm::output_gradient(context, Component::Primal, conv.y, channel, group, start..end, d) {
                return false;
            }
        }
        pixels::from_rows(simd, &mut output[first..], conv.rows, places, eight, numbers.len());
    }
    true
}

/// Adds the gradient of some rows of the input to the group's.
#[inline(always)]
fn hand_on<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    conv: &Conv,
    tiling: &Tiling,
    of: &Range<usize>,
    group: &mut Group<T>,
    scratch: &mut Scratch<T>,
) {
    let (numbers, places) = (tiling.numbers(of), tiling.places(of));
    let channels = context.plan.values[conv.x].channels;
    let Tiles { d_input, eight, .. } = &mut scratch.tiles;
    let eight = capacity(eight, WIDTH * numbers.len());
    for first in (0..channels).step_by(WIDTH) {
        let pixels = &d_input[tiling.padding(channels) + first..];
        pixels::to_rows(simd, pixels, channels, places, eight, numbers.len());
        for (channel, row) in (first..).zip(eight.chunks_exact_mut(numbers.len())) {
            let [start, end] = [numbers.start, numbers.end].map(|number| channel * tiling.count() + number);
            finish(simd, context, conv, channel, group, start..end, row);
        }
    }
}
