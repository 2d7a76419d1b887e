//! Kinds of runs: searches and trainings.

use std::path::Path;

use lambda_darts::data::ImageData;
use lambda_darts::search::Search;
use lambda_darts::session::{Checkpoint, CheckpointError, ImageSettings, Session, Work};
use lambda_darts::training::Train;
use serde_json::{Value, json};

use crate::drive::{End, Run};
use crate::failure::Failure;
use crate::known;
use crate::run_dir::{CONFIG, genotype_json};
use crate::text_file::read_text;

/// Kind of a run on images: what the command does beside the steps of its work.
pub(crate) trait Kind: Work<Config: ImageSettings, Data = ImageData> {
    /// Subcommand that starts a run and goes on with it.
    const COMMAND: &'static str;
    /// Word for the work of the run.
    const NOUN: &'static str;
    /// Name of the file with the result.
    const RESULT: &'static str;
    /// Setting that configurations of this kind alone have.
    const SETTING: &'static str;

    /// Channels of the first cells.
    fn channels(config: &mut Self::Config) -> &mut usize;

    /// Says what the two parts of the images are for.
    fn parts(data: &ImageData) -> String;

    /// Returns the session with the table of known results that it looks cells up in, if it does.
    fn with_table(session: Session<Self>, file: Option<&Path>) -> Result<Session<Self>, Failure>;

    /// Returns the result of a run at its end.
    fn result(run: &Run<Self>, end: End) -> Value;
}

impl Kind for Search {
    const COMMAND: &'static str = "search";
    const NOUN: &'static str = "search";
    const RESULT: &'static str = "genotype.json";
    const SETTING: &'static str = "method";

    fn channels(config: &mut Self::Config) -> &mut usize {
        &mut config.supernet.channels
    }

    fn parts(data: &ImageData) -> String {
        format!("{} train the weights, {} the architecture", data.train_len(), data.valid_len())
    }

    fn with_table(session: Session<Self>, file: Option<&Path>) -> Result<Session<Self>, Failure> {
        Ok(match known::table(file, session.config())? {
            Some(table) => session.with_table(table),
            None => session,
        })
    }

    fn result(run: &Run<Self>, end: End) -> Value {
        genotype_json(&run.genotype(end))
    }
}

impl Kind for Train {
    const COMMAND: &'static str = "train";
    const NOUN: &'static str = "training";
    const RESULT: &'static str = "result.json";
    const SETTING: &'static str = "genotype";

    fn channels(config: &mut Self::Config) -> &mut usize {
        &mut config.network.channels
    }

    fn parts(data: &ImageData) -> String {
        format!("{} train the network, {} test it", data.train_len(), data.valid_len())
    }

    fn with_table(session: Session<Self>, _: Option<&Path>) -> Result<Session<Self>, Failure> {
        Ok(session)
    }

    fn result(run: &Run<Self>, _: End) -> Value {
        let last = run.last_epoch();
        json!({
            "test_accuracy": last.map(|epoch| epoch.test_accuracy),
            "test_top5": last.map(|epoch| epoch.test_top5),
            "test_loss": last.map(|epoch| epoch.test_loss),
            "train_loss": last.map(|epoch| epoch.train_loss),
            "epochs": last.map_or(0, |epoch| epoch.epoch),
        })
    }
}

/// Returns the noun and the command of a run's kind, which its settings tell.
fn of(run: &Path) -> Option<(&'static str, &'static str)> {
    let text = read_text(&run.join(CONFIG)).unwrap_or_default();
    let settings: toml::Table = toml::from_str(&text).unwrap_or_default();
    let kinds = [(Search::SETTING, Search::NOUN, Search::COMMAND), (Train::SETTING, Train::NOUN, Train::COMMAND)];
    let own = kinds.into_iter().find(|(setting, ..)| settings.contains_key(*setting));
    own.map(|(_, noun, command)| (noun, command))
}

/// Refuses to go on with a run of the other kind.
pub(crate) fn check<W: Kind>(run: &Path) -> Result<(), Failure> {
    match of(run) {
        Some((noun, command)) if command != W::COMMAND => {
            Err(Failure::OtherKind { path: run.to_owned(), noun, command })
        }
        _ => Ok(()),
    }
}

/// Returns true if a folder is that of a search, or a file the checkpoint of one.
pub(crate) fn is_search(run: &Path) -> bool {
    if run.is_dir() {
        return of(run).is_some_and(|(_, command)| command == Search::COMMAND);
    }
    matches!(Checkpoint::<Train>::read(run), Err(CheckpointError::Kind { .. }))
}
