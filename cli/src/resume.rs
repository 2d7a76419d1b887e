//! `search --resume`: a run goes on where its newest good checkpoint was taken.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use lambda_darts::benchmark::Table;
use lambda_darts::data::SearchData;
use lambda_darts::device::Place;
use lambda_darts::search::{
    Checkpoint, CheckpointError, EpochEvent, EventKind, Record, SearchConfig, SearchError, Session,
};

use crate::args::SettingsArgs;
use crate::drive::Run;
use crate::failure::Failure;
use crate::run_dir::RunDir;
use crate::stop::Stop;
use crate::text_file::read_text;

/// A session as a checkpoint has it.
struct Found {
    session: Session,
    record: Record,
    epochs: Vec<EpochEvent>,
}

pub(crate) fn resume(args: &SettingsArgs, folder: &Path, stop: &Stop) -> Result<Run, Failure> {
    let (dir, asked) = RunDir::open(folder)?;
    let table = args.benchmark.as_ref().or(asked.benchmark.as_ref());
    let table = table.map(|path| Table::read(path)).transpose()?.map(Arc::new);
    let place = Place::named(args.device.as_deref().or(asked.device.as_deref()).unwrap_or("auto"))?;
    let mut notes = Vec::new();
    let Found { mut session, record, epochs } = newest(&dir, &place, &mut notes)?;
    if let Some(table) = table {
        session = session.with_table(table);
    }
    stop.begin();
    let mut dir = dir.go_on(record)?;
    if args.tensorboard || asked.tensorboard {
        dir = dir.with_board(session.seconds())?;
    }
    Ok(Run { session, dir, epochs, notes })
}

/// The newest state that can be used; why a newer one cannot is noted.
fn newest(dir: &RunDir, place: &Place, notes: &mut Vec<String>) -> Result<Found, Failure> {
    let newest = match at(dir, Checkpoint::NEWEST, place) {
        Err(fault) if is_damage(&fault) => fault,
        // Missing images or another version are no reason to give up what is there.
        found => return found,
    };
    match at(dir, Checkpoint::PREVIOUS, place) {
        Ok(found) => {
            if !is_missing(&newest) {
                // It must not take the place of the good one at the next checkpoint.
                dir.set_aside(Checkpoint::NEWEST)?;
            }
            notes.push(format!("{newest}; going on from the checkpoint before it"));
            Ok(found)
        }
        Err(previous) if !is_damage(&previous) => Err(previous),
        Err(previous) => match (is_missing(&newest), is_missing(&previous)) {
            (true, true) => {
                notes.push("no checkpoint was taken yet: beginning anew".to_owned());
                anew(dir, place)
            }
            (true, false) => Err(Failure::NoOther(Box::new(previous))),
            (false, true) => Err(Failure::NoOther(Box::new(newest))),
            (false, false) => Err(Failure::Neither { newest: Box::new(newest), previous: Box::new(previous) }),
        },
    }
}

/// Whether it lies with the checkpoint, or with the events that it was taken with.
fn is_damage(fault: &Failure) -> bool {
    match fault {
        Failure::Checkpoint(fault) => !matches!(fault, CheckpointError::Version { .. }),
        Failure::In { .. } | Failure::Search(SearchError::State(_)) => true,
        _ => false,
    }
}

fn is_missing(fault: &Failure) -> bool {
    matches!(fault, Failure::Checkpoint(CheckpointError::Read { source, .. }) if source.kind() == ErrorKind::NotFound)
}

fn at(dir: &RunDir, name: &str, place: &Place) -> Result<Found, Failure> {
    let Checkpoint { state, record } = Checkpoint::read(&dir.path().join(name))?;
    let mut epochs = Vec::new();
    dir.replay(record, |event| {
        if let EventKind::Epoch(epoch) = event.kind {
            epochs.push(*epoch);
        }
    })?;
    let data = SearchData::load(&state.config().data, state.config().seed)?;
    let session = Session::restore(state, Arc::new(data), place)?;
    Ok(Found { session, record, epochs })
}

/// From the settings alone: the run ended before it had done anything.
fn anew(dir: &RunDir, place: &Place) -> Result<Found, Failure> {
    let path = dir.path().join("config.toml");
    let config = SearchConfig::from_toml(&read_text(&path)?);
    let config = config.map_err(|error| Failure::inside(&path, error.to_string()))?;
    let data = SearchData::load(&config.data, config.seed)?;
    Ok(Found { session: Session::new(config, Arc::new(data), place)?, record: Record::default(), epochs: Vec::new() })
}
