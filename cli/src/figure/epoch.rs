//! Epoch of a run, which is a search or a training, or evaluation of a searcher.

use lambda_darts::search::EpochEvent;
use lambda_darts::training::TrainingEpochEvent;

use crate::evaluation::Evaluation;

/// Epoch of a run, or evaluation of a searcher.
#[derive(Clone)]
pub(crate) enum Epoch {
    Search(Box<EpochEvent>),
    Training(TrainingEpochEvent),
    Evaluation(Evaluation),
}

impl Epoch {
    /// Returns the epoch of a search.
    pub(super) fn search(&self) -> Option<&EpochEvent> {
        if let Self::Search(epoch) = self { Some(epoch) } else { None }
    }

    /// Returns the epoch of a training.
    pub(super) fn training(&self) -> Option<&TrainingEpochEvent> {
        if let Self::Training(epoch) = self { Some(epoch) } else { None }
    }

    /// Returns the evaluation of a searcher.
    pub(super) fn evaluation(&self) -> Option<&Evaluation> {
        if let Self::Evaluation(evaluation) = self { Some(evaluation) } else { None }
    }
}

impl From<EpochEvent> for Epoch {
    fn from(epoch: EpochEvent) -> Self {
        Self::Search(Box::new(epoch))
    }
}
