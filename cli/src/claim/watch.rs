//! The claims of other processes as this one sees them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::files::{Found, newest};
use super::mark::Record;
use super::{Claim, Rhythm};
use crate::failure::Failure;

/// Claims of other processes with the times at which this process saw them. No clock of another machine counts.
#[derive(Debug)]
pub(crate) struct Watch {
    rhythm: Rhythm,
    seen: Mutex<HashMap<PathBuf, (Found, Instant)>>,
}

/// Answer to a process that asks for a folder.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Claim of this process.
    Ours(Claim),
    /// Claim of another process, which was seen alive.
    Living,
    /// Claim of another process without a sign of life so far: to be asked again.
    Silent,
}

/// State of the process that holds a claim.
enum State {
    Living,
    Silent,
    Stale,
}

impl Watch {
    pub(crate) fn new(rhythm: Rhythm) -> Self {
        Self { rhythm, seen: Mutex::default() }
    }

    /// Claims a folder for this process, unless another one has it. The folder is made if there is none.
    pub(crate) fn ask(&self, folder: &Path) -> Result<Answer, Failure> {
        fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
        let before = newest(folder)?;
        let number = match &before {
            None => 1,
            Some(found) => match self.state(folder, found) {
                State::Living => return Ok(Answer::Living),
                State::Silent => return Ok(Answer::Silent),
                State::Stale => found.number.saturating_add(1),
            },
        };
        let claim = Claim::make(folder, number, before.as_ref(), self.rhythm)?;
        Ok(claim.map_or(Answer::Silent, Answer::Ours))
    }

    fn state(&self, folder: &Path, found: &Found) -> State {
        if Record::parse(&found.text).is_some_and(|record| record.owner.is_dead()) {
            return State::Stale;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get(folder) {
            Some((before, since)) if before == found => {
                if since.elapsed() >= self.rhythm.stale {
                    State::Stale
                } else {
                    State::Silent
                }
            }
            before => {
                let state = if before.is_some() { State::Living } else { State::Silent };
                seen.insert(folder.to_owned(), (found.clone(), Instant::now()));
                state
            }
        }
    }
}
