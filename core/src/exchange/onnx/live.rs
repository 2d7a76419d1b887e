//! Values that an output depends on.

use super::OnnxError;
use crate::graph::{Graph, IMAGE, Primitive, ValueId};

/// Returns for each value whether `output` depends on it.
///
/// # Errors
/// [`OnnxError::Operation`] if no operation writes one of these values.
pub(super) fn live(graph: &Graph, output: ValueId) -> Result<Vec<bool>, OnnxError> {
    let mut live = vec![false; graph.values().len()];
    live[output] = true;
    for operation in graph.operations().iter().rev() {
        if live[operation.output()] {
            for x in operation.inputs() {
                live[x] = true;
            }
        }
    }
    let mut written = vec![false; live.len()];
    for y in graph.operations().iter().map(Primitive::output).chain([IMAGE]) {
        written[y] = true;
    }
    match (0..live.len()).find(|&value| live[value] && !written[value]) {
        Some(value) => Err(OnnxError::Operation { value, reason: "it is missing" }),
        None => Ok(live),
    }
}
