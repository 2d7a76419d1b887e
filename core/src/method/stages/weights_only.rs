//! Weights only: in the first epochs of each stage, the weights learn and α rests (P-DARTS, arXiv:1904.12760; DOTS,
//! arXiv:2010.04969; PC-DARTS, arXiv:1907.05737).
//!
//! ```text
//! α rests in the first `share` of the epochs of each stage, rounded, and moves in one of them at least
//! ```
//!
//! A search without stages is one stage. While α rests, its step is a forward pass for the validation loss: there are no
//! gradients of the validation batch, and no warnings.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::stage::epochs_in;
use crate::method::{Part, PartError, Slot};

/// Settings of the rest. By default it is that of P-DARTS, 10 of 25 epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WeightsOnly {
    /// Share of the epochs of a stage in which α rests, from 0 to 1.
    pub share: f64,
}

impl Default for WeightsOnly {
    fn default() -> Self {
        Self { share: 0.4 }
    }
}

impl Part for WeightsOnly {
    fn slot(&self) -> Slot {
        Slot::Stages
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check((0.0..1.0).contains(&self.share), "share", "at least 0 and below 1", &self.share)
    }

    fn rests(&self, stage: &Range<usize>, epoch: usize) -> bool {
        let count = epochs_in(self.share, stage.len()).min(stage.len().saturating_sub(1));
        epoch < stage.start + count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_rests_first_and_moves_in_one_epoch_at_least() {
        let resting = |share: f64, stage: Range<usize>| {
            stage.clone().filter(|&epoch| WeightsOnly { share }.rests(&stage, epoch)).count()
        };
        assert_eq!((resting(0.4, 25..50), resting(0.5, 30..70), resting(0.4, 4..5)), (10, 20, 0));
        assert_eq!((resting(0.99, 0..10), resting(0.0, 0..10), resting(0.99, 3..4)), (9, 0, 0));
        assert!(WeightsOnly { share: 0.4 }.rests(&(25..50), 34) && !WeightsOnly { share: 0.4 }.rests(&(25..50), 35));
    }
}
