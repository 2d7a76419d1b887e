//! State of an engine as tensors, under the names and in the shapes of the PyTorch references.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::State;
use crate::graph::{Graph, NormName, Parameter};

/// Tensor that stands under a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedTensor<T = f32> {
    /// Size of each axis.
    pub shape: Vec<usize>,
    /// Numbers, the last axis fastest.
    pub values: Vec<T>,
}

impl NamedTensor<f64> {
    /// Same tensor in single precision.
    #[must_use]
    pub fn to_f32(&self) -> NamedTensor {
        #[expect(clippy::cast_possible_truncation, reason = "single precision is what was asked for")]
        let values = self.values.iter().map(|&value| value as f32).collect();
        NamedTensor { shape: self.shape.clone(), values }
    }
}

/// Part of an engine's vector with its name and shape.
pub(crate) struct Piece {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    offset: usize,
}

impl Piece {
    /// Place within the vector.
    fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.shape.iter().product::<usize>()
    }
}

impl State {
    /// Pieces of a vector of the state, in their order.
    pub(crate) fn pieces(self, graph: &Graph) -> Vec<Piece> {
        let of_weights = |before: &str| {
            let piece = |parameter: &Parameter| Piece {
                name: format!("{before}{}", parameter.name),
                shape: parameter.shape.clone(),
                offset: parameter.offset,
            };
            graph.parameters().iter().map(piece).collect()
        };
        let of_norms = |after: &str| {
            let piece = |norm: &NormName| Piece {
                name: format!("{}.{after}", norm.name),
                shape: vec![norm.channels],
                offset: norm.offset,
            };
            graph.norms().iter().map(piece).collect()
        };
        match self {
            Self::Weights | Self::Gradient => of_weights(""),
            Self::Momentum => of_weights("momentum."),
            Self::RunningMean => of_norms("running_mean"),
            Self::RunningVariance => of_norms("running_var"),
        }
    }
}

/// Returns the tensors of a vector of the state, with their names.
pub(crate) fn tensors<T: Clone>(
    graph: &Graph,
    state: State,
    vector: &[T],
) -> impl Iterator<Item = (String, NamedTensor<T>)> {
    state.pieces(graph).into_iter().map(move |piece| {
        let values = vector[piece.range()].to_vec();
        (piece.name, NamedTensor { shape: piece.shape, values })
    })
}

/// Puts a vector of the state together; `values` returns the numbers of each piece, as many as its shape has.
pub(crate) fn gather<'t, T: Copy + Default + 't, E>(
    graph: &Graph,
    state: State,
    mut values: impl FnMut(&Piece) -> Result<Cow<'t, [T]>, E>,
) -> Result<Vec<T>, E> {
    let mut vector = vec![T::default(); state.len(graph)];
    for piece in state.pieces(graph) {
        vector[piece.range()].copy_from_slice(&values(&piece)?);
    }
    Ok(vector)
}
