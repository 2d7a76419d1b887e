//! Claims on the folders of jobs: of several processes, on one machine or on many, one works in a folder at a time.
//!
//! A claim is the file `claim-N.json` in the folder. Its holder writes into it at intervals. A claim that has not changed
//! for a while by the clock of an observer is stale, and so is one whose process is dead on the observer's machine. A
//! process takes over a stale claim N by making the file of N + 1, in which the file system lets one process succeed. If
//! the holder of N wakes up after all, it still writes into its own file, finds the newer one and stops.

mod beat;
mod files;
mod held;
mod mark;
mod owner;
#[cfg(test)]
mod tests;
mod watch;

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::failure::Failure;

pub(crate) use files::is_claimed;
use files::{Found, numbers, path, text};
pub(crate) use held::Held;
use mark::Mark;
pub(crate) use watch::{Answer, Watch};

/// Times of claims.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rhythm {
    /// Time between two signs of life of a holder.
    beat: Duration,
    /// Time without a sign of life after which a claim is stale.
    stale: Duration,
}

impl Rhythm {
    /// Times of all commands: a holder may miss seven signs of life, as it does where a file system stands still.
    pub(crate) const USUAL: Self = Self { beat: Duration::from_secs(15), stale: Duration::from_mins(2) };
}

/// Claims that this process holds.
static HELD: Mutex<Vec<Arc<Mark>>> = Mutex::new(Vec::new());

/// Removes the files of all claims of this process, which is about to exit.
pub(crate) fn release_all() {
    for mark in HELD.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        mark.release();
    }
}

/// Claim of this process on a folder, released when it is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    mark: Arc<Mark>,
    /// Thread that gives the signs of life until the sender is dropped.
    beat: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Claim {
    /// Makes the claim with a number; absent if another process was faster. `stale` is the claim that is taken over.
    fn make(folder: &Path, number: u64, stale: Option<&Found>, rhythm: Rhythm) -> Result<Option<Self>, Failure> {
        let path = path(folder, number);
        let cannot = |error| Failure::file(&path, error);
        let mut file = match File::create_new(&path) {
            // A folder without files may have been removed by the process that had claimed it.
            Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => return Ok(None),
            file => file.map_err(cannot)?,
        };
        let mark = Arc::new(Mark::new(folder, number, rhythm));
        if let Err(error) = mark.write(&mut file, 0) {
            let _ = fs::remove_file(&path);
            return Err(cannot(error));
        }
        HELD.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&mark));
        let mut claim = Self { mark, beat: None };
        // Between the look and this claim, the stale one may have been released and the folder claimed anew.
        let unchanged = stale.is_none_or(|stale| text(folder, stale.number) == stale.text);
        if !unchanged || !claim.mark.is_newest()? {
            return Ok(None);
        }
        for old in numbers(folder).map_err(cannot)?.into_iter().filter(|&old| old < number) {
            // One that is left does no harm: the highest number counts.
            let _ = fs::remove_file(files::path(folder, old));
        }
        let (sender, ended) = channel();
        let mark = Arc::clone(&claim.mark);
        let thread = Builder::new().name("claim".to_owned()).spawn(move || beat::beat(&mark, &mut file, &ended));
        claim.beat = Some((sender, thread.map_err(cannot)?));
        Ok(Some(claim))
    }

    /// Returns the means by which work in the folder sees whether the claim still holds.
    pub(crate) fn held(&self) -> Held {
        Held::by(Arc::clone(&self.mark))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.beat.take() {
            drop(sender);
            // A thread that has panicked gives no signs of life any more either.
            let _ = thread.join();
        }
        HELD.lock().unwrap_or_else(PoisonError::into_inner).retain(|mark| !Arc::ptr_eq(mark, &self.mark));
        self.mark.release();
    }
}
