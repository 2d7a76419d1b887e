//! What can go wrong in a search.

use crate::data::DataError;
use crate::device::DeviceError;
use crate::space::SpaceError;
use crate::supernet::SizeError;

/// Why a search could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The space is not known or not well described.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A size is out of range.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// A configuration is not valid TOML, or has unknown or missing fields.
    #[error("configuration, line {line}: {what}")]
    Config {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// A setting is out of range.
    #[error("`{setting}` must be {must}, not {is}")]
    Setting {
        /// The name of the setting.
        setting: &'static str,
        /// What it must be.
        must: &'static str,
        /// What it is.
        is: String,
    },
    /// A number is no longer finite. The step was refused: weights and architecture are as they were before it.
    #[error("epoch {epoch}, step {step}: the {what} is not finite; try a smaller learning rate")]
    NotFinite {
        /// The epoch, counted from 0.
        epoch: usize,
        /// The step within the epoch, counted from 0.
        step: usize,
        /// Which number it was.
        what: String,
    },
    /// The device did not answer.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A saved state does not belong to this configuration.
    #[error("the saved state does not fit: {0}")]
    State(String),
}
