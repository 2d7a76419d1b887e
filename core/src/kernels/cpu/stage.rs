//! One stage of a plan on one lane: the loop that the instructions at hand are chosen for.

use super::Real;
use super::context::{Context, Scratch};
use super::group::Group;
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
}

pub(super) struct Forward<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) stage: &'a Stage,
    /// Leave what depends on no operation weight as it is: it has not changed, and it has no tangent.
    pub(super) again: bool,
    pub(super) lane: &'a mut Lane<T>,
}

impl<T: Real> Work<T> for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<T>>(self, simd: S) {
        let Self { context, stage, again, lane } = self;
        let Lane { groups, scratch, .. } = lane;
        let plan = context.plan;
        for group in groups {
            scratch.turn();
            for &at in &stage.steps {
                let y = plan.steps[at].output();
                if again && plan.schedule.fixed[y] {
                    continue;
                }
                room_for(context, y, group);
                match &plan.steps[at] {
                    Step::Conv(step) => conv::forward(simd, context, at, step, group, scratch),
                    Step::Pool { kind, x, y, .. } => {
                        pool::forward(simd, context, at, *kind, pool::Ends { x: *x, y: *y }, group, scratch);
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
    let values = &mut group.values[context.side()][value];
    if values.len() != count {
        *values = vec![T::ZERO; count];
    }
}

pub(super) struct Backward<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) stage: &'a Stage,
    pub(super) lane: &'a mut Lane<T>,
}

impl<T: Real> Work<T> for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<T>>(self, simd: S) {
        let Self { context, stage, lane } = self;
        let Lane { groups, scratch, gradient, cells } = lane;
        let plan = context.plan;
        for group in groups {
            scratch.turn();
            for (&at, release) in stage.steps.iter().zip(&stage.release) {
                match &plan.steps[at] {
                    Step::Conv(step) => {
                        conv::backward(simd, context, at, step, group, scratch, gradient);
                    }
                    Step::Pool { kind, x, y, .. } => {
                        pool::backward(simd, context, at, *kind, pool::Ends { x: *x, y: *y }, group, scratch);
                    }
                    Step::Noise { .. } => {}
                    Step::Sum { terms, y } => sum::backward(simd, context, terms, *y, group, cells),
                    Step::Concat { parts, y } => sum::split(context, parts, *y, group),
                }
                // What a concatenation hands on, nobody reads again.
                if !context.given.keep || matches!(&plan.steps[at], Step::Concat { .. }) {
                    for &value in release {
                        group.release(context.side(), value);
                    }
                }
            }
        }
    }
}

pub(super) struct Features<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) lane: &'a mut Lane<T>,
}

impl<T: Real> Work<T> for Features<'_, T> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<S: Simd<T>>(self, _: S) -> Vec<f64> {
        let Self { context, lane } = self;
        let mut features = Vec::new();
        let Some(step) = &context.plan.head else { return features };
        for group in &lane.groups {
            let row = &mut lane.scratch.row;
            features.extend(head::features(context, step, context.plan.output, group, row));
        }
        features
    }
}

pub(super) struct Seed<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) lane: &'a mut Lane<T>,
    pub(super) d_logits: &'a [f64],
}

impl<T: Real> Work<T> for Seed<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<T>>(self, simd: S) {
        let Self { context, lane, d_logits } = self;
        let Some(step) = &context.plan.head else { return };
        for group in &mut lane.groups {
            let row = &mut lane.scratch.row;
            head::backward(simd, context, step, context.plan.output, group, d_logits, row);
        }
    }
}
