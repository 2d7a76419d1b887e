//! Errors of an export.

use crate::graph::ValueId;

/// Largest size of a model in bytes, which protobuf sets.
pub(super) const MAX_BYTES: usize = 0x7fff_ffff;

/// Network that has no form in ONNX, or numbers that are not those of the network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The graph has no classifier.
    #[error("the network has no classifier and therefore no logits")]
    NoHead,
    /// A vector has the length of another network.
    #[error("{found} {what}, but the network has {expected}")]
    Length {
        /// Content of the vector.
        what: String,
        /// Length of the vector.
        found: usize,
        /// Length that the network needs.
        expected: usize,
    },
    /// The images have a size that the network cannot read.
    #[error("images of {height}×{width} pixels are too {what}")]
    Image {
        /// Height of the images.
        height: usize,
        /// Width of the images.
        width: usize,
        /// Fault of the size.
        what: &'static str,
    },
    /// An operation has no form in ONNX.
    #[error("the operation that gives value {value} cannot be exported: {reason}")]
    Operation {
        /// Output of the operation.
        value: ValueId,
        /// Reason, a clause.
        reason: &'static str,
    },
    /// The model is too large for one file.
    #[error("the model has {bytes} bytes, and a file of ONNX at most {MAX_BYTES}")]
    Bytes {
        /// Size of the model.
        bytes: usize,
    },
}
