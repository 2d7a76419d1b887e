//! Uniform path: each edge draws one of its operations, all with the same chance (single path one-shot,
//! arXiv:1904.00420; random search with weight sharing, arXiv:1902.07638).
//!
//! ```text
//! p = onehot(k),  k ~ U{1, …, K},   ∂L/∂α = 0
//! ```
//!
//! The supernet learns without a preference, and an architecture is chosen afterwards by how well its path does: by the
//! part `evolution` or `best_of`. No gradient moves α, so that the architecture of the largest α means nothing;
//! evaluations take its path. One draw an edge is shared by all cells of a type, and nodes read all their edges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::sampling::{by_candidate, by_edge, categorical, hard, one_hot};
use crate::method::{Jacobian, Moment, Part, PartError, Relaxed, Slot, Tables};
use crate::space::Architecture;

/// Uniform draw in the place of the softmax; it has no settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UniformPath {}

impl Part for UniformPath {
    fn slot(&self) -> Slot {
        Slot::Relaxation
    }

    fn check(&self) -> Result<(), PartError> {
        Ok(())
    }

    fn relax(&self, alpha: &Architecture, moment: &Moment, pass: u8) -> Option<Relaxed> {
        let mut random = moment.random(16 + pass);
        let equal = self.sampling_weights(alpha)?;
        let p = by_edge(&equal, |weights| one_hot(categorical(&mut random, weights), weights.len()));
        Some(Relaxed::new(p, Jacobian::None))
    }

    fn sampling_weights(&self, alpha: &Architecture) -> Option<Tables> {
        Some(by_candidate(alpha, |_| 1.0))
    }

    fn relax_for_evaluation(&self, alpha: &Architecture) -> Option<Tables> {
        Some(hard(&alpha.probabilities()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::{HALFWAY, spread};

    /// Every admitted operation comes equally often, whatever α, and edges draw apart.
    #[test]
    fn operations_are_drawn_with_the_same_chance() {
        let (_, mut alpha) = spread("nas-bench-201");
        alpha.tables[0][0] = vec![5.0, 0.0, f64::NEG_INFINITY, -5.0, 1.0];
        let (mut counts, mut together) = ([0.0_f64; 5], 0.0_f64);
        for step in 0..20_000 {
            let relaxed = UniformPath {}.relax(&alpha, &Moment { step, ..HALFWAY }, 0).unwrap();
            counts.iter_mut().zip(&relaxed.p[0][0]).for_each(|(count, p)| *count += p / 20_000.0);
            together += relaxed.p[0][1][0] * relaxed.p[0][2][0] / 20_000.0;
            assert_eq!(relaxed.jacobian, Jacobian::None);
        }
        for (count, expected) in counts.iter().zip([0.25, 0.25, 0.0, 0.25, 0.25]) {
            assert!((count - expected).abs() < 0.012, "{counts:?}");
        }
        assert!((together - 0.04_f64).abs() < 0.008, "{together}");
    }
}
