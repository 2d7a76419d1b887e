//! Position of a session.

use serde::{Deserialize, Serialize};

/// Position of a session between two events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// True after the first event.
    pub started: bool,
    /// True after the last event.
    pub ended: bool,
    /// True if the work ends before its last epoch.
    pub stopped: bool,
    /// Epochs that have ended.
    pub epoch: usize,
    /// Steps of the epoch that were taken.
    pub step: usize,
}

impl Position {
    /// True if no step was taken.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        self.epoch == 0 && self.step == 0
    }

    /// Number of the next step over all epochs, from 0.
    #[must_use]
    pub const fn total(&self, steps: usize) -> u64 {
        (self.epoch as u64).saturating_mul(steps as u64).saturating_add(self.step as u64)
    }
}
