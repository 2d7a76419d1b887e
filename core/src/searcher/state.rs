//! State of a searcher, whatever its form.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// State of a searcher.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SearcherState(serde_json::Value);

/// State that does not fit a searcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is the state of another searcher")]
pub struct OtherSearcher;

impl SearcherState {
    /// State of any form that JSON has.
    #[must_use]
    pub fn of(state: &impl Serialize) -> Self {
        Self(serde_json::to_value(state).unwrap_or_default())
    }

    /// Reads the state in its own form.
    ///
    /// # Errors
    /// [`OtherSearcher`] if it has another form.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, OtherSearcher> {
        serde_json::from_value(self.0).map_err(|_| OtherSearcher)
    }
}
