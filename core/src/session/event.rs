//! Events of searches and trainings, as one type that files, terminals and pages read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{SearchConfig, SearcherConfig, TrainingConfig};
use crate::benchmark::{Accuracies, Table};
use crate::saturation::Saturation;
use crate::space::{Genotype, Operation};

/// Event of a search or a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Event {
    /// Version of this type: 3.
    pub version: u32,
    /// Seconds since the session began; the only field that differs between two runs of one seed.
    pub seconds: f64,
    /// Event itself.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// Kind of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The search began.
    Start {
        /// Configuration of the search.
        config: Box<SearchConfig>,
        /// Device in use.
        device: String,
        /// Steps in an epoch.
        steps: usize,
        /// Weights of the supernet.
        weights: usize,
    },
    /// A bilevel step was taken.
    Step(StepEvent),
    /// An epoch ended.
    Epoch(Box<EpochEvent>),
    /// Settings of the search changed while it was in progress; the steps from here on use them.
    Change {
        /// Epoch in progress, counted from 1.
        epoch: usize,
        /// Steps that were taken in this epoch.
        step: usize,
        /// Paths of the settings that changed, such as `method.alignment.lambda`.
        changed: Vec<String>,
        /// Configuration from here on.
        config: Box<SearchConfig>,
    },
    /// A piece of the selection after the last epoch was done.
    Selection(SelectionEvent),
    /// The search ended.
    End {
        /// Genotype that α stands for at the end, or that the selection chose.
        genotype: Genotype,
        /// Accuracies and rank of a genotype that a selection chose after the last epoch, if there is a table that has
        /// it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        benchmark: Option<TableReport>,
    },
    /// A training began.
    TrainingStart {
        /// Configuration of the training.
        config: Box<TrainingConfig>,
        /// Device in use.
        device: String,
        /// Steps in an epoch.
        steps: usize,
        /// Weights of the network, those of an auxiliary head included.
        weights: usize,
    },
    /// A step of a training was taken.
    TrainingStep(TrainingStepEvent),
    /// An epoch of a training ended.
    TrainingEpoch(TrainingEpochEvent),
    /// A training ended.
    TrainingEnd {
        /// Share of the test images that the network classifies correctly.
        test_accuracy: f64,
    },
    /// A search without a supernet began.
    SearcherStart {
        /// Configuration of the search.
        config: Box<SearcherConfig>,
        /// Number of cells of the table.
        cells: usize,
    },
    /// A searcher's architecture was evaluated.
    SearcherStep(SearcherStepEvent),
    /// A part of a searcher's budget was spent.
    SearcherEpoch(Box<SearcherEpochEvent>),
    /// A search without a supernet ended.
    SearcherEnd {
        /// Fittest architecture.
        genotype: Genotype,
        /// Accuracies of the architecture, if there is a table that has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        accuracies: Option<Accuracies>,
    },
}

/// Evaluation of an architecture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SearcherStepEvent {
    /// Evaluation, counted from 1 over the whole search.
    pub evaluation: usize,
    /// Architecture.
    pub genotype: Genotype,
    /// Fitness of the architecture.
    pub fitness: f64,
    /// Largest fitness so far.
    pub best: f64,
    /// Sum of the evaluations' costs so far in seconds, if they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub seconds_simulated: Option<f64>,
}

/// End of an epoch of a search without a supernet: an equal part of its budget was spent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SearcherEpochEvent {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// Number of evaluations so far.
    pub evaluations: usize,
    /// Sum of the evaluations' costs so far in seconds, if they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub seconds_simulated: Option<f64>,
    /// Fittest architecture so far; the first of equals.
    pub genotype: Genotype,
    /// Fitness of the architecture.
    pub fitness: f64,
    /// Accuracies and rank of the architecture, if there is a table that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub benchmark: Option<TableReport>,
}

/// Step of a training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TrainingStepEvent {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// Step within the epoch, counted from 1.
    pub step: usize,
    /// Loss before the step, that of an auxiliary head included.
    pub train_loss: f64,
    /// Norm of the gradient before clipping.
    pub gradient_norm: f64,
}

/// End of an epoch of a training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TrainingEpochEvent {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// Learning rate in this epoch.
    pub lr: f64,
    /// Probability of the drop paths in this epoch.
    pub drop_path: f64,
    /// Mean of the loss over the steps, that of an auxiliary head included.
    pub train_loss: f64,
    /// Share of the training images that were classified correctly in their steps, with batch statistics and augmentation.
    pub train_accuracy: f64,
    /// Mean cross-entropy over the test images, with running statistics.
    pub test_loss: f64,
    /// Share of the test images that are classified correctly, with running statistics.
    pub test_accuracy: f64,
    /// Share of the test images whose class is among the five likeliest.
    pub test_top5: f64,
    /// Mean of the gradient's norm over the steps, before clipping.
    pub gradient_norm: f64,
    /// Share of the steps whose gradient was clipped, from 0 to 1.
    pub clipped: f64,
}

/// Bilevel step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StepEvent {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// Step within the epoch, counted from 1.
    pub step: usize,
    /// L_train before the step.
    pub train_loss: f64,
    /// L_val of the architecture step.
    pub valid_loss: f64,
    /// Λ of every cell type on the training batch; absent with fewer than two cells.
    pub alignment: Vec<Option<f64>>,
    /// Norm of the weights' gradient before clipping, regularizer included.
    pub gradient_norm: f64,
    /// Norm of ∇L_train, if it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub loss_gradient_norm: Option<f64>,
    /// Norm of the regularizers' gradient, such as that of λ·Λ; absent without one. With the estimator `frozen`, it is
    /// measured in every tenth step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub regularizer_gradient_norm: Option<f64>,
}

/// End of an epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EpochEvent {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// λ in this epoch.
    pub lambda: f64,
    /// Learning rate of the weights in this epoch.
    pub lr: f64,
    /// Mean of L_train over the steps.
    pub train_loss: f64,
    /// Mean of L_val over the steps.
    pub valid_loss: f64,
    /// Share of the validation images that the supernet classifies correctly, with running statistics.
    pub supernet_accuracy: f64,
    /// Mean of the gradient's norm over the steps, before clipping.
    pub gradient_norm: f64,
    /// Mean of ∇L_train's norm over the steps in which it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub loss_gradient_norm: Option<f64>,
    /// Mean of the norm of the regularizers' gradient over the steps in which it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub regularizer_gradient_norm: Option<f64>,
    /// Share of the steps whose gradient was clipped, from 0 to 1.
    pub clipped: f64,
    /// Reports by cell type.
    pub cell_types: Vec<CellTypeReport>,
    /// Dominant eigenvalue of ∇²_α L_val, if it is measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub curvature: Option<f64>,
    /// Measures of the method's parts under the name of the part and their own, such as `gumbel_hard.tau`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, f64>,
    /// Genotype that α stands for.
    pub genotype: Genotype,
    /// Number of occurrences of each operation in the genotype.
    #[cfg_attr(feature = "typescript", ts(type = "{ [operation in Operation]?: number }"))]
    pub operations: BTreeMap<Operation, usize>,
    /// Number of operations without weights in the genotype: skip connections, pools, noise and `none`.
    pub parameter_free: usize,
    /// Number of skip connections in the genotype.
    pub skip_connections: usize,
    /// Accuracies and rank of the genotype, if there is a benchmark table that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub benchmark: Option<TableReport>,
    /// Signs of a collapse, or of a regularizer that is too strong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Candidates that leave the search with this epoch, at the end of a stage; the other numbers are those before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<LeftCandidate>,
}

/// Candidate of an edge that leaves the search at the end of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LeftCandidate {
    /// Name of the cell type: `normal` or `reduce`.
    pub cell: String,
    /// Edge.
    pub edge: usize,
    /// Candidate.
    pub operation: Operation,
}

/// Piece of the selection of the architecture after the last epoch: an evaluation of the supernet, or a step of
/// fine-tuning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SelectionEvent {
    /// Piece, counted from 1.
    pub step: usize,
    /// Number of pieces in all; the largest possible one, where it depends on results.
    pub of: usize,
    /// Name of the cell type that an edge is left out of, wholly or in part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub cell: Option<String>,
    /// Edge that is left out, wholly or in part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub edge: Option<usize>,
    /// Candidate of the edge that is left out; absent if the whole edge is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub operation: Option<Operation>,
    /// Operation that the edge keeps, once it is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub kept: Option<Operation>,
    /// Share of the validation images that the supernet classifies correctly, with batch statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub accuracy: Option<f64>,
    /// Loss before a step of fine-tuning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub train_loss: Option<f64>,
    /// Architecture that was evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub genotype: Option<Genotype>,
}

/// Accuracies and rank of a genotype in a benchmark table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TableReport {
    /// Accuracies of the genotype.
    #[serde(flatten)]
    pub accuracies: Accuracies,
    /// Rank of the genotype: one more than the number of cells with a better test accuracy on CIFAR-10.
    pub rank: usize,
    /// Number of cells of the table.
    pub cells: usize,
}

/// Report on one cell type at the end of an epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CellTypeReport {
    /// `normal` or `reduce`.
    pub name: String,
    /// Mean of Λ over the steps, on training batches; absent with fewer than two cells.
    pub alignment: Option<f64>,
    /// Operation weights p, `[edges][candidates]`.
    pub probabilities: Vec<Vec<f64>>,
    /// Saturation, measured with the cell gradients of L_val, which move α, averaged over the epoch.
    pub saturation: Saturation,
}

impl TableReport {
    /// Looks a genotype up in a table.
    pub(crate) fn of(table: &Table, genotype: &Genotype) -> Option<Self> {
        let found = table.look_up(genotype)?;
        Some(Self { accuracies: found.accuracies, rank: found.rank, cells: table.len() })
    }
}

impl Event {
    /// Version that this library writes and reads.
    pub const VERSION: u32 = 3;
}

/// Digest of a run: SHA-256 over the lines of its event log without the field `seconds`. Two runs with one digest took
/// the same steps to the bit.
#[derive(Clone, Debug, Default)]
pub struct EventDigest(Sha256);

/// Event without its clock.
#[derive(Serialize)]
struct Timeless<'a> {
    version: u32,
    #[serde(flatten)]
    kind: &'a EventKind,
}

impl EventDigest {
    /// Adds the next event.
    pub fn add(&mut self, event: &Event) {
        let line = serde_json::to_string(&Timeless { version: event.version, kind: &event.kind }).unwrap_or_default();
        self.0.update(line.as_bytes());
        self.0.update(b"\n");
    }

    /// Digest of all events so far, in hexadecimal.
    #[must_use]
    pub fn hex(&self) -> String {
        crate::text::hex(&self.0.clone().finalize())
    }
}
