//! Stages of a search: spans of epochs, at whose ends candidates leave and supernets grow.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Moment, PartError};
use crate::space::{Architecture, Edge, EdgeCandidate, Space};

/// Stage of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Number of the stages before.
    pub number: usize,
    /// Epochs of the stage.
    pub epochs: Range<usize>,
}

impl Stage {
    /// Stage that an epoch is in, of a search of `epochs` in which stages end after these numbers of epochs.
    pub(super) fn between(ends: impl Iterator<Item = usize>, epoch: usize, epochs: usize) -> Self {
        let (before, after): (Vec<usize>, Vec<usize>) = ends.partition(|&end| end <= epoch);
        let start = before.iter().copied().max().unwrap_or(0);
        let end = after.into_iter().min().unwrap_or(epochs);
        Self { number: before.len(), epochs: start..end.min(epochs) }
    }
}

/// Search at the end of an epoch with which a stage may end.
#[derive(Clone, Copy, Debug)]
pub struct StageEnd<'a> {
    /// Space that is searched.
    pub space: &'a Space,
    /// Architecture parameters, −∞ for candidates that are left out.
    pub alpha: &'a Architecture,
    /// Moment in the epoch that ends.
    pub moment: &'a Moment,
}

/// Beginning of the next stage.
#[derive(Clone, Debug, PartialEq)]
pub struct NextStage {
    /// Candidates that leave. Each edge has to keep one that a derived architecture can have, or nothing happens.
    pub leaving: Vec<EdgeCandidate>,
    /// Architecture parameters of the next stage.
    pub alpha: StageAlpha,
    /// New supernet; absent if the supernet and its weights go on.
    pub supernet: Option<NewSupernet>,
}

/// New supernet with new weights, with which a stage begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewSupernet {
    /// Number of epochs after which it begins.
    pub after: usize,
    /// Number of its cells as a multiple of that of the first supernet.
    pub depth: f64,
    /// True if the cosine of the learning rate begins anew with it.
    pub new_cosine: bool,
}

/// Architecture parameters at the beginning of a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StageAlpha {
    /// α is drawn anew, and the means of Adam begin anew.
    #[default]
    Drawn,
    /// α is 0, and the means of Adam begin anew.
    Zero,
    /// α and the means of Adam stay as they are.
    Kept,
}

/// Candidates that leave if `stay` picks those that stay on an edge. It is given the candidates in use from the largest α
/// to the smallest; of equal ones, the lower index comes first. The first one that a derived architecture can have stays
/// in any case.
pub(super) fn leaving(end: &StageEnd<'_>, stay: impl Fn(&Edge, &[usize]) -> Vec<usize>) -> Vec<EdgeCandidate> {
    let mut leaving = Vec::new();
    for (cell_type, (kind, table)) in end.space.cell_types.iter().zip(&end.alpha.tables).enumerate() {
        for (edge, (of, row)) in kind.edges.iter().zip(table).enumerate() {
            let mut order: Vec<usize> = (0..row.len()).filter(|&k| row[k] > f64::NEG_INFINITY).collect();
            order.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
            let mut staying = stay(of, &order);
            let derived = |&k: &usize| kind.keeps(of, of.operations[k]);
            if !staying.iter().any(derived) {
                staying.extend(order.iter().copied().find(derived));
            }
            let weakest = order.into_iter().filter(|k| !staying.contains(k));
            leaving.extend(weakest.map(|candidate| EdgeCandidate { cell_type, edge, candidate }));
        }
    }
    leaving
}

/// Multiple of a number, rounded.
pub(crate) fn rounded(factor: f64, number: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "epochs and cells are few, and factors are positive"
    )]
    let multiple = (factor * number as f64).round() as usize;
    multiple
}

/// Number of epochs in a share of all of them, rounded.
pub(super) fn epochs_in(share: f64, epochs: usize) -> usize {
    rounded(share, epochs)
}

/// Number that goes from `first` to `last` by one factor an epoch, between a share of the epochs and the last of them;
/// before, it is `first`.
pub(super) fn anneal(moment: &Moment, from: f64, [first, last]: [f64; 2]) -> f64 {
    let start = epochs_in(from, moment.epochs);
    let steps = moment.epochs.saturating_sub(1).saturating_sub(start).max(1);
    #[expect(clippy::cast_precision_loss, reason = "epochs are few")]
    let done = moment.epoch.saturating_sub(start) as f64 / steps as f64;
    first * libm::pow(last / first, done)
}

/// Checks the share `at` of the epochs after which a stage ends, and the share `from` after which a temperature falls.
pub(super) fn check_schedule(at: f64, from: f64) -> Result<(), PartError> {
    PartError::check(at > 0.0 && at < 1.0, "at", "between 0 and 1", &at)?;
    PartError::check((at..1.0).contains(&from), "from", "at least `at` and below 1", &from)
}
