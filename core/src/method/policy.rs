//! Policies: relaxations with a state of their own, which learn from rewards.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Tables;
use crate::adam::Adam;
use crate::space::{Architecture, Space};
use crate::vector::norm;

/// Relaxation that samples an architecture for each pass, and learns from the validation accuracy of those of
/// architecture steps. α are its preferences.
pub trait Policy {
    /// State under a seed before the first step.
    fn start(&self, space: &Space, seed: u64) -> PolicyState;

    /// Operation weights of an architecture that is sampled, 1 for one candidate of each edge and 0 for the others.
    /// Candidates of weight −∞ in `alpha` are left out.
    fn sample(&self, state: &PolicyState, alpha: &Architecture, random: &mut ChaCha8Rng) -> Tables;

    /// Learns from the reward of the architecture that [`sample`](Self::sample) gives with the same random numbers.
    fn learn(&self, state: &mut PolicyState, alpha: &Architecture, random: &mut ChaCha8Rng, reward: f64);

    /// α that the policy stands for.
    fn preferences(&self, state: &PolicyState, alpha: &Architecture) -> Tables;
}

/// State of a policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicyState {
    /// Weights of the policy.
    pub(super) weights: Vec<f64>,
    /// Sum of gradients since the last step of the weights.
    pub(super) gradient: Vec<f64>,
    /// Number of rewards in the sum.
    pub(super) rewards: usize,
    /// Mean of the rewards so far, the last ones counting most; absent before the first.
    pub(super) baseline: Option<f64>,
    adam: Adam,
}

impl PolicyState {
    /// State with some weights that have learnt nothing.
    #[must_use]
    pub fn new(weights: Vec<f64>) -> Self {
        Self { gradient: vec![0.0; weights.len()], weights, ..Self::default() }
    }

    /// True if this can be a later state of the policy that starts with `first`.
    pub(crate) fn fits(&self, first: &Self) -> bool {
        let count = first.weights.len();
        self.weights.len() == count
            && self.gradient.len() == count
            && self.rewards < usize::MAX
            && self.adam.fits(count)
            && self.weights.iter().chain(&self.gradient).chain(&self.baseline).all(|number| number.is_finite())
    }

    /// Takes a step of Adam against the sum of gradients, which is clipped to a norm and then zero.
    pub(super) fn descend(&mut self, lr: f64, betas: [f64; 2], clip: f64) {
        let scale = (clip / (norm(&self.gradient) + 1e-6)).min(1.0);
        self.gradient.iter_mut().for_each(|slope| *slope *= scale);
        self.adam.step(&mut self.weights, &self.gradient, lr, betas, 0.0);
        self.gradient.fill(0.0);
        self.rewards = 0;
    }
}
