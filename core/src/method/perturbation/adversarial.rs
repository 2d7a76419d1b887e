//! Adversarial perturbation of p in the weight step (SDARTS-ADV, arXiv:2002.05283): the weights learn to do well at the
//! worst p around α.
//!
//! ```text
//! p⁰ = Π(p + u),  u ~ U(−ε_t, ε_t),   p^(i+1) = Π(p + clip(p^i + 2ε_t/steps · sign ∂L_train/∂p − p, −ε_t, ε_t))
//! Π(p) = normalize(clip(p, 0, 1)),   ε_t = first + (last − first) · progress
//! ```
//!
//! Each of the `steps` ascents is one more pass over the training batch, whose gradients are summed over the cells of a
//! type. α is not moved, and the architecture step reads p itself. The ascents take the statistics of the batch, where
//! the reference takes the running ones; the reference goes back to p if the loss has not grown in the end. A candidate
//! of weight 0 stays at 0.

use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::sampling::onto_simplex;
use crate::method::{EpochEnd, Moment, Part, PartError, Slot, Tables};

/// Settings of the ascent. Its defaults are published: ε grows linearly from 0.03 to 0.3, with 7 steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Adversarial {
    /// ε in the first epoch.
    pub first: f64,
    /// ε in the last epoch.
    pub last: f64,
    /// Number of ascents in a weight step; each takes a pass.
    pub steps: usize,
}

impl Default for Adversarial {
    fn default() -> Self {
        Self { first: 0.03, last: 0.3, steps: 7 }
    }
}

impl Part for Adversarial {
    fn slot(&self) -> Slot {
        Slot::Perturbation
    }

    fn check(&self) -> Result<(), PartError> {
        for (name, value) in [("first", self.first), ("last", self.last)] {
            PartError::check((0.0..=1.0).contains(&value), name, "between 0 and 1", &value)?;
        }
        PartError::check((1..=1000).contains(&self.steps), "steps", "1 to 1,000", &self.steps)
    }

    fn perturb(&self, p: &mut Tables, moment: &Moment) {
        let epsilon = moment.between(self.first, self.last);
        let mut random = moment.random(2);
        for p in p.iter_mut().flatten() {
            for p in p.iter_mut() {
                let noise = epsilon * (2.0 * random.random::<f64>() - 1.0);
                // A candidate that is left out is never the largest.
                *p = if *p > 0.0 { *p + noise } else { f64::NEG_INFINITY };
            }
            onto_simplex(p);
        }
    }

    fn ascents(&self, moment: &Moment) -> usize {
        if moment.between(self.first, self.last) > 0.0 { self.steps } else { 0 }
    }

    fn ascend(&self, p: &mut Tables, start: &Tables, gradient: &Tables, moment: &Moment) {
        let epsilon = moment.between(self.first, self.last);
        #[expect(clippy::cast_precision_loss, reason = "steps are few")]
        let length = 2.0 * epsilon / self.steps as f64;
        let edges = p.iter_mut().flatten().zip(start.iter().flatten()).zip(gradient.iter().flatten());
        for ((p, start), gradient) in edges {
            for ((p, &start), &slope) in p.iter_mut().zip(start).zip(gradient) {
                let step = if slope == 0.0 { 0.0 } else { length * slope.signum() };
                let moved = start + (*p + step - start).clamp(-epsilon, epsilon);
                *p = if start > 0.0 { moved } else { f64::NEG_INFINITY };
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

    const LAST: Moment = Moment { epoch: 4, epochs: 5, step: 3, seed: 9 };

    /// On a linear loss, the ascents end at the corner of the box, wherever they start.
    #[test]
    fn ascents_reach_the_worst_corner() {
        let start: Tables = vec![vec![vec![0.5, 0.5], vec![0.4, 0.0, 0.6]]];
        let gradient: Tables = vec![vec![vec![2.0, -1e-3], vec![-3.0, 5.0, 1.0]]];
        let part = Adversarial { last: 0.2, ..Adversarial::default() };
        for seed in 0..20 {
            let (mut p, moment) = (start.clone(), Moment { seed, ..LAST });
            part.perturb(&mut p, &moment);
            assert!(p[0].iter().all(|p| (p.iter().sum::<f64>() - 1.0).abs() < 1e-12), "{p:?}");
            for _ in 0..part.ascents(&moment) {
                part.ascend(&mut p, &start, &gradient, &moment);
            }
            for (p, expected) in p[0].concat().iter().zip([0.7, 0.3, 0.2, 0.0, 0.8]) {
                assert!((p - expected).abs() < 1e-12, "{p}, not {expected}");
            }
        }
    }

    /// One step by hand: from the start itself, 2ε/7 along the signs, and the sum 1. A slope of 0 has no sign.
    #[test]
    fn a_step_is_as_long_as_published() {
        let start: Tables = vec![vec![vec![0.2, 0.3, 0.5]]];
        let mut p = start.clone();
        Adversarial::default().ascend(&mut p, &start, &vec![vec![vec![1.0, 1.0, -1.0]]], &LAST);
        let step = 0.6 / 7.0;
        for (p, expected) in p[0][0].iter().zip([0.2 + step, 0.3 + step, 0.5 - step]) {
            assert!((p - expected / (1.0 + step)).abs() < 1e-12, "{p}");
        }
        let mut still = vec![vec![vec![0.5, 0.25, 0.25]]];
        Adversarial::default().ascend(&mut still, &vec![vec![vec![0.5, 0.25, 0.25]]], &vec![vec![vec![0.0; 3]]], &LAST);
        assert_eq!(still, vec![vec![vec![0.5, 0.25, 0.25]]]);
    }

    #[test]
    fn no_pass_is_taken_without_a_perturbation() {
        let none = Adversarial { first: 0.0, ..Adversarial::default() };
        assert_eq!((none.ascents(&Moment { epoch: 0, ..LAST }), none.ascents(&LAST)), (0, 7));
    }
}
