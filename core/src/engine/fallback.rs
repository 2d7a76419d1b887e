//! Fallback from a GPU to the CPU if the GPU has no memory for a batch.

use std::ops::Range;

use super::cpu::CpuEngine;
use super::{Engine, EngineError, Found, Input, Later, Numbers, Reuse, SgdStep, State, TangentWant, Traffic, Want};
use crate::device::DeviceError;
use crate::graph::Graph;

/// Engine that is replaced by the CPU's, with its state and the saved copy, if a batch is too large for it. The
/// statistics of the last pass are not moved: [`Engine::update_running`] follows a pass of its own.
#[derive(Debug)]
pub(super) struct WithFallback {
    engine: Box<dyn Engine>,
    replaced: bool,
    /// True if the engine has a saved copy of its state.
    saved: bool,
    /// Ranges of ω that are frozen.
    frozen: Vec<Range<usize>>,
}

impl WithFallback {
    pub(super) fn new(engine: impl Engine + 'static) -> Self {
        Self { engine: Box::new(engine), replaced: false, saved: false, frozen: Vec::new() }
    }

    /// Moves the state to the CPU.
    async fn replace(&mut self) -> Result<(), EngineError> {
        let mut cpu: Box<dyn Engine> = Box::new(CpuEngine::<f32>::new(self.engine.graph().clone()));
        let all = [State::Weights, State::Gradient, State::Momentum, State::RunningMean, State::RunningVariance];
        let mut now = Vec::with_capacity(all.len());
        for state in all {
            now.push(self.engine.read(state).await?);
        }
        if self.saved {
            self.engine.restore().await?;
            for state in all {
                cpu.write(state, &self.engine.read(state).await?).await?;
            }
            cpu.save().await?;
        }
        for (state, numbers) in all.into_iter().zip(&now) {
            cpu.write(state, numbers).await?;
        }
        cpu.freeze(&self.frozen);
        (self.engine, self.replaced) = (cpu, true);
        Ok(())
    }

    async fn run_or_replace<'e>(
        &'e mut self,
        input: Input<'e>,
        want: Want,
        reuse: Reuse,
    ) -> Result<Found, EngineError> {
        let result = self.engine.run(input, want, reuse).await;
        match result {
            Err(EngineError::Device(error @ DeviceError::NoRoom { .. }))
                if !self.replaced && reuse == Reuse::Nothing =>
            {
                tracing::warn!("{}: {error}; the CPU computes instead", self.engine.device_name());
                self.replace().await?;
                self.engine.run(input, want, reuse).await
            }
            other => other,
        }
    }
}

impl Engine for WithFallback {
    fn graph(&self) -> &Graph {
        self.engine.graph()
    }

    fn device_name(&self) -> &str {
        self.engine.device_name()
    }

    fn launches(&self) -> Option<u64> {
        self.engine.launches()
    }

    fn traffic(&self) -> Option<Traffic> {
        self.engine.traffic()
    }

    fn run<'e>(&'e mut self, input: Input<'e>, want: Want, reuse: Reuse) -> Later<'e, Found> {
        Box::pin(self.run_or_replace(input, want, reuse))
    }

    fn run_tangent<'e>(
        &'e mut self,
        input: Input<'e>,
        direction: &'e [Vec<f64>],
        want: TangentWant,
    ) -> Later<'e, Vec<Vec<f64>>> {
        self.engine.run_tangent(input, direction, want)
    }

    fn gradient_norm(&mut self) -> Later<'_, f64> {
        self.engine.gradient_norm()
    }

    fn mark_gradient(&mut self) -> Later<'_, ()> {
        self.engine.mark_gradient()
    }

    fn gradient_norm_since_mark(&mut self) -> Later<'_, f64> {
        self.engine.gradient_norm_since_mark()
    }

    fn clear_gradient(&mut self) -> Later<'_, ()> {
        self.engine.clear_gradient()
    }

    fn step(&mut self, step: SgdStep) -> Later<'_, ()> {
        self.engine.step(step)
    }

    fn freeze(&mut self, ranges: &[Range<usize>]) {
        self.frozen = ranges.to_vec();
        self.engine.freeze(ranges);
    }

    fn update_running(&mut self) -> Later<'_, ()> {
        self.engine.update_running()
    }

    fn save(&mut self) -> Later<'_, ()> {
        self.saved = true;
        self.engine.save()
    }

    fn restore(&mut self) -> Later<'_, ()> {
        self.engine.restore()
    }

    fn displace(&mut self, by: f64) -> Later<'_, ()> {
        self.engine.displace(by)
    }

    fn read(&mut self, state: State) -> Later<'_, Numbers> {
        self.engine.read(state)
    }

    fn write<'e>(&'e mut self, state: State, numbers: &'e Numbers) -> Later<'e, ()> {
        self.engine.write(state, numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::NetworkSize;
    use crate::space::Space;

    /// The saved copy moves with the state.
    #[test]
    fn a_saved_copy_is_restored_after_the_replacement() {
        let space = Space::named("nas-bench-201").unwrap();
        let size = NetworkSize { channels: 2, cells: 1, image_channels: 1, classes: 3 };
        let graph = Graph::supernet(&space, size).unwrap();
        pollster::block_on(async {
            let mut engine = WithFallback::new(CpuEngine::<f32>::new(graph.clone()));
            let vector = |value: f32| Numbers::Single(vec![value; graph.parameter_count()]);
            engine.write(State::Weights, &vector(1.0)).await.unwrap();
            engine.save().await.unwrap();
            engine.write(State::Weights, &vector(2.0)).await.unwrap();
            engine.write(State::Gradient, &vector(3.0)).await.unwrap();
            engine.replace().await.unwrap();
            assert_eq!(engine.read(State::Weights).await.unwrap(), vector(2.0));
            assert_eq!(engine.read(State::Gradient).await.unwrap(), vector(3.0));
            engine.displace(0.5).await.unwrap();
            assert_eq!(engine.read(State::Weights).await.unwrap(), vector(2.5));
            engine.restore().await.unwrap();
            assert_eq!(engine.read(State::Weights).await.unwrap(), vector(1.0));
        });
    }
}
