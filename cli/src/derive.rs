//! `derive`: an architecture, of a run or as text, and the cost of its network.

use std::fmt::{self, Display, Formatter};
use std::io::{Read, Write, stderr, stdin};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lambda_darts::graph::{Cost, NetworkSize};
use lambda_darts::search::{CellTypeReport, EpochEvent, EventKind, SearchConfig};
use lambda_darts::space::{Genotype, MacroLayout, Space};
use serde_json::{Value, json};

use crate::args::DeriveArgs;
use crate::drawing;
use crate::events::read_events;
use crate::failure::Failure;
use crate::output::print;
use crate::run_dir::{genotype_json, notations};
use crate::text_file::{read_text, write_new};

/// Maximum length in bytes of a text from stdin.
const MOST_TEXT: u64 = 1 << 20;

/// An architecture and its epoch, counted from 1.
struct Derived {
    genotype: Genotype,
    epoch: Option<usize>,
    /// Operation weights of the epoch.
    cell_types: Option<Vec<CellTypeReport>>,
}

/// Origin of the space whose network the cells make.
enum Origin {
    /// Settings of a run.
    Of(Box<SearchConfig>),
    /// Form of the genotype.
    Published,
    /// Events of a run, which lack it.
    Unknown(PathBuf),
}

pub(crate) fn run(args: &DeriveArgs) -> Result<(), Failure> {
    let (derived, origin) = find(args)?;
    let Derived { genotype, epoch, .. } = &derived;
    let targets: Vec<&Path> = [&args.svg, &args.png, &args.dot].into_iter().flatten().map(PathBuf::as_path).collect();
    check_targets(&targets, args.force)?;
    let space = space(origin, genotype);
    let drawings = space.as_ref().map_or_else(|_| Ok(Vec::new()), |space| drawings(args, space, &derived))?;
    let asked = args.channels.or(args.cells).or(args.classes).is_some() || args.size.is_some() || args.layout.is_some();
    let network = match space.and_then(|space| network(args, space, genotype)) {
        // If a size or a drawing was asked for, the error is fatal. Otherwise the architecture is printed alone.
        Err(error) if asked || !targets.is_empty() => return Err(error),
        network => network,
    };
    for (path, content) in drawings {
        write_new(path, content, args.force)?;
    }
    if args.json {
        let mut json = genotype_json(genotype);
        json["epoch"] = json!(epoch);
        json["network"] = network.as_ref().map_or(Value::Null, Network::json);
        print(&json.to_string())?;
    } else {
        print(&notations(genotype))?;
    }
    // If stderr is closed, the message cannot be shown.
    let _ = match network {
        Ok(_) if args.json => Ok(()),
        Ok(network) => {
            let large = if network.has_large_images() { IMAGENET } else { "" };
            writeln!(stderr(), "{network}{large}")
        }
        Err(error) => writeln!(stderr(), "the cost of its network is unknown: {error}"),
    };
    Ok(())
}

/// Remark on large images in the layout for small ones.
const IMAGENET: &str = "; the papers train on images of this size in another layout, --layout imagenet";
/// Side in pixels from which images are large.
const LARGE: u16 = 96;

/// Checks that all files can be written: none exists, unless it may be overwritten, and none is there twice.
fn check_targets(targets: &[&Path], force: bool) -> Result<(), Failure> {
    let taken = |(at, path): &(usize, &&Path)| (path.exists() && !force) || targets[..*at].contains(path);
    match targets.iter().enumerate().find(taken) {
        Some((_, path)) => Err(Failure::Exists { path: path.to_path_buf() }),
        None => Ok(()),
    }
}

/// Makes the drawings that are asked for, each with its file.
fn drawings<'a>(args: &'a DeriveArgs, space: &Space, derived: &Derived) -> Result<Vec<(&'a Path, Vec<u8>)>, Failure> {
    let Derived { genotype, cell_types, .. } = derived;
    let weights = cell_types.as_deref();
    let mut drawings = Vec::new();
    if let Some(path) = args.svg.as_deref() {
        drawings.push((path, drawing::svg(space, genotype, weights).into_bytes()));
    }
    if let Some(path) = args.png.as_deref() {
        let png = drawing::png(space, genotype, weights);
        drawings.push((path, png.map_err(|what| Failure::inside(path, what))?));
    }
    if let Some(path) = args.dot.as_deref() {
        drawings.push((path, drawing::dot(&space.name, genotype).into_bytes()));
    }
    Ok(drawings)
}

/// The network to be trained from scratch, and its cost.
struct Network {
    layout: MacroLayout,
    size: NetworkSize,
    side: u16,
    cost: Cost,
}

impl Network {
    /// Returns true if the images are larger than those of the layout.
    fn has_large_images(&self) -> bool {
        matches!(self.layout, MacroLayout::Stacked { .. }) && self.side >= LARGE
    }

    fn json(&self) -> Value {
        let Self { size: NetworkSize { channels, cells, image_channels, classes }, side, cost, .. } = self;
        let Cost { parameters, multiply_adds } = cost;
        json!({ "channels": channels, "cells": cells, "classes": classes, "image": [*image_channels, *side, *side],
            "parameters": parameters, "multiply_adds": multiply_adds })
    }
}

impl Display for Network {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { size: NetworkSize { channels, cells, image_channels, classes }, side, cost, .. } = self;
        let [parameters, multiply_adds] = [cost.parameters, cost.multiply_adds].map(grouped);
        let of_each = if self.layout == MacroLayout::Staged { " a stage" } else { "" };
        write!(
            out,
            "its network, with {channels} channels and {cells} cells{of_each}, on images of {image_channels}×{side}×{side} \
             in {classes} classes: {parameters} parameters, {multiply_adds} multiply-adds"
        )
    }
}

/// Returns the space whose network the cells make.
fn space(origin: Origin, genotype: &Genotype) -> Result<Space, Failure> {
    Ok(match origin {
        Origin::Of(config) => config.search_space()?,
        // A text says by its form which of the published networks its cells make.
        Origin::Published if genotype.to_nas_bench_201().is_some() => Space::named("nas-bench-201")?,
        Origin::Published => Space::named("darts")?,
        Origin::Unknown(path) => {
            return Err(Failure::inside(&path, "the event of the start is missing".to_owned()));
        }
    })
}

fn network(args: &DeriveArgs, mut space: Space, genotype: &Genotype) -> Result<Network, Failure> {
    let imagenet = args.layout.as_deref() == Some("imagenet");
    if imagenet {
        if space.layout == MacroLayout::Staged {
            let value = "imagenet".to_owned();
            return Err(Failure::Value {
                setting: "--layout",
                value,
                expected: "the cells of NAS-Bench-201 have one layout",
            });
        }
        space.layout = MacroLayout::ImageNet;
    }
    let (side, classes) = if imagenet { (224, 1000) } else { (32, 10) };
    let (side, classes) = (args.size.unwrap_or(side), args.classes.unwrap_or(classes));
    let mut size = NetworkSize::published(space.layout, 3, classes);
    size.channels = args.channels.unwrap_or(size.channels);
    size.cells = args.cells.unwrap_or(size.cells);
    let cost = Cost::derived(&space, genotype, size, [side.into(); 2])?;
    Ok(Network { layout: space.layout, size, side, cost })
}

/// Formats a number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let threes: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    threes.join(",")
}

fn find(args: &DeriveArgs) -> Result<(Derived, Origin), Failure> {
    let path = Path::new(&args.from);
    let text = args.from.to_str().unwrap_or_default();
    let parsed = |text: &str| Genotype::parse(text).map(|genotype| Derived { genotype, epoch: None, cell_types: None });
    let derived = if text == "-" {
        let mut text = String::new();
        let read = stdin().take(MOST_TEXT).read_to_string(&mut text);
        read.map_err(|source| Failure::file(Path::new("stdin"), source))?;
        parsed(&text)?
    } else if path.is_file() {
        parsed(&read_text(path)?).map_err(|error| Failure::inside(path, error.to_string()))?
    } else if !path.is_dir() && text.contains(['|', '(', '[', '{']) {
        // A genotype, or the path of a run that is not there.
        parsed(text).map_err(|error| Failure::NoGenotype { text: text.chars().take(80).collect(), error })?
    } else {
        return of_run(path, args.epoch);
    };
    match args.epoch {
        None => Ok((derived, Origin::Published)),
        Some(epoch) => Err(Failure::NoEpochs { epoch }),
    }
}

/// Returns the architecture of an epoch, or else of the last one, from the events of a run.
fn of_run(run: &Path, wanted: Option<usize>) -> Result<(Derived, Origin), Failure> {
    let path = run.join("events.jsonl");
    let (mut found, mut began) = (None, None);
    read_events(run, |event| {
        let epoch = match event.kind {
            EventKind::Start { config, .. } => {
                began = Some(config);
                return Ok(ControlFlow::Continue(()));
            }
            EventKind::Epoch(epoch) => epoch,
            _ => return Ok(ControlFlow::Continue(())),
        };
        let derived = derived(&epoch)?;
        let last = wanted.is_some() && derived.epoch == wanted;
        found = Some(derived);
        Ok(if last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    let derived = match (found, wanted) {
        (Some(last), None) => Ok(last),
        (Some(last), wanted) if last.epoch == wanted => Ok(last),
        (Some(last), Some(wanted)) => {
            let ended = last.epoch.unwrap_or_default();
            Err(Failure::inside(&path, format!("no epoch {wanted}; the run has 1 to {ended}")))
        }
        (None, None) => stopped_early(run, &path),
        (None, Some(_)) => Err(Failure::no_epoch(&path)),
    }?;
    Ok((derived, began.map_or(Origin::Unknown(path), Origin::Of)))
}

/// Returns the architecture of an epoch. Well-formed fields may still be an invalid cell, which is an error.
fn derived(epoch: &EpochEvent) -> Result<Derived, String> {
    let genotype = checked(&serde_json::json!(epoch.genotype))?;
    let epoch_number = epoch.epoch.saturating_add(1);
    Ok(Derived { genotype, epoch: Some(epoch_number), cell_types: Some(epoch.cell_types.clone()) })
}

fn checked(genotype: &serde_json::Value) -> Result<Genotype, String> {
    Genotype::parse(&genotype.to_string()).map_err(|error| format!("not a genotype: {}", error.what))
}

/// Returns the architecture of a run that was stopped within its first epoch.
fn stopped_early(run: &Path, events: &Path) -> Result<Derived, Failure> {
    let path = run.join("genotype.json");
    if !path.is_file() {
        return Err(Failure::no_epoch(events));
    }
    let wrong = |what: String| Failure::inside(&path, what);
    let json: serde_json::Value = serde_json::from_str(&read_text(&path)?).map_err(|error| wrong(error.to_string()))?;
    let genotype = checked(&json["genotype"]).map_err(wrong)?;
    Ok(Derived { genotype, epoch: None, cell_types: None })
}
