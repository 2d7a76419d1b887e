//! State of a search without a supernet.

use serde::{Deserialize, Serialize};

use crate::searcher::SearcherState;
use crate::session::{SavedState, Tensors};
use crate::space::Genotype;

/// State of a search without a supernet: that of the searcher, and the sums so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlackBoxState {
    /// Tensors, of which there are none.
    #[serde(default, skip_serializing_if = "Tensors::is_empty")]
    pub(super) tensors: Tensors,
    pub(super) searcher: SearcherState,
    pub(super) progress: Progress,
}

/// Progress of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Number of evaluations.
    pub(super) evaluations: usize,
    /// Sum of their costs in seconds, if they have one.
    pub(super) seconds: Option<f64>,
    /// Fittest architecture, the first of equals, and its fitness; without cells before the first evaluation.
    pub(super) genotype: Genotype,
    pub(super) fitness: f64,
    /// Architecture that was proposed, and not evaluated because that failed.
    pub(super) proposed: Option<Genotype>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { evaluations: 0, seconds: None, genotype: Genotype { cells: Vec::new() }, fitness: 0.0, proposed: None }
    }
}

impl SavedState for BlackBoxState {
    fn tensors(&mut self) -> &mut Tensors {
        &mut self.tensors
    }
}
