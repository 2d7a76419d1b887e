//! One stage of a plan on one lane: the loop that the instructions at hand are chosen for.

use super::Real;
use super::context::{Context, Scratch};
use super::group::{Group, Kept};
use super::simd::{Simd, Work};
use super::{conv, head, norm, pool, sum};
use crate::kernels::plan::{Stage, Step, ValueId};

/// Some groups of images that are worked on one after the other, and what they add up.
#[derive(Clone, Debug, Default)]
pub(super) struct Lane<T> {
    pub(super) groups: Vec<Group<T>>,
    /// ∂L/∂ω.
    pub(super) gradient: Vec<T>,
    /// ∂L/∂p_l.
    pub(super) cells: Vec<Vec<f64>>,
    pub(super) scratch: Scratch<T>,
    /// The place of its first group among all.
    pub(super) first: usize,
}

/// The branches that a pass is held to, by group.
pub(super) type Held<'a> = Option<&'a [Kept]>;

pub(super) struct Forward<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) stage: &'a Stage,
    /// Leave what depends on no operation weight as it is.
    pub(super) again: bool,
    pub(super) kept: Held<'a>,
    pub(super) lane: &'a mut Lane<T>,
}

impl<T: Real> Work<T> for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<T>>(self, simd: S) {
        let Self { context, stage, again, kept, lane } = self;
        let Lane { groups, scratch, first, .. } = lane;
        let plan = context.plan;
        for (index, group) in groups.iter_mut().enumerate() {
            let kept = kept.map(|kept| &kept[*first + index]);
            scratch.turn();
            for &at in &stage.steps {
                let y = plan.steps[at].output();
                if again && plan.schedule.fixed[y] {
                    continue;
                }
                room_for(context, y, group);
                match &plan.steps[at] {
                    Step::Conv(step) => conv::forward(simd, context, at, step, group, kept, scratch),
                    Step::Pool { kind, x, y, .. } => {
                        pool::forward(simd, context, at, *kind, pool::Ends { x: *x, y: *y }, group, kept, scratch);
                    }
                    // Written before the first stage.
                    Step::Noise { .. } => {}
                    Step::Sum { terms, y } => sum::forward(context, terms, *y, group),
                    Step::Concat { parts, y } => sum::join(context, parts, *y, group),
                }
                if plan.schedule.last[at] {
                    norm::measure(simd, context, y, group);
                }
            }
        }
    }
}

/// Makes sure that a value can be written.
#[inline(always)]
pub(super) fn room_for<T: Real>(context: &Context<'_, T>, value: ValueId, group: &mut Group<T>) {
    let count = group.images * context.layout.pixels(value) * context.plan.values[value].channels;
    if group.values[value].len() != count {
        group.values[value] = vec![T::ZERO; count];
    }
}

pub(super) struct Backward<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) stage: &'a Stage,
    pub(super) kept: Held<'a>,
    pub(super) lane: &'a mut Lane<T>,
}

impl<T: Real> Work<T> for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<T>>(self, simd: S) {
        let Self { context, stage, kept, lane } = self;
        let Lane { groups, scratch, first, gradient, cells } = lane;
        let plan = context.plan;
        for (index, group) in groups.iter_mut().enumerate() {
            let kept = kept.map(|kept| &kept[*first + index]);
            scratch.turn();
            for (&at, release) in stage.steps.iter().zip(&stage.release) {
                match &plan.steps[at] {
                    Step::Conv(step) => {
                        conv::backward(simd, context, at, step, group, kept, scratch, gradient);
                    }
                    Step::Pool { kind, x, y, .. } => {
                        pool::backward(simd, context, at, *kind, pool::Ends { x: *x, y: *y }, group, scratch);
                    }
                    Step::Noise { .. } => {}
                    Step::Sum { terms, y } => sum::backward(simd, context, terms, *y, group, cells),
                    Step::Concat { parts, y } => sum::split(context, parts, *y, group),
                }
                for &value in release {
                    group.release(value);
                }
            }
        }
    }
}

pub(super) struct Features<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) kept: Held<'a>,
    pub(super) lane: &'a mut Lane<T>,
}

impl<T: Real> Work<T> for Features<'_, T> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<S: Simd<T>>(self, simd: S) -> Vec<f64> {
        let Self { context, kept, lane } = self;
        let mut features = Vec::new();
        let Some(step) = &context.plan.head else { return features };
        for (index, group) in lane.groups.iter().enumerate() {
            let kept = kept.map(|kept| &kept[lane.first + index]);
            let row = &mut lane.scratch.row;
            features.extend(head::features(simd, context, step, context.plan.output, group, kept, row));
        }
        features
    }
}

pub(super) struct Seed<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) kept: Held<'a>,
    pub(super) lane: &'a mut Lane<T>,
    pub(super) d_logits: &'a [f64],
}

impl<T: Real> Work<T> for Seed<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<T>>(self, simd: S) {
        let Self { context, kept, lane, d_logits } = self;
        let Some(step) = &context.plan.head else { return };
        for (index, group) in lane.groups.iter_mut().enumerate() {
            let kept = kept.map(|kept| &kept[lane.first + index]);
            let row = &mut lane.scratch.row;
            head::backward(simd, context, step, context.plan.output, group, kept, d_logits, row);
        }
    }
}

/// Writes down which way the ReLUs and max pools of a lane went.
pub(super) struct Record<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) lane: &'a Lane<T>,
    /// One for each group.
    pub(super) kept: &'a mut [Kept],
}

impl<T: Real> Work<T> for Record<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<T>>(self, _: S) {
        let Self { context, lane, kept } = self;
        let (plan, layout) = (context.plan, context.layout);
        for (group, kept) in lane.groups.iter().zip(kept) {
            kept.open.resize_with(plan.values.len(), Vec::new);
            for (value, open) in kept.open.iter_mut().enumerate() {
                if !plan.schedule.gated[value] {
                    continue;
                }
                let numbers = &group.values[value];
                let row = group.images * layout.pixels(value);
                open.resize(numbers.len(), 0);
                for (channel, (open, x)) in open.chunks_exact_mut(row).zip(numbers.chunks_exact(row)).enumerate() {
                    let reader = context.channel(value, channel);
                    open.iter_mut().zip(x).for_each(|(open, &x)| *open = u8::from(reader.value(x) > T::ZERO));
                }
            }
            kept.winners.clone_from(&group.winners);
        }
    }
}
