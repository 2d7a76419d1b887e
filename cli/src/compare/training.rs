//! `compare --train`: the training of each found cell, in a folder inside that of its search.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lambda_darts::data::{DataConfig, DataError};
use lambda_darts::session::{EventKind, Settings};
use lambda_darts::space::{Architecture, Genotype};
use lambda_darts::training::{TrainingConfig, TrainingEpochEvent};

use crate::any_search::AnySearch;
use crate::args::{CompareArgs, SettingsArgs, TrainSettingsArgs};
use crate::events::read_events;
use crate::failure::Failure;
use crate::kind::is_of_searcher;
use crate::search;
use crate::train::{Cell, configuration};

/// Settings of a training that the comparison gives.
const FIXED: [(&str, &str); 6] = [
    ("genotype", "the cell is the one that was found"),
    ("space", "the space is that of the search"),
    ("custom_space", "the space is that of the search"),
    ("seed", "the seed is that of the search"),
    ("epochs", "--train says how many"),
    ("recipe", "name it with --recipe"),
];

/// Training of a found cell.
#[derive(Clone)]
pub(super) struct CellTraining {
    settings: TrainSettingsArgs,
    /// Images for the cells of a searcher, which has none.
    images: Option<DataConfig>,
}

/// Result of a finished training.
#[derive(Clone, Copy)]
pub(crate) struct TrainedCell {
    pub(crate) last: TrainingEpochEvent,
    /// Duration of the training.
    pub(crate) seconds: f64,
}

/// Folder of the training inside that of its search.
pub(super) fn folder(search: &Path) -> PathBuf {
    search.join("trained")
}

impl CellTraining {
    /// Returns the training that is asked for, if there is one; its settings are checked with those of a search.
    pub(super) fn of(args: &CompareArgs, search: &AnySearch) -> Result<Option<Self>, Failure> {
        let Some(epochs) = args.train else { return Ok(None) };
        let settings = TrainSettingsArgs {
            run: args.settings.run.clone(),
            recipe: args.recipe.clone(),
            epochs: Some(epochs),
            set: args.train_set.clone(),
            ..TrainSettingsArgs::default()
        };
        for setting in &args.train_set {
            let path = setting.split_once('=').map_or(setting.as_str(), |(path, _)| path.trim());
            if let Some((_, expected)) = FIXED.iter().find(|(fixed, _)| *fixed == path) {
                return Err(Failure::Value { setting: "--train-set", value: setting.clone(), expected });
            }
        }
        let images = match search {
            AnySearch::Supernet(_) => None,
            AnySearch::Searcher(_) => Some(images(args)?),
        };
        let training = Self { settings, images };
        // Mistakes are found before the first search, with a cell of the space in the place of the one to be found.
        let space = search.space()?;
        let cell = Architecture::new(&space, search.seed()).derive(&space);
        let config = training.config(search, cell)?;
        config.check()?;
        config.graph(3, 10)?;
        if let Some(side) = config.data.size.filter(|&side| config.data.cutout >= side) {
            let what = format!("a square of {} pixels covers images of {side}", config.data.cutout);
            return Err(DataError::BadOption { option: "cutout", what }.into());
        }
        Ok(Some(training))
    }

    /// Settings of the training of a cell.
    pub(super) fn config(&self, search: &AnySearch, genotype: Genotype) -> Result<TrainingConfig, Failure> {
        let (space, custom_space, data) = match search {
            AnySearch::Supernet(config) => (&config.space, &config.custom_space, Some(config.data.clone())),
            AnySearch::Searcher(config) => (&config.space, &config.custom_space, self.images.clone()),
        };
        let cell = Cell { genotype, space: space.clone(), custom_space: custom_space.clone(), data };
        configuration(&self.settings, Some(cell), Some(search.seed()))
    }
}

/// Returns the images on which the cells of methods with a supernet are trained.
fn images(args: &CompareArgs) -> Result<DataConfig, Failure> {
    let flags = &args.settings;
    let set = flags.set.iter().filter(|setting| setting.trim_start().starts_with("data.")).cloned().collect();
    let config = flags.config.clone().filter(|file| !is_of_searcher(file));
    Ok(search::configuration(&SettingsArgs { config, set, ..flags.clone() }, None, None)?.data)
}

/// Reads the result of the training in the folder of a search; absent if there is none that has ended.
pub(super) fn result(search: &Path) -> Result<Option<TrainedCell>, Failure> {
    let folder = folder(search);
    // Only a training that has ended, or was interrupted, has this file.
    if !folder.join("result.json").is_file() {
        return Ok(None);
    }
    let (mut last, mut ended, mut seconds) = (None, false, 0.0);
    let read = read_events(&folder, |event| {
        seconds = event.seconds;
        ended = matches!(event.kind, EventKind::TrainingEnd { .. });
        if let EventKind::TrainingEpoch(epoch) = event.kind {
            last = Some(epoch);
        }
        Ok(ControlFlow::Continue(()))
    });
    match read {
        // Where an interrupted training goes on, a line may be half written; it has not ended.
        Err(Failure::In { .. }) => Ok(None),
        read => read.map(|()| last.filter(|_| ended).map(|last| TrainedCell { last, seconds })),
    }
}
