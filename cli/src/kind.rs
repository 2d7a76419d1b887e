//! Kinds of runs: searches with a supernet and without one, and trainings.

use std::path::Path;

use lambda_darts::black_box::BlackBoxSearch;
use lambda_darts::search::Search;
use lambda_darts::session::{Checkpoint, CheckpointError, Session};
use lambda_darts::training::Train;
use serde_json::{Value, json};

use crate::drive::{End, Run};
use crate::failure::Failure;
use crate::known;
use crate::run_data::RunData;
use crate::run_dir::{CONFIG, genotype_json};
use crate::text_file::read_text;

/// Kind of a run: what the command does beside the steps of its work.
pub(crate) trait Kind: RunData {
    /// Subcommand that starts a run and goes on with it.
    const COMMAND: &'static str;
    /// Word for the work of the run.
    const NOUN: &'static str;
    /// Name of the file with the result.
    const RESULT: &'static str;
    /// Setting that configurations of this kind alone have.
    const SETTING: &'static str;

    /// Returns the session with the table of known results that it looks cells up in, if it takes one beside its data.
    fn with_table(session: Session<Self>, _: Option<&Path>) -> Result<Session<Self>, Failure> {
        Ok(session)
    }

    /// Returns the result of a run at its end.
    fn result(run: &Run<Self>, end: End) -> Value;
}

impl Kind for Search {
    const COMMAND: &'static str = "search";
    const NOUN: &'static str = "search";
    const RESULT: &'static str = "genotype.json";
    const SETTING: &'static str = "method";

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

impl Kind for BlackBoxSearch {
    const COMMAND: &'static str = "search";
    const NOUN: &'static str = "black-box search";
    const RESULT: &'static str = "genotype.json";
    const SETTING: &'static str = "searcher";

    fn result(run: &Run<Self>, _: End) -> Value {
        genotype_json(run.session.genotype())
    }
}

impl Kind for Train {
    const COMMAND: &'static str = "train";
    const NOUN: &'static str = "training";
    const RESULT: &'static str = "result.json";
    const SETTING: &'static str = "genotype";

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

/// Kind by its setting, its noun and its command.
type Named = (&'static str, &'static str, &'static str);

const fn named<W: Kind>() -> Named {
    (W::SETTING, W::NOUN, W::COMMAND)
}

/// Returns the kind of a run, which its settings tell.
fn of(file: &Path) -> Option<Named> {
    let text = read_text(file).unwrap_or_default();
    let settings: toml::Table = toml::from_str(&text).unwrap_or_default();
    let kinds = [named::<Search>(), named::<BlackBoxSearch>(), named::<Train>()];
    kinds.into_iter().find(|(setting, ..)| settings.contains_key(*setting))
}

/// Refuses to go on with a run of another kind.
pub(crate) fn check<W: Kind>(run: &Path) -> Result<(), Failure> {
    match of(&run.join(CONFIG)) {
        Some((setting, noun, command)) if setting != W::SETTING => {
            Err(Failure::OtherKind { path: run.to_owned(), noun, command })
        }
        _ => Ok(()),
    }
}

/// Returns true if a file has the settings of a search with a supernet.
pub(crate) fn is_of_supernet(file: &Path) -> bool {
    of(file).is_some_and(|(setting, ..)| setting == Search::SETTING)
}

/// Returns true if a file has the settings of a black-box search.
pub(crate) fn is_of_searcher(file: &Path) -> bool {
    of(file).is_some_and(|(setting, ..)| setting == BlackBoxSearch::SETTING)
}

/// Returns true if a folder is that of a search, or a file the checkpoint of one.
pub(crate) fn is_search(run: &Path) -> bool {
    if run.is_dir() {
        return of(&run.join(CONFIG)).is_some_and(|(.., command)| command == Search::COMMAND);
    }
    matches!(Checkpoint::<Train>::read(run), Err(CheckpointError::Kind { .. }))
}
