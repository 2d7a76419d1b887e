//! Forward pass of a transformed convolution.

use super::super::super::Real;
use super::super::super::component::Component;
use super::super::super::context::{Context, Held, Scratch, capacity};
use super::super::super::group::Group;
use super::super::super::matrix::{Left, product};
use super::super::super::norm;
use super::super::super::simd::{Simd, WIDTH};
use super::transform::{Input, Output, to_pixels, to_points};
use super::{POINTS, Tiles, Tiling, pixels};
use crate::graph::Conv;

/// Convolves a group of images.
#[inline(always)]
pub(in super::super::super) fn forward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    step: usize,
    conv: &Conv,
    tiling: &Tiling,
    group: &mut Group<T>,
    scratch: &mut Scratch<T>,
) {
    let (channels, rows) = (context.plan.values[conv.x].channels, conv.rows);
    let (blocks, filters) = (tiling.blocks([channels, rows]), &context.packed[step].forward);
    let [of_v, of_m] = blocks.strides();
    let [all_v, all_m] = blocks.points();
    let mut z = std::mem::take(&mut group.values[Component::Primal][conv.y]);
    for block in blocks.all() {
        read(simd, context, conv, tiling, block.rows_read, group, &mut scratch.tiles);
        let Tiles { input, output, v, m, .. } = &mut scratch.tiles;
        let output = capacity(output, tiling.pixels(rows));
        let (v, m) = (capacity(v, all_v), capacity(m, all_m));
        let tiles = tiling.tiles(&block);
        to_points::<T, S, Input, 6>(simd, tiling, tiles, channels, input, v, of_v);
        for point in 0..POINTS {
            let left = Left { numbers: &v[point * of_v..], row: channels, column: 1 };
            let (m, filters) = (&mut m[point * of_m..], &filters[point * channels * rows..]);
            product::<T, S, false>(simd, m, [tiles.len(), rows], left, filters, channels);
        }
        to_pixels::<T, S, Output, 4, false>(simd, tiling, tiles, rows, m, of_m, output);
        let (places, first, count) = (tiling.places(&block.rows), tiling.numbers(&block.rows).start, tiling.count());
        for row in (0..rows).step_by(WIDTH) {
            let z = &mut z[(conv.first + row) * count + first..];
            pixels::to_rows(simd, &output[row..], rows, places, z, count);
        }
    }
    group.values[Component::Primal][conv.y] = z;
}

/// Writes the padded pixels of the input up to a row, unless they are held.
#[inline(always)]
pub(super) fn read<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    conv: &Conv,
    tiling: &Tiling,
    until: usize,
    group: &Group<T>,
    Tiles { input, input_of, rows_read, eight, .. }: &mut Tiles<T>,
) {
    let held = Held { x: conv.x, window: conv.dense.window, relu: conv.relu };
    let channels = context.plan.values[conv.x].channels;
    let input = capacity(input, tiling.pixels(channels));
    if *input_of != Some(held) {
        (*input_of, *rows_read) = (Some(held), 0);
        for &pixel in &tiling.margin {
            input[pixel * channels..(pixel + 1) * channels].fill(T::ZERO);
        }
    }
    if *rows_read >= until {
        return;
    }
    let fresh = *rows_read..until;
    *rows_read = until;
    let (numbers, places) = (tiling.numbers(&fresh), tiling.places(&fresh));
    let eight = capacity(eight, WIDTH * numbers.len());
    for first in (0..channels).step_by(WIDTH) {
        for (channel, row) in (first..).zip(eight.chunks_exact_mut(numbers.len())) {
            let [start, end] = [numbers.start, numbers.end].map(|number| channel * tiling.count() + number);
            norm::read(context, Component::Primal, conv.x, channel, conv.relu, group, start..end, row);
        }
        let pixels = &mut input[tiling.padding(channels) + first..];
        pixels::from_rows(simd, pixels, channels, places, eight, numbers.len());
    }
}
