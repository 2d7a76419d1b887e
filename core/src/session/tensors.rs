//! State of an engine as named tensors, which a checkpoint stores.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::SessionError;
use crate::engine::{Engine, NamedTensor, Numbers, State, named};
use crate::graph::Graph;

/// Tensor of a state, which holds the numbers of engines of either precision.
pub type Tensor = NamedTensor<f64>;

/// Tensors by name.
pub type Tensors = BTreeMap<String, Tensor>;

/// Parts of the state that engines hold.
const HELD: [State; 4] = [State::Weights, State::Momentum, State::RunningMean, State::RunningVariance];

/// Reads the state of an engine as named tensors.
pub(crate) async fn read(engine: &mut dyn Engine) -> Result<Tensors, SessionError> {
    let mut tensors = Tensors::new();
    for state in HELD {
        let vector = engine.read(state).await?.to_f64();
        tensors.extend(named::tensors(engine.graph(), state, &vector));
    }
    Ok(tensors)
}

/// Number of tensors of an engine's state.
pub(crate) fn count(graph: &Graph) -> usize {
    HELD.into_iter().map(|state| state.pieces(graph).len()).sum()
}

/// Vectors of an engine's state, from tensors that may have others beside them.
pub(crate) fn vectors(tensors: &Tensors, graph: &Graph) -> Result<Vec<(State, Numbers)>, SessionError> {
    let vector = |state: State| {
        let piece = |piece: &named::Piece| tensor(tensors, &piece.name, &piece.shape).map(Cow::Borrowed);
        Ok((state, Numbers::Double(named::gather(graph, state, piece)?)))
    };
    HELD.into_iter().map(vector).collect()
}

/// Writes vectors into an engine.
pub(crate) async fn write(engine: &mut dyn Engine, vectors: &[(State, Numbers)]) -> Result<(), SessionError> {
    for (state, numbers) in vectors {
        engine.write(*state, numbers).await?;
    }
    Ok(())
}

/// Numbers of the tensor of a name, if it has this shape.
pub(crate) fn tensor<'a>(tensors: &'a Tensors, name: &str, shape: &[usize]) -> Result<&'a [f64], SessionError> {
    let fault = |what: String| SessionError::State(format!("{what}: it is that of another network"));
    let tensor = tensors.get(name).ok_or_else(|| fault(format!("it lacks `{name}`")))?;
    if tensor.shape != shape || tensor.values.len() != shape.iter().product::<usize>() {
        return Err(fault(format!("`{name}` has the shape {:?}, not {shape:?}", tensor.shape)));
    }
    Ok(&tensor.values)
}
