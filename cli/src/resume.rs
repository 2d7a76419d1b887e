//! `search --resume`: a run continues from its newest intact checkpoint.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use lambda_darts::benchmark::Table;
use lambda_darts::data::ImageData;
use lambda_darts::device::Device;
use lambda_darts::search::{
    Checkpoint, CheckpointError, EpochEvent, EventKind, EventLogPosition, SearchConfig, SearchError, Session,
};

use crate::args::SettingsArgs;
use crate::drive::Run;
use crate::failure::Failure;
use crate::run_dir::RunDir;
use crate::stop::Stop;
use crate::text_file::read_text;
use crate::{fit, images, known};

/// Device and images to go on with.
#[derive(Clone, Copy)]
struct Means<'a> {
    device: &'a Device,
    /// Folder of the images, if they lie elsewhere now.
    data_dir: Option<&'a Path>,
    /// Number of epochs, if the search is to be longer.
    epochs: Option<usize>,
}

impl Means<'_> {
    fn images(self, config: &SearchConfig) -> Result<Arc<ImageData>, Failure> {
        let mut data = config.data.clone();
        data.dir = self.data_dir.map(Path::to_owned).or(data.dir);
        images::load(&data, config.seed)
    }
}

/// A session that was restored from a checkpoint.
struct Found {
    session: Session,
    position: EventLogPosition,
    epochs: Vec<EpochEvent>,
}

/// Opens a run at its newest intact checkpoint; `epochs` is their number if the search is to be longer.
pub(crate) fn resume(args: &SettingsArgs, folder: &Path, epochs: Option<usize>, stop: &Stop) -> Result<Run, Failure> {
    let (dir, asked) = RunDir::open(folder)?;
    let file = args.table.as_deref().or(asked.table.as_deref());
    let own = file.map(|file| Table::read(file).map(Arc::new)).transpose()?;
    let device = Device::named(args.device.as_deref().or(asked.device.as_deref()).unwrap_or("auto"))?;
    let mut notes = Vec::new();
    let means = Means { device: &device, data_dir: args.data_dir.as_deref(), epochs };
    let Found { mut session, position, epochs } = newest(&dir, means, &mut notes)?;
    if let Some(table) = own.or_else(|| known::built_in(session.config())) {
        session = session.with_table(table);
    }
    stop.begin();
    let mut dir = dir.go_on(position)?;
    if let Some(epochs) = means.epochs {
        notes.push(format!("from here on, λ and the learning rate follow the schedules of {epochs} epochs"));
        // From here on, the search is the longer one, even if it is killed before its next checkpoint.
        dir.save(&mut session)?;
        dir.write_config(session.config())?;
    }
    if args.tensorboard || asked.tensorboard {
        dir = dir.with_board(session.seconds())?;
    }
    Ok(Run { session, dir, epochs, notes })
}

/// Returns the newest state that can be used, and adds a note for a newer one that cannot.
fn newest(dir: &RunDir, means: Means<'_>, notes: &mut Vec<String>) -> Result<Found, Failure> {
    let newest = match at(dir, Checkpoint::NEWEST, means) {
        Err(fault) if is_damage(&fault) => fault,
        // After an error that is not damage, such as missing images or another version, the checkpoint is not given up.
        found => return found,
    };
    match at(dir, Checkpoint::PREVIOUS, means) {
        Ok(found) => {
            if !is_missing(&newest) {
                // Otherwise the next checkpoint would replace the intact one by the damaged one.
                dir.set_aside(Checkpoint::NEWEST)?;
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
        Failure::In { .. } | Failure::Search(SearchError::State(_)) => true,
        _ => false,
    }
}

fn is_missing(fault: &Failure) -> bool {
    matches!(fault, Failure::Checkpoint(CheckpointError::Read { source, .. }) if source.kind() == ErrorKind::NotFound)
}

fn at(dir: &RunDir, name: &str, means: Means<'_>) -> Result<Found, Failure> {
    let Checkpoint { state, position } = Checkpoint::read(&dir.path().join(name))?;
    let mut epochs = Vec::new();
    dir.replay(position, |event| {
        if let EventKind::Epoch(epoch) = event.kind {
            epochs.push(*epoch);
        }
    })?;
    let state = match means.epochs {
        Some(epochs) => state.lengthened(epochs)?,
        None => state,
    };
    let data = means.images(state.config())?;
    fit::check(state.config(), &data, means.device, 1)?;
    let session = pollster::block_on(Session::restore(state, data, means.device))?;
    Ok(Found { session, position, epochs })
}

/// Starts the session from the settings: the run ended before its first checkpoint.
fn anew(dir: &RunDir, means: Means<'_>) -> Result<Found, Failure> {
    let path = dir.path().join("config.toml");
    let config = SearchConfig::from_toml(&read_text(&path)?);
    let config = config.map_err(|error| Failure::inside(&path, error.to_string()))?;
    let config = match means.epochs {
        Some(epochs) => config.lengthened(epochs)?,
        None => config,
    };
    let data = means.images(&config)?;
    fit::check(&config, &data, means.device, 1)?;
    let session = pollster::block_on(Session::new(config, data, means.device))?;
    Ok(Found { session, position: EventLogPosition::default(), epochs: Vec::new() })
}
