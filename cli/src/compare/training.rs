//! `compare --train`: the training of each found cell, in a folder inside that of its search.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lambda_darts::search::SearchConfig;
use lambda_darts::session::EventKind;
use lambda_darts::space::Genotype;
use lambda_darts::training::{TrainingConfig, TrainingEpochEvent};

use crate::args::{CompareArgs, TrainSettingsArgs};
use crate::events::read_events;
use crate::failure::Failure;
use crate::train::{Cell, configuration};

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
        let training = Self { settings };
        // Flags with mistakes are found before the first search.
        training.config(search, Genotype { cells: Vec::new() })?;
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
    read_events(&folder, |event| {
        seconds = event.seconds;
        ended = matches!(event.kind, EventKind::TrainingEnd { .. });
        if let EventKind::TrainingEpoch(epoch) = event.kind {
            last = Some(epoch);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(last.filter(|_| ended).map(|last| TrainedCell { last, seconds }))
}
