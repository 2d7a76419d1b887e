//! `derive`: an architecture, of a run or as text, and the cost of its network.

use std::io::{Write, stderr};
use std::path::{Path, PathBuf};

use lambda_darts::graph::NetworkSize;
use lambda_darts::space::{Genotype, MacroLayout, Space};
use serde_json::{Value, json};

use crate::architecture::{Derived, Origin, find};
use crate::args::DeriveArgs;
use crate::drawing;
use crate::failure::Failure;
use crate::network::{ImageShape, Network};
use crate::output::print;
use crate::run_dir::{genotype_json, notations};
use crate::text_file::{check_targets, write_new};

pub(crate) fn run(args: &DeriveArgs) -> Result<(), Failure> {
    let (derived, origin) = find(&args.from, args.epoch)?;
    let images = origin.images();
    let Derived { genotype, epoch, .. } = &derived;
    let targets: Vec<&Path> =
        [&args.svg, &args.png, &args.pdf, &args.dot].into_iter().flatten().map(PathBuf::as_path).collect();
    check_targets(&targets, args.force)?;
    let space = space(origin, genotype);
    let drawings = space.as_ref().map_or_else(|_| Ok(Vec::new()), |space| drawings(args, space, &derived))?;
    let asked = args.channels.or(args.cells).or(args.classes).is_some() || args.size.is_some() || args.layout.is_some();
    let network = match space.and_then(|space| network(args, space, genotype, images)) {
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
    if let Some(path) = args.pdf.as_deref() {
        let pdf = drawing::pdf(space, genotype, weights);
        drawings.push((path, pdf.map_err(|what| Failure::inside(path, what))?));
    }
    if let Some(path) = args.dot.as_deref() {
        drawings.push((path, drawing::dot(&space.name, genotype).into_bytes()));
    }
    Ok(drawings)
}

/// Returns the space whose network the cells make.
fn space(origin: Origin, genotype: &Genotype) -> Result<Space, Failure> {
    Ok(match origin {
        Origin::Of(settings, _) => settings.space()?,
        // A text says by its form which of the published networks its cells make.
        Origin::Published if genotype.to_nas_bench_201().is_some() => Space::named("nas-bench-201")?,
        Origin::Published => Space::named("darts")?,
        Origin::Unknown(path) => {
            return Err(Failure::inside(&path, "the event of the start is missing".to_owned()));
        }
    })
}

fn network(args: &DeriveArgs, mut space: Space, genotype: &Genotype, images: ImageShape) -> Result<Network, Failure> {
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
    let ImageShape { channels, side, classes } = if imagenet { ImageShape::IMAGENET } else { images };
    let mut size = NetworkSize::published(space.layout, channels, args.classes.unwrap_or(classes));
    size.channels = args.channels.unwrap_or(size.channels);
    size.cells = args.cells.unwrap_or(size.cells);
    Ok(Network::new(&space, genotype, size, args.size.unwrap_or(side))?)
}
