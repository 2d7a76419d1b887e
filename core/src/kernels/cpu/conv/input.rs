//! What a convolution reads, in the form that the inner loops want.

use super::super::Real;
use super::super::context::{Context, Held, Inputs, Scratch, room};
use super::super::frame::Frame;
use super::super::group::Group;
use super::super::norm::read;
use super::super::plane::{compact, pad};
use super::super::product::{SLACK, slide};
use super::super::side::Side;
use super::super::simd::Simd;
use super::{Sizes, sizes};
use crate::kernels::plan::{Conv, Window};

/// What is read: a side of the input, and how often the value is added to its tangent.
#[derive(Clone, Copy)]
pub(super) struct Part<T> {
    pub(super) side: Side,
    pub(super) base: T,
}

impl<T: Real> Part<T> {
    pub(super) const VALUE: Self = Self { side: Side::Value, base: T::ZERO };

    /// One channel of it.
    #[inline(always)]
    fn read(
        self,
        context: &Context<'_, T>,
        conv: &Conv,
        channel: usize,
        group: &Group<T>,
        row: &mut [T],
        other: &mut Vec<T>,
    ) {
        let at = channel * row.len()..(channel + 1) * row.len();
        read(context, self.side, conv.x, channel, conv.relu, group, at.clone(), row);
        if self.base != T::ZERO {
            let value = room(other, row.len());
            read(context, Side::Value, conv.x, channel, conv.relu, group, at, value);
            row.iter_mut().zip(value).for_each(|(tangent, &mut value)| *tangent += self.base * value);
        }
    }
}

/// Padded planes of all channels of x, unless they are there.
#[inline(always)]
pub(super) fn prepare<T: Real>(
    context: &Context<'_, T>,
    part: Part<T>,
    conv: &Conv,
    frame: &Frame,
    group: &Group<T>,
    scratch: &mut Scratch<T>,
) {
    let held = Held { x: conv.x, window: frame.window, relu: conv.relu };
    let inputs = &mut scratch.inputs[part.side];
    if inputs.planes_of == Some(held) {
        return;
    }
    inputs.planes_of = Some(held);
    let Sizes { channels, input, .. } = sizes(context, conv, group);
    let stride = frame.x_stride();
    let planes = room(&mut inputs.planes, channels * stride + SLACK);
    let row = room(&mut scratch.row, input);
    for (channel, plane) in planes.chunks_exact_mut(stride).enumerate().take(channels) {
        part.read(context, conv, channel, group, row, &mut scratch.other_row);
        pad(plane, row, frame, T::ZERO);
    }
}

/// What the 1×1 convolution reads, `[channels, output pixels + SLACK]`.
#[inline(always)]
pub(super) fn middle<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    part: Part<T>,
    conv: &Conv,
    frame: &Frame,
    group: &Group<T>,
    scratch: &mut Scratch<T>,
) {
    let Sizes { channels, input, output } = sizes(context, conv, group);
    let stride = output + SLACK;
    let Some(depthwise) = conv.depthwise else {
        let held = Held { x: conv.x, window: Window::ONE, relu: conv.relu };
        let inputs = &mut scratch.inputs[part.side];
        if inputs.middle_of == Some(held) {
            return;
        }
        inputs.middle_of = Some(held);
        let middle = room(&mut inputs.middle, channels * stride);
        for (channel, out) in middle.chunks_exact_mut(stride).enumerate() {
            part.read(context, conv, channel, group, &mut out[..input], &mut scratch.other_row);
        }
        return;
    };
    scratch.inputs[part.side].middle_of = None;
    prepare(context, part, conv, frame, group, scratch);
    let Inputs { planes, middle, .. } = &mut scratch.inputs[part.side];
    let middle = room(middle, channels * stride);
    let (run, count) = (frame.run(), depthwise.window.taps());
    let rows = room(&mut scratch.rows, run + 2 * SLACK);
    let x_stride = frame.x_stride();
    for (channel, out) in middle.chunks_exact_mut(stride).enumerate() {
        let at = depthwise.weight + channel * count;
        let (weights, plane) = (&context.given.omega[at..at + count], &planes[channel * x_stride..]);
        slide(simd, rows, run, plane, &frame.shifts, weights);
        compact(&mut out[..output], &rows[..run], frame);
    }
}
