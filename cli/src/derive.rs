//! `derive`: the architecture of an epoch, from the events of a run, and what its network costs.

use std::fmt::{self, Display, Formatter};
use std::io::{Write, stderr};
use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::derived::Cost;
use lambda_darts::search::{EpochEvent, EventKind, SearchConfig};
use lambda_darts::space::{Genotype, Layout};
use lambda_darts::supernet::Size;
use serde_json::{Value, json};

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
    let (Derived { genotype, epoch }, config) = find(args)?;
    let network = match network(args, config.as_deref(), &genotype) {
        // Whoever named a size asked for the cost. For all others, there is the architecture.
        Err(error) if args.channels.is_some() || args.cells.is_some() => return Err(error),
        network => network,
    };
    if args.json {
        let mut json = genotype_json(&genotype);
        json["epoch"] = json!(epoch);
        json["network"] = network.as_ref().map_or(Value::Null, Network::json);
        print(&json.to_string())?;
    } else {
        print(&notations(&genotype))?;
    }
    // Nobody is left to tell if stderr is closed.
    let _ = match network {
        Ok(_) if args.json => Ok(()),
        Ok(network) => writeln!(stderr(), "{network}"),
        Err(error) => writeln!(stderr(), "what its network costs is not known: {error}"),
    };
    Ok(())
}

/// The network to be trained from scratch and what it costs.
struct Network {
    layout: Layout,
    size: Size,
    side: u16,
    cost: Cost,
}

impl Network {
    fn json(&self) -> Value {
        let Self { size: Size { channels, cells, image_channels, classes }, side, cost, .. } = self;
        let Cost { parameters, multiply_adds } = cost;
        json!({ "channels": channels, "cells": cells, "classes": classes, "image": [*image_channels, *side, *side],
            "parameters": parameters, "multiply_adds": multiply_adds })
    }
}

impl Display for Network {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { size: Size { channels, cells, image_channels, classes }, side, cost, .. } = self;
        let [parameters, multiply_adds] = [cost.parameters, cost.multiply_adds].map(grouped);
        let of_each = if self.layout == Layout::Staged { " a stage" } else { "" };
        write!(
            out,
            "to be trained with {channels} channels and {cells} cells{of_each} on images of {image_channels}×{side}×{side} \
             in {classes} classes: {parameters} parameters, {multiply_adds} multiply-adds"
        )
    }
}

fn network(args: &DeriveArgs, config: Option<&SearchConfig>, genotype: &Genotype) -> Result<Network, Failure> {
    let path = args.run.join("events.jsonl");
    let config = config.ok_or_else(|| Failure::inside(&path, "the event of the start is missing".to_owned()))?;
    let space = config.search_space()?;
    let mut size = Size::published(space.layout, 3, args.classes);
    size.channels = args.channels.unwrap_or(size.channels);
    size.cells = args.cells.unwrap_or(size.cells);
    let cost = Cost::of(&space, genotype, size, [args.size.into(); 2])?;
    Ok(Network { layout: space.layout, size, side: args.size, cost })
}

/// Digits in threes.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let threes: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    threes.join(",")
}

fn find(args: &DeriveArgs) -> Result<(Derived, Option<Box<SearchConfig>>), Failure> {
    let path = args.run.join("events.jsonl");
    let (mut found, mut began) = (None, None);
    read_events(&args.run, |event| {
        let epoch = match event.kind {
            EventKind::Start { config, .. } => {
                began = Some(config);
                return Ok(ControlFlow::Continue(()));
            }
            EventKind::Epoch(epoch) => epoch,
            _ => return Ok(ControlFlow::Continue(())),
        };
        let derived = derived(&epoch)?;
        let wanted = args.epoch.is_some() && derived.epoch == args.epoch;
        found = Some(derived);
        Ok(if wanted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    let derived = match (found, args.epoch) {
        (Some(last), None) => Ok(last),
        (Some(last), wanted) if last.epoch == wanted => Ok(last),
        (Some(last), Some(wanted)) => {
            let ended = last.epoch.unwrap_or_default();
            Err(Failure::inside(&path, format!("no epoch {wanted}; the run has 1 to {ended}")))
        }
        (None, None) => stopped_early(&args.run, &path),
        (None, Some(_)) => Err(no_epoch(&path)),
    }?;
    Ok((derived, began))
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
