//! Start of a run, which is a search or a training, in a folder of its own.

use std::path::Path;
use std::time::Duration;

use lambda_darts::device::{Device, DeviceInfo, DeviceKind};
use lambda_darts::session::{Session, Settings};

use crate::args::RunArgs;
use crate::claim::Held;
use crate::drive::{Rules, Run};
use crate::environment::{Asked, Environment};
use crate::failure::Failure;
use crate::kind::Kind;
use crate::run_data::Place;
use crate::run_dir::{Folder, RunDir};
use crate::stop::Stop;

/// Default maximum time between two checkpoints, in minutes.
const CHECKPOINT_MINUTES: u32 = 10;

/// Means of a new run beside its settings.
pub(crate) struct Start<'a> {
    pub(crate) run: &'a RunArgs,
    /// Table of known results.
    pub(crate) table: Option<&'a Path>,
    pub(crate) folder: Folder<'a>,
    /// Number of such runs at a time.
    pub(crate) at_once: u16,
    /// Messages to print before the run starts.
    pub(crate) notes: Vec<String>,
}

/// Starts a new run.
pub(crate) fn start<W: Kind>(config: &W::Config, with: Start<'_>, stop: &Stop) -> Result<Run<W>, Failure> {
    let Start { run: args, table, folder, at_once, notes: warnings } = with;
    // All of this is checked before anything is written.
    config.check()?;
    let data = W::read(config, Place::default())?;
    let mut notes = W::described(config, &data);
    notes.extend(warnings);
    let device = Device::named(args.device.as_deref().unwrap_or("auto"))?;
    notes.extend(software(&device));
    W::check_memory(config, &data, &device, at_once)?;
    // The path is absolute, as the run may be resumed from another working directory.
    let table_file = table.map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
    let asked = Asked { device: args.device.clone(), table: table_file, tensorboard: args.tensorboard };
    let environment = Environment::new(config.seed(), W::images(config, &data), device.name(), asked);
    let session = pollster::block_on(Session::new(config.clone(), data, &device))?;
    let mut session = W::with_table(session, table)?;
    stop.begin();
    let mut dir = RunDir::create(folder, config, &environment)?;
    if args.tensorboard {
        dir = dir.with_board(0.0)?;
    }
    dir.save(&mut session)?;
    Ok(Run { session, dir, last: None, notes })
}

/// Starts the threads that the CPU computes with, if their number is given. They belong to the whole process.
pub(crate) fn start_threads(args: &RunArgs) -> Result<(), Failure> {
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global()?;
    }
    Ok(())
}

/// Returns the rules of the loop, from the flags.
pub(crate) fn rules(args: &RunArgs) -> Rules {
    let minutes = args.checkpoint_minutes.unwrap_or(CHECKPOINT_MINUTES);
    Rules { held: Held::default(), every: Duration::from_secs(60 * u64::from(minutes)) }
}

/// Returns a warning if the device is a driver that computes on the CPU.
fn software(device: &Device) -> Option<String> {
    let name = device.is_gpu().then(|| device.name())?;
    let software = |info: &DeviceInfo| info.name == name && info.kind == DeviceKind::Software;
    let found = Device::list().iter().any(software);
    found.then(|| format!("warning: {name} is a software driver, which computes on the CPU; --device cpu is faster"))
}
