//! The events of a run, read from its file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::search::Event;

use crate::failure::Failure;

/// Longer lines are not those of a search.
const LONGEST_LINE: u64 = 64 << 20;

/// Shows the events in a run's folder one after the other, until there is no other or `show` breaks off. What it finds
/// wrong is told with the file and the line.
pub(crate) fn read_events(
    run: &Path,
    mut show: impl FnMut(Event) -> Result<ControlFlow<()>, String>,
) -> Result<(), Failure> {
    let path = run.join("events.jsonl");
    if !path.is_file() {
        return Err(Failure::NoRun { path: run.to_owned(), lacks: "events.jsonl" });
    }
    let file = File::open(&path).map_err(|error| Failure::file(&path, error))?;
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        let read = (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(|error| Failure::file(&path, error))? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let shown = read_event(&line).and_then(&mut show);
        if shown.map_err(|what| Failure::inside(&path, format!("line {number}: {what}")))?.is_break() {
            break;
        }
    }
    Ok(())
}

fn read_event(line: &[u8]) -> Result<Event, String> {
    let event: Event = serde_json::from_slice(line).map_err(|error| {
        // Its own count of lines starts at this one.
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        format!("no event of a search: {what}")
    })?;
    if event.version == 1 {
        Ok(event)
    } else {
        Err(format!("version {} of events is not known here, only 1", event.version))
    }
}
