//! Freezing of candidate operations: windows of the agreement of their training and validation gradients.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, Parameter};
use crate::method::{FreezeRule, ParameterGradients};

/// State of the freezing: the window of every candidate operation with parameters, and the last training gradient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Freezing {
    /// Windows of the operations, in the order of the graph; empty before the first step.
    windows: Vec<Window>,
    /// Factor that clipped the last training gradient.
    scale: f64,
    /// Last training gradient before it was clipped; a state has it among its tensors.
    #[serde(skip)]
    pub(super) train: Option<Arc<Vec<f64>>>,
}

/// Agreements of an operation in the window that is not complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Window {
    sum: f64,
    count: usize,
    frozen: bool,
}

impl Freezing {
    /// True if this can be the state of a search in this graph.
    pub(super) fn fits(&self, graph: &Graph) -> bool {
        let count = graph.cell_operations().len();
        [0, count].contains(&self.windows.len())
            && self.scale.is_finite()
            && self.windows.iter().all(|window| window.sum.is_finite() && window.count < usize::MAX)
    }

    /// True if no gradient was kept yet.
    pub(super) fn is_new(&self) -> bool {
        *self == Self::default()
    }

    /// Keeps the training gradient of a weight step, and the factor that clips it.
    pub(super) fn keep(&mut self, gradient: Vec<f64>, scale: f64) {
        (self.train, self.scale) = (Some(Arc::new(gradient)), scale);
    }

    /// Compares a validation gradient with the training gradient of the last weight step, and freezes operations at the
    /// end of their windows. Returns true if there is a new one.
    pub(super) fn compare(&mut self, rule: &FreezeRule, graph: &Graph, valid: &[f64]) -> bool {
        let Some(train) = self.train.clone() else { return false };
        let train: Vec<f64> = train.iter().map(|slope| self.scale * slope).collect();
        self.windows.resize(graph.cell_operations().len(), Window::default());
        let mut any = false;
        for (operation, window) in graph.cell_operations().iter().zip(&mut self.windows) {
            if window.frozen {
                continue;
            }
            let parameters = graph.parameters()[operation.parameters.clone()].iter().map(|parameter| {
                let outputs = parameter.shape.first().copied().unwrap_or(1);
                ParameterGradients { train: &train[parameter.range()], valid: &valid[parameter.range()], outputs }
            });
            let Some(agreement) = rule.agreement(&parameters.collect::<Vec<_>>()) else { continue };
            any |= window.add(agreement, rule);
        }
        any
    }

    /// Share of the candidate operations with parameters that are frozen.
    pub(super) fn share(&self) -> f64 {
        let frozen = self.windows.iter().filter(|window| window.frozen).count();
        #[expect(clippy::cast_precision_loss, reason = "operations are few")]
        let share = frozen as f64 / self.windows.len().max(1) as f64;
        share
    }

    /// Ranges of ω that are frozen.
    pub(super) fn ranges(&self, graph: &Graph) -> Vec<Range<usize>> {
        let operations = graph.cell_operations().iter().zip(&self.windows).filter(|(_, window)| window.frozen);
        let parameters = operations.flat_map(|(operation, _)| &graph.parameters()[operation.parameters.clone()]);
        parameters.map(Parameter::range).collect()
    }
}

impl Window {
    /// Adds an agreement; true if the window ends with it and freezes the operation.
    fn add(&mut self, agreement: f64, rule: &FreezeRule) -> bool {
        self.sum += agreement;
        self.count += 1;
        if self.count < rule.steps {
            return false;
        }
        #[expect(clippy::cast_precision_loss, reason = "windows are short")]
        let mean = self.sum / self.count as f64;
        *self = Self { frozen: mean < rule.threshold, ..Self::default() };
        self.frozen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_one_another() {
        let rule = FreezeRule { adds_up: false, steps: 2, threshold: 0.5 };
        let mut window = Window::default();
        // The mean of the second and third, 0.1, would freeze, but they are of two windows.
        let frozen = [1.0, 0.1, 0.1, 0.9, 0.6, 0.3].map(|agreement| window.add(agreement, &rule));
        assert_eq!(frozen, [false, false, false, false, false, true]);
    }
}
