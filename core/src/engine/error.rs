//! Faults of passes.

use crate::device::DeviceError;

/// Fault of an engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The device failed, or has no memory for the batch.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The input does not fit the graph.
    #[error("the batch does not fit the network: {what}")]
    Input {
        /// Part of the input that does not fit.
        what: String,
    },
    /// The number of numbers written differs from the graph's.
    #[error("{found} {what} for a network of {expected}")]
    Length {
        /// Part of the state.
        what: &'static str,
        /// Number of numbers given.
        found: usize,
        /// Number of numbers that the graph has.
        expected: usize,
    },
    /// A tangent was asked of a pass that did not want one, or that has no loss with labels.
    #[error("the pass before has no tangent")]
    NoTangent,
}
