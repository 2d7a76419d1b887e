//! Distance of the Dirichlet distributions from the uniform one, which keeps the search exploring (DrNAS,
//! arXiv:2006.10355).
//!
//! ```text
//! L = L_val + weight · Σ_e KL(Dir(β_e) ‖ Dir(1)),   β = elu(α) + 1
//! KL = ln Γ(B) − Σ_k ln Γ(β_k) − ln Γ(K) + Σ_k (β_k − 1)(ψ(β_k) − ψ(B)),   B = Σ_k β_k
//! ∂KL/∂β_k = (β_k − 1) ψ′(β_k) − (B − K) ψ′(B)
//! ```
//!
//! The other form is Σ_e Σ_k (β_k − 1)²/2. By default, the reference takes neither and leaves α to Adam's weight decay,
//! here `architecture.decay`; where it takes the divergence, that decay is 0.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dirichlet::concentration;
use crate::method::gamma::trigamma;
use crate::method::sampling::{add, by_candidate};
use crate::method::{DirichletForm, Moment, Part, PartError, Relaxed, Slot, Tables};
use crate::space::{Architecture, Space};

/// Settings of the distance. Its defaults are those of the reference with a divergence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DirichletDistance {
    /// Coefficient of the distance.
    pub weight: f64,
    /// Divergence or squares.
    pub form: DirichletForm,
}

impl Default for DirichletDistance {
    fn default() -> Self {
        Self { weight: 1e-3, form: DirichletForm::default() }
    }
}

impl DirichletDistance {
    /// Derivative of the distance in the concentrations of an edge; those that are 0 are out.
    fn slopes(&self, beta: &[f64]) -> Vec<f64> {
        // B − K.
        let excess: f64 = beta.iter().filter(|beta| **beta > 0.0).map(|beta| beta - 1.0).sum();
        let common = excess * trigamma(beta.iter().sum());
        let slope = |&beta: &f64| match self.form {
            _ if beta <= 0.0 => 0.0,
            DirichletForm::Divergence => (beta - 1.0) * trigamma(beta) - common,
            DirichletForm::Squares => beta - 1.0,
        };
        beta.iter().map(slope).collect()
    }
}

impl Part for DirichletDistance {
    fn slot(&self) -> Slot {
        Slot::AlphaRegularizer
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::not_negative("weight", self.weight)
    }

    fn regularize_alpha(&self, alpha: &Architecture, _: &Relaxed, _: &Space, _: &Moment, gradient: &mut [f64]) {
        let beta = by_candidate(alpha, |alpha| concentration(alpha).0);
        let mut slopes: Tables = by_candidate(alpha, |alpha| self.weight * concentration(alpha).1);
        for (slopes, beta) in slopes.iter_mut().flatten().zip(beta.iter().flatten()) {
            slopes.iter_mut().zip(self.slopes(beta)).for_each(|(slope, own)| *slope *= own);
        }
        add(gradient, &slopes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::gamma::digamma;
    use crate::method::testing::{assert_near, assert_slope};

    /// The divergence by hand.
    fn divergence(beta: &[f64]) -> f64 {
        let total: f64 = beta.iter().sum();
        let count: f64 = beta.iter().map(|_| 1.0).sum();
        let terms = beta.iter().map(|&beta| (beta - 1.0) * (digamma(beta) - digamma(total)) - libm::lgamma(beta));
        libm::lgamma(total) - libm::lgamma(count) + terms.sum::<f64>()
    }

    #[test]
    fn gradient_is_the_derivative_of_the_formula() {
        for form in [DirichletForm::Divergence, DirichletForm::Squares] {
            assert_slope(&DirichletDistance { weight: 0.5, form }, Relaxed::softmax, |alpha, _| {
                let edge = |row: &Vec<f64>| {
                    let beta: Vec<f64> = row.iter().map(|&a| if a > 0.0 { a + 1.0 } else { a.exp() }).collect();
                    match form {
                        DirichletForm::Divergence => 0.5 * divergence(&beta),
                        DirichletForm::Squares => 0.25 * beta.iter().map(|beta| (beta - 1.0).powi(2)).sum::<f64>(),
                    }
                };
                alpha.tables.iter().flatten().map(edge).sum()
            });
        }
    }

    /// The divergence of Dir(2, 1) from Dir(1, 1), whose density is 2x on [0, 1]: ∫ 2x ln 2x dx = ln 2 − ½.
    #[test]
    fn the_divergence_is_an_integral() {
        assert_near(&[divergence(&[2.0, 1.0])], &[2_f64.ln() - 0.5]);
        assert_near(&DirichletDistance::default().slopes(&[1.0, 0.0, 1.0, 1.0]), &[0.0; 4]);
    }
}
