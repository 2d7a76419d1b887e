//! The architecture that a user names: a run, a file, a text or stdin.

use std::ffi::OsStr;
use std::io::{Read, stdin};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lambda_darts::data::DataConfig;
use lambda_darts::search::{CellTypeReport, EpochEvent, EventKind, SearchConfig};
use lambda_darts::session::SearcherConfig;
use lambda_darts::space::{CustomSpace, Genotype, Space, SpaceError};
use lambda_darts::training::TrainingConfig;

use crate::events::read_events;
use crate::failure::Failure;
use crate::network::ImageShape;
use crate::text_file::read_text;

/// Maximum length in bytes of a text from stdin.
const MOST_TEXT: u64 = 1 << 20;

/// An architecture and its epoch, counted from 1.
pub(crate) struct Derived {
    pub(crate) genotype: Genotype,
    pub(crate) epoch: Option<usize>,
    /// Operation weights of the epoch.
    pub(crate) cell_types: Option<Vec<CellTypeReport>>,
}

/// Settings of a run, as far as the network of its cells depends on them.
pub(crate) struct RunSettings {
    pub(crate) space: String,
    pub(crate) custom_space: Option<CustomSpace>,
    /// Images; a black-box search has none.
    pub(crate) data: Option<DataConfig>,
}

impl RunSettings {
    /// Space that was searched, or that arranges the cells of a training.
    pub(crate) fn space(&self) -> Result<Space, SpaceError> {
        Space::of(&self.space, self.custom_space.as_ref())
    }
}

/// Origin of the space whose network the cells make.
pub(crate) enum Origin {
    /// Settings of a run, and its images.
    Of(Box<RunSettings>, ImageShape),
    /// Form of the genotype.
    Published,
    /// Events of a run, which lack it.
    Unknown(PathBuf),
}

impl Origin {
    /// Images that the network is for, unless others are asked for.
    pub(crate) fn images(&self) -> ImageShape {
        match self {
            Self::Of(_, images) => *images,
            Self::Published | Self::Unknown(_) => ImageShape::CIFAR,
        }
    }
}

/// Finds the architecture that a user means: that of a run at an epoch, or at its end, or of a genotype in a file, in a
/// text or, for `-`, on stdin.
pub(crate) fn find(from: &OsStr, epoch: Option<usize>) -> Result<(Derived, Origin), Failure> {
    let path = Path::new(from);
    let text = from.to_str().unwrap_or_default();
    let parsed = |text: &str| Genotype::parse(text).map(|genotype| Derived { genotype, epoch: None, cell_types: None });
    let derived = if text == "-" {
        let mut text = String::new();
        let read = stdin().take(MOST_TEXT).read_to_string(&mut text);
        read.map_err(|source| Failure::file(Path::new("stdin"), source))?;
        parsed(&text)?
    } else if path.is_file() {
        parsed(&read_text(path)?).map_err(|error| Failure::inside(path, error.to_string()))?
    } else if !path.is_dir() {
        // A genotype, or the path of a run that is not there.
        parsed(text).map_err(|error| Failure::NoGenotype { text: text.chars().take(80).collect(), error })?
    } else {
        return of_run(path, epoch);
    };
    match epoch {
        None => Ok((derived, Origin::Published)),
        Some(epoch) => Err(Failure::NoEpochs { epoch }),
    }
}

/// Returns the architecture of an epoch, or else the one that was found last, from the events of a run.
fn of_run(run: &Path, wanted: Option<usize>) -> Result<(Derived, Origin), Failure> {
    let path = run.join("events.jsonl");
    let (mut found, mut trained, mut began, mut fittest) = (None::<Derived>, None, None, f64::NEG_INFINITY);
    read_events(run, |event| {
        let derived = match event.kind {
            EventKind::Start { config, .. } => {
                let SearchConfig { space, custom_space, data, .. } = *config;
                began = Some(RunSettings { space, custom_space, data: Some(data) });
                return Ok(ControlFlow::Continue(()));
            }
            EventKind::SearcherStart { config, .. } => {
                let SearcherConfig { space, custom_space, .. } = *config;
                began = Some(RunSettings { space, custom_space, data: None });
                return Ok(ControlFlow::Continue(()));
            }
            // A training has one cell from its start on.
            EventKind::TrainingStart { config, .. } => {
                let TrainingConfig { genotype, space, custom_space, data, .. } = *config;
                let genotype = checked(&serde_json::json!(genotype))?;
                trained = Some(Derived { genotype, epoch: None, cell_types: None });
                began = Some(RunSettings { space, custom_space, data: Some(data) });
                return Ok(ControlFlow::Continue(()));
            }
            EventKind::Epoch(epoch) => derived(&epoch)?,
            EventKind::SearcherEpoch(epoch) => {
                let genotype = checked(&serde_json::json!(epoch.genotype))?;
                Derived { genotype, epoch: Some(epoch.epoch), cell_types: None }
            }
            // The fittest so far is the result of a search that ends within an epoch.
            EventKind::SearcherStep(step) if wanted.is_none() && step.fitness > fittest => {
                fittest = step.fitness;
                let genotype = checked(&serde_json::json!(step.genotype))?;
                Derived { genotype, epoch: None, cell_types: None }
            }
            // A selection may have chosen another one than that of the last epoch.
            EventKind::End { genotype, .. } => {
                if let (Some(last), None) = (&mut found, wanted) {
                    last.genotype = checked(&serde_json::json!(genotype))?;
                }
                return Ok(ControlFlow::Continue(()));
            }
            _ => return Ok(ControlFlow::Continue(())),
        };
        let last = wanted.is_some() && derived.epoch == wanted;
        found = Some(derived);
        Ok(if last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    let derived = match (found.or(trained.filter(|_| wanted.is_none())), wanted) {
        (Some(last), None) => Ok(last),
        (Some(last), wanted) if last.epoch == wanted => Ok(last),
        (Some(last), Some(wanted)) => {
            let ended = last.epoch.unwrap_or_default();
            Err(Failure::inside(&path, format!("no epoch {wanted}; the run has 1 to {ended}")))
        }
        (None, None) => stopped_early(run, &path),
        (None, Some(_)) => Err(Failure::no_epoch(&path)),
    }?;
    Ok((
        derived,
        began.map_or(Origin::Unknown(path), |settings| Origin::Of(Box::new(settings), ImageShape::of_run(run))),
    ))
}

/// Returns the architecture of an epoch. Well-formed fields may still be an invalid cell, which is an error.
fn derived(epoch: &EpochEvent) -> Result<Derived, String> {
    let genotype = checked(&serde_json::json!(epoch.genotype))?;
    Ok(Derived { genotype, epoch: Some(epoch.epoch), cell_types: Some(epoch.cell_types.clone()) })
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
