//! Inputs of convolutions in the form that the inner loops read.

use super::super::Real;
use super::super::component::Component;
use super::super::context::{Context, Held, Inputs, Scratch, capacity};
use super::super::frame::Frame;
use super::super::group::Group;
use super::super::norm::read;
use super::super::plane::{compact, pad};
use super::super::product::{SLACK, Stretches, slide, slide_over};
use super::super::simd::Simd;
use super::{Sizes, sizes};
use crate::graph::{Conv, Window};

/// Component of a convolution's input, with the coefficient by which the primal is added to the tangent.
#[derive(Clone, Copy)]
pub(super) struct Part<T> {
    pub(super) component: Component,
    pub(super) base: T,
}

impl<T: Real> Part<T> {
    pub(super) const VALUE: Self = Self { component: Component::Primal, base: T::ZERO };

    /// Reads one channel.
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
        read(context, self.component, conv.x, channel, conv.relu, group, at.clone(), row);
        if self.base != T::ZERO {
            let value = capacity(other, row.len());
            read(context, Component::Primal, conv.x, channel, conv.relu, group, at, value);
            row.iter_mut().zip(value).for_each(|(tangent, &mut value)| *tangent += self.base * value);
        }
    }
}

/// Writes padded planes of all channels of x, unless they are held.
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
    let inputs = &mut scratch.inputs[part.component];
    if inputs.planes_of == Some(held) {
        return;
    }
    inputs.planes_of = Some(held);
    let Sizes { channels, input, .. } = sizes(context, conv, group);
    let stride = frame.x_stride();
    let planes = capacity(&mut inputs.planes, channels * stride + SLACK);
    let row = capacity(&mut scratch.row, input);
    for (channel, plane) in planes.chunks_exact_mut(stride).enumerate().take(channels) {
        part.read(context, conv, channel, group, row, &mut scratch.other_row);
        pad(plane, row, frame, T::ZERO);
    }
}

/// Writes the input of the 1×1 convolution, `[channels, output pixels + SLACK]`, unless it is held.
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
        let inputs = &mut scratch.inputs[part.component];
        if inputs.middle_of == Some(held) {
            return;
        }
        inputs.middle_of = Some(held);
        let middle = capacity(&mut inputs.middle, channels * stride);
        for (channel, out) in middle.chunks_exact_mut(stride).enumerate() {
            part.read(context, conv, channel, group, &mut out[..input], &mut scratch.other_row);
        }
        return;
    };
    scratch.inputs[part.component].middle_of = None;
    prepare(context, part, conv, frame, group, scratch);
    let Inputs { planes, middle, .. } = &mut scratch.inputs[part.component];
    let middle = capacity(middle, channels * stride);
    let (run, count) = (frame.run(), depthwise.window.taps());
    let rows = capacity(&mut scratch.rows, run + 2 * SLACK);
    let x_stride = frame.x_stride();
    let direct = frame.rows().filter(Stretches::can_slide);
    for (channel, out) in middle.chunks_exact_mut(stride).enumerate() {
        let at = depthwise.weight + channel * count;
        let (weights, plane) = (&context.given.omega[at..at + count], &planes[channel * x_stride..]);
        if let Some(over) = direct {
            slide_over(simd, out, over, plane, &frame.shifts, weights);
            continue;
        }
        slide(simd, rows, run, plane, &frame.shifts, weights);
        compact(&mut out[..output], &rows[..run], frame);
    }
}
