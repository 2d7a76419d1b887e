//! Faults of searches and trainings.

use crate::data::DataError;
use crate::device::DeviceError;
use crate::engine::{Bytes, EngineError};
use crate::graph::{GenotypeMismatch, NetworkError, SizeError};
use crate::method::PartError;
use crate::space::{ConstraintError, SpaceError};

/// Search or training that cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The space is not known or not well described.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A size is out of range.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// The genotype does not fit the space.
    #[error(transparent)]
    Genotype(#[from] GenotypeMismatch),
    /// The images do not fit the network.
    #[error("{0}")]
    Images(String),
    /// A configuration is not valid TOML, or has unknown or missing fields.
    #[error("configuration, line {line}: {what}")]
    Config {
        /// Line, counted from 1.
        line: usize,
        /// Fault of that line.
        what: String,
    },
    /// A setting is out of range, or parts of the method do not go together.
    #[error(transparent)]
    Setting(#[from] PartError),
    /// A constraint does not fit the space.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),
    /// A setting cannot change while a session is in progress.
    #[error("`{setting}` cannot change in a search that is in progress")]
    Fixed {
        /// Path of the setting.
        setting: String,
    },
    /// A single setting is not known, or does not take this value.
    #[error("`{setting} = {value}`: {what}")]
    Set {
        /// Path of the setting.
        setting: String,
        /// Value that it was to have.
        value: String,
        /// Fault.
        what: String,
    },
    /// A number is no longer finite. The step was refused: weights and architecture are as they were before it.
    #[error("epoch {epoch}, step {step}: the {what} is not finite; try a smaller learning rate")]
    NotFinite {
        /// Epoch, counted from 1.
        epoch: usize,
        /// Step within the epoch, counted from 1.
        step: usize,
        /// Name of the number.
        what: String,
    },
    /// The memory that the work needs is more than this process can have.
    #[error(
        "this needs about {needed} of memory, which this process cannot have; use a smaller batch, fewer channels or smaller images"
    )]
    Memory {
        /// Estimate of what it needs.
        needed: Bytes,
    },
    /// The device failed, or the batch does not fit the network.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A saved state does not belong to this configuration.
    #[error("the saved state does not fit: {0}")]
    State(String),
    /// A saved state belongs to other images, or to another division of them.
    #[error("the state was saved on other images; it can go on only on the images that it began with")]
    OtherImages,
}

impl SessionError {
    /// Same error with the place of the step, where one is needed.
    pub(crate) fn at(self, epoch: usize, step: usize) -> Self {
        match self {
            Self::NotFinite { what, .. } => Self::NotFinite { epoch, step, what },
            other => other,
        }
    }
}

impl From<NetworkError> for SessionError {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::Genotype(mismatch) => Self::Genotype(mismatch),
            NetworkError::Size(size) => Self::Size(size),
        }
    }
}

impl From<DeviceError> for SessionError {
    fn from(error: DeviceError) -> Self {
        Self::Engine(error.into())
    }
}
