//! Uniform noise on p in the weight step (SDARTS-RS, arXiv:2002.05283): the weights learn to do well around α, not at it
//! alone.
//!
//! ```text
//! p′ = normalize(clip(p + u, 0, 1)),   u ~ U(−ε_t, ε_t),   ε_t = first + (last − first) · progress
//! ```
//!
//! Each edge is normalized to the sum 1; if all of its entries are clipped to 0, the largest of p + u is 1 instead. α is not
//! moved, and the architecture step reads p itself.

use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::sampling::onto_simplex;
use crate::method::{EpochEnd, Moment, Part, PartError, Slot, Tables};

/// Settings of the noise. Its defaults are published: ε grows linearly from 0.03 to 0.3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RandomNoise {
    /// ε in the first epoch.
    pub first: f64,
    /// ε in the last epoch.
    pub last: f64,
}

impl Default for RandomNoise {
    fn default() -> Self {
        Self { first: 0.03, last: 0.3 }
    }
}

impl Part for RandomNoise {
    fn slot(&self) -> Slot {
        Slot::Perturbation
    }

    fn check(&self) -> Result<(), PartError> {
        for (name, value) in [("first", self.first), ("last", self.last)] {
            PartError::check((0.0..=1.0).contains(&value), name, "between 0 and 1", &value)?;
        }
        Ok(())
    }

    fn perturb(&self, p: &mut Tables, moment: &Moment) {
        let epsilon = moment.between(self.first, self.last);
        let mut random = moment.random(1);
        for p in p.iter_mut().flatten() {
            for p in p.iter_mut() {
                let noise = epsilon * (2.0 * random.random::<f64>() - 1.0);
                // A candidate that is left out is never the largest.
                *p = if *p > 0.0 { *p + noise } else { f64::NEG_INFINITY };
            }
            onto_simplex(p);
        }
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        vec![("epsilon", end.moment.between(self.first, self.last))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noisy(epoch: usize, step: u64) -> Tables {
        let mut p = vec![vec![vec![0.25; 4]; 50]];
        RandomNoise::default().perturb(&mut p, &Moment { epoch, epochs: 11, step, seed: 7 });
        p
    }

    #[test]
    fn noise_has_the_published_size_and_keeps_the_simplex() {
        for (epoch, epsilon) in [(0, 0.03), (10, 0.3)] {
            let p = noisy(epoch, 5);
            for p in &p[0] {
                assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12 && p.iter().all(|p| (0.0..=1.0).contains(p)));
            }
            // With two entries of 1/2, p′ = (½ + u) / (1 + u + v) is largest at u = ε, v = −ε: ½ + ε, for ε below ½.
            let mut pairs = vec![vec![vec![0.5; 2]; 4000]];
            RandomNoise::default().perturb(&mut pairs, &Moment { epoch, epochs: 11, step: 5, seed: 7 });
            let largest = pairs[0].iter().flatten().map(|p| p - 0.5).fold(0.0, f64::max);
            assert!(largest <= epsilon && largest > 0.9 * epsilon, "{largest}, should be near {epsilon}");
        }
    }

    #[test]
    fn an_edge_is_never_switched_off() {
        let mut p = vec![vec![vec![1.0 / 8.0; 8]; 100_000]];
        let part = RandomNoise { first: 1.0, last: 1.0 };
        part.perturb(&mut p, &Moment { epoch: 0, epochs: 1, step: 0, seed: 3 });
        let alone = |p: &&Vec<f64>| p.iter().filter(|&&p| p == 0.0).count() == 7;
        assert!(p[0].iter().filter(alone).count() > 100, "no edge was clipped");
        for p in &p[0] {
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{p:?}");
        }
    }

    /// Also where the noise takes all weight from the others.
    #[test]
    fn a_candidate_that_is_left_out_stays_out() {
        let mut p = vec![vec![vec![0.0, 0.25, 0.25, 0.25, 0.25]; 100_000]];
        let part = RandomNoise { first: 0.5, last: 0.5 };
        part.perturb(&mut p, &Moment { epoch: 0, epochs: 1, step: 0, seed: 3 });
        assert!(p[0].iter().all(|p| p[0] <= 0.0 && (p.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    }

    #[test]
    fn noise_is_drawn_anew_in_each_step_and_repeats_under_a_seed() {
        assert_eq!(noisy(3, 8), noisy(3, 8));
        assert_ne!(noisy(3, 8), noisy(3, 9));
    }
}
