//! `derive`: the architecture of an epoch, from the events of a run.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use lambda_darts::search::{EpochEvent, Event, EventKind};
use lambda_darts::space::Genotype;

use crate::args::DeriveArgs;
use crate::failure::Failure;
use crate::output::print;
use crate::run_dir::{genotype_json, notations};
use crate::text_file::read_text;

/// Longer lines are not those of a search.
const LONGEST_LINE: u64 = 64 << 20;

/// An architecture and the epoch, counted from 1, that it stands for.
struct Derived {
    genotype: Genotype,
    epoch: Option<usize>,
}

pub(crate) fn run(args: &DeriveArgs) -> Result<(), Failure> {
    let Derived { genotype, epoch } = find(args)?;
    if args.json {
        let mut json = genotype_json(&genotype);
        json["epoch"] = serde_json::json!(epoch);
        return print(&json.to_string());
    }
    print(&notations(&genotype))
}

fn find(args: &DeriveArgs) -> Result<Derived, Failure> {
    let path = args.run.join("events.jsonl");
    if !path.is_file() {
        return Err(Failure::NoRun { path: args.run.clone(), lacks: "events.jsonl" });
    }
    let file = File::open(&path).map_err(|error| Failure::file(&path, error))?;
    let mut reader = BufReader::new(file);
    let mut found = None;
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
        let in_line = |what: String| Failure::inside(&path, format!("line {number}: {what}"));
        let event = read_event(&line).map_err(in_line)?;
        if let EventKind::Epoch(epoch) = event.kind {
            let derived = derived(&epoch).map_err(in_line)?;
            if args.epoch.is_some() && derived.epoch == args.epoch {
                return Ok(derived);
            }
            found = Some(derived);
        }
    }
    match (found, args.epoch) {
        (Some(last), None) => Ok(last),
        (Some(last), Some(wanted)) => {
            let ended = last.epoch.unwrap_or_default();
            Err(Failure::inside(&path, format!("no epoch {wanted}; the run has 1 to {ended}")))
        }
        (None, None) => stopped_early(&args.run, &path),
        (None, Some(_)) => Err(no_epoch(&path)),
    }
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

/// Fields that are well formed may still make no cell.
fn derived(epoch: &EpochEvent) -> Result<Derived, String> {
    let genotype = checked(&serde_json::json!(epoch.genotype))?;
    Ok(Derived { genotype, epoch: Some(epoch.epoch.saturating_add(1)) })
}

fn checked(genotype: &serde_json::Value) -> Result<Genotype, String> {
    Genotype::parse(&genotype.to_string()).map_err(|error| format!("no genotype: {}", error.what))
}

/// What a run has left that was stopped within its first epoch.
fn stopped_early(run: &Path, events: &Path) -> Result<Derived, Failure> {
    let path = run.join("genotype.json");
    if !path.is_file() {
        return Err(no_epoch(events));
    }
    let wrong = |what: String| Failure::inside(&path, what);
    let json: serde_json::Value = serde_json::from_str(&read_text(&path)?).map_err(|error| wrong(error.to_string()))?;
    let genotype = checked(&json["genotype"]).map_err(wrong)?;
    Ok(Derived { genotype, epoch: None })
}

fn no_epoch(events: &Path) -> Failure {
    Failure::inside(events, "no epoch has ended in this run".to_owned())
}
