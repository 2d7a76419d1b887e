//! State of a supernet in training as named tensors: under the names and shapes of the PyTorch references.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::freezing::Freezing;
use super::progress::Progress;
use crate::adam::Adam;
use crate::engine::{State, named};
use crate::graph::Graph;
use crate::method::{Method, PolicyState, SelectionRecord};
use crate::session::tensors::{self, tensor};
use crate::session::{SavedState, SessionError, Tensor, Tensors};
use crate::space::{Architecture, EdgeCandidate, Space};

/// State that training changes: weights, running statistics, momentum, α and the state of Adam.
///
/// | tensor | content |
/// |---|---|
/// | the name of a parameter, such as `stem.0.weight` | the parameter |
/// | `momentum.` and the name of a parameter | its momentum |
/// | the name of a batch norm and `.running_mean` or `.running_var` | its running statistics |
/// | `gradient.` and the name of a parameter | its last training gradient, if a part of the method compares it |
/// | `alphas_normal`, `alphas_reduce` | α of a type of cell, `[edges, candidates]`; −10³⁰ where an edge has fewer |
/// | `betas_normal`, `betas_reduce` | β of a type of cell, if the method weights its edges |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BilevelState {
    /// Tensors by name; a checkpoint stores them apart from the rest.
    #[serde(default, skip_serializing_if = "Tensors::is_empty")]
    pub(super) tensors: Tensors,
    pub(super) adam: Adam,
    #[serde(default, skip_serializing_if = "Freezing::is_new")]
    pub(super) freezing: Freezing,
    /// State of the method's policy, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<PolicyState>,
    /// Candidates that have left the search.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) left: Vec<EdgeCandidate>,
    /// Number of cells of the supernet; absent if it is that of the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cells: Option<usize>,
}

/// Prefix of the tensors of the last training gradient.
const GRADIENT: &str = "gradient.";

/// α of a candidate that an edge lacks: its softmax is 0.
const LACKING: f64 = -1e30;

/// State of a search: that of the supernet, the sums of the epoch, and the selection after the last one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchState {
    pub(super) bilevel: BilevelState,
    pub(super) progress: Progress,
    #[serde(default, skip_serializing_if = "SelectionRecord::is_empty")]
    pub(super) selection: SelectionRecord,
}

impl SavedState for SearchState {
    fn tensors(&mut self) -> &mut Tensors {
        &mut self.bilevel.tensors
    }
}

impl BilevelState {
    /// State from the tensors of an engine and α, with the graph of the engine; its supernet has as many cells as the
    /// first one.
    pub(super) fn new(
        mut tensors: Tensors,
        graph: &Graph,
        space: &Space,
        architecture: &Architecture,
        adam: Adam,
        mut freezing: Freezing,
        method: &Method,
    ) -> Self {
        for (cell_type, table) in space.cell_types.iter().zip(&architecture.tables) {
            let width = table.iter().map(Vec::len).max().unwrap_or_default();
            let padded = |row: &Vec<f64>| row.iter().copied().chain(std::iter::repeat(LACKING)).take(width).collect();
            let rows: Vec<Vec<f64>> = table.iter().map(padded).collect();
            let tensor = Tensor { shape: vec![table.len(), width], values: rows.concat() };
            tensors.insert(format!("alphas_{}", cell_type.name), tensor);
        }
        for (cell_type, beta) in space.cell_types.iter().zip(method.beta()).filter(|(_, beta)| !beta.is_empty()) {
            let tensor = Tensor { shape: vec![beta.len()], values: beta.clone() };
            tensors.insert(format!("betas_{}", cell_type.name), tensor);
        }
        if let Some(train) = freezing.train.take() {
            let gradient = named::tensors(graph, State::Gradient, train.as_slice());
            tensors.extend(gradient.map(|(name, tensor)| (format!("{GRADIENT}{name}"), tensor)));
        }
        Self { tensors, adam, freezing, policy: method.policy().cloned(), left: architecture.left(), cells: None }
    }

    /// True if the state has a training gradient.
    fn has_gradient(&self) -> bool {
        self.tensors.keys().any(|name| name.starts_with(GRADIENT))
    }

    /// State of the freezing, with the training gradient.
    pub(super) fn freezing(&self, graph: &Graph) -> Result<Freezing, SessionError> {
        if !self.freezing.fits(graph) {
            return Err(SessionError::State("its frozen operations are those of another network".to_owned()));
        }
        let mut freezing = self.freezing.clone();
        if self.has_gradient() {
            let gradient = named::gather(graph, State::Gradient, |piece| {
                tensor(&self.tensors, &format!("{GRADIENT}{}", piece.name), &piece.shape).map(Cow::Borrowed)
            })?;
            freezing.train = Some(Arc::new(gradient));
        }
        Ok(freezing)
    }

    /// α, in the shape of `like` and with its constraints.
    pub(super) fn architecture(&self, space: &Space, like: &Architecture) -> Result<Architecture, SessionError> {
        let mut architecture = like.clone();
        if architecture.set_left(space, &self.left).is_none() {
            return Err(SessionError::State("its candidates that have left are those of another search".to_owned()));
        }
        for (cell_type, table) in space.cell_types.iter().zip(&mut architecture.tables) {
            let width = table.iter().map(Vec::len).max().unwrap_or_default();
            let values = tensor(&self.tensors, &format!("alphas_{}", cell_type.name), &[table.len(), width])?;
            for (edge, row) in table.iter_mut().enumerate() {
                let count = row.len();
                row.copy_from_slice(&values[edge * width..][..count]);
            }
        }
        Ok(architecture)
    }

    /// β, flattened, of as many parameters as `like` has in each type of cell.
    pub(super) fn beta(&self, space: &Space, like: &[Vec<f64>]) -> Result<Vec<f64>, SessionError> {
        let mut flat = Vec::new();
        for (cell_type, like) in space.cell_types.iter().zip(like).filter(|(_, like)| !like.is_empty()) {
            flat.extend(tensor(&self.tensors, &format!("betas_{}", cell_type.name), &[like.len()])?);
        }
        Ok(flat)
    }

    /// True if all tensors are those of this supernet and its β, and no others.
    pub(super) fn check_count(&self, graph: &Graph, space: &Space, beta: &[Vec<f64>]) -> Result<(), SessionError> {
        let gradient = if self.has_gradient() { graph.parameters().len() } else { 0 };
        let beta = beta.iter().filter(|beta| !beta.is_empty()).count();
        let count = tensors::count(graph) + space.cell_types.len() + beta + gradient;
        if self.tensors.len() == count {
            return Ok(());
        }
        Err(SessionError::State(format!("it has {} tensors, and this supernet {count}", self.tensors.len())))
    }
}
