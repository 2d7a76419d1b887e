//! Part of a method.

use std::fmt::Debug;
use std::ops::Range;

use serde::{Serialize, Serializer};

use super::{
    EdgeWeights, FreezeRule, Moment, NewSupernet, NextStage, Policy, Relaxed, SearchEnd, Selecting, SelectionRecord,
    Stage, StageEnd,
};
use crate::alignment::Estimator;
use crate::graph::MaskKind;
use crate::space::{Architecture, Genotype, Space};

/// One table a type of cell: `tables[type][edge][candidate]`.
pub type Tables = Vec<Vec<Vec<f64>>>;

/// Place of a part in a search step, in the order of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Slot {
    /// α to the operation weights p.
    Relaxation,
    /// Noise on p in the weight step.
    Perturbation,
    /// Weights of whole edges.
    EdgeWeighting,
    /// Constant terms added to p.
    Auxiliary,
    /// Random masks on edges or candidates.
    Mask,
    /// Channels that candidates read.
    Channels,
    /// Term of the loss of ω.
    WeightRegularizer,
    /// Gradient of L_val with respect to α.
    Gradient,
    /// Term of the loss of α.
    AlphaRegularizer,
    /// Rule by which weights are frozen.
    Freeze,
    /// Stages of the search.
    Stages,
    /// Sign of a collapse.
    Stop,
    /// Architecture at the end.
    Selection,
}

impl Slot {
    /// Name in sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relaxation => "relaxation",
            Self::Auxiliary => "auxiliary",
            Self::Mask => "mask",
            Self::Channels => "choice of channels",
            Self::Perturbation => "perturbation",
            Self::EdgeWeighting => "edge weighting",
            Self::WeightRegularizer => "weight regularizer",
            Self::Gradient => "gradient",
            Self::AlphaRegularizer => "alpha regularizer",
            Self::Freeze => "freeze",
            Self::Stages => "stages",
            Self::Stop => "stop",
            Self::Selection => "selection",
        }
    }

    /// True if several parts of this slot go together.
    #[must_use]
    pub const fn takes_several(self) -> bool {
        !matches!(
            self,
            Self::Relaxation | Self::EdgeWeighting | Self::Channels | Self::Gradient | Self::Freeze | Self::Selection
        )
    }
}

impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Setting of a part that is out of range, or parts that do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// A setting is out of range.
    #[error("`{setting}` must be {must}, not {is}")]
    Setting {
        /// Name of the setting within the part.
        setting: String,
        /// Values that it may have.
        must: String,
        /// Value that it has.
        is: String,
    },
    /// Parts that do not go together, or not with a space.
    #[error("{why}")]
    Composition {
        /// Sentence that says why.
        why: String,
    },
}

impl PartError {
    /// Checks a setting.
    ///
    /// # Errors
    /// [`PartError::Setting`] if `ok` is false.
    pub fn check(ok: bool, setting: &str, must: &str, is: &dyn std::fmt::Display) -> Result<(), Self> {
        if ok {
            return Ok(());
        }
        Err(Self::Setting { setting: setting.to_owned(), must: must.to_owned(), is: is.to_string() })
    }

    /// Checks that a setting is a positive number.
    ///
    /// # Errors
    /// [`PartError::Setting`] if it is not.
    pub fn positive(setting: &str, value: f64) -> Result<(), Self> {
        Self::check(value.is_finite() && value > 0.0, setting, "a positive number", &value)
    }

    /// Checks that a setting is a number that is not negative.
    ///
    /// # Errors
    /// [`PartError::Setting`] if it is negative or not a finite number.
    pub fn not_negative(setting: &str, value: f64) -> Result<(), Self> {
        Self::check(value.is_finite() && value >= 0.0, setting, "0 or more", &value)
    }
}

/// Term that a weight regularizer adds to the loss of ω: `−coefficient · R`, by the directions ∂R/∂g_l.
#[derive(Clone, Debug, PartialEq)]
pub struct Regularization {
    /// ∂R/∂g_l of every searched cell, zeros for cells that have no part in R.
    pub directions: Vec<Vec<f64>>,
    /// Coefficient of R.
    pub coefficient: f64,
    /// Estimator of the tangent.
    pub estimator: Estimator,
    /// ε₀ of a two-sided difference.
    pub epsilon: f64,
}

/// Epoch as stop rules see it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EpochSummary {
    /// Epoch, from 0.
    pub epoch: usize,
    /// Architecture at its end.
    pub genotype: Genotype,
    /// Dominant eigenvalue of ∇²_α L_val, if it was measured.
    pub curvature: Option<f64>,
    /// Mean norm of the regularizers' gradient, if there is one.
    pub regularizer_gradient_norm: Option<f64>,
    /// Candidates with weights of every edge by [`ranking`](super::ranking()); empty in states of earlier builds.
    #[serde(default)]
    pub ranking: Vec<Vec<Vec<usize>>>,
}

/// Search at the end of an epoch, as the measures of parts see it.
#[derive(Clone, Copy, Debug)]
pub struct EpochEnd<'a> {
    /// Architecture parameters.
    pub alpha: &'a Architecture,
    /// Moment in this epoch.
    pub moment: &'a Moment,
    /// Stage that the epoch is in.
    pub stage: &'a Stage,
    /// Share of the candidate operations with weights that are frozen.
    pub frozen: f64,
}

/// Part of a method. Every hook but [`slot`](Self::slot) and [`check`](Self::check) has a default that does nothing.
#[expect(unused_variables, reason = "defaults")]
pub trait Part: Debug + Send + Sync {
    /// Place of the part.
    fn slot(&self) -> Slot;

    /// Checks the settings.
    ///
    /// # Errors
    /// [`PartError`] for the first setting that is out of range.
    fn check(&self) -> Result<(), PartError>;

    /// Checks the part against the space and the names of the other parts.
    ///
    /// # Errors
    /// [`PartError::Composition`] with a sentence that says why they do not go together.
    fn check_with(&self, space: &Space, others: &[&'static str]) -> Result<(), PartError> {
        Ok(())
    }

    /// Operation weights for a pass; only a relaxation gives some.
    fn relax(&self, alpha: &Architecture, moment: &Moment, pass: u8) -> Option<Relaxed> {
        None
    }

    /// Operation weights for a pass, of a relaxation that depends on the operations of the space.
    fn relax_in(&self, space: &Space, alpha: &Architecture, moment: &Moment, pass: u8) -> Option<Relaxed> {
        self.relax(alpha, moment, pass)
    }

    /// Policy that gives the operation weights, in the place of [`relax`](Self::relax); only a relaxation with a state
    /// has one.
    fn policy(&self) -> Option<&dyn Policy> {
        None
    }

    /// Operation weights for an evaluation; only a relaxation gives some.
    fn relax_for_evaluation(&self, alpha: &Architecture) -> Option<Tables> {
        None
    }

    /// Weights by which the candidates of an edge are sampled, each edge by itself, where a selection samples
    /// architectures; softmax(α) unless a relaxation gives some. They are 0 for candidates of weight −∞ in `alpha`.
    fn sampling_weights(&self, alpha: &Architecture) -> Option<Tables> {
        None
    }

    /// Operation weights for an evaluation, of a relaxation that depends on the operations of the space or on the moment.
    fn evaluate_in(&self, space: &Space, alpha: &Architecture, moment: &Moment) -> Option<Tables> {
        self.relax_for_evaluation(alpha)
    }

    /// Weights of whole edges; only an edge weighting gives some.
    fn edges(&self) -> Option<&dyn EdgeWeights> {
        None
    }

    /// Adds constant terms to p, in every pass.
    fn add_auxiliary(&self, p: &mut Tables, space: &Space, moment: &Moment) {}

    /// Kind of the masks that the supernet has for the part; only a part that drops gives one. Drop paths are behind the
    /// mixed operations of all edges, dropout is behind skip connections.
    fn mask(&self) -> Option<MaskKind> {
        None
    }

    /// Probability, below 1, with which the masks of the part drop in the passes of a step.
    fn drop_rate(&self, moment: &Moment, stage: &Stage) -> f64 {
        0.0
    }

    /// Number k if candidates read 1/k of the channels of their edge; only a part that chooses channels gives one.
    fn partial_channels(&self) -> Option<usize> {
        None
    }

    /// Perturbs p in the weight step.
    fn perturb(&self, p: &mut Tables, moment: &Moment) {}

    /// Number of ascents that a weight step begins with: passes over its batch that give [`ascend`](Self::ascend) a
    /// gradient.
    fn ascents(&self, moment: &Moment) -> usize {
        0
    }

    /// Moves the perturbed p of the weight step by ∂L_train/∂p, which is summed over the cells of each type; `start` is
    /// p before the perturbation.
    fn ascend(&self, p: &mut Tables, start: &Tables, gradient: &Tables, moment: &Moment) {}

    /// Term of the loss of ω, from the cell gradients of the training batch: `cells[l]` is g_l of a cell of type
    /// `cell_types[l]`.
    fn regularize_weights(
        &self,
        space: &Space,
        cell_types: &[usize],
        cells: &[Vec<f64>],
        moment: &Moment,
    ) -> Vec<Regularization> {
        Vec::new()
    }

    /// True if [`regularize_weights`](Self::regularize_weights) may give a term at this moment.
    fn regularizes_weights(&self, moment: &Moment) -> bool {
        false
    }

    /// True if [`regularizes_weights`](Self::regularizes_weights) may be true at some moment; the weight step then runs
    /// all candidates for their cell gradients.
    fn may_regularize_weights(&self) -> bool {
        self.slot() == Slot::WeightRegularizer
    }

    /// True if the tangent of the term is taken with the pattern of the main pass held.
    fn holds_pattern(&self) -> bool {
        false
    }

    /// L2 decay of the weights in this step, in the place of the configured one.
    fn weight_decay(&self, moment: &Moment) -> Option<f64> {
        None
    }

    /// Adds to the gradient of α, which is flattened table by table, row by row; `relaxed` is p of the architecture
    /// step.
    fn regularize_alpha(
        &self,
        alpha: &Architecture,
        relaxed: &Relaxed,
        space: &Space,
        moment: &Moment,
        gradient: &mut [f64],
    ) {
    }

    /// Largest power of the Neumann series in the gradient of α; only a part of the slot `gradient` gives one.
    fn neumann_terms(&self) -> Option<usize> {
        None
    }

    /// Rule by which candidate operations are frozen; only a part that freezes gives one.
    fn freezing(&self) -> Option<FreezeRule> {
        None
    }

    /// Measures of the part at the end of an epoch by name, which belong into the event of the epoch.
    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        Vec::new()
    }

    /// Warning after the last of some epochs of a search of `epochs`, if there is a sign of a collapse.
    fn warn(&self, history: &[EpochSummary], epochs: usize) -> Option<String> {
        None
    }

    /// True if a warning ends the search.
    fn ends_search(&self) -> bool {
        false
    }

    /// Numbers of epochs after which a stage ends, of a search of `epochs`.
    fn stage_ends(&self, epochs: usize) -> Vec<usize> {
        Vec::new()
    }

    /// New supernets in a search of `epochs`, those that [`end_stage`](Self::end_stage) gives.
    fn supernets(&self, epochs: usize) -> Vec<NewSupernet> {
        Vec::new()
    }

    /// Beginning of the next stage; absent unless one of this part's stages ends with the epoch. Only one part of a method
    /// takes candidates out of the search.
    fn end_stage(&self, end: &StageEnd<'_>) -> Option<NextStage> {
        None
    }

    /// True if α rests in an epoch of a stage: the weights alone learn.
    fn rests(&self, stage: &Range<usize>, epoch: usize) -> bool {
        false
    }

    /// True if α stays as it is throughout the search, 0 from the beginning on.
    fn holds_alpha(&self) -> bool {
        false
    }

    /// Architecture that α stands for; only a selection gives one, and a relaxation whose weights have another order.
    fn derive(&self, alpha: &Architecture, space: &Space) -> Option<Genotype> {
        None
    }

    /// Next piece of work of a selection that asks the supernet, after the pieces of a record; only such a selection
    /// gives one. The search takes pieces, one an event, until [`Piece::Decided`](super::Piece::Decided).
    fn select(&self, end: &SearchEnd<'_>, record: &SelectionRecord) -> Option<Selecting> {
        None
    }
}
