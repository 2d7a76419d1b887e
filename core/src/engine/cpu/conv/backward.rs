//! Gradients of a convolution's weights and input.

use std::ops::Range;

use super::super::Real;
use super::super::component::Component;
use super::super::context::{Context, Scratch, capacity};
use super::super::frame::Frame;
use super::super::group::Group;
use super::super::norm;
use super::super::plane::{add_masked, pad_gradient, relu_masked, spread};
use super::super::product::{SLACK, Stretches, correlate, multiply, slide, slide_over, taps};
use super::super::simd::Simd;
use super::input::{Part, middle, prepare};
use super::{Sizes, dense_weights, shifts, sizes, winograd};
use crate::graph::{Conv, Filter};

/// Arguments of a convolution's backward pass.
struct Way<'a, T> {
    context: &'a Context<'a, T>,
    conv: &'a Conv,
    frame: &'a Frame,
    /// True if the input's gradient is needed.
    onward: bool,
    products: [(Component, Part<T>); 2],
    count: usize,
    /// Base of the sum base·g + ġ, which takes the place of g if the input has no tangent: one product is then enough.
    fold: Option<T>,
}

impl<'a, T: Real> Way<'a, T> {
    #[inline(always)]
    fn new(context: &'a Context<'a, T>, conv: &'a Conv, frame: &'a Frame) -> Self {
        let whole = (context.component(), Part::VALUE);
        let (products, count, fold) = match context.given.along {
            _ if context.given.want.weights == 0.0 => ([whole; 2], 0, None),
            None => ([whole; 2], 1, None),
            Some(along) if context.plan.schedule.fixed[conv.x] => {
                ([(Component::Primal, Part::VALUE); 2], 1, Some(along.base))
            }
            Some(along) => {
                ([(Component::Primal, Part { component: Component::Tangent, base: along.base }), whole], 2, None)
            }
        };
        Self { context, conv, frame, onward: context.needs(conv.x), products, count, fold }
    }

    /// Components of the gradient, each with the part of the input that it is correlated with. The component that
    /// propagates to the input comes last.
    #[inline(always)]
    fn products(&self) -> &[(Component, Part<T>)] {
        &self.products[..self.count]
    }

    /// True if the last product is with the gradient that propagates to the input.
    #[inline(always)]
    fn ends_onward(&self) -> bool {
        self.products().last().is_some_and(|&(component, _)| component == self.context.component())
    }

    /// Components of the gradient that the products and the propagation to the input read.
    #[inline(always)]
    fn components(&self) -> &'static [Component] {
        match self.context.component() {
            Component::Primal => &[Component::Primal],
            Component::Tangent if self.count == 0 => &[Component::Tangent],
            Component::Tangent => &[Component::Primal, Component::Tangent],
        }
    }
}

/// Adds the gradient of the weights to `gradient`, and that of the input to the group's.
#[inline(always)]
pub(in super::super) fn backward<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    step: usize,
    conv: &Conv,
    group: &mut Group<T>,
    scratch: &mut Scratch<T>,
    gradient: &mut [T],
) {
    if let Some(tiling) = context.tiling(step, conv, group) {
        winograd::backward(simd, context, step, conv, tiling, group, scratch, gradient);
        return;
    }
    let Some(frame) = context.frame(step, group) else { return };
    let way = Way::new(context, conv, frame);
    let Sizes { channels, input, output, .. } = sizes(context, conv, group);
    let stride = output + SLACK;
    for &component in way.components() {
        let d = capacity(&mut scratch.d[component], conv.rows * stride);
        for (row, d) in d.chunks_exact_mut(stride).enumerate() {
            let at = (conv.first + row) * output..(conv.first + row + 1) * output;
            if !norm::output_gradient(context, component, conv.y, conv.first + row, group, at, &mut d[..output]) {
                return;
            }
        }
    }
    if let Some(base) = way.fold {
        let count = conv.rows * stride;
        let mut own = std::mem::take(&mut scratch.d[Component::Primal]);
        let g_dot = &scratch.d[Component::Tangent][..count];
        own.iter_mut().zip(g_dot).for_each(|(own, &g_dot)| *own = base * *own + g_dot);
        scratch.d[Component::Primal] = own;
    }
    if conv.depthwise.is_none() && !frame.is_plain() {
        through_dense(simd, &way, step, group, scratch, gradient);
        return;
    }
    for &(component, part) in way.products() {
        middle(simd, context, part, conv, frame, group, scratch);
        shifts(&mut scratch.shifts, channels, stride, &[0]);
        let (d, middle) = (&scratch.d[component], &scratch.inputs[part.component].middle);
        let place = &mut gradient[dense_weights(conv, channels)];
        correlate(simd, place, d, stride, [conv.rows, output], middle, &scratch.shifts);
    }
    shifts(&mut scratch.shifts, conv.rows, stride, &[0]);
    let packed = &context.packed[step].backward[0];
    for &component in way.components() {
        // In a tangent, only the gradient of a depthwise filter needs the primal component.
        let weights = conv.depthwise.is_some() && way.count > 0;
        if weights || (way.onward && component == context.component()) {
            let d_middle = capacity(&mut scratch.d_middle[component], channels * stride);
            let (d, all) = (&scratch.d[component], Stretches::one(output));
            multiply(simd, d_middle, channels, stride, d, &scratch.shifts, packed, all);
        }
    }
    if let Some(depthwise) = conv.depthwise {
        through_depthwise(simd, &way, depthwise, group, scratch, gradient);
    } else if way.onward {
        for channel in 0..channels {
            let row = &mut scratch.d_middle[context.component()][channel * stride..channel * stride + input];
            finish(simd, context, conv, channel, group, channel * input..(channel + 1) * input, row);
        }
    }
}

/// Adds the gradients of a depthwise filter and of its input, from that of its output in `scratch.d_middle`.
#[inline(always)]
fn through_depthwise<T: Real, S: Simd<T>>(
    simd: S,
    way: &Way<'_, T>,
    depthwise: Filter,
    group: &mut Group<T>,
    scratch: &mut Scratch<T>,
    gradient: &mut [T],
) {
    let &Way { context, conv, frame, onward, .. } = way;
    let Sizes { channels, input, output } = sizes(context, conv, group);
    let (d_stride, x_stride, count) = (frame.d_stride(), frame.x_stride(), depthwise.window.taps());
    let plane = capacity(&mut scratch.d_planes, d_stride);
    let rows = capacity(&mut scratch.rows, frame.back_run() + 2 * SLACK);
    let row = capacity(&mut scratch.row, input);
    let mut some = [T::ZERO; 64];
    // Pixels that no tap reads have no gradient.
    row.fill(T::ZERO);
    let direct = frame.back_rows().filter(Stretches::can_slide);
    for channel in 0..channels {
        let from = channel * (output + SLACK);
        let at = depthwise.weight + channel * count..depthwise.weight + (channel + 1) * count;
        for &(component, part) in way.products() {
            pad_gradient(plane, &scratch.d_middle[component][from..from + output], frame);
            let x = &scratch.inputs[part.component].planes[channel * x_stride..];
            taps(simd, &mut gradient[at.clone()], &plane[frame.d_start..][..frame.run()], x, &frame.shifts);
        }
        if !onward {
            continue;
        }
        if !way.ends_onward() {
            pad_gradient(plane, &scratch.d_middle[context.component()][from..from + output], frame);
        }
        for (index, phase) in frame.phases.iter().enumerate() {
            for (some, &tap) in some.iter_mut().zip(&phase.taps) {
                *some = context.given.omega[at.start + tap];
            }
            let weights = &some[..phase.taps.len()];
            if let Some(over) = direct {
                slide_over(simd, row, over, plane, &phase.d_shifts, weights);
                continue;
            }
            slide(simd, rows, frame.back_run(), plane, &phase.d_shifts, weights);
            spread(row, rows, frame, index);
        }
        finish(simd, context, conv, channel, group, channel * input..(channel + 1) * input, row);
    }
}

/// Adds the gradients of a dense filter and of its input, from that of its output in `scratch.d`.
#[inline(always)]
fn through_dense<T: Real, S: Simd<T>>(
    simd: S,
    way: &Way<'_, T>,
    step: usize,
    group: &mut Group<T>,
    scratch: &mut Scratch<T>,
    gradient: &mut [T],
) {
    let &Way { context, conv, frame, onward, .. } = way;
    let Sizes { channels, input, output } = sizes(context, conv, group);
    let (stride, d_stride, x_stride) = (output + SLACK, frame.d_stride(), frame.x_stride());
    for &(component, part) in way.products() {
        pad_rows(&mut scratch.d_planes, &scratch.d[component], conv.rows, [stride, d_stride], output, frame);
        prepare(context, part, conv, frame, group, scratch);
        shifts(&mut scratch.shifts, channels, x_stride, &frame.shifts);
        let (d, x) = (&scratch.d_planes[frame.d_start..], &scratch.inputs[part.component].planes);
        let place = &mut gradient[dense_weights(conv, channels)];
        correlate(simd, place, d, d_stride, [conv.rows, frame.run()], x, &scratch.shifts);
    }
    if !onward {
        return;
    }
    if !way.ends_onward() {
        pad_rows(&mut scratch.d_planes, &scratch.d[context.component()], conv.rows, [stride, d_stride], output, frame);
    }
    let run = frame.back_run();
    let all = capacity(&mut scratch.d_middle[context.component()], channels * input);
    let rows = capacity(&mut scratch.rows, channels * run);
    let direct = frame.back_rows();
    if direct.is_none() {
        // Pixels that no tap reads have no gradient.
        all.fill(T::ZERO);
    }
    for (index, phase) in frame.phases.iter().enumerate() {
        shifts(&mut scratch.shifts, conv.rows, d_stride, &phase.d_shifts);
        let (planes, packed) = (&scratch.d_planes, &context.packed[step].backward[index]);
        if let Some(over) = direct {
            multiply(simd, all, channels, input, planes, &scratch.shifts, packed, over);
            continue;
        }
        multiply(simd, rows, channels, run, planes, &scratch.shifts, packed, Stretches::one(run));
        for (all, rows) in all.chunks_exact_mut(input).zip(rows.chunks_exact(run)) {
            spread(all, rows, frame, index);
        }
    }
    for (channel, row) in all.chunks_exact_mut(input).enumerate() {
        finish(simd, context, conv, channel, group, channel * input..(channel + 1) * input, row);
    }
}

/// Writes the gradients of all rows of an output into padded planes.
#[inline(always)]
fn pad_rows<T: Real>(
    planes: &mut Vec<T>,
    d: &[T],
    rows: usize,
    [stride, d_stride]: [usize; 2],
    output: usize,
    frame: &Frame,
) {
    let planes = capacity(planes, rows * d_stride + SLACK);
    for (plane, d) in planes.chunks_exact_mut(d_stride).zip(d.chunks_exact(stride)).take(rows) {
        pad_gradient(plane, &d[..output], frame);
    }
}

/// Adds the gradient of some pixels of a channel of the input, through the ReLU, to that of the value that the
/// convolution reads; of a whole channel, if the value is normalized.
#[inline(always)]
pub(super) fn finish<T: Real, S: Simd<T>>(
    simd: S,
    context: &Context<'_, T>,
    conv: &Conv,
    channel: usize,
    group: &mut Group<T>,
    at: Range<usize>,
    row: &mut [T],
) {
    let component = context.component();
    if context.plan.values[conv.x].norm.is_none() {
        let all = group.values[Component::Primal][conv.x].len();
        let mut gradient = group.grow_gradient(component, conv.x, all, at.end);
        add_masked(&mut gradient[at.clone()], row, &group.values[Component::Primal][conv.x][at], conv.relu);
        group.gradients[component][conv.x] = gradient;
        return;
    }
    if conv.relu {
        relu_masked(row, &group.values[Component::Primal][conv.x][at], &context.channel(conv.x, channel));
    }
    norm::add_gradient(simd, context, conv.x, channel, group, row);
}
