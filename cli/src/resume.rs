//! `--resume`: a run continues from its newest intact checkpoint.

use std::io::ErrorKind;
use std::path::Path;

use lambda_darts::device::Device;
use lambda_darts::session::{
    Checkpoint, CheckpointError, EventKind, EventLogPosition, Session, SessionError, Settings,
};

use crate::args::RunArgs;
use crate::drive::Run;
use crate::failure::Failure;
use crate::kind::{self, Kind};
use crate::run_data::Place;
use crate::run_dir::{CONFIG, RunDir};
use crate::stop::Stop;
use crate::text_file::read_text;

/// Device and data to go on with.
#[derive(Clone, Copy)]
struct Means<'a> {
    device: &'a Device,
    place: Place<'a>,
    /// Number of epochs, if the run is to be longer.
    epochs: Option<usize>,
}

/// Options of a run that goes on.
#[derive(Clone, Copy)]
pub(crate) struct GoOn<'a> {
    pub(crate) run: &'a RunArgs,
    /// Folder of the images, if they lie elsewhere now.
    pub(crate) data_dir: Option<&'a Path>,
    /// Table of known results.
    pub(crate) table: Option<&'a Path>,
    /// Number of epochs, if the run is to be longer.
    pub(crate) epochs: Option<usize>,
}

/// A session that was restored from a checkpoint.
struct Found<W: Kind> {
    session: Session<W>,
    position: EventLogPosition,
    last: Option<EventKind>,
}

/// Opens a run at its newest intact checkpoint.
pub(crate) fn resume<W: Kind>(folder: &Path, with: GoOn<'_>, stop: &Stop) -> Result<Run<W>, Failure> {
    let GoOn { run: args, data_dir, table, epochs } = with;
    let (dir, asked) = RunDir::open(folder)?;
    kind::check::<W>(folder)?;
    let device = Device::named(args.device.as_deref().or(asked.device.as_deref()).unwrap_or("auto"))?;
    let mut notes = Vec::new();
    let means = Means { device: &device, place: Place { images: data_dir, table }, epochs };
    let Found { session, position, last } = newest::<W>(&dir, means, &mut notes)?;
    let mut session = W::with_table(session, table.or(asked.table.as_deref()))?;
    stop.begin();
    let mut dir = dir.go_on(position)?;
    if let Some(epochs) = means.epochs {
        notes.push(format!("from here on, all schedules are those of {epochs} epochs"));
        // From here on, the run is the longer one, even if it is killed before its next checkpoint.
        dir.save(&mut session)?;
        dir.write_config(session.config())?;
    }
    if args.tensorboard || asked.tensorboard {
        dir = dir.with_board(session.seconds())?;
    }
    Ok(Run { session, dir, last, notes })
}

/// Returns the newest state that can be used, and adds a note for a newer one that cannot.
fn newest<W: Kind>(dir: &RunDir, means: Means<'_>, notes: &mut Vec<String>) -> Result<Found<W>, Failure> {
    let newest = match at(dir, Checkpoint::<W>::NEWEST, means) {
        Err(fault) if is_damage(&fault) => fault,
        // After an error that is not damage, such as missing images or another version, the checkpoint is not given up.
        found => return found,
    };
    match at(dir, Checkpoint::<W>::PREVIOUS, means) {
        Ok(found) => {
            if !is_missing(&newest) {
                // Otherwise the next checkpoint would replace the intact one by the damaged one.
                dir.set_aside(Checkpoint::<W>::NEWEST)?;
            }
            notes.push(format!("{newest}; going on from the checkpoint before it"));
            Ok(found)
        }
        Err(previous) if !is_damage(&previous) => Err(previous),
        Err(previous) => match (is_missing(&newest), is_missing(&previous)) {
            (true, true) => {
                notes.push("no checkpoint was taken yet: beginning anew".to_owned());
                anew(dir, means)
            }
            (true, false) => Err(Failure::NoOther(Box::new(previous))),
            (false, true) => Err(Failure::NoOther(Box::new(newest))),
            (false, false) => Err(Failure::Neither { newest: Box::new(newest), previous: Box::new(previous) }),
        },
    }
}

/// Returns true if the checkpoint or its events are damaged.
fn is_damage(fault: &Failure) -> bool {
    match fault {
        Failure::Checkpoint(fault) => !matches!(fault, CheckpointError::Version { .. }),
        Failure::In { .. } | Failure::Session(SessionError::State(_)) => true,
        _ => false,
    }
}

fn is_missing(fault: &Failure) -> bool {
    matches!(fault, Failure::Checkpoint(CheckpointError::Read { source, .. }) if source.kind() == ErrorKind::NotFound)
}

fn at<W: Kind>(dir: &RunDir, name: &str, means: Means<'_>) -> Result<Found<W>, Failure> {
    let Checkpoint { state, position } = Checkpoint::<W>::read(&dir.path().join(name))?;
    let mut last = None;
    dir.replay(position, |event| {
        if matches!(event.kind, EventKind::Epoch(_) | EventKind::TrainingEpoch(_)) {
            last = Some(event.kind);
        }
    })?;
    let state = match means.epochs {
        Some(epochs) => W::longer_state(state, epochs)?,
        None => state,
    };
    let data = W::read(state.config(), means.place)?;
    W::check_memory(state.config(), &data, means.device, 1)?;
    let session = pollster::block_on(Session::restore(state, data, means.device))?;
    Ok(Found { session, position, last })
}

/// Starts the session from the settings: the run ended before its first checkpoint.
fn anew<W: Kind>(dir: &RunDir, means: Means<'_>) -> Result<Found<W>, Failure> {
    let path = dir.path().join(CONFIG);
    let config = W::Config::from_toml(&read_text(&path)?);
    let config = config.map_err(|error| Failure::inside(&path, error.to_string()))?;
    let config = match means.epochs {
        Some(epochs) => W::longer(config, epochs)?,
        None => config,
    };
    let data = W::read(&config, means.place)?;
    W::check_memory(&config, &data, means.device, 1)?;
    let session = pollster::block_on(Session::new(config, data, means.device))?;
    Ok(Found { session, position: EventLogPosition::default(), last: None })
}
