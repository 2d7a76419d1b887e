//! Time of a step by phase.

use std::ops::{Mul, Sub};

use serde::Serialize;
use web_time::Instant;

/// Seconds that the steps of a search have spent in each of their phases.
///
/// A GPU computes while the next operations are being queued, and only a read waits for it. A phase ends when its
/// results are read, so results that are not read, such as the new weights, are waited for in the next phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Phases {
    /// ∂L_val/∂α: one pass, four if it is unrolled, and 3 + 2K with a Neumann series up to the power K.
    pub architecture: f64,
    /// Pass that gives ∂L_train/∂ω and the cell gradients, and those of ascents before it.
    pub weights: f64,
    /// Passes that give ∂Λ/∂ω, up to the norm of the gradient that includes it. A tangent on the CPU also gives
    /// ∂L_train/∂ω, and the pass before gives the cell gradients alone.
    pub regularizer: f64,
    /// Clipping, SGD and Adam.
    pub optimizers: f64,
    /// Wait for the batches, and random draws.
    pub data: f64,
}

impl Phases {
    /// Each phase with its name.
    #[must_use]
    pub const fn named(self) -> [(&'static str, f64); 5] {
        [
            ("architecture", self.architecture),
            ("weights", self.weights),
            ("regularizer", self.regularizer),
            ("optimizers", self.optimizers),
            ("data", self.data),
        ]
    }
}

/// Difference to an earlier time.
impl Sub for Phases {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            architecture: self.architecture - earlier.architecture,
            weights: self.weights - earlier.weights,
            regularizer: self.regularizer - earlier.regularizer,
            optimizers: self.optimizers - earlier.optimizers,
            data: self.data - earlier.data,
        }
    }
}

/// Conversion to another unit, or to the share of a step.
impl Mul<f64> for Phases {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self {
            architecture: self.architecture * factor,
            weights: self.weights * factor,
            regularizer: self.regularizer * factor,
            optimizers: self.optimizers * factor,
            data: self.data * factor,
        }
    }
}

/// Stopwatch that measures one phase after the other.
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Adds the time since the phase before to this one.
    pub(super) fn lap(&mut self, phase: &mut f64) {
        let now = Instant::now();
        *phase += now.duration_since(self.0).as_secs_f64();
        self.0 = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_follow_one_another() {
        let (whole, mut phases) = (Instant::now(), Phases::default());
        let mut watch = Stopwatch::start();
        std::thread::sleep(std::time::Duration::from_millis(2));
        watch.lap(&mut phases.weights);
        let before = phases;
        watch.lap(&mut phases.data);
        assert!(phases.weights >= 2e-3);
        let sum: f64 = phases.named().iter().map(|(_, seconds)| seconds).sum();
        assert!(sum <= whole.elapsed().as_secs_f64());
        assert_eq!((phases - before) * 2.0, Phases { data: 2.0 * phases.data, ..Phases::default() });
    }
}
