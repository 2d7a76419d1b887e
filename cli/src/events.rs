//! The events of a run, read from its file.

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::search::{Event, EventError, Events};

use crate::failure::Failure;

/// Reads the events of a run's folder and passes them to `show` until there are no more or `show` breaks off. An error
/// that `show` returns gets the file and the line.
pub(crate) fn read_events(
    run: &Path,
    mut show: impl FnMut(Event) -> Result<ControlFlow<()>, String>,
) -> Result<(), Failure> {
    let path = run.join("events.jsonl");
    if !path.is_file() {
        return Err(Failure::NoRun { path: run.to_owned(), lacks: "events.jsonl" });
    }
    let file = File::open(&path).map_err(|error| Failure::file(&path, error))?;
    let mut events = Events::new(BufReader::new(file));
    while let Some(event) = events.next() {
        let event = event.map_err(|error| match error {
            EventError::Read(source) => Failure::file(&path, source),
            wrong @ EventError::Line { .. } => Failure::inside(&path, wrong.to_string()),
        })?;
        let line = events.line();
        let shown = show(event).map_err(|what| Failure::inside(&path, format!("line {line}: {what}")))?;
        if shown.is_break() {
            break;
        }
    }
    Ok(())
}
