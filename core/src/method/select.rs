//! Selection of the architecture after the last epoch, as a series of pieces of work.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Choice, Method, Tables};
use crate::random::{Stream, stream};
use crate::space::{Architecture, Space};
use crate::vector::sort_indices;

/// Supernet after the last epoch, as a selection sees it.
#[derive(Clone, Copy, Debug)]
pub struct SearchEnd<'a> {
    /// Space that was searched.
    pub space: &'a Space,
    /// Method of the search, whose relaxation samples architectures.
    pub method: &'a Method,
    /// Architecture parameters α.
    pub alpha: &'a Architecture,
    /// Operation weights of an evaluation.
    pub p: &'a Tables,
    /// Number of steps in a pass over the training images.
    pub steps: usize,
    /// Number of batches of the validation images.
    pub batches: usize,
    /// Seed of the search.
    pub seed: u64,
}

impl SearchEnd<'_> {
    /// Random numbers of a selection; each `number` has its own.
    pub(super) fn random(&self, number: usize) -> ChaCha8Rng {
        stream(self.seed, Stream::Selection, number as u64)
    }
}

/// Pieces of work that a selection has done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SelectionRecord {
    /// Evaluations in their order.
    pub evaluated: Vec<Evaluated>,
    /// Number of steps of fine-tuning.
    pub steps: usize,
}

/// Evaluation of the supernet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// Architecture that was evaluated, or what was decided until then.
    pub choice: Choice,
    /// Share of the validation images that the supernet classified correctly.
    pub accuracy: f64,
}

impl SelectionRecord {
    /// True if no piece of work was done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces() == 0
    }

    /// Number of pieces of work.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.evaluated.len().saturating_add(self.steps)
    }

    /// True if this can be the record of a selection in a space.
    pub(crate) fn fits(&self, space: &Space) -> bool {
        self.evaluated.iter().all(|one| one.accuracy.is_finite() && one.choice.fits(space))
    }
}

/// State of a selection: the next piece of work, or the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Selecting {
    /// Next piece of work.
    pub piece: Piece,
    /// Architecture that is to be evaluated, or what is decided so far. The record keeps it with the result.
    pub choice: Choice,
    /// Number of pieces of work in all; the largest possible one, where it depends on results.
    pub of: usize,
}

/// Piece of work of a selection.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Evaluation of the supernet on validation images, with batch statistics.
    Evaluate {
        /// Operation weights.
        p: Tables,
        /// Index of the first batch and number of batches, which begin anew after the last; absent for all.
        batches: Option<[usize; 2]>,
        /// Part of the supernet that p leaves out; absent where p is that of one architecture.
        without: Option<Without>,
    },
    /// Step of the weights on a batch of training images, with the loss alone.
    Tune {
        /// Operation weights.
        p: Tables,
        /// Learning rate as a share of `weights.lr`.
        lr: f64,
    },
    /// End of the selection.
    Decided,
}

/// Part of a supernet that an evaluation leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Without {
    /// Index of the type of cell.
    pub cell_type: usize,
    /// Edge.
    pub edge: usize,
    /// Candidate of the edge; absent if the whole edge is left out.
    pub candidate: Option<usize>,
}

/// Returns the evaluations of different architectures from the largest accuracy to the smallest. Of equal ones, and of
/// several of one architecture, the first comes first.
pub(super) fn ranked(evaluated: &[Evaluated]) -> Vec<&Evaluated> {
    let mut order: Vec<usize> = (0..evaluated.len()).collect();
    sort_indices(&mut order, &|a, b| evaluated[b].accuracy.total_cmp(&evaluated[a].accuracy));
    let mut seen = std::collections::BTreeSet::new();
    order.into_iter().map(|at| &evaluated[at]).filter(|one| seen.insert(&one.choice)).collect()
}
