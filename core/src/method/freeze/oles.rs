//! Operation-level early stopping: the weights of a candidate operation are frozen, for good, once its training and its
//! validation gradients part (OLES, Jiang et al., NeurIPS 2023, <https://openreview.net/forum?id=yAOwkf4FyL>).
//!
//! ```text
//! agreement = mean over the parameters of the operation of  mean over columns c of  cos(g_train[:, c], g[:, c])
//! frozen    ⇐ mean of the agreement over a window of steps < threshold
//! ```
//!
//! A column runs along the output channels of a parameter. g_train is the gradient of the last weight step,
//! regularizers included, as it was clipped; the validation gradient g_val is that of the architecture step. The paper
//! has g = g_val. The code of the authors does not clear the gradient between the two, so that g = g_train + g_val
//! there, which agrees with g_train far more; its threshold of 0.4 is meant for that. A window of the code adds 21
//! agreements up and divides the sum by 20. Both forms are here; the threshold of the clean one is ours: opposed
//! gradients freeze.
//!
//! Windows follow one another without overlap. Steps in which one of the two gradients is zero on a whole operation, as
//! where a relaxation did not read it, do not count. The code leaves factorized reductions out; here every candidate
//! with weights is watched. A frozen weight has no gradient, and neither momentum nor decay moves it. The architecture
//! step needs ∂L_val/∂ω, and each step two reads of the gradient, which a GPU sends to the host.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{EpochEnd, FreezeRule, OlesForm, Part, PartError, Slot};

/// Settings of operation-level early stopping. Defaults are those of the authors' code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Oles {
    /// Gradient that the training gradient is compared with.
    pub form: OlesForm,
    /// Number of steps in a window.
    pub window: usize,
    /// Mean agreement below which an operation is frozen, with the form `code`.
    pub threshold: f64,
    /// Mean agreement below which an operation is frozen, with the form `clean`.
    pub clean_threshold: f64,
}

impl Default for Oles {
    fn default() -> Self {
        Self { form: OlesForm::default(), window: 20, threshold: 0.4, clean_threshold: 0.0 }
    }
}

impl Part for Oles {
    fn slot(&self) -> Slot {
        Slot::Freeze
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check((1..=100_000).contains(&self.window), "window", "1 to 100,000", &self.window)?;
        for (setting, value) in [("threshold", self.threshold), ("clean_threshold", self.clean_threshold)] {
            PartError::check((-1.0..=1.0).contains(&value), setting, "between −1 and 1", &value)?;
        }
        Ok(())
    }

    fn freezing(&self) -> Option<FreezeRule> {
        #[expect(clippy::cast_precision_loss, reason = "windows are short")]
        let window = self.window as f64;
        Some(match self.form {
            OlesForm::Code => FreezeRule {
                adds_up: true,
                steps: self.window + 1,
                threshold: self.threshold * window / (window + 1.0),
            },
            OlesForm::Clean => FreezeRule { adds_up: false, steps: self.window, threshold: self.clean_threshold },
        })
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        vec![("frozen", end.frozen)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::ParameterGradients;

    /// A filter `[2, 2]` whose columns are at a right angle and opposed, and a scale `[2]` with one direction.
    #[test]
    fn agreement_is_the_mean_over_columns_and_then_over_parameters() {
        let filter = ParameterGradients { train: &[1.0, 2.0, 0.0, 2.0], valid: &[0.0, -1.0, 3.0, -1.0], outputs: 2 };
        let scale = ParameterGradients { train: &[3.0, 4.0], valid: &[6.0, 8.0], outputs: 2 };
        let agreement = |form, parameters: &[ParameterGradients<'_>]| {
            Oles { form, ..Oles::default() }.freezing().unwrap().agreement(parameters)
        };
        let near = |found: Option<f64>, expected: f64| {
            assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?}, not {expected}");
        };
        near(agreement(OlesForm::Clean, &[filter]), -0.5);
        near(agreement(OlesForm::Clean, &[filter, scale]), 0.25);
        // With the training gradient added, the columns are (1, 3) and (1, 1).
        let first = 1.0 / 10_f64.sqrt();
        near(agreement(OlesForm::Code, &[filter]), f64::midpoint(first, 1.0));
        let still = ParameterGradients { valid: &[0.0; 4], ..filter };
        assert_eq!(agreement(OlesForm::Code, &[still]), None);
        assert_eq!(agreement(OlesForm::Clean, &[]), None);
    }

    /// The code divides the sum of 21 agreements by 20 before it compares it with 0.4.
    #[test]
    fn a_window_of_the_code_is_one_step_longer_than_its_divisor() {
        let rule = Oles::default().freezing().unwrap();
        assert!(rule.steps == 21 && (rule.threshold * 21.0 / 20.0 - 0.4).abs() < 1e-15, "{rule:?}");
    }
}
