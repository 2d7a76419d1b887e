//! Auxiliary skip connection: every edge adds β_t times its input beside the mixed operation (DARTS-, arXiv:2009.01027).
//!
//! ```text
//! ō(x) = β_t · skip(x) + Σ_k p_k · o_k(x),   β_t = beta · (1 − progress)
//! ```
//!
//! The auxiliary path is the candidate `skip_connect` of the edge, so that β_t is added to its operation weight; β_t is a
//! constant, and the gradient of α is that of p. At stride 2 the path and the candidate therefore share one factorized
//! reduction, where the reference has two. The reference's β_t ends at 1/T; with progress it ends at 0.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{EpochEnd, Moment, Part, PartError, Slot, Tables};
use crate::space::{Operation, Space};

/// Settings of the auxiliary skip connection. By default β decays linearly from 1, as published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuxiliarySkip {
    /// Coefficient β in the first epoch; it decays linearly to 0.
    pub beta: f64,
}

impl Default for AuxiliarySkip {
    fn default() -> Self {
        Self { beta: 1.0 }
    }
}

impl AuxiliarySkip {
    /// β at a moment.
    fn beta_at(&self, moment: &Moment) -> f64 {
        self.beta * (1.0 - moment.progress())
    }
}

impl Part for AuxiliarySkip {
    fn slot(&self) -> Slot {
        Slot::Auxiliary
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check(self.beta.is_finite() && self.beta >= 0.0, "beta", "0 or more", &self.beta)
    }

    fn check_with(&self, space: &Space, _: &[&'static str]) -> Result<(), PartError> {
        let edges = space.cell_types.iter().flat_map(|cell_type| &cell_type.edges);
        let lacking = edges.filter(|edge| !edge.operations.contains(&Operation::SkipConnect)).count();
        if lacking == 0 {
            return Ok(());
        }
        let why = format!(
            "`auxiliary_skip` needs the candidate `skip_connect` on every edge, and {lacking} edges of {} lack it",
            space.name
        );
        Err(PartError::Composition { why })
    }

    fn add_auxiliary(&self, p: &mut Tables, space: &Space, moment: &Moment) {
        let beta = self.beta_at(moment);
        for (table, cell_type) in p.iter_mut().zip(&space.cell_types) {
            for (p, edge) in table.iter_mut().zip(&cell_type.edges) {
                let skip = edge.operations.iter().position(|&operation| operation == Operation::SkipConnect);
                if let Some(p) = skip.and_then(|skip| p.get_mut(skip)) {
                    *p += beta;
                }
            }
        }
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        vec![("beta", self.beta_at(end.moment))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Architecture;

    #[test]
    fn only_skip_connections_gain_and_the_gain_decays() {
        let space = Space::named("nas-bench-201").unwrap();
        let p = Architecture::new(&space, 1).probabilities();
        for (epoch, beta) in [(0, 0.5), (1, 0.25), (2, 0.0)] {
            let mut moved = p.clone();
            let moment = Moment { epoch, epochs: 3, step: 0, seed: 0 };
            AuxiliarySkip { beta: 0.5 }.add_auxiliary(&mut moved, &space, &moment);
            for (moved, p) in moved[0].iter().zip(&p[0]) {
                let gains: Vec<f64> = moved.iter().zip(p).map(|(moved, p)| moved - p).collect();
                let expected = [0.0, beta, 0.0, 0.0, 0.0];
                assert!(gains.iter().zip(expected).all(|(gain, expected)| (gain - expected).abs() < 1e-15));
            }
        }
    }

    #[test]
    fn spaces_without_skip_connections_are_refused() {
        let refused = |name| AuxiliarySkip::default().check_with(&Space::named(name).unwrap(), &[]);
        assert!(refused("darts").is_ok() && refused("s2").is_ok());
        let why = refused("s4").unwrap_err().to_string();
        assert!(why.contains("28 edges of s4 lack it"), "{why}");
    }
}
