//! Random moments of tests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Source of random numbers.
pub(crate) struct Chance(u64);

/// Moment of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Number of events that the run has written.
    pub(crate) events: usize,
    /// Time after that.
    pub(crate) pause: Duration,
}

impl Chance {
    /// Makes a source that differs from one run of the tests to the next.
    pub(crate) fn new() -> Self {
        let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        Self::of(u64::try_from(seed % u128::from(u64::MAX)).unwrap())
    }

    /// Makes the source of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        println!("chance from {seed}");
        Self(seed | 1)
    }

    /// Draws a number from 0 up to, but not including, `most`.
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    /// Draws moments of a run that writes `events` events in all, in their order. The last fifth is left out: there the
    /// program might end before a signal comes.
    pub(crate) fn moments(&mut self, count: usize, events: usize) -> Vec<Moment> {
        let most = u64::try_from(events * 8 / 10).unwrap();
        let mut places: Vec<u64> = (0..count).map(|_| 1 + self.below(most)).collect();
        places.sort_unstable();
        let moment = |place: u64| Moment {
            events: usize::try_from(place).unwrap(),
            pause: Duration::from_micros(self.below(5_000)),
        };
        places.into_iter().map(moment).collect()
    }
}
