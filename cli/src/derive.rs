//! `derive`: the architecture of an epoch, from the events of a run.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use lambda_darts::search::{EpochEvent, Event, EventKind};

use crate::args::DeriveArgs;
use crate::failure::Failure;
use crate::output::print;
use crate::run_dir::{genotype_json, notations};

/// Longer lines are not those of a search.
const LONGEST_LINE: u64 = 64 << 20;

pub(crate) fn run(args: &DeriveArgs) -> Result<(), Failure> {
    let epoch = find(args)?;
    if args.json {
        let mut json = genotype_json(&epoch.genotype);
        json["epoch"] = serde_json::json!(epoch.epoch.saturating_add(1));
        return print(&json.to_string());
    }
    print(&notations(&epoch.genotype))
}

fn find(args: &DeriveArgs) -> Result<EpochEvent, Failure> {
    let path = args.run.join("events.jsonl");
    let file = File::open(&path).map_err(|error| Failure::file(&path, error))?;
    let mut reader = BufReader::new(file);
    let mut found: Option<EpochEvent> = None;
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
        let event: Event = serde_json::from_slice(&line)
            .map_err(|error| Failure::inside(&path, format!("line {number}: no event of a search: {error}")))?;
        if event.version != 1 {
            let what = format!("line {number}: version {} of events is not known here, only 1", event.version);
            return Err(Failure::inside(&path, what));
        }
        if let EventKind::Epoch(epoch) = event.kind {
            let wanted = args.epoch.is_some_and(|wanted| epoch.epoch.checked_add(1) == Some(wanted));
            if wanted {
                return Ok(*epoch);
            }
            found = Some(*epoch);
        }
    }
    match (found, args.epoch) {
        (Some(last), None) => Ok(last),
        (Some(last), Some(wanted)) => {
            let ended = last.epoch.saturating_add(1);
            Err(Failure::inside(&path, format!("no epoch {wanted}; the run has 1 to {ended}")))
        }
        (None, _) => Err(Failure::inside(&path, "no epoch has ended in this run".to_owned())),
    }
}
