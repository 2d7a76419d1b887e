//! Random numbers of a searcher: a stream of its own for each evaluation.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::random::{Stream, normal, stream};

/// Random numbers of one evaluation. A search that goes on at an evaluation draws the same numbers as one that was
/// never interrupted, so their generator has no state to save.
#[derive(Clone, Debug)]
pub struct RandomNumbers(ChaCha8Rng);

impl RandomNumbers {
    /// Random numbers of the search with this seed in an evaluation, counted from 0.
    #[must_use]
    pub fn new(seed: u64, evaluation: u64) -> Self {
        Self(stream(seed, Stream::Searcher, evaluation))
    }

    /// Draws a whole number below `count`, each as likely as the others; 0 if there is none.
    pub fn below(&mut self, count: usize) -> usize {
        self.0.random_range(0..count.max(1))
    }

    /// Draws a number from 0 to 1, without the 1, from the uniform distribution.
    pub fn share(&mut self) -> f64 {
        self.0.random()
    }

    /// Draws from the standard normal distribution.
    pub fn normal(&mut self) -> f64 {
        normal(&mut self.0)
    }

    /// Puts elements into a random order.
    pub fn shuffle<T>(&mut self, elements: &mut [T]) {
        elements.shuffle(&mut self.0);
    }
}
