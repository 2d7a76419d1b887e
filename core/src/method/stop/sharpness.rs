//! Growth of the dominant eigenvalue of ∇²_α L_val (RobustDARTS, arXiv:1909.09656, early stopping).
//!
//! With λ̄(i) the mean eigenvalue of the last k = 5 epochs, the sign is λ̄(i − k) < 0.75 · λ̄(i), for a positive λ̄(i).
//! RobustDARTS then takes the architecture of epoch i − k.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{EpochSummary, Part, PartError, Slot};

/// Settings of the rule of RobustDARTS (arXiv:1909.09656), with the published values. It needs the curvature to be
/// measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sharpness {
    /// Number k of epochs in a mean.
    pub window: usize,
    /// Least ratio of the older mean to the newer one without a warning.
    pub ratio: f64,
    /// True if the warning ends the search.
    pub ends: bool,
}

impl Default for Sharpness {
    fn default() -> Self {
        Self { window: 5, ratio: 0.75, ends: false }
    }
}

impl Sharpness {
    /// True if the eigenvalue has grown at the end of some epochs.
    fn has_grown(&self, history: &[EpochSummary]) -> bool {
        let eigenvalues: Vec<f64> = history.iter().filter_map(|epoch| epoch.curvature).collect();
        let Some(start) = eigenvalues.len().checked_sub(2 * self.window) else { return false };
        let (before, now) = eigenvalues[start..].split_at(self.window);
        let [before, now] = [before, now].map(|part| part.iter().sum::<f64>());
        now > 0.0 && before < self.ratio * now
    }
}

impl Part for Sharpness {
    fn slot(&self) -> Slot {
        Slot::Stop
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check((1..=1000).contains(&self.window), "window", "1 to 1,000", &self.window)?;
        PartError::check((0.0..=1.0).contains(&self.ratio), "ratio", "between 0 and 1", &self.ratio)
    }

    /// Warns once, and again only after the sign has disappeared.
    fn warn(&self, history: &[EpochSummary], _: usize) -> Option<String> {
        let (last, before) = history.split_last()?;
        last.curvature?;
        if !self.has_grown(history) || self.has_grown(before) {
            return None;
        }
        // Epochs count from 1 in sentences.
        let earlier = last.epoch + 1 - self.window;
        Some(format!(
            "the dominant eigenvalue of the architecture's Hessian grows; RobustDARTS takes the architecture of epoch \
             {earlier}"
        ))
    }

    fn ends_search(&self) -> bool {
        self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Genotype;

    fn history(eigenvalues: &[f64]) -> Vec<EpochSummary> {
        let epoch = |(epoch, &value)| EpochSummary {
            epoch,
            genotype: Genotype { cells: Vec::new() },
            curvature: Some(value),
            regularizer_gradient_norm: None,
            ranking: Vec::new(),
        };
        eigenvalues.iter().enumerate().map(epoch).collect()
    }

    /// An eigenvalue that stays, or falls, does not grow: also below 0.
    #[test]
    fn negative_eigenvalues_do_not_grow() {
        for eigenvalues in [[-2.0; 10], [1.0, 1.0, 1.0, 1.0, 1.0, -2.0, -2.0, -2.0, -2.0, -2.0]] {
            assert!(!Sharpness::default().has_grown(&history(&eigenvalues)), "{eigenvalues:?}");
        }
        assert!(Sharpness::default().has_grown(&history(&[-1.0, -1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0])));
    }

    /// The first mean is 1; with the tenth value, the second one is just below or above 1 / .75.
    #[test]
    fn growth_is_told_by_the_published_rule() {
        for (tenth, warned) in [(2.66, false), (2.67, true)] {
            let eigenvalues = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, tenth];
            let history = history(&eigenvalues);
            for count in 1..10 {
                assert_eq!(Sharpness::default().warn(&history[..count], 10), None);
            }
            let told = Sharpness::default().warn(&history, 10);
            assert_eq!(told.map(|text| text.ends_with("architecture of epoch 5")), warned.then_some(true));
        }
    }
}
