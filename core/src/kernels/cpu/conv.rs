//! ReLU, depthwise and dense convolution of a group of images, forward and backward.
//!
//! ```text
//! u = relu(x̂),  m = D ∗ u (or u),  z = W ∗ m
//! ∂W = ∂z ⋆ m,  ∂m = Wᵀ ∗ ∂z,  ∂D = ∂m ⋆ u,  ∂x̂ = (Dᵀ ∗ ∂m) · [x̂ > 0]
//! ```
//!
//! The specification is `ops::conv` on tensors. m is never stored: it is found again on the way back.

use std::ops::Range;

use super::Real;
use super::context::{Context, Held, Scratch, gate, room};
use super::frame::Frame;
use super::group::{Group, Kept};
use super::norm;
use super::plane::{add_gated, compact, gated, pad, pad_gradient, read, spread};
use super::product::{SLACK, correlate, multiply, slide, taps};
use super::simd::Simd;
use crate::kernels::plan::{Conv, Filter, Window};

/// Sizes of a step on a group.
struct Sizes {
    channels: usize,
    images: usize,
    /// Pixels of all images in and out.
    input: usize,
    output: usize,
}

fn sizes<T: Real>(context: &Context<'_, T>, conv: &Conv, group: &Group<T>) -> Sizes {
    let images = group.images;
    Sizes {
        channels: context.plan.values[conv.x].channels,
        images,
        input: images * context.layout.pixels(conv.x),
        output: images * context.layout.pixels(conv.y),
    }
}

/// The place of the dense filter within ω.
fn dense_weights(conv: &Conv, channels: usize) -> Range<usize> {
    conv.dense.weight..conv.dense.weight + conv.rows * channels * conv.dense.window.taps()
}

/// Where each channel (and tap) of what a dense filter reads lies.
#[inline(always)]
fn shifts(list: &mut Vec<usize>, channels: usize, stride: usize, taps: &[usize]) {
    list.clear();
    list.extend((0..channels).flat_map(|channel| taps.iter().map(move |shift| channel * stride + shift)));
}

/// Padded planes of all channels of x, unless they are there.
#[inline(always)]
fn prepare<T: Real>(
    context: &Context<'_, T>,
    conv: &Conv,
    frame: &Frame,
    group: &Group<T>,
    kept: Option<&Kept>,
    scratch: &mut Scratch<T>,
) {
    let held = Held { x: conv.x, window: frame.window, relu: conv.relu };
    if scratch.planes_of == Some(held) {
        return;
    }
    scratch.planes_of = Some(held);
    let Sizes { channels, images, input, .. } = sizes(context, conv, group);
    let (stride, gate) = (frame.x_stride(images), gate(conv.relu, conv.x, kept));
    let planes = room(&mut scratch.planes, channels * stride + SLACK);
    let row = room(&mut scratch.row, input);
    for (channel, plane) in planes.chunks_exact_mut(stride).enumerate().take(channels) {
        let from = channel * input;
        let x = &group.values[conv.x][from..from + input];
        read(row, x, &context.channel(conv.x, channel), gate.slice(from, input));
        pad(plane, row, frame, T::ZERO);
    }
}

/// What the 1×1 convolution reads, `[channels, output pixels + SLACK]`.
#[inline(always)]
fn middle<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    conv: &Conv,
    frame: &Frame,
    group: &Group<T>,
    kept: Option<&Kept>,
    scratch: &mut Scratch<T>,
) {
    let Sizes { channels, images, input, output } = sizes(context, conv, group);
    let stride = output + SLACK;
    let Some(depthwise) = conv.depthwise else {
        let held = Held { x: conv.x, window: Window::ONE, relu: conv.relu };
        if scratch.middle_of == Some(held) {
            return;
        }
        scratch.middle_of = Some(held);
        let gate = gate(conv.relu, conv.x, kept);
        let middle = room(&mut scratch.middle, channels * stride);
        for (channel, out) in middle.chunks_exact_mut(stride).enumerate() {
            let from = channel * input;
            let x = &group.values[conv.x][from..from + input];
            read(&mut out[..input], x, &context.channel(conv.x, channel), gate.slice(from, input));
        }
        return;
    };
    scratch.middle_of = None;
    prepare(context, conv, frame, group, kept, scratch);
    let middle = room(&mut scratch.middle, channels * stride);
    let (run, pixels, count) = (frame.run(), output / images, depthwise.window.taps());
    let rows = room(&mut scratch.rows, run + 2 * SLACK);
    let x_stride = frame.x_stride(images);
    for (channel, out) in middle.chunks_exact_mut(stride).enumerate() {
        let at = depthwise.weight + channel * count;
        let (weights, plane) = (&context.omega[at..at + count], &scratch.planes[channel * x_stride..]);
        for (image, out) in out.chunks_exact_mut(pixels).enumerate().take(images) {
            slide(simd, rows, run, &plane[image * frame.x_image..], &frame.shifts, weights);
            compact(out, &rows[..run], frame);
        }
    }
}

#[inline(always)]
pub(super) fn forward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    step: usize,
    conv: &Conv,
    group: &mut Group<T>,
    kept: Option<&Kept>,
    scratch: &mut Scratch<T>,
) {
    let Some(frame) = &context.layout.frames[step] else { return };
    let Sizes { channels, images, output, .. } = sizes(context, conv, group);
    let packed = &context.packed[step].forward;
    let mut z = std::mem::take(&mut group.values[conv.y]);
    let part = &mut z[conv.first * output..(conv.first + conv.rows) * output];
    if conv.depthwise.is_some() || frame.is_plain() {
        middle(simd, context, conv, frame, group, kept, scratch);
        shifts(&mut scratch.shifts, channels, output + SLACK, &[0]);
        multiply(simd, part, output, [conv.rows, output], &scratch.middle, &scratch.shifts, packed);
    } else {
        prepare(context, conv, frame, group, kept, scratch);
        shifts(&mut scratch.shifts, channels, frame.x_stride(images), &frame.shifts);
        let (run, pixels) = (frame.run(), output / images);
        let rows = room(&mut scratch.rows, conv.rows * run);
        for image in 0..images {
            let planes = &scratch.planes[image * frame.x_image..];
            multiply(simd, rows, run, [conv.rows, run], planes, &scratch.shifts, packed);
            for (row, rows) in rows.chunks_exact(run).enumerate() {
                let at = row * output + image * pixels;
                compact(&mut part[at..at + pixels], rows, frame);
            }
        }
    }
    group.values[conv.y] = z;
}

/// Adds the weights' gradients to `gradient`, and the input's to its own.
#[expect(clippy::too_many_arguments, reason = "what a step reads and what it writes")]
#[inline(always)]
pub(super) fn backward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    step: usize,
    conv: &Conv,
    group: &mut Group<T>,
    kept: Option<&Kept>,
    scratch: &mut Scratch<T>,
    gradient: &mut [T],
) {
    let Some(frame) = &context.layout.frames[step] else { return };
    let Sizes { channels, input, output, .. } = sizes(context, conv, group);
    let stride = output + SLACK;
    room(&mut scratch.d, conv.rows * stride);
    if !norm::output_gradient(context, conv.y, conv.first..conv.first + conv.rows, group, stride, &mut scratch.d) {
        return;
    }
    let weights = context.wanted.weights;
    let needed = context.needs(conv.x);
    let pointwise = conv.depthwise.is_some() || frame.is_plain();
    let dense = dense_weights(conv, channels);
    if pointwise && weights {
        middle(simd, context, conv, frame, group, kept, scratch);
        shifts(&mut scratch.shifts, channels, stride, &[0]);
        let Scratch { d, middle, shifts, .. } = &*scratch;
        correlate(simd, &mut gradient[dense.clone()], d, stride, [conv.rows, output], middle, shifts);
    }
    if pointwise && (needed || (weights && conv.depthwise.is_some())) {
        shifts(&mut scratch.shifts, conv.rows, stride, &[0]);
        let packed = &context.packed[step].backward[0];
        let d_middle = room(&mut scratch.d_middle, channels * stride);
        multiply(simd, d_middle, stride, [channels, output], &scratch.d, &scratch.shifts, packed);
    }
    if let Some(depthwise) = conv.depthwise {
        through_depthwise(simd, context, depthwise, conv, frame, group, kept, scratch, gradient);
    } else if !frame.is_plain() {
        through_dense(simd, context, step, conv, frame, group, kept, scratch, gradient);
    } else if needed {
        for channel in 0..channels {
            let row = &mut scratch.d_middle[channel * stride..channel * stride + input];
            finish(simd, context, conv, channel, group, kept, row);
        }
    }
}

/// From the gradient of a depthwise convolution's output, in `scratch.d_middle`, to those of its weights and input.
#[expect(clippy::too_many_arguments, reason = "what a step reads and what it writes")]
#[inline(always)]
fn through_depthwise<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    depthwise: Filter,
    conv: &Conv,
    frame: &Frame,
    group: &mut Group<T>,
    kept: Option<&Kept>,
    scratch: &mut Scratch<T>,
    gradient: &mut [T],
) {
    let Sizes { channels, images, input, output } = sizes(context, conv, group);
    let (weights, needed, stride) = (context.wanted.weights, context.needs(conv.x), output + SLACK);
    let (d_stride, x_stride) = (frame.d_stride(images), frame.x_stride(images));
    let pixels = input / images;
    let count = depthwise.window.taps();
    let plane = room(&mut scratch.d_planes, d_stride);
    let rows = room(&mut scratch.rows, frame.back_run() + 2 * SLACK);
    let row = room(&mut scratch.row, input);
    let mut some = [T::ZERO; 64];
    // Pixels that no tap reads have no gradient.
    row.fill(T::ZERO);
    for channel in 0..channels {
        pad_gradient(plane, &scratch.d_middle[channel * stride..channel * stride + output], frame);
        let at = depthwise.weight + channel * count..depthwise.weight + (channel + 1) * count;
        if weights {
            for image in 0..images {
                let d = &plane[image * frame.d_image + frame.d_start..][..frame.run()];
                let x = &scratch.planes[channel * x_stride + image * frame.x_image..];
                taps(simd, &mut gradient[at.clone()], d, x, &frame.shifts);
            }
        }
        if needed {
            for (index, phase) in frame.phases.iter().enumerate() {
                for (some, &tap) in some.iter_mut().zip(&phase.taps) {
                    *some = context.omega[at.start + tap];
                }
                for (image, row) in row.chunks_exact_mut(pixels).enumerate() {
                    let plane = &plane[image * frame.d_image..];
                    slide(simd, rows, frame.back_run(), plane, &phase.d_shifts, &some[..phase.taps.len()]);
                    spread(row, rows, frame, index);
                }
            }
            finish(simd, context, conv, channel, group, kept, row);
        }
    }
}

/// From the gradient of a dense convolution's output, in `scratch.d`, to those of its weights and input.
#[expect(clippy::too_many_arguments, reason = "what a step reads and what it writes")]
#[inline(always)]
fn through_dense<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    step: usize,
    conv: &Conv,
    frame: &Frame,
    group: &mut Group<T>,
    kept: Option<&Kept>,
    scratch: &mut Scratch<T>,
    gradient: &mut [T],
) {
    let Sizes { channels, images, input, output } = sizes(context, conv, group);
    let (weights, needed, stride) = (context.wanted.weights, context.needs(conv.x), output + SLACK);
    let (d_stride, x_stride) = (frame.d_stride(images), frame.x_stride(images));
    let pixels = input / images;
    let dense = dense_weights(conv, channels);
    let planes = room(&mut scratch.d_planes, conv.rows * d_stride + SLACK);
    for (row, plane) in planes.chunks_exact_mut(d_stride).enumerate().take(conv.rows) {
        pad_gradient(plane, &scratch.d[row * stride..row * stride + output], frame);
    }
    if weights {
        prepare(context, conv, frame, group, kept, scratch);
        shifts(&mut scratch.shifts, channels, x_stride, &frame.shifts);
        for image in 0..images {
            let d = &scratch.d_planes[image * frame.d_image + frame.d_start..];
            let x = &scratch.planes[image * frame.x_image..];
            let size = [conv.rows, frame.run()];
            correlate(simd, &mut gradient[dense.clone()], d, d_stride, size, x, &scratch.shifts);
        }
    }
    if needed {
        let run = frame.back_run();
        let all = room(&mut scratch.d_middle, channels * input);
        // Pixels that no tap reads have no gradient.
        all.fill(T::ZERO);
        let rows = room(&mut scratch.rows, channels * run);
        for (index, phase) in frame.phases.iter().enumerate() {
            shifts(&mut scratch.shifts, conv.rows, d_stride, &phase.d_shifts);
            let packed = &context.packed[step].backward[index];
            for image in 0..images {
                let planes = &scratch.d_planes[image * frame.d_image..];
                multiply(simd, rows, run, [channels, run], planes, &scratch.shifts, packed);
                for (channel, rows) in rows.chunks_exact(run).enumerate() {
                    let at = channel * input + image * pixels;
                    spread(&mut all[at..at + pixels], rows, frame, index);
                }
            }
        }
        for (channel, row) in all.chunks_exact_mut(input).enumerate() {
            finish(simd, context, conv, channel, group, kept, row);
        }
    }
}

/// The gradient of what was read, through the ReLU to the value itself.
#[inline(always)]
fn finish<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    conv: &Conv,
    channel: usize,
    group: &mut Group<T>,
    kept: Option<&Kept>,
    row: &mut [T],
) {
    let from = channel * row.len();
    let gate = gate(conv.relu, conv.x, kept).slice(from, row.len());
    let channels = context.plan.values[conv.x].channels;
    if context.plan.values[conv.x].norm.is_none() {
        let mut gradient = group.take_gradient(conv.x, channels * row.len());
        let x = &group.values[conv.x][from..from + row.len()];
        add_gated(&mut gradient[from..from + row.len()], row, x, gate);
        group.gradients[conv.x] = gradient;
        return;
    }
    let x = &group.values[conv.x][from..from + row.len()];
    gated(row, x, &context.channel(conv.x, channel), gate);
    norm::add_gradient(simd, context, conv.x, channel, group, row);
}
