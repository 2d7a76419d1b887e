//! Engine of the CPU: its state and the methods that change it.

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use super::Real;
use super::context::{Layout, Packed, Readers};
use super::head::Scored;
use super::stage::Shard;
use super::vector;
use crate::engine::state::merged;
use crate::engine::{
    Engine, EngineError, Found, Input, Later, Loss, Mask, Numbers, Plan, Reuse, SgdStep, State, TangentWant, Want,
};
use crate::graph::Graph;

/// Graph with its state and the buffers of its passes, which stay from pass to pass.
#[derive(Debug)]
pub(crate) struct CpuEngine<T> {
    pub(super) plan: Arc<Plan>,
    pub(super) weights: Vec<T>,
    pub(super) gradient: Vec<T>,
    momentum: Vec<T>,
    /// Ranges of ω that no step moves, in order.
    frozen: Vec<Range<usize>>,
    /// Gradient that a later one is compared with.
    marked: Option<Vec<T>>,
    /// Running means and unbiased variances.
    pub(super) running: [Vec<T>; 2],
    /// Weights, momentum and running statistics that were saved.
    saved: Option<Saved<T>>,
    /// Means and unbiased variances of the last pass that kept them; absent for channels that it has not run.
    pub(super) kept_statistics: Vec<Option<[f64; 2]>>,
    /// Gradient of the weights that the last pass has deferred to its tangent.
    pub(super) owed: Option<Owed<T>>,
    /// Shape of the images that the buffers are for.
    pub(super) shape: [usize; 4],
    pub(super) layout: Layout,
    pub(super) shards: Vec<Shard<T>>,
    pub(super) packed: Vec<Packed<T>>,
    /// True if the packed weights are those of a backward pass, too.
    pub(super) packed_backward: bool,
    pub(super) readers: Readers<T>,
    /// Means and unbiased variances of the last pass.
    pub(super) statistics: Vec<[f64; 2]>,
    pub(super) scored: Vec<Scored>,
    /// Masks of the last pass by slot.
    pub(super) masks: Vec<Mask>,
    /// True if the last pass has left its gradients in place, for a tangent.
    pub(super) kept: bool,
    /// True if the last pass has run all candidates.
    pub(super) whole: bool,
}

#[derive(Debug)]
struct Saved<T> {
    weights: Vec<T>,
    momentum: Vec<T>,
    running: [Vec<T>; 2],
}

/// Deferred gradient of the weights: a tangent computes it together with its derivative, at no cost.
#[derive(Debug)]
pub(super) struct Owed<T> {
    pub(super) coefficient: f64,
    p: Vec<Vec<T>>,
    labels: Vec<i64>,
}

impl<T: Real> CpuEngine<T> {
    pub(crate) fn new(graph: Graph) -> Self {
        let plan = Plan::new(graph);
        let zeros = || vec![T::ZERO; plan.weights];
        Self {
            weights: zeros(),
            gradient: zeros(),
            momentum: zeros(),
            frozen: Vec::new(),
            marked: None,
            running: [vec![T::ZERO; plan.normalized], vec![T::ONE; plan.normalized]],
            saved: None,
            kept_statistics: Vec::new(),
            owed: None,
            readers: Readers::new(plan.normalized),
            statistics: vec![[0.0; 2]; plan.normalized],
            packed_backward: false,
            packed: vec![Packed::default(); plan.operations().len()],
            shape: [0; 4],
            layout: Layout::new(&plan, [1; 2], &[]),
            shards: Vec::new(),
            scored: Vec::new(),
            masks: Vec::new(),
            kept: false,
            whole: false,
            plan: Arc::new(plan),
        }
    }

    fn state(&mut self, state: State) -> &mut Vec<T> {
        match state {
            State::Weights => &mut self.weights,
            State::Gradient => &mut self.gradient,
            State::Momentum => &mut self.momentum,
            State::RunningMean => &mut self.running[0],
            State::RunningVariance => &mut self.running[1],
        }
    }

    fn pass(&mut self, input: &Input<'_>, want: Want, reuse: Reuse) -> Found {
        self.settle_debt();
        let p: Vec<Vec<T>> = narrow(input.p);
        let labels = match input.loss {
            // Without operation weights there is no direction that a tangent could be along.
            Loss::Labels(labels) if want.tangent && !self.plan.cells().is_empty() => Some(labels.to_vec()),
            _ => None,
        };
        let puts_off = labels.is_some();
        let found =
            self.run_pass(input, &p, Want { weights: if puts_off { 0.0 } else { want.weights }, ..want }, reuse);
        if let (Some(labels), true) = (labels, want.weights != 0.0) {
            self.owed = Some(Owed { coefficient: want.weights, p, labels });
        }
        found
    }

    /// Adds the gradient of the weights that the last pass has deferred, unless its tangent has added it; that of frozen
    /// ones is zero again.
    fn settle_debt(&mut self) {
        if let Some(Owed { coefficient, p, labels }) = self.owed.take() {
            let still: Vec<Vec<T>> = p.iter().map(|p| vec![T::ZERO; p.len()]).collect();
            self.run_tangent_of(
                &p,
                &labels,
                &still,
                T::of(coefficient),
                TangentWant { weights: 1.0, ..TangentWant::default() },
            );
        }
        for range in &self.frozen {
            self.gradient[range.clone()].fill(T::ZERO);
        }
    }

    fn tangent(
        &mut self,
        input: &Input<'_>,
        direction: &[Vec<f64>],
        want: TangentWant,
    ) -> Result<Vec<Vec<f64>>, EngineError> {
        let Loss::Labels(labels) = input.loss else { return Err(EngineError::NoTangent) };
        if !self.kept {
            return Err(EngineError::NoTangent);
        }
        if self.plan.cells().is_empty() {
            return Ok(Vec::new());
        }
        let owed = if want.weights == 0.0 { None } else { self.owed.take() };
        let base = owed.map_or(0.0, |owed| owed.coefficient / want.weights);
        Ok(self.run_tangent_of(&narrow(input.p), labels, &narrow(direction), T::of(base), want))
    }
}

/// Host numbers in the precision of the engine.
pub(super) fn narrow<T: Real>(cells: &[Vec<f64>]) -> Vec<Vec<T>> {
    cells.iter().map(|cell| cell.iter().map(|&value| T::of(value)).collect()).collect()
}

/// Future that is ready.
fn done<'a, T: Send + 'a>(result: Result<T, EngineError>) -> Later<'a, T> {
    Box::pin(std::future::ready(result))
}

impl<T: Real> Engine for CpuEngine<T> {
    fn graph(&self) -> &Graph {
        self.plan.graph()
    }

    fn device_name(&self) -> &'static str {
        "CPU"
    }

    fn run<'e>(&'e mut self, input: Input<'e>, want: Want, reuse: Reuse) -> Later<'e, Found> {
        done(Ok(self.pass(&input, want, reuse)))
    }

    fn run_tangent<'e>(
        &'e mut self,
        input: Input<'e>,
        direction: &'e [Vec<f64>],
        want: TangentWant,
    ) -> Later<'e, Vec<Vec<f64>>> {
        done(self.tangent(&input, direction, want))
    }

    fn gradient_norm(&mut self) -> Later<'_, f64> {
        self.settle_debt();
        done(Ok(vector::norm(&self.gradient)))
    }

    fn mark_gradient(&mut self) -> Later<'_, ()> {
        self.settle_debt();
        self.marked = Some(self.gradient.clone());
        done(Ok(()))
    }

    fn gradient_norm_since_mark(&mut self) -> Later<'_, f64> {
        self.settle_debt();
        let norm = match self.marked.take() {
            Some(marked) => vector::distance(&self.gradient, &marked),
            None => vector::norm(&self.gradient),
        };
        done(Ok(norm))
    }

    fn clear_gradient(&mut self) -> Later<'_, ()> {
        self.owed = None;
        self.gradient.fill(T::ZERO);
        done(Ok(()))
    }

    fn step(&mut self, step: SgdStep) -> Later<'_, ()> {
        self.settle_debt();
        let held: Vec<Vec<T>> = self.frozen.iter().map(|range| self.weights[range.clone()].to_vec()).collect();
        vector::sgd(&mut self.weights, &mut self.momentum, &mut self.gradient, step);
        for (range, held) in self.frozen.iter().zip(&held) {
            self.weights[range.clone()].copy_from_slice(held);
            self.momentum[range.clone()].fill(T::ZERO);
        }
        done(Ok(()))
    }

    fn freeze(&mut self, ranges: &[Range<usize>]) {
        self.frozen = merged(ranges, self.weights.len());
    }

    fn update_running(&mut self) -> Later<'_, ()> {
        let [keep, share] = [0.9, 0.1].map(T::of);
        for (which, running) in self.running.iter_mut().enumerate() {
            for (running, seen) in running.iter_mut().zip(&self.kept_statistics) {
                if let Some(seen) = seen {
                    *running = *running * keep + T::of(seen[which]) * share;
                }
            }
        }
        done(Ok(()))
    }

    fn save(&mut self) -> Later<'_, ()> {
        let saved = self.saved.get_or_insert_with(|| Saved {
            weights: Vec::new(),
            momentum: Vec::new(),
            running: [Vec::new(), Vec::new()],
        });
        saved.weights.clone_from(&self.weights);
        saved.momentum.clone_from(&self.momentum);
        saved.running.clone_from(&self.running);
        done(Ok(()))
    }

    fn restore(&mut self) -> Later<'_, ()> {
        self.settle_debt();
        if let Some(saved) = &self.saved {
            self.weights.clone_from(&saved.weights);
            self.momentum.clone_from(&saved.momentum);
            self.running.clone_from(&saved.running);
        }
        done(Ok(()))
    }

    fn displace(&mut self, by: f64) -> Later<'_, ()> {
        self.settle_debt();
        if let Some(saved) = &self.saved {
            vector::displaced(&mut self.weights, &saved.weights, &self.gradient, T::of(by));
        }
        done(Ok(()))
    }

    fn read(&mut self, state: State) -> Later<'_, Numbers> {
        if state == State::Gradient {
            self.settle_debt();
        }
        done(Ok(T::numbers(self.state(state))))
    }

    fn write<'e>(&'e mut self, state: State, numbers: &'e Numbers) -> Later<'e, ()> {
        if let Err(error) = state.check(self.plan.graph(), numbers.len()) {
            return done(Err(error));
        }
        if state == State::Gradient {
            self.owed = None;
        }
        self.settle_debt();
        // A tangent of the last pass would mix the old state with the new one.
        self.kept = false;
        let to = self.state(state);
        match numbers {
            Numbers::Single(values) => to.iter_mut().zip(values).for_each(|(to, &value)| *to = T::of(f64::from(value))),
            Numbers::Double(values) => to.iter_mut().zip(values).for_each(|(to, &value)| *to = T::of(value)),
        }
        done(Ok(()))
    }
}
