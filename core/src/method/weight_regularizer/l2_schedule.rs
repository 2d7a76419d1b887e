//! Decay of the weights that changes over the search, in the place of `weights.decay` (RobustDARTS, arXiv:1909.09656).
//!
//! ```text
//! decay_t = first + (last − first) · progress
//! ```
//!
//! A stronger decay keeps the loss flat around α. RobustDARTS searches with a decay that is constant, 1, 3, 9, 27 or 81
//! times 3e-4 (`weights.decay`), and takes the best of some searches, or raises it where the curvature grows
//! (DARTS-ADA). The line between the ends of that range is ours.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{EpochEnd, Moment, Part, PartError, Slot};

/// Settings of the decay. Its defaults are the ends of the range of RobustDARTS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct L2Schedule {
    /// Decay in the first epoch.
    pub first: f64,
    /// Decay in the last epoch.
    pub last: f64,
}

impl Default for L2Schedule {
    fn default() -> Self {
        Self { first: 3e-4, last: 2.43e-2 }
    }
}

impl Part for L2Schedule {
    fn slot(&self) -> Slot {
        Slot::WeightRegularizer
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::not_negative("first", self.first)?;
        PartError::not_negative("last", self.last)
    }

    fn may_regularize_weights(&self) -> bool {
        false
    }

    fn weight_decay(&self, moment: &Moment) -> Option<f64> {
        Some(moment.between(self.first, self.last))
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        vec![("decay", end.moment.between(self.first, self.last))]
    }
}
