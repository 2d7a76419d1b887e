//! `derive`: the architecture of an epoch, from the events of a run.

use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::search::{EpochEvent, EventKind};
use lambda_darts::space::Genotype;

use crate::args::DeriveArgs;
use crate::events::read_events;
use crate::failure::Failure;
use crate::output::print;
use crate::run_dir::{genotype_json, notations};
use crate::text_file::read_text;

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
    let mut found = None;
    read_events(&args.run, |event| {
        let EventKind::Epoch(epoch) = event.kind else { return Ok(ControlFlow::Continue(())) };
        let derived = derived(&epoch)?;
        let wanted = args.epoch.is_some() && derived.epoch == args.epoch;
        found = Some(derived);
        Ok(if wanted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    match (found, args.epoch) {
        (Some(last), None) => Ok(last),
        (Some(last), wanted) if last.epoch == wanted => Ok(last),
        (Some(last), Some(wanted)) => {
            let ended = last.epoch.unwrap_or_default();
            Err(Failure::inside(&path, format!("no epoch {wanted}; the run has 1 to {ended}")))
        }
        (None, None) => stopped_early(&args.run, &path),
        (None, Some(_)) => Err(no_epoch(&path)),
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
