//! Controller: an LSTM draws one operation of each edge after the other, and learns from validation accuracies by
//! REINFORCE (ENAS, arXiv:1802.03268).
//!
//! ```text
//! p = onehot(k_e),  k_e ~ π(k_e | k_1 … k_{e−1}),   b ← b − (1 − baseline)·(b − R),   R = accuracy + entropy · H(π)
//! θ ← Adam(−Σ (R − b) · ∇_θ Σ_e ln π(k_e) / aggregate)     after every `aggregate` rewards, the sum clipped to 5
//! ```
//!
//! The defaults are those of NAS-Bench-201 (AutoDL-Projects). There, as in ENAS, an epoch of the weights and one of the
//! controller take turns; here each architecture step gives one reward, on a batch. Adam's ε is 1e-8, and a gate
//! has one bias, not two. One draw is shared by all cells of a type, and nodes read all their
//! edges. After each reward, α are the logits along the controller's likeliest choices, so that the architecture of the
//! largest α is the one of those. ENAS takes the best of some samples instead, as the part `best_of` does.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::lstm::{self, Shape, Walk};
use crate::method::sampling::{categorical, hard, one_hot};
use crate::method::{Moment, Part, PartError, Policy, PolicyState, Slot, Tables};
use crate::space::{Architecture, Space};
use crate::vector::argmax;

/// Settings of the controller. Defaults are those of NAS-Bench-201 (arXiv:2001.00326).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Controller {
    /// Numbers in a hidden state.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
    /// Temperature of the logits.
    pub temperature: f64,
    /// Bound of the logits, which are bound · tanh.
    pub bound: f64,
    /// Coefficient of the entropy in a reward.
    pub entropy: f64,
    /// Share of the baseline that stays at a reward.
    pub baseline: f64,
    /// Learning rate of Adam.
    pub lr: f64,
    /// Number of rewards in a step.
    pub aggregate: usize,
}

impl Default for Controller {
    fn default() -> Self {
        Self {
            hidden: 32,
            layers: 2,
            temperature: 5.0,
            bound: 2.5,
            entropy: 1e-4,
            baseline: 0.99,
            lr: 1e-3,
            aggregate: 20,
        }
    }
}

/// Decay rates of Adam's two means.
const BETAS: [f64; 2] = [0.0, 0.999];
/// Norm that the gradient is clipped to.
const CLIP: f64 = 5.0;
/// Bound of the initial weights, which are uniform.
const INITIAL: f64 = 0.1;

impl Controller {
    /// Shape of the network for edges with `options` candidates at most.
    fn shape(&self, options: usize) -> Shape {
        let Self { hidden, layers, temperature, bound, .. } = *self;
        Shape { hidden, layers, options, temperature, bound }
    }

    /// Draws an operation of every edge.
    fn walk(&self, state: &PolicyState, alpha: &Architecture, choose: impl FnMut(&[f64]) -> usize) -> (Shape, Walk) {
        let soft = alpha.probabilities();
        let admitted = |p: &Vec<f64>| p.iter().map(|p| *p > 0.0).collect();
        let admitted: Vec<Vec<bool>> = soft.iter().flatten().map(admitted).collect();
        let shape = self.shape(admitted.iter().map(Vec::len).max().unwrap_or_default());
        (shape, lstm::walk(&shape, &state.weights, &admitted, choose))
    }

    /// Walk of a sample.
    fn drawn(&self, state: &PolicyState, alpha: &Architecture, random: &mut ChaCha8Rng) -> (Shape, Walk) {
        self.walk(state, alpha, |p| categorical(random, p))
    }
}

/// Tables of the shape of α from a row for each edge.
fn tables(alpha: &Architecture, mut rows: impl Iterator<Item = Vec<f64>>) -> Tables {
    alpha.tables.iter().map(|table| rows.by_ref().take(table.len()).collect()).collect()
}

impl Policy for Controller {
    fn start(&self, space: &Space, seed: u64) -> PolicyState {
        let edges = space.cell_types.iter().flat_map(|cell_type| &cell_type.edges);
        let shape = self.shape(edges.map(|edge| edge.operations.len()).max().unwrap_or_default());
        let mut random = Moment { epoch: 0, epochs: 1, step: 0, seed }.random(24);
        PolicyState::new((0..shape.len()).map(|_| INITIAL * (2.0 * random.random::<f64>() - 1.0)).collect())
    }

    fn sample(&self, state: &PolicyState, alpha: &Architecture, random: &mut ChaCha8Rng) -> Tables {
        let (_, walk) = self.drawn(state, alpha, random);
        tables(alpha, walk.options().zip(&walk.logits).map(|(option, logits)| one_hot(option, logits.len())))
    }

    fn learn(&self, state: &mut PolicyState, alpha: &Architecture, random: &mut ChaCha8Rng, reward: f64) {
        let (shape, walk) = self.drawn(state, alpha, random);
        let reward = reward + self.entropy * walk.entropy;
        let before = state.baseline.unwrap_or(reward);
        let baseline = before - (1.0 - self.baseline) * (before - reward);
        state.baseline = Some(baseline);
        #[expect(clippy::cast_precision_loss, reason = "rewards of a step are few")]
        let advantage = (reward - baseline) / self.aggregate as f64;
        let slopes = lstm::gradient(&shape, &state.weights, &walk);
        state.gradient.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum -= advantage * slope);
        state.rewards += 1;
        if state.rewards >= self.aggregate {
            state.descend(self.lr, BETAS, CLIP);
        }
    }

    fn preferences(&self, state: &PolicyState, alpha: &Architecture) -> Tables {
        let (_, walk) = self.walk(state, alpha, argmax);
        tables(alpha, walk.logits.into_iter())
    }
}

impl Part for Controller {
    fn slot(&self) -> Slot {
        Slot::Relaxation
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check((1..=1024).contains(&self.hidden), "hidden", "1 to 1,024", &self.hidden)?;
        PartError::check((1..=8).contains(&self.layers), "layers", "1 to 8", &self.layers)?;
        for (setting, value) in [("temperature", self.temperature), ("bound", self.bound), ("lr", self.lr)] {
            PartError::positive(setting, value)?;
        }
        PartError::not_negative("entropy", self.entropy)?;
        let share = (0.0..1.0).contains(&self.baseline);
        PartError::check(share, "baseline", "at least 0 and below 1", &self.baseline)?;
        PartError::check((1..=100_000).contains(&self.aggregate), "aggregate", "1 to 100,000", &self.aggregate)
    }

    fn policy(&self) -> Option<&dyn Policy> {
        Some(self)
    }

    fn relax_for_evaluation(&self, alpha: &Architecture) -> Option<Tables> {
        Some(hard(&alpha.probabilities()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::{HALFWAY, spread};

    /// Each edge reads one candidate, never one that is left out; all others are drawn, and edges draw apart.
    #[test]
    fn paths_are_drawn_from_what_is_admitted() {
        let (space, mut alpha) = spread("s1");
        alpha.tables[0][0][0] = f64::NEG_INFINITY;
        let part = Controller::default();
        let state = part.start(&space, 5);
        let mut sums: Vec<Vec<f64>> = alpha.tables.concat().iter().map(|row| vec![0.0; row.len()]).collect();
        for step in 0..200 {
            let p = part.sample(&state, &alpha, &mut Moment { step, ..HALFWAY }.random(16)).concat();
            assert!(p.iter().all(|p| p.iter().filter(|&&p| p > 0.0).count() == 1 && p.contains(&1.0)));
            sums.iter_mut().flatten().zip(p.iter().flatten()).for_each(|(sum, p)| *sum += p);
        }
        assert!(sums[0][0] == 0.0 && sums.iter().flatten().skip(1).all(|&sum| sum > 0.0), "{sums:?}");
    }

    /// One operation on the first edge is worth something. α begin to prefer it, and the other edges draw as before.
    #[test]
    fn rewards_raise_the_chance_of_what_earns_them() {
        let (space, alpha) = spread("nas-bench-201");
        let part =
            Controller { hidden: 8, layers: 1, temperature: 1.0, lr: 0.02, aggregate: 5, ..Controller::default() };
        let mut state = part.start(&space, 5);
        let chance = |state: &PolicyState| {
            let drawn = |step| part.sample(state, &alpha, &mut Moment { step, ..HALFWAY }.random(16))[0][0][2];
            (10_000..10_500).map(drawn).sum::<f64>() / 500.0
        };
        assert!(chance(&state) < 0.3, "{}", chance(&state));
        for step in 0..1500 {
            let random = Moment { step, ..HALFWAY }.random(17);
            let reward = part.sample(&state, &alpha, &mut random.clone())[0][0][2];
            part.learn(&mut state, &alpha, &mut random.clone(), reward);
        }
        assert!(chance(&state) > 0.7, "{}", chance(&state));
        assert_eq!(argmax(&part.preferences(&state, &alpha)[0][0]), 2);
    }
}
