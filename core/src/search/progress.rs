//! Sums of the epoch so far, and the epochs before it.

use serde::{Deserialize, Serialize};

use super::Position;
use super::bilevel::StepReport;
use crate::method::EpochSummary;

/// Sums of the epoch so far, and the epochs before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) train_loss: f64,
    pub(super) valid_loss: f64,
    pub(super) gradient_norm: f64,
    pub(super) loss_gradient_norm: Mean,
    pub(super) regularizer_gradient_norm: Mean,
    /// Number of steps whose gradient was clipped.
    pub(super) clipped: usize,
    /// Λ by cell type.
    pub(super) alignment: Vec<Mean>,
    /// Cell gradients of L_val.
    pub(super) gradients: Vec<Vec<Mean>>,
    /// Epochs that have ended.
    pub(super) history: Vec<EpochSummary>,
}

/// Mean of the values that were measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1;
        }
    }

    /// Mean; absent without a value.
    pub(super) fn value(self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "steps are few")]
        let count = self.count as f64;
        (self.count > 0).then(|| self.sum / count)
    }
}

impl Progress {
    /// True if this can be the progress at a position of a search whose cell gradients have the lengths `cells`.
    pub(super) fn fits(&self, cells: &[usize], cell_types: usize, at: Position) -> bool {
        let Position { epoch, step, .. } = at;
        let whole = |gradients: &[Vec<Mean>]| gradients.iter().map(Vec::len).eq(cells.iter().copied());
        let norms = [self.loss_gradient_norm, self.regularizer_gradient_norm];
        let mut means = norms.iter().chain(&self.alignment).chain(self.gradients.iter().flatten());
        self.history.len() == epoch
            && self.history.iter().enumerate().all(|(at, ended)| ended.epoch == at)
            && self.clipped <= step
            && means.all(|mean| mean.count <= step)
            && (self.gradients.is_empty() || whole(&self.gradients))
            && [0, cell_types].contains(&self.alignment.len())
            && (step == 0 || (!self.gradients.is_empty() && self.alignment.len() == cell_types))
    }

    /// Adds a step up.
    pub(super) fn add_up(&mut self, report: &StepReport, alignment: &[Option<f64>], clip: f64) {
        self.train_loss += report.train.loss;
        self.valid_loss += report.valid.loss;
        self.gradient_norm += report.norms.total;
        self.loss_gradient_norm.add(report.norms.loss);
        self.regularizer_gradient_norm.add(report.norms.regularizer);
        self.clipped += usize::from(report.norms.total > clip);
        self.alignment.resize(alignment.len(), Mean::default());
        self.alignment.iter_mut().zip(alignment).for_each(|(mean, value)| mean.add(*value));
        if self.gradients.is_empty() {
            self.gradients = report.valid.cells.iter().map(|cell| vec![Mean::default(); cell.len()]).collect();
        }
        let means = self.gradients.iter_mut().flatten();
        means.zip(report.valid.cells.iter().flatten()).for_each(|(mean, &gradient)| mean.add(gradient));
    }
}
