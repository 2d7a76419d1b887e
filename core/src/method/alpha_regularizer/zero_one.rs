//! Zero-one loss: pushes every σ(α) away from ½, to 0 or 1 (FairDARTS, arXiv:1911.12126).
//!
//! ```text
//! L = L_val − weight · mean_k (σ(α_k) − ½)²,
//! ∂/∂α_k = −2 weight / N · (σ(α_k) − ½) σ(α_k) (1 − σ(α_k))
//! ```
//!
//! The mean is over all N candidates of all types of cell. A variant of the reference has magnitudes in the place of
//! squares.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::sampling::{add, by_candidate, sigmoid};
use crate::method::{Moment, Part, PartError, Relaxed, Slot, ZeroOneForm};
use crate::space::{Architecture, Space};

/// Settings of the loss. Its defaults are those of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ZeroOne {
    /// Coefficient of the loss.
    pub weight: f64,
    /// Squares or magnitudes.
    pub form: ZeroOneForm,
}

impl Default for ZeroOne {
    fn default() -> Self {
        Self { weight: 10.0, form: ZeroOneForm::default() }
    }
}

impl Part for ZeroOne {
    fn slot(&self) -> Slot {
        Slot::AlphaRegularizer
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::not_negative("weight", self.weight)
    }

    fn regularize_alpha(&self, alpha: &Architecture, _: &Relaxed, _: &Space, _: &Moment, gradient: &mut [f64]) {
        let count: f64 = by_candidate(alpha, |_| 1.0).iter().flatten().flatten().sum();
        let slope = |alpha: f64| {
            let p = sigmoid(alpha);
            let pull = match self.form {
                ZeroOneForm::Squares => 2.0 * (p - 0.5),
                ZeroOneForm::Magnitudes if alpha == 0.0 => 0.0,
                ZeroOneForm::Magnitudes => alpha.signum(),
            };
            -self.weight / count * pull * p * (1.0 - p)
        };
        add(gradient, &by_candidate(alpha, slope));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::assert_slope;

    /// The loss by hand, in both forms.
    #[test]
    fn gradient_is_the_derivative_of_the_formula() {
        for form in [ZeroOneForm::Squares, ZeroOneForm::Magnitudes] {
            assert_slope(&ZeroOne { weight: 3.0, form }, Relaxed::softmax, |alpha, _| {
                let terms = alpha.tables.iter().flatten().flatten().map(|alpha| {
                    let distance = (1.0 / (1.0 + (-alpha).exp()) - 0.5).abs();
                    if form == ZeroOneForm::Squares { distance * distance } else { distance }
                });
                let (sum, count) = terms.fold((0.0, 0.0), |(sum, count), term| (sum + term, count + 1.0));
                -3.0 * sum / count
            });
        }
    }
}
