//! State of a supernet in training as named tensors: under the names and shapes of the PyTorch references.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SearchError;
use super::optimizer::Adam;
use crate::engine::State;
use crate::graph::Graph;
use crate::space::{Architecture, Space};

/// State that training changes: weights, running statistics, momentum, α and the state of Adam.
///
/// | tensor | content |
/// |---|---|
/// | the name of a parameter, such as `stem.0.weight` | the parameter |
/// | `momentum.` and the name of a parameter | its momentum |
/// | the name of a batch norm and `.running_mean` or `.running_var` | its running statistics |
/// | `alphas_normal`, `alphas_reduce` | α of a type of cell, `[edges, candidates]`; −10³⁰ where an edge has fewer |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BilevelState {
    /// Tensors by name; a checkpoint stores them apart from the rest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tensors: BTreeMap<String, Tensor>,
    pub(super) adam: Adam,
}

/// Tensor of a state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tensor {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f64>,
}

/// α of a candidate that an edge lacks: its softmax is 0.
const LACKING: f64 = -1e30;

/// Part of an engine's vector with its name and shape.
struct Piece {
    name: String,
    shape: Vec<usize>,
    offset: usize,
}

/// Parts of the state that engines hold.
pub(super) const HELD: [State; 4] = [State::Weights, State::Momentum, State::RunningMean, State::RunningVariance];

/// Pieces of a vector of the state, in their order.
fn pieces(graph: &Graph, state: State) -> Vec<Piece> {
    let of_weights = |before: &str| {
        let piece = |parameter: &crate::graph::Parameter| Piece {
            name: format!("{before}{}", parameter.name),
            shape: parameter.shape.clone(),
            offset: parameter.offset,
        };
        graph.parameters().iter().map(piece).collect()
    };
    let of_norms = |after: &str| {
        let piece = |norm: &crate::graph::NormName| Piece {
            name: format!("{}.{after}", norm.name),
            shape: vec![norm.channels],
            offset: norm.offset,
        };
        graph.norms().iter().map(piece).collect()
    };
    match state {
        State::Weights | State::Gradient => of_weights(""),
        State::Momentum => of_weights("momentum."),
        State::RunningMean => of_norms("running_mean"),
        State::RunningVariance => of_norms("running_var"),
    }
}

impl BilevelState {
    /// Names the vectors of an engine, in the order of [`HELD`], and α.
    pub(super) fn new(
        graph: &Graph,
        space: &Space,
        vectors: &[Vec<f64>],
        architecture: &Architecture,
        adam: Adam,
    ) -> Self {
        let mut tensors = BTreeMap::new();
        for (state, vector) in HELD.into_iter().zip(vectors) {
            for Piece { name, shape, offset } in pieces(graph, state) {
                let values = vector[offset..][..shape.iter().product()].to_vec();
                tensors.insert(name, Tensor { shape, values });
            }
        }
        for (cell_type, table) in space.cell_types.iter().zip(&architecture.tables) {
            let width = table.iter().map(Vec::len).max().unwrap_or_default();
            let padded = |row: &Vec<f64>| row.iter().copied().chain(std::iter::repeat(LACKING)).take(width).collect();
            let rows: Vec<Vec<f64>> = table.iter().map(padded).collect();
            let tensor = Tensor { shape: vec![table.len(), width], values: rows.concat() };
            tensors.insert(format!("alphas_{}", cell_type.name), tensor);
        }
        Self { tensors, adam }
    }

    /// Tensor of a name, if it has this shape.
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<&[f64], SearchError> {
        let fault = |what: String| SearchError::State(format!("{what}: it is that of another supernet"));
        let tensor = self.tensors.get(name).ok_or_else(|| fault(format!("it lacks `{name}`")))?;
        if tensor.shape != shape || tensor.values.len() != shape.iter().product::<usize>() {
            return Err(fault(format!("`{name}` has the shape {:?}, not {shape:?}", tensor.shape)));
        }
        Ok(&tensor.values)
    }

    /// Vector of an engine.
    pub(super) fn vector(&self, graph: &Graph, state: State) -> Result<Vec<f64>, SearchError> {
        let mut vector = vec![0.0; state.len(graph)];
        for Piece { name, shape, offset } in pieces(graph, state) {
            let values = self.tensor(&name, &shape)?;
            vector[offset..][..values.len()].copy_from_slice(values);
        }
        Ok(vector)
    }

    /// α, in the shape of `like`.
    pub(super) fn architecture(&self, space: &Space, like: &Architecture) -> Result<Architecture, SearchError> {
        let mut architecture = like.clone();
        for (cell_type, table) in space.cell_types.iter().zip(&mut architecture.tables) {
            let width = table.iter().map(Vec::len).max().unwrap_or_default();
            let values = self.tensor(&format!("alphas_{}", cell_type.name), &[table.len(), width])?;
            for (edge, row) in table.iter_mut().enumerate() {
                let count = row.len();
                row.copy_from_slice(&values[edge * width..][..count]);
            }
        }
        Ok(architecture)
    }

    /// True if all tensors are those of this supernet, and no others.
    pub(super) fn check_count(&self, graph: &Graph, space: &Space) -> Result<(), SearchError> {
        let count = HELD.into_iter().map(|state| pieces(graph, state).len()).sum::<usize>() + space.cell_types.len();
        if self.tensors.len() == count {
            return Ok(());
        }
        Err(SearchError::State(format!("it has {} tensors, and this supernet {count}", self.tensors.len())))
    }
}
