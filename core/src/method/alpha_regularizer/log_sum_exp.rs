//! Log-sum-exp of α: the decay of β-DARTS (arXiv:2203.01665), which keeps the softmax from saturating early.
//!
//! ```text
//! L = L_val + c_t · mean_e log Σ_k exp(α_e,k),   ∂/∂α_e,k = c_t / |E| · softmax(α_e)_k,   c_t = weight · progress
//! ```
//!
//! At the temperature τ of the softmax the term is τ · log Σ_k exp(α_e,k/τ), over the candidates that constraints admit.
//!
//! The reference lets c_t grow by 1/2 an epoch, on NAS-Bench-201 to 50 after 100 epochs. The mean is over the edges of one
//! type of cell, and the types are summed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{EpochEnd, Moment, Part, PartError, Relaxed, Slot};
use crate::space::{Architecture, Space};

/// Settings of the decay. By default it ends at 50, as published for NAS-Bench-201.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogSumExp {
    /// Coefficient in the last epoch; it grows linearly from 0.
    pub weight: f64,
}

impl Default for LogSumExp {
    fn default() -> Self {
        Self { weight: 50.0 }
    }
}

impl Part for LogSumExp {
    fn slot(&self) -> Slot {
        Slot::AlphaRegularizer
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check(self.weight.is_finite() && self.weight >= 0.0, "weight", "0 or more", &self.weight)
    }

    fn regularize_alpha(&self, alpha: &Architecture, _: &Relaxed, _: &Space, moment: &Moment, gradient: &mut [f64]) {
        let mut places = gradient.iter_mut();
        for table in alpha.probabilities() {
            #[expect(clippy::cast_precision_loss, reason = "edges are few")]
            let coefficient = self.weight * moment.progress() / table.len() as f64;
            // The places come second, so that the end of a table takes none of the next one.
            for (p, slope) in table.concat().into_iter().zip(places.by_ref()) {
                *slope += coefficient * p;
            }
        }
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        vec![("weight", self.weight * end.moment.progress())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::{differences, spread};

    /// The gradient against two-sided differences of the formula, halfway and at the end.
    #[test]
    fn gradient_is_the_derivative_of_the_formula() {
        let part = LogSumExp { weight: 3.0 };
        let (space, alpha) = spread("s3");
        for (epoch, coefficient) in [(0, 0.0), (2, 1.5), (4, 3.0)] {
            let moment = Moment { epoch, epochs: 5, step: 0, seed: 0 };
            let mut gradient = vec![0.0; alpha.flat().len()];
            part.regularize_alpha(&alpha, &Relaxed::softmax(&alpha), &space, &moment, &mut gradient);
            let value = |alpha: &Architecture| -> f64 {
                let mean = |table: &Vec<Vec<f64>>| {
                    let edges = table.iter().map(|row| row.iter().map(|a| a.exp()).sum::<f64>().ln());
                    edges.sum::<f64>() / f64::from(u32::try_from(table.len()).unwrap())
                };
                coefficient * alpha.tables.iter().map(mean).sum::<f64>()
            };
            for (slope, difference) in gradient.iter().zip(differences(&alpha, value)) {
                assert!((slope - difference).abs() < 1e-8, "{slope} {difference}");
            }
        }
    }
}
