//! Pools of a group of images. The specification is `ops::pool` on tensors.
//!
//! A maximum goes to the first of equal pixels; a mean is over the pixels that exist.

use super::Real;
use super::context::{Context, Scratch, room};
use super::frame::Frame;
use super::group::Group;
use super::norm;
use super::plane::{compact, pad, pad_gradient, spread};
use super::product::{SLACK, slide};
use super::side::Side;
use super::simd::{LANES, Simd};
use crate::kernels::plan::{PoolKind, ValueId};

/// x and y of a pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) x: ValueId,
    pub(super) y: ValueId,
}

/// 1 / the number of pixels that exist under each place of the window, for each image.
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
    for (y, row) in out.chunks_exact_mut(frame.width()).enumerate() {
        let rows = reach(0, y);
        for (share, columns) in row.chunks_exact_mut(frame.images).zip(&columns) {
            #[expect(clippy::cast_precision_loss, reason = "nine at most")]
            let count = (rows * columns) as f64;
            share.fill(T::of(1.0 / count));
        }
    }
}

/// A tap's number as the planes hold it.
#[inline(always)]
fn tag<T: Real>(tap: usize) -> T {
    #[expect(clippy::cast_precision_loss, reason = "nine at most")]
    T::of(tap as f64)
}

/// The largest under each place of the window and which tap it was, n places in rows of the pitch.
#[inline(always)]
fn largest<T: Real, S: Simd<T>>(simd: S, best: &mut [T], which: &mut [T], n: usize, x: &[T], shifts: &[usize]) {
    const VECTORS: usize = 2;
    for q in (0..n).step_by(VECTORS * LANES) {
        let mut found = [[simd.splat(T::LEAST), simd.splat(T::ZERO)]; VECTORS];
        for (tap, &shift) in shifts.iter().enumerate() {
            let x = x[shift + q..shift + q + VECTORS * LANES].as_chunks::<LANES>().0;
            let tag = simd.splat(tag(tap));
            for n in 0..VECTORS {
                found[n] = simd.better(simd.load(&x[n]), tag, found[n]);
            }
        }
        let best = best[q..q + VECTORS * LANES].as_chunks_mut::<LANES>().0;
        let which = which[q..q + VECTORS * LANES].as_chunks_mut::<LANES>().0;
        for n in 0..VECTORS {
            [best[n], which[n]] = found[n].map(|vector| simd.array(vector));
        }
    }
}

/// What the places whose winner a pixel was send back to it: `out[q] = Σ_t [which[shift_t + q] = t] · d[shift_t + q]`.
#[inline(always)]
fn returned<T: Real, S: Simd<T>>(
    simd: S,
    out: &mut [T],
    n: usize,
    [d, which]: [&[T]; 2],
    shifts: &[usize],
    taps: &[usize],
) {
    const VECTORS: usize = 2;
    let one = simd.splat(T::ONE);
    for q in (0..n).step_by(VECTORS * LANES) {
        let mut sums = [simd.splat(T::ZERO); VECTORS];
        for (&shift, &tap) in shifts.iter().zip(taps) {
            let at = shift + q..shift + q + VECTORS * LANES;
            let (d, which) = (d[at.clone()].as_chunks::<LANES>().0, which[at].as_chunks::<LANES>().0);
            let tag = simd.splat(tag(tap));
            for n in 0..VECTORS {
                let own = simd.where_equal(simd.load(&which[n]), tag, simd.load(&d[n]));
                sums[n] = simd.fma(own, one, sums[n]);
            }
        }
        let out = out[q..q + VECTORS * LANES].as_chunks_mut::<LANES>().0;
        for n in 0..VECTORS {
            out[n] = simd.array(sums[n]);
        }
    }
}

#[inline(always)]
pub(super) fn forward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    step: usize,
    kind: PoolKind,
    ends: Ends,
    group: &mut Group<T>,
    scratch: &mut Scratch<T>,
) {
    let Some(frame) = context.frame(step, group) else { return };
    let channels = context.plan.values[ends.x].channels;
    let [input, output] = [ends.x, ends.y].map(|value| group.images * context.layout.pixels(value));
    let (run, width, side) = (frame.run(), frame.width(), context.side());
    scratch.inputs[side].planes_of = None;
    let plane = room(&mut scratch.inputs[side].planes, frame.x_stride() + SLACK);
    let rows = room(&mut scratch.rows, 2 * (run + SLACK) + output);
    let (best, rest) = rows.split_at_mut(run + SLACK);
    let (which, share) = rest.split_at_mut(run + SLACK);
    let mut y = std::mem::take(&mut group.values[side][ends.y]);
    let mut winners = std::mem::take(&mut group.winners[ends.y]);
    let largest_of = kind == PoolKind::Max3x3;
    if largest_of {
        winners.resize(channels * output, 0);
    } else {
        shares(share, frame);
    }
    let ones = [T::ONE; 9];
    for channel in 0..channels {
        let x = &group.values[side][ends.x][channel * input..(channel + 1) * input];
        pad(plane, x, frame, if largest_of && side == Side::Value { T::LEAST } else { T::ZERO });
        let at = channel * output..(channel + 1) * output;
        let (out, winners) = (&mut y[at.clone()], winners.get_mut(at).unwrap_or_default());
        match (largest_of, side) {
            (true, Side::Value) => {
                largest(simd, best, which, run, plane, &frame.shifts);
                compact(out, &best[..run], frame);
                for (winners, which) in winners.chunks_exact_mut(width).zip(which.chunks(frame.pitch)) {
                    winners.iter_mut().zip(which).for_each(|(winner, which)| *winner = which.small());
                }
            }
            (true, Side::Tangent) => {
                for (y, (out, winners)) in out.chunks_exact_mut(width).zip(winners.chunks_exact(width)).enumerate() {
                    let x = &plane[y * frame.pitch..];
                    for (column, (out, &winner)) in out.iter_mut().zip(winners).enumerate() {
                        *out = x[frame.shifts[usize::from(winner)] + column];
                    }
                }
            }
            (false, _) => {
                slide(simd, best, run, plane, &frame.shifts, &ones[..frame.shifts.len()]);
                compact(out, &best[..run], frame);
                out.iter_mut().zip(&*share).for_each(|(sum, &share)| *sum *= share);
            }
        }
    }
    group.values[side][ends.y] = y;
    group.winners[ends.y] = winners;
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
    let Some(frame) = context.frame(step, group) else { return };
    if !context.needs(ends.x) {
        return;
    }
    let channels = context.plan.values[ends.x].channels;
    let [input, output] = [ends.x, ends.y].map(|value| group.images * context.layout.pixels(value));
    let side = context.side();
    let d = room(&mut scratch.d[side], output);
    let largest_of = kind == PoolKind::Max3x3;
    let stride = frame.d_stride();
    let planes = room(&mut scratch.d_planes, 2 * stride);
    let (d_plane, which) = planes.split_at_mut(stride);
    let row = room(&mut scratch.row, input);
    // Pixels that no tap reads have no gradient.
    row.fill(T::ZERO);
    let run = frame.back_run();
    let rows = room(&mut scratch.rows, run + SLACK + output);
    let (rows, share) = rows.split_at_mut(run + SLACK);
    if !largest_of {
        shares(share, frame);
    }
    let ones = [T::ONE; 9];
    for channel in 0..channels {
        let at = channel * output..(channel + 1) * output;
        if !norm::output_gradient(context, side, ends.y, channel, group, d) {
            return;
        }
        if largest_of {
            share.iter_mut().zip(&group.winners[ends.y][at]).for_each(|(tag, &winner)| *tag = T::of(f64::from(winner)));
            pad_gradient(which, share, frame);
        } else {
            d.iter_mut().zip(&*share).for_each(|(d, &share)| *d *= share);
        }
        pad_gradient(d_plane, d, frame);
        for (index, phase) in frame.phases.iter().enumerate() {
            if largest_of {
                returned(simd, rows, run, [d_plane, which], &phase.d_shifts, &phase.taps);
            } else {
                slide(simd, rows, run, d_plane, &phase.d_shifts, &ones[..phase.taps.len()]);
            }
            spread(row, rows, frame, index);
        }
        norm::add_gradient(simd, context, ends.x, channel, group, row);
    }
}
