//! Evaluation of a searcher, without the architecture that was evaluated.

use lambda_darts::session::SearcherStepEvent;
use serde::Serialize;

/// Evaluation of a searcher, with the names of its event.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Evaluation {
    /// Number of the evaluation, from 1.
    #[serde(rename = "evaluation")]
    pub(crate) number: usize,
    pub(crate) fitness: f64,
    /// Largest fitness so far.
    pub(crate) best: f64,
    /// Sum of the costs so far in seconds, if the table has costs.
    pub(crate) seconds_simulated: Option<f64>,
    /// Time since the run began.
    pub(crate) seconds: f64,
}

impl Evaluation {
    /// Takes the numbers of an event and its time.
    pub(crate) fn of(step: &SearcherStepEvent, seconds: f64) -> Self {
        let &SearcherStepEvent { evaluation: number, fitness, best, seconds_simulated, .. } = step;
        Self { number, fitness, best, seconds_simulated, seconds }
    }
}
