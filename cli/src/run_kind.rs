//! The kind of the run that a user names by its folder, or by a checkpoint in it.

use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::search::EventKind;

use crate::events::read_events;
use crate::failure::Failure;

/// Returns true if the run is a search, as its first event tells. A checkpoint without events is taken for that of a
/// training.
pub(crate) fn is_search(run: &Path) -> Result<bool, Failure> {
    let folder = if run.is_dir() { run } else { run.parent().unwrap_or(run) };
    let mut search = false;
    if folder.join("events.jsonl").is_file() {
        read_events(folder, |event| {
            search = matches!(event.kind, EventKind::Start { .. });
            Ok(ControlFlow::Break(()))
        })?;
    }
    Ok(search)
}
