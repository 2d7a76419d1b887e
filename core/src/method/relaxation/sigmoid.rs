//! Sigmoid: every candidate has a weight of its own, and an edge may have several strong ones (FairDARTS,
//! arXiv:1911.12126).
//!
//! ```text
//! p_k = σ(α_k),   ∂L/∂α_k = p_k (1 − p_k) ∂L/∂p_k
//! ```
//!
//! Candidates no longer compete, so that a skip connection gains nothing from being strong early. The published method
//! adds the part `zero_one`, which makes the weights clear, and begins at α = 0, where here α is drawn with a deviation
//! of 1e-3. Its part `threshold` keeps the candidates above a threshold; without it, derived architectures compare the
//! softmax of α, which has the same order on an edge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::sampling::{by_candidate, mean_by_candidate, sigmoid};
use crate::method::{EpochEnd, Jacobian, Moment, Part, PartError, Relaxed, Slot, Tables};
use crate::space::Architecture;

/// Sigmoid in the place of the softmax; it has no settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sigmoid {}

impl Part for Sigmoid {
    fn slot(&self) -> Slot {
        Slot::Relaxation
    }

    fn check(&self) -> Result<(), PartError> {
        Ok(())
    }

    fn relax(&self, alpha: &Architecture, _: &Moment, _: u8) -> Option<Relaxed> {
        let p = by_candidate(alpha, sigmoid);
        let slopes = by_candidate(alpha, |alpha| sigmoid(alpha) * (1.0 - sigmoid(alpha)));
        Some(Relaxed::new(p, Jacobian::Diagonal(slopes)))
    }

    fn relax_for_evaluation(&self, alpha: &Architecture) -> Option<Tables> {
        Some(by_candidate(alpha, sigmoid))
    }

    fn sampling_weights(&self, alpha: &Architecture) -> Option<Tables> {
        self.relax_for_evaluation(alpha)
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        vec![("open", mean_by_candidate(end.alpha, |alpha| if alpha > 0.0 { 1.0 } else { 0.0 }))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::{HALFWAY, assert_derivative};
    use crate::space::Space;

    #[test]
    fn gradient_is_the_derivative() {
        assert_derivative(&Sigmoid {}, |relaxed| relaxed.p.clone());
    }

    /// Weights by hand; a candidate of weight −∞ is out.
    #[test]
    fn candidates_do_not_compete() {
        let mut alpha = Architecture::new(&Space::named("nas-bench-201").unwrap(), 1);
        alpha.tables[0][0] = vec![0.0, 3_f64.ln(), -(3_f64.ln()), f64::NEG_INFINITY, 40.0];
        let relaxed = Sigmoid {}.relax(&alpha, &HALFWAY, 0).unwrap();
        for (p, expected) in relaxed.p[0][0].iter().zip([0.5, 0.75, 0.25, 0.0, 1.0]) {
            assert!((p - expected).abs() < 1e-12, "{p}, not {expected}");
        }
        assert!(relaxed.jacobian.pull_back(&[vec![1.0; 5]]).iter().all(|slope| slope.is_finite()));
        assert_eq!(Sigmoid {}.relax_for_evaluation(&alpha), Some(relaxed.p));
    }
}
