//! Dirichlet distribution over the candidates of each edge (DrNAS, arXiv:2006.10355).
//!
//! ```text
//! p ~ Dir(β),  β = elu(α) + 1:   p_i = x_i / Σ_j x_j,  x_i ~ Gamma(β_i)
//! ∂p_i/∂α_j = p_i (δ_ij − p_j) · d ln x_j/dβ_j · dβ_j/dα_j
//! ```
//!
//! A Gamma number is the quantile at a uniform draw, so that d ln x/dβ at the same draw is the implicit gradient that
//! the reference takes. One sample an edge is shared by all cells of a type; training and validation draw their own.
//! Evaluations take the mean β_i / Σ_j β_j, where the reference draws samples, too. A β below 1e-6 counts as 1e-6.

use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::gamma::{SHAPES, quantile};
use crate::method::sampling::{by_candidate, by_edge};
use crate::method::{Jacobian, Moment, Part, PartError, Relaxed, Slot, Tables};
use crate::space::Architecture;

/// Dirichlet distribution in the place of the softmax; it has no settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dirichlet {}

/// Concentration β of a parameter, and dβ/dα.
pub(super) fn concentration(alpha: f64) -> (f64, f64) {
    let (beta, slope) = if alpha > 0.0 { (alpha + 1.0, 1.0) } else { (libm::exp(alpha), libm::exp(alpha)) };
    let [least, most] = SHAPES;
    (beta.clamp(least, most), if (least..=most).contains(&beta) { slope } else { 0.0 })
}

/// Derivative of softmax(ln x) in the parameters, whose derivatives d ln x/dα are `slopes`.
fn derivative(p: &[f64], slopes: &[f64]) -> Vec<Vec<f64>> {
    let entry = |i: usize, j: usize| p[i] * (if i == j { 1.0 } else { 0.0 } - p[j]) * slopes[j];
    (0..p.len()).map(|i| (0..p.len()).map(|j| entry(i, j)).collect()).collect()
}

impl Part for Dirichlet {
    fn slot(&self) -> Slot {
        Slot::Relaxation
    }

    fn check(&self) -> Result<(), PartError> {
        Ok(())
    }

    fn relax(&self, alpha: &Architecture, moment: &Moment, pass: u8) -> Option<Relaxed> {
        let mut random = moment.random(16 + pass);
        let (mut drawn, mut slopes) = (alpha.clone(), alpha.tables.clone());
        for (value, slope) in drawn.tables.iter_mut().flatten().flatten().zip(slopes.iter_mut().flatten().flatten()) {
            let (beta, own) = concentration(*value);
            let found = quantile(beta, random.random::<f64>());
            (*value, *slope) = (found.log, found.slope * own);
        }
        let p = drawn.probabilities();
        let of_table = |(p, slopes): (&Vec<Vec<f64>>, &Vec<Vec<f64>>)| {
            p.iter().zip(slopes).map(|(p, slopes)| derivative(p, slopes)).collect()
        };
        let dense = p.iter().zip(&slopes).map(of_table).collect();
        Some(Relaxed::new(p, Jacobian::Dense(dense)))
    }

    fn relax_for_evaluation(&self, alpha: &Architecture) -> Option<Tables> {
        let beta = by_candidate(alpha, |alpha| concentration(alpha).0);
        Some(by_edge(&beta, |beta| {
            let sum: f64 = beta.iter().sum();
            beta.iter().map(|beta| beta / sum).collect()
        }))
    }

    /// The mean of the distribution.
    fn sampling_weights(&self, alpha: &Architecture) -> Option<Tables> {
        self.relax_for_evaluation(alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::{assert_derivative, spread};
    use crate::space::Space;

    #[test]
    fn gradient_is_the_derivative_at_the_same_draw() {
        assert_derivative(&Dirichlet {}, |relaxed| relaxed.p.clone());
    }

    /// Mean β_i/B and variance β_i (B − β_i) / (B² (B + 1)), with B = Σ β.
    #[test]
    fn samples_have_the_moments_of_the_distribution() {
        let (_, mut alpha) = spread("nas-bench-201");
        alpha.tables = vec![vec![vec![0.0, 2.0, -1.0, 0.5, -3.0]]];
        let samples = 40_000_u32;
        let [mut sum, mut squares] = [[0.0_f64; 5]; 2];
        for step in 0..u64::from(samples) {
            let p = Dirichlet {}.relax(&alpha, &Moment { epoch: 0, epochs: 1, step, seed: 5 }, 0).unwrap().p;
            assert!((p[0][0].iter().sum::<f64>() - 1.0).abs() < 1e-12);
            sum.iter_mut().zip(&p[0][0]).for_each(|(sum, p)| *sum += p / f64::from(samples));
            squares.iter_mut().zip(&p[0][0]).for_each(|(sum, p)| *sum += p * p / f64::from(samples));
        }
        let total = 1.0 + 3.0 + (-1_f64).exp() + 1.5 + (-3_f64).exp();
        let means = &Dirichlet {}.relax_for_evaluation(&alpha).unwrap()[0][0];
        assert!((means[1] - 3.0 / total).abs() < 1e-12, "{means:?}");
        for ((mean, sum), squares) in means.iter().zip(sum).zip(squares) {
            let variance = mean * (1.0 - mean) / (total + 1.0);
            assert!((sum - mean).abs() < 0.005, "{sum}, not {mean}");
            assert!((squares - sum * sum - variance).abs() < 0.002, "{}, not {variance}", squares - sum * sum);
        }
    }

    /// Parameters at their limits: one candidate is out, and one has all the weight.
    #[test]
    fn extreme_parameters_stay_finite() {
        let mut alpha = Architecture::new(&Space::named("nas-bench-201").unwrap(), 1);
        alpha.tables[0][0] = vec![f64::NEG_INFINITY, 1e300, -800.0, 0.0, -30.0];
        let relaxed = Dirichlet {}.relax(&alpha, &Moment { epoch: 0, epochs: 1, step: 0, seed: 5 }, 0).unwrap();
        assert!(relaxed.p[0][0][1] > 0.99, "{:?}", relaxed.p[0][0]);
        assert!(relaxed.jacobian.pull_back(&vec![vec![1.0; 5]; 6]).iter().all(|slope| slope.is_finite()));
    }
}
