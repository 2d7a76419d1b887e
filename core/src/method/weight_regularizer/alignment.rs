//! Layer alignment: the weight step descends L_train − λ_t·Λ (Λ-DARTS, arXiv:2210.07998).
//!
//! Λ is the mean agreement of the cell gradients g_l of one cell type; its direction is δ_l = ∂Λ/∂g_l, and ∂Λ/∂ω is
//! the derivative of ∇_ω L as each cell's p moves along its δ_l.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alignment::{AlignmentMeasure, Estimator, LayerAlignment, Schedule};
use crate::method::{Moment, Part, PartError, Regularization, Slot};
use crate::space::Space;

/// Settings of the layer alignment. Defaults are those of the reference (linear schedule, normal cells) but for λ, which is
/// 0.125 there on the DARTS spaces, and for ε₀, which is 1e-4: docs/estimators.md has the measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Alignment {
    /// Measure of the agreement; without one that of the preset, or the cosine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<AlignmentMeasure>,
    /// Final coefficient λ.
    pub lambda: f64,
    /// Schedule of λ over the epochs.
    pub schedule: Schedule,
    /// ε₀ of the two-sided difference; the estimator `frozen` takes none.
    pub epsilon: f64,
    /// Estimator of ∂Λ/∂ω.
    pub estimator: Estimator,
    /// Types of cell that are regularized.
    pub cell_types: Vec<String>,
}

impl Default for Alignment {
    fn default() -> Self {
        Self {
            measure: None,
            lambda: 0.25,
            schedule: Schedule::default(),
            epsilon: 3e-1,
            estimator: Estimator::default(),
            cell_types: vec!["normal".to_owned()],
        }
    }
}

impl Alignment {
    /// λ of the reference on the DARTS spaces; it is the default's on NAS-Bench-201.
    pub const PUBLISHED_LAMBDA: f64 = 0.125;

    /// ε₀ of the reference. Below 1e-2, the difference of two passes is mostly the jumps of ReLUs and max pools that
    /// change sides between them, and its length hides the gradient of the loss.
    pub const PUBLISHED_EPSILON: f64 = 1e-4;

    /// λ at a moment.
    #[must_use]
    pub fn lambda_at(&self, moment: &Moment) -> f64 {
        self.schedule.value(self.lambda, moment.epoch, moment.epochs)
    }
}

/// Smallest norm of a direction. Rounding leaves perfectly aligned cells one of this order.
const STILL: f64 = 1e-12;

impl Part for Alignment {
    fn slot(&self) -> Slot {
        Slot::WeightRegularizer
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check(self.lambda.is_finite() && self.lambda >= 0.0, "lambda", "0 or more", &self.lambda)?;
        PartError::check(
            self.epsilon.is_finite() && self.epsilon > 0.0,
            "epsilon",
            "a positive number",
            &self.epsilon,
        )?;
        for (at, name) in self.cell_types.iter().enumerate() {
            let known = ["normal", "reduce"].contains(&name.as_str()) && !self.cell_types[..at].contains(name);
            PartError::check(known, "cell_types", "a list of `normal` and `reduce`, each at most once", name)?;
        }
        Ok(())
    }

    fn regularizes_weights(&self, moment: &Moment) -> bool {
        self.lambda_at(moment) != 0.0
    }

    fn holds_pattern(&self) -> bool {
        self.estimator == Estimator::Frozen
    }

    fn regularize_weights(
        &self,
        space: &Space,
        cell_types: &[usize],
        cells: &[Vec<f64>],
        moment: &Moment,
    ) -> Vec<Regularization> {
        let mut terms = Vec::new();
        for name in &self.cell_types {
            let Some(cell_type) = space.cell_type(name) else { continue };
            let places: Vec<usize> = (0..cells.len()).filter(|&cell| cell_types[cell] == cell_type).collect();
            let gradients: Vec<&[f64]> = places.iter().map(|&cell| cells[cell].as_slice()).collect();
            let Some(alignment) = LayerAlignment::measure(self.measure.unwrap_or_default(), &gradients) else {
                continue;
            };
            let norm = alignment.direction_norm();
            if norm < STILL {
                continue;
            }
            let mut directions: Vec<Vec<f64>> = cells.iter().map(|cell| vec![0.0; cell.len()]).collect();
            for (&cell, direction) in places.iter().zip(alignment.directions) {
                directions[cell] = direction;
            }
            let coefficient = self.lambda_at(moment);
            terms.push(Regularization { directions, coefficient, estimator: self.estimator, epsilon: self.epsilon });
        }
        terms
    }
}
