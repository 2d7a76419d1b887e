//! Moment of a search: everything that schedules and random parts depend on.

use rand_chacha::ChaCha8Rng;

use crate::random::{Stream, stream};

/// Moment of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Epoch, from 0.
    pub epoch: usize,
    /// Number of epochs.
    pub epochs: usize,
    /// Step over the whole search, from 0.
    pub step: u64,
    /// Seed of the search.
    pub seed: u64,
}

impl Moment {
    /// Progress of the search from 0 in the first epoch to 1 in the last; 0 if there is one epoch.
    #[must_use]
    pub fn progress(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "epochs are few")]
        let progress = self.epoch as f64 / self.epochs.saturating_sub(1).max(1) as f64;
        progress
    }

    /// Number that goes linearly from `first` in the first epoch to `last` in the last.
    #[must_use]
    pub fn between(&self, first: f64, last: f64) -> f64 {
        first + (last - first) * self.progress()
    }

    /// Random numbers of a part in this step; each `purpose` has its own.
    #[must_use]
    pub fn random(&self, purpose: u8) -> ChaCha8Rng {
        stream(self.seed, Stream::Method, (self.step << 8) | u64::from(purpose))
    }
}
