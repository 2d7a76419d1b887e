//! The file of a claim of this process.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Rhythm;
use super::files::{newest, path, text};
use super::owner::Owner;
use crate::failure::Failure;

/// Content of the file of a claim.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub(super) owner: Owner,
    /// Number of the signs of life so far.
    pub(super) beats: u64,
}

impl Record {
    /// Reads the content of a file; absent if it is damaged or was written in part.
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// Claim of this process as its file shows it.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) folder: PathBuf,
    pub(super) rhythm: Rhythm,
    number: u64,
    owner: Owner,
    /// Time of the last sign of life.
    beaten: Mutex<Instant>,
    /// True if another process has taken the claim over.
    lost: AtomicBool,
}

impl Mark {
    pub(super) fn new(folder: &Path, number: u64, rhythm: Rhythm) -> Self {
        let (owner, beaten) = (Owner::now(), Mutex::new(Instant::now()));
        Self { folder: folder.to_owned(), rhythm, number, owner, beaten, lost: AtomicBool::new(false) }
    }

    /// Writes a sign of life. The file stays the same one, so that a process that has lost its claim writes into no
    /// other's. It never gets shorter.
    pub(super) fn write(&self, file: &mut File, beats: u64) -> io::Result<()> {
        let text = serde_json::to_string(&Record { owner: self.owner.clone(), beats })?;
        file.rewind()?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        *self.beaten.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Ok(())
    }

    /// Returns the time since the last sign of life.
    pub(super) fn silence(&self) -> Duration {
        self.beaten.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Returns true if the claim counts, and not one with a higher number.
    pub(super) fn is_newest(&self) -> Result<bool, Failure> {
        Ok(newest(&self.folder)?.is_some_and(|found| found.number == self.number && self.wrote(&found.text)))
    }

    /// Looks whether the claim still counts, and returns true if it does. A folder that cannot be read for the moment
    /// takes nothing away.
    pub(super) fn look(&self) -> bool {
        if self.is_newest().is_ok_and(|newest| !newest) {
            self.lost.store(true, Ordering::Relaxed);
        }
        !self.lost.load(Ordering::Relaxed)
    }

    /// Returns true if another process was found to have taken the claim over.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Removes the file, and the folder if nothing else came into it.
    pub(super) fn release(&self) {
        // The next holder may have removed the file, and another one made it again. What cannot be removed gets stale.
        if self.wrote(&text(&self.folder, self.number)) {
            let _ = fs::remove_file(path(&self.folder, self.number));
            let _ = fs::remove_dir(&self.folder);
        }
    }

    fn wrote(&self, text: &str) -> bool {
        Record::parse(text).is_some_and(|record| record.owner == self.owner)
    }
}
