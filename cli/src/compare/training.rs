//! `compare --train`: the training of each found cell, in a folder inside that of its search.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lambda_darts::data::DataError;
use lambda_darts::search::SearchConfig;
use lambda_darts::session::{EventKind, Settings};
use lambda_darts::space::{Architecture, Genotype};
use lambda_darts::training::{TrainingConfig, TrainingEpochEvent};

use crate::args::{CompareArgs, TrainSettingsArgs};
use crate::events::read_events;
use crate::failure::Failure;
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
    pub(super) fn of(args: &CompareArgs, search: &SearchConfig) -> Result<Option<Self>, Failure> {
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
        let training = Self { settings };
        // Mistakes are found before the first search, with a cell of the space in the place of the one to be found.
        let space = search.search_space()?;
        let cell = Architecture::new(&space, search.seed).derive(&space);
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
    pub(super) fn config(&self, search: &SearchConfig, genotype: Genotype) -> Result<TrainingConfig, Failure> {
        let SearchConfig { space, custom_space, data, seed, .. } = search.clone();
        let cell = Cell { genotype, space, custom_space, data: Some(data) };
        configuration(&self.settings, Some(cell), Some(seed))
    }
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
