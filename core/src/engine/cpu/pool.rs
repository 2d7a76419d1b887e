//! Pools of a group of images.
//!
//! The argmax of equal pixels is the first; a mean is over the pixels that exist.

use super::Real;
use super::component::Component;
use super::context::{Context, Scratch, capacity};
use super::frame::Frame;
use super::group::Group;
use super::norm;
use super::plane::{Channel, compact, masked_by, pad, pad_gradient, relu_masked, spread};
use super::product::{SLACK, slide};
use super::simd::{Simd, WIDTH};
use crate::graph::{Pool, PoolKind};

/// Maximum number of taps of a pool.
const MAX_TAPS: usize = 64;

/// Writes 1 / the number of pixels that exist under each place of the window, for each image.
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
            #[expect(clippy::cast_precision_loss, reason = "64 at most")]
            let count = (rows * columns) as f64;
            share.fill(T::of(1.0 / count));
        }
    }
}

/// Number of a tap as the planes hold it.
#[inline(always)]
fn tag<T: Real>(tap: usize) -> T {
    #[expect(clippy::cast_precision_loss, reason = "64 at most")]
    T::of(tap as f64)
}

/// Writes the maximum under each place of the window and the winning tap, for n places in rows of the pitch.
#[inline(always)]
fn largest<T: Real, S: Simd<T>>(simd: S, best: &mut [T], which: &mut [T], n: usize, x: &[T], shifts: &[usize]) {
    const VECTORS: usize = 2;
    for q in (0..n).step_by(VECTORS * WIDTH) {
        let mut found = [[simd.splat(T::LEAST), simd.splat(T::ZERO)]; VECTORS];
        for (tap, &shift) in shifts.iter().enumerate() {
            let x = x[shift + q..shift + q + VECTORS * WIDTH].as_chunks::<WIDTH>().0;
            let tag = simd.splat(tag(tap));
            for n in 0..VECTORS {
                found[n] = simd.better(simd.load(&x[n]), tag, found[n]);
            }
        }
        let best = best[q..q + VECTORS * WIDTH].as_chunks_mut::<WIDTH>().0;
        let which = which[q..q + VECTORS * WIDTH].as_chunks_mut::<WIDTH>().0;
        for n in 0..VECTORS {
            [best[n], which[n]] = found[n].map(|vector| simd.array(vector));
        }
    }
}

/// Adds up the gradients of the places at which a pixel was the maximum:
/// `out[q] = Σ_t [which[shift_t + q] = t] · d[shift_t + q]`.
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
    for q in (0..n).step_by(VECTORS * WIDTH) {
        let mut sums = [simd.splat(T::ZERO); VECTORS];
        for (&shift, &tap) in shifts.iter().zip(taps) {
            let at = shift + q..shift + q + VECTORS * WIDTH;
            let (d, which) = (d[at.clone()].as_chunks::<WIDTH>().0, which[at].as_chunks::<WIDTH>().0);
            let tag = simd.splat(tag(tap));
            for n in 0..VECTORS {
                let own = simd.where_equal(simd.load(&which[n]), tag, simd.load(&d[n]));
                sums[n] = simd.fma(own, one, sums[n]);
            }
        }
        let out = out[q..q + VECTORS * WIDTH].as_chunks_mut::<WIDTH>().0;
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
    &Pool { kind, relu, x: input_value, y: output_value, .. }: &Pool,
    group: &mut Group<T>,
    scratch: &mut Scratch<T>,
) {
    let Some(frame) = context.frame(step, group) else { return };
    let channels = context.plan.values[input_value].channels;
    let [input, output] = [input_value, output_value].map(|value| group.images * context.layout.pixels(value));
    let (run, width, component) = (frame.run(), frame.width(), context.component());
    scratch.inputs[component].planes_of = None;
    let plane = capacity(&mut scratch.inputs[component].planes, frame.x_stride() + SLACK);
    let rows = capacity(&mut scratch.rows, 2 * (run + SLACK) + output);
    let (best, rest) = rows.split_at_mut(run + SLACK);
    let (which, share) = rest.split_at_mut(run + SLACK);
    let mut y = std::mem::take(&mut group.values[component][output_value]);
    let mut argmax = std::mem::take(&mut group.argmax[output_value]);
    let largest_of = kind == PoolKind::Max;
    if largest_of {
        argmax.resize(channels * output, 0);
    } else {
        shares(share, frame);
    }
    let ones = [T::ONE; MAX_TAPS];
    for channel in 0..channels {
        let place = channel * input..(channel + 1) * input;
        let x = &group.values[component][input_value][place.clone()];
        let padding = if largest_of && component == Component::Primal { T::LEAST } else { T::ZERO };
        if relu {
            let masked = capacity(&mut scratch.row, input);
            masked_by(masked, x, &group.values[Component::Primal][input_value][place]);
            pad(plane, masked, frame, padding);
        } else {
            pad(plane, x, frame, padding);
        }
        let at = channel * output..(channel + 1) * output;
        let (out, argmax) = (&mut y[at.clone()], argmax.get_mut(at).unwrap_or_default());
        match (largest_of, component) {
            (true, Component::Primal) => {
                largest(simd, best, which, run, plane, &frame.shifts);
                compact(out, &best[..run], frame);
                for (argmax, which) in argmax.chunks_exact_mut(width).zip(which.chunks(frame.pitch)) {
                    argmax.iter_mut().zip(which).for_each(|(tap, which)| *tap = which.small());
                }
            }
            (true, Component::Tangent) => {
                for (y, (out, argmax)) in out.chunks_exact_mut(width).zip(argmax.chunks_exact(width)).enumerate() {
                    let x = &plane[y * frame.pitch..];
                    for (column, (out, &tap)) in out.iter_mut().zip(argmax).enumerate() {
                        *out = x[frame.shifts[usize::from(tap)] + column];
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
    group.values[component][output_value] = y;
    group.argmax[output_value] = argmax;
}

#[inline(always)]
pub(super) fn backward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    step: usize,
    &Pool { kind, relu, x: input_value, y: output_value, .. }: &Pool,
    group: &mut Group<T>,
    scratch: &mut Scratch<T>,
) {
    let Some(frame) = context.frame(step, group) else { return };
    if !context.needs(input_value) {
        return;
    }
    let channels = context.plan.values[input_value].channels;
    let [input, output] = [input_value, output_value].map(|value| group.images * context.layout.pixels(value));
    let component = context.component();
    let d = capacity(&mut scratch.d[component], output);
    let largest_of = kind == PoolKind::Max;
    let stride = frame.d_stride();
    let planes = capacity(&mut scratch.d_planes, 2 * stride);
    let (d_plane, which) = planes.split_at_mut(stride);
    let row = capacity(&mut scratch.row, input);
    // Pixels that no tap reads have no gradient.
    row.fill(T::ZERO);
    let run = frame.back_run();
    let rows = capacity(&mut scratch.rows, run + SLACK + output);
    let (rows, share) = rows.split_at_mut(run + SLACK);
    if !largest_of {
        shares(share, frame);
    }
    let ones = [T::ONE; MAX_TAPS];
    for channel in 0..channels {
        let at = channel * output..(channel + 1) * output;
        if !norm::output_gradient(context, component, output_value, channel, group, at.clone(), d) {
            return;
        }
        if largest_of {
            share.iter_mut().zip(&group.argmax[output_value][at]).for_each(|(tag, &tap)| *tag = T::of(f64::from(tap)));
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
        if relu {
            let x = &group.values[Component::Primal][input_value][channel * input..(channel + 1) * input];
            relu_masked(row, x, &Channel::PLAIN);
        }
        norm::add_gradient(simd, context, input_value, channel, group, row);
    }
}
