//! Concrete distribution: the Gumbel softmax itself, which nears a sample of one operation as it cools (SNAS,
//! arXiv:1812.09926).
//!
//! ```text
//! p = softmax((α + g) / τ_t),  g ~ Gumbel(0, 1),   ∂L/∂α = J(p)ᵀ ∂L/∂p / τ_t
//! ```
//!
//! The temperature τ falls linearly from `first` to `last`. SNAS published no temperatures; the defaults, 10 to 1, are
//! those with which the code of DrNAS searches by it on NAS-Bench-201. One sample an edge is shared by all cells of a
//! type; training and validation draw their own, where SNAS trains ω and α on one batch. Evaluations take the softmax
//! of α.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::sampling::gumbel_softmax;
use crate::method::{EpochEnd, Jacobian, Moment, Part, PartError, Relaxed, Slot};
use crate::space::Architecture;

/// Settings of the distribution. By default τ falls from 10 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Concrete {
    /// Temperature τ in the first epoch.
    pub first: f64,
    /// Temperature τ in the last epoch.
    pub last: f64,
}

impl Default for Concrete {
    fn default() -> Self {
        Self { first: 10.0, last: 1.0 }
    }
}

impl Part for Concrete {
    fn slot(&self) -> Slot {
        Slot::Relaxation
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::positive("first", self.first)?;
        PartError::positive("last", self.last)
    }

    fn relax(&self, alpha: &Architecture, moment: &Moment, pass: u8) -> Option<Relaxed> {
        let tau = moment.between(self.first, self.last);
        let p = gumbel_softmax(alpha, tau, &mut moment.random(16 + pass));
        Some(Relaxed::new(p.clone(), Jacobian::Softmax { soft: p, scale: 1.0 / tau }))
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        vec![("tau", end.moment.between(self.first, self.last))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::{assert_derivative, spread};
    use crate::vector::argmax;

    #[test]
    fn gradient_is_the_derivative() {
        assert_derivative(&Concrete { first: 0.5, last: 2.0 }, |relaxed| relaxed.p.clone());
    }

    /// Hot samples are nearly uniform, and cold ones nearly one operation, which follows the softmax.
    #[test]
    fn samples_cool_to_one_operation() {
        let (_, alpha) = spread("nas-bench-201");
        let part = Concrete { first: 1e3, last: 1e-3 };
        let mut counts = [0.0_f64; 5];
        for step in 0..20_000 {
            let moment = |epoch| Moment { epoch, epochs: 2, step, seed: 1 };
            let [hot, cold] = [0, 1].map(|epoch| part.relax(&alpha, &moment(epoch), 0).unwrap().p[0][0].clone());
            assert!(hot.iter().all(|p| (p - 0.2_f64).abs() < 0.01), "{hot:?}");
            counts[argmax(&cold)] += 1.0 / 20_000.0;
        }
        for (count, p) in counts.iter().zip(&alpha.probabilities()[0][0]) {
            assert!((count - p).abs() < 0.015, "{counts:?}");
        }
    }
}
