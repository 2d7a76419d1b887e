//! Data of a work: images, or a table of known results.

use std::fmt::Debug;

use super::SessionError;
use crate::benchmark::Table;
use crate::data::ImageData;

/// Data that a work reads and does not change.
pub trait WorkData: Debug + Send + Sync {
    /// Fingerprint of the data: a state goes on with the same data alone.
    fn fingerprint(&self) -> String;

    /// Error of a state that was saved with other data.
    fn other() -> SessionError;
}

impl WorkData for ImageData {
    fn fingerprint(&self) -> String {
        Self::fingerprint(self).to_owned()
    }

    fn other() -> SessionError {
        SessionError::OtherImages
    }
}

impl WorkData for Table {
    fn fingerprint(&self) -> String {
        Self::fingerprint(self)
    }

    fn other() -> SessionError {
        SessionError::OtherTable
    }
}
