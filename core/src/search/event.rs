//! What happens during a search, as one type that files, terminals and pages read.

use serde::{Deserialize, Serialize};

use super::SearchConfig;
use crate::benchmark::Accuracies;
use crate::saturation::Saturation;
use crate::space::Genotype;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Event {
    /// The version of this type: 1.
    pub version: u32,
    /// Seconds since the session began; the only field that differs between two runs of one seed.
    pub seconds: f64,
    /// What it was.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The search began.
    Start {
        /// Its configuration.
        config: Box<SearchConfig>,
        /// The device in use.
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
    /// The search ended.
    End {
        /// What it found.
        genotype: Genotype,
    },
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StepEvent {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The step within the epoch, from 0.
    pub step: usize,
    /// L_train before the step.
    pub train_loss: f64,
    /// L_val before the step.
    pub valid_loss: f64,
    /// Λ of every kind of cell on the training batch; absent with fewer than two cells.
    pub alignment: Vec<Option<f64>>,
    /// The norm of the weights' gradient before clipping.
    pub gradient_norm: f64,
}

/// An epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EpochEvent {
    /// The epoch, from 0.
    pub epoch: usize,
    /// λ in this epoch.
    pub strength: f64,
    /// The weights' learning rate in this epoch.
    pub lr: f64,
    /// The mean of L_train over the steps.
    pub train_loss: f64,
    /// The mean of L_val over the steps.
    pub valid_loss: f64,
    /// The share of validation images that the supernet gets right, with running statistics.
    pub supernet_accuracy: f64,
    /// One entry a kind of cell.
    pub kinds: Vec<KindReport>,
    /// The dominant eigenvalue of ∇²_α L_val, if it is measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub curvature: Option<f64>,
    /// The architecture that α stands for.
    pub genotype: Genotype,
    /// Skip connections in it.
    pub skip_connections: usize,
    /// Its accuracies in the table, if one was given and has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub benchmark: Option<Accuracies>,
}

/// One kind of cell at the end of an epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct KindReport {
    /// `normal` or `reduce`.
    pub name: String,
    /// The mean of Λ over the steps, on training batches; absent with fewer than two cells.
    pub alignment: Option<f64>,
    /// The operation weights p, `[edges][candidates]`.
    pub probabilities: Vec<Vec<f64>>,
    /// Measured with the cell gradients of L_val, which move α, averaged over the epoch.
    pub saturation: Saturation,
}
