//! The check of a claim by the work that it is for.

use std::sync::Arc;

use super::mark::Mark;
use crate::failure::Failure;

/// Claim under which work is done, if there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Option<Arc<Mark>>);

impl Held {
    pub(super) fn by(mark: Arc<Mark>) -> Self {
        Self(Some(mark))
    }

    /// Checks that no other process has taken the claim over; to be called before anything is written into the folder.
    /// Reads the folder only after a long time without signs of life, as a process has that was suspended.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let Some(mark) = &self.0 else { return Ok(()) };
        let lost = if mark.silence() > mark.rhythm.stale / 2 { !mark.look() } else { mark.is_lost() };
        if lost { Err(Failure::Busy { path: mark.folder.clone() }) } else { Ok(()) }
    }
}
