//! Errors of weights and their files.

use std::io;
use std::path::PathBuf;

use crate::engine::EngineError;
use crate::text::excerpt;

/// Weights that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// A tensor of the network is missing.
    #[error("`{name}` is missing; the weights are those of another network")]
    Missing {
        /// Name of the tensor.
        name: String,
    },
    /// A tensor has another shape than in the network.
    #[error("`{name}` has the shape {found:?} in the file, and the network needs {needed:?}")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape in the network.
        needed: Vec<usize>,
    },
    /// A tensor has numbers of a wrong type, or not as many as its shape has.
    #[error("`{name}` {what}")]
    Tensor {
        /// Name of the tensor.
        name: String,
        /// Fault of the tensor.
        what: String,
    },
    /// A tensor belongs to no part of the network.
    #[error("the network has no `{name}`; the weights are those of another network")]
    Extra {
        /// Name of the tensor.
        name: String,
    },
    /// The weights have another length than those of the network.
    #[error(transparent)]
    Length(#[from] EngineError),
    /// The bytes are not those of a file of weights.
    #[error("not a file of weights: {what}")]
    Format {
        /// Fault of the file.
        what: String,
    },
    /// The file cannot be read.
    #[error("{}: cannot be read", .path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the file system.
        source: io::Error,
    },
    /// The content of the file does not fit.
    #[error("{}: {error}", .path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Fault of the content.
        error: Box<WeightsError>,
    },
}

impl WeightsError {
    /// Error of a tensor that the network does not have, under a name from a file.
    pub(super) fn extra(name: &str) -> Self {
        Self::Extra { name: excerpt(name) }
    }
}
