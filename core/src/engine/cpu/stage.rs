//! One stage of a plan on one shard: the loop that is compiled for each set of vector instructions.

use super::Real;
use super::context::{Context, Scratch};
use super::group::Group;
use super::simd::{Simd, Work};
use super::{conv, head, norm, pool, sum};
use crate::engine::Stage;
use crate::graph::{Concat, Head, Primitive, ValueId};

/// Groups of images that run one after the other, and the sums over them.
#[derive(Clone, Debug, Default)]
pub(super) struct Shard<T> {
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
    /// True if values that depend on no operation weight stay as they are: they have not changed, and have no tangent.
    pub(super) reuse: bool,
    pub(super) shard: &'a mut Shard<T>,
}

impl<T: Real> Work<T> for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<T>>(self, simd: S) {
        let Self { context, stage, reuse, shard } = self;
        let Shard { groups, scratch, .. } = shard;
        let plan = context.plan;
        for group in groups {
            scratch.forget();
            for &at in &stage.steps {
                let y = plan.operations[at].output();
                if !context.runs(y) || (reuse && plan.schedule.fixed[y]) {
                    continue;
                }
                allocate(context, y, group);
                match &plan.operations[at] {
                    Primitive::Conv(step) => conv::forward(simd, context, at, step, group, scratch),
                    Primitive::Pool(step) => pool::forward(simd, context, at, step, group, scratch),
                    // Written before the first stage.
                    Primitive::Noise(_) => {}
                    Primitive::Sum(step) => sum::forward(context, step, group),
                    Primitive::Concat(Concat { parts, y }) => sum::join(context, parts, *y, group),
                }
                if plan.schedule.last[at] {
                    norm::measure(simd, context, y, group);
                }
            }
        }
    }
}

/// Allocates the buffer of a value.
#[inline(always)]
pub(super) fn allocate<T: Real>(context: &Context<'_, T>, value: ValueId, group: &mut Group<T>) {
    let count = group.images * context.layout.pixels(value) * context.plan.values[value].channels;
    let values = &mut group.values[context.component()][value];
    if values.len() != count {
        *values = vec![T::ZERO; count];
    }
}

pub(super) struct Backward<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) stage: &'a Stage,
    pub(super) shard: &'a mut Shard<T>,
}

impl<T: Real> Work<T> for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<T>>(self, simd: S) {
        let Self { context, stage, shard } = self;
        let Shard { groups, scratch, gradient, cells } = shard;
        let plan = context.plan;
        for group in groups {
            scratch.forget();
            for (&at, release) in stage.steps.iter().zip(&stage.release) {
                match &plan.operations[at] {
                    step if !context.runs(step.output()) => {}
                    Primitive::Conv(step) => {
                        conv::backward(simd, context, at, step, group, scratch, gradient);
                    }
                    Primitive::Pool(step) => pool::backward(simd, context, at, step, group, scratch),
                    Primitive::Noise(_) => {}
                    Primitive::Sum(step) => sum::backward(simd, context, step, group, cells),
                    Primitive::Concat(Concat { parts, y }) => sum::split(context, parts, *y, group),
                }
                // The gradient of a concatenation without norm is not read again, not even by a tangent.
                let split =
                    matches!(&plan.operations[at], Primitive::Concat(concat) if plan.values[concat.y].norm.is_none());
                if !context.given.keep || split {
                    for &value in release {
                        group.release(context.component(), value);
                    }
                }
            }
        }
    }
}

pub(super) struct Features<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) head: Head,
    pub(super) shard: &'a mut Shard<T>,
}

impl<T: Real> Work<T> for Features<'_, T> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<S: Simd<T>>(self, _: S) -> Vec<f64> {
        let Self { context, head, shard } = self;
        let mut features = Vec::new();
        for group in &shard.groups {
            features.extend(head::features(context, &head, group, &mut shard.scratch.row));
        }
        features
    }
}

pub(super) struct Seed<'a, T> {
    pub(super) context: &'a Context<'a, T>,
    pub(super) head: Head,
    pub(super) shard: &'a mut Shard<T>,
    pub(super) d_logits: &'a [f64],
}

impl<T: Real> Work<T> for Seed<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<T>>(self, simd: S) {
        let Self { context, head, shard, d_logits } = self;
        for group in &mut shard.groups {
            head::backward(simd, context, &head, group, d_logits, &mut shard.scratch.row);
        }
    }
}
