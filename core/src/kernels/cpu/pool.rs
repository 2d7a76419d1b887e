//! Pools of a group of images. The specification is `ops::pool` on tensors.
//!
//! A maximum goes to the first of equal pixels; a mean is over the pixels that exist.

use super::Real;
use super::context::{Context, Scratch, room};
use super::frame::Frame;
use super::group::{Group, Kept};
use super::norm;
use super::plane::{compact, gather, pad};
use super::product::SLACK;
use super::simd::Simd;
use crate::kernels::plan::ValueId;
use crate::ops::PoolKind;

/// x and y of a pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) x: ValueId,
    pub(super) y: ValueId,
}

/// 1 / the number of pixels that exist under each place of the window, in rows of the pitch.
#[inline(always)]
fn shares<T: Real>(out: &mut [T], frame: &Frame) {
    let reach = |axis: usize, at: usize| {
        let inside = (0..frame.window.kernel[axis]).filter(|tap| {
            (at * frame.window.stride[axis] + tap)
                .checked_add_signed(-frame.window.padding[axis])
                .is_some_and(|pixel| pixel < frame.input[axis])
        });
        inside.count()
    };
    let columns: Vec<usize> = (0..frame.output[1]).map(|x| reach(1, x)).collect();
    for (y, row) in out.chunks_exact_mut(frame.pitch).enumerate().take(frame.output[0]) {
        let rows = reach(0, y);
        row.fill(T::ZERO);
        for (share, columns) in row.iter_mut().zip(&columns) {
            #[expect(clippy::cast_precision_loss, reason = "nine at most")]
            let count = (rows * columns) as f64;
            *share = T::of(1.0 / count);
        }
    }
}

/// The largest under each place of the window and which tap it was.
#[inline(always)]
fn largest<T: Real>(best: &mut [T], which: &mut [T], x: &[T], frame: &Frame) {
    best.fill(T::LEAST);
    which.fill(T::ZERO);
    for (tap, &shift) in frame.shifts.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "nine at most")]
        let tap = T::of(tap as f64);
        for ((best, which), &x) in best.iter_mut().zip(which.iter_mut()).zip(&x[shift..]) {
            let better = x > *best;
            *best = if better { x } else { *best };
            *which = if better { tap } else { *which };
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "what a step reads and what it writes")]
#[inline(always)]
pub(super) fn forward<T: Real>(
    context: &Context<'_, T>,
    step: usize,
    kind: PoolKind,
    ends: Ends,
    group: &mut Group<T>,
    kept: Option<&Kept>,
    scratch: &mut Scratch<T>,
) {
    let Some(frame) = &context.layout.frames[step] else { return };
    let (images, channels) = (group.images, context.plan.values[ends.x].channels);
    let pixels = [context.layout.pixels(ends.x), context.layout.pixels(ends.y)];
    let (run, stride) = (frame.run(), frame.x_stride(images));
    scratch.planes_of = None;
    let plane = room(&mut scratch.planes, stride + SLACK);
    let rows = room(&mut scratch.rows, 2 * run);
    let (best, which) = rows.split_at_mut(run);
    let mut y = std::mem::take(&mut group.values[ends.y]);
    let mut winners = std::mem::take(&mut group.winners[ends.y]);
    if kind == PoolKind::Max3x3 {
        winners.resize(channels * images * pixels[1], 0);
    }
    if kind != PoolKind::Max3x3 {
        shares(which, frame);
    }
    for channel in 0..channels {
        let x = &group.values[ends.x][channel * images * pixels[0]..(channel + 1) * images * pixels[0]];
        let padding = if kind == PoolKind::Max3x3 && kept.is_none() { T::LEAST } else { T::ZERO };
        pad(plane, x, frame, padding);
        for image in 0..images {
            let x = &plane[image * frame.x_image..];
            let at = (channel * images + image) * pixels[1];
            let out = &mut y[at..at + pixels[1]];
            match (kind, kept) {
                (PoolKind::Max3x3, None) => {
                    largest(best, which, x, frame);
                    compact(out, best, frame);
                    let width = frame.output[1];
                    let places = winners[at..at + pixels[1]].chunks_exact_mut(width);
                    for (winners, which) in places.zip(which.chunks(frame.pitch)) {
                        for (winner, &which) in winners.iter_mut().zip(which) {
                            *winner = small(which);
                        }
                    }
                }
                (PoolKind::Max3x3, Some(kept)) => {
                    winners[at..at + pixels[1]].copy_from_slice(&kept.winners[ends.y][at..at + pixels[1]]);
                    for (place, (out, &winner)) in out.iter_mut().zip(&winners[at..]).enumerate() {
                        let (row, column) = (place / frame.output[1], place % frame.output[1]);
                        *out = x[frame.shifts[usize::from(winner)] + row * frame.pitch + column];
                    }
                }
                _ => {
                    best.fill(T::ZERO);
                    for &shift in &frame.shifts {
                        best.iter_mut().zip(&x[shift..]).for_each(|(sum, &x)| *sum += x);
                    }
                    best.iter_mut().zip(&*which).for_each(|(sum, &share)| *sum *= share);
                    compact(out, best, frame);
                }
            }
        }
    }
    group.values[ends.y] = y;
    group.winners[ends.y] = winners;
}

/// A tap's number.
#[inline(always)]
fn small<T: Real>(tap: T) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 8")]
    {
        tap.wide() as u8
    }
}

#[inline(always)]
pub(super) fn backward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    step: usize,
    kind: PoolKind,
    ends: Ends,
    group: &mut Group<T>,
    scratch: &mut Scratch<T>,
) {
    let Some(frame) = &context.layout.frames[step] else { return };
    if !context.needs(ends.x) {
        return;
    }
    let (images, channels) = (group.images, context.plan.values[ends.x].channels);
    let pixels = [context.layout.pixels(ends.x), context.layout.pixels(ends.y)];
    let output = images * pixels[1];
    let d = room(&mut scratch.d, channels * output);
    if !norm::output_gradient(context, ends.y, 0..channels, group, output, d) {
        return;
    }
    let (run, stride) = (frame.run(), frame.x_stride(images));
    scratch.planes_of = None;
    let plane = room(&mut scratch.planes, stride + SLACK);
    let rows = room(&mut scratch.rows, 3 * run);
    let (wide, rest) = rows.split_at_mut(run);
    let (which, share) = rest.split_at_mut(run);
    let row = room(&mut scratch.row, images * pixels[0]);
    if kind != PoolKind::Max3x3 {
        shares(share, frame);
    }
    let width = frame.output[1];
    for channel in 0..channels {
        plane.fill(T::ZERO);
        for image in 0..images {
            let at = (channel * images + image) * pixels[1];
            wide.fill(T::ZERO);
            for (wide, d) in wide.chunks_mut(frame.pitch).zip(d[at..at + pixels[1]].chunks_exact(width)) {
                wide[..width].copy_from_slice(d);
            }
            let x = &mut plane[image * frame.x_image..];
            if kind == PoolKind::Max3x3 {
                let winners = group.winners[ends.y][at..at + pixels[1]].chunks_exact(width);
                for (which, winners) in which.chunks_mut(frame.pitch).zip(winners) {
                    which.iter_mut().zip(winners).for_each(|(which, &winner)| *which = T::of(f64::from(winner)));
                }
                for (tap, &shift) in frame.shifts.iter().enumerate() {
                    #[expect(clippy::cast_precision_loss, reason = "nine at most")]
                    let tap = T::of(tap as f64);
                    for ((x, &d), &which) in x[shift..].iter_mut().zip(&*wide).zip(&*which) {
                        *x += if which == tap { d } else { T::ZERO };
                    }
                }
            } else {
                wide.iter_mut().zip(&*share).for_each(|(d, &share)| *d *= share);
                for &shift in &frame.shifts {
                    x[shift..].iter_mut().zip(&*wide).for_each(|(x, &d)| *x += d);
                }
            }
        }
        row.fill(T::ZERO);
        gather(row, plane, frame);
        norm::add_gradient(simd, context, ends.x, channel, group, row);
    }
}
