//! The signs of life of a claim.

use std::fs::File;
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use super::mark::Mark;

/// Gives signs of life until the claim ends or another process has taken it over.
pub(super) fn beat(mark: &Mark, file: &mut File, ended: &Receiver<()>) {
    for beats in 1.. {
        if ended.recv_timeout(mark.rhythm.beat) != Err(RecvTimeoutError::Timeout) || !mark.look() {
            return;
        }
        // A sign that cannot be given is missing, and the next one may succeed.
        let _ = mark.write(file, beats);
    }
}
