//! `derive`: the architecture of an epoch, from the events of a run, and what its network costs.

use std::io::{Write, stderr};
use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::derived::{Cost, DerivedError};
use lambda_darts::search::{EpochEvent, EventKind, SearchConfig};
use lambda_darts::space::Genotype;
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
    let network = match &config {
        Some(config) => network(args, config, &genotype)?,
        None => None,
    };
    if args.json {
        let mut json = genotype_json(&genotype);
        json["epoch"] = json!(epoch);
        json["network"] = network.map_or(Value::Null, |(size, cost)| {
            let Size { channels, cells, image_channels, classes } = size;
            let image = [image_channels, args.size.into(), args.size.into()];
            let Cost { parameters, multiply_adds } = cost;
            json!({ "channels": channels, "cells": cells, "classes": classes, "image": image,
                "parameters": parameters, "multiply_adds": multiply_adds })
        });
        return print(&json.to_string());
    }
    print(&notations(&genotype))?;
    if let Some((Size { channels, cells, classes, .. }, cost)) = network {
        let [parameters, multiply_adds] = [cost.parameters, cost.multiply_adds].map(grouped);
        let side = args.size;
        // Nobody is left to tell if stderr is closed.
        let _ = writeln!(
            stderr(),
            "to be trained with {channels} channels and {cells} cells, {classes} classes, {side}×{side} pixels: \
             {parameters} parameters, {multiply_adds} multiply-adds"
        );
    }
    Ok(())
}

/// The network to be trained and what it costs, if the architecture is one of the space that was searched.
fn network(args: &DeriveArgs, config: &SearchConfig, genotype: &Genotype) -> Result<Option<(Size, Cost)>, Failure> {
    let space = config.search_space()?;
    let mut size = Size::published(space.layout, 3, args.classes);
    size.channels = args.channels.unwrap_or(size.channels);
    size.cells = args.cells.unwrap_or(size.cells);
    match Cost::of(&space, genotype, size, [args.size.into(); 2]) {
        Ok(cost) => Ok(Some((size, cost))),
        Err(DerivedError::Genotype { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
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
