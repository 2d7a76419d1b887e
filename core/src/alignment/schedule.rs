//! Schedules of λ over the epochs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Function of the epoch by which λ grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// λ·t/(T−1), as published: the first epoch has none.
    #[default]
    Linear,
    /// λ from the start.
    Constant,
    /// 0 before this epoch, λ from it on.
    From(usize),
}

impl Schedule {
    /// Value λ_t in epoch `epoch` of `epochs`, for the final value `lambda`.
    ///
    /// ```
    /// use lambda_darts::alignment::Schedule;
    ///
    /// assert_eq!(Schedule::Linear.value(0.25, 0, 5), 0.0);
    /// assert_eq!(Schedule::Linear.value(0.25, 4, 5), 0.25);
    /// assert_eq!(Schedule::From(3).value(0.25, 2, 5), 0.0);
    /// ```
    #[must_use]
    pub fn value(self, lambda: f64, epoch: usize, epochs: usize) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "epochs are few")]
            Self::Linear => lambda * epoch as f64 / epochs.saturating_sub(1).max(1) as f64,
            Self::Constant => lambda,
            Self::From(start) => {
                if epoch < start {
                    0.0
                } else {
                    lambda
                }
            }
        }
    }
}
