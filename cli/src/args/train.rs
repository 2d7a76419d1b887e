//! Arguments of `train`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::train_settings::TrainSettingsArgs;
use super::values::seed;

/// Train the network of a cell from scratch, and test it
///
/// The cell is that of a run, or a genotype in any notation: as text, in a file, or from stdin. The whole training set
/// trains the network, and the test set tests it after every epoch. The recipe is the published one of the space, or a
/// small one for the built-in images. Like a search, a training has a folder with config.toml, environment.json,
/// events.jsonl, checkpoints and result.json; it can be interrupted, and goes on with --resume to the same weights.
#[derive(Args, Debug, Default)]
#[command(after_help = "Examples:\n  \
    lambda-darts train runs/nas-bench-201-lambda-darts-0 --out runs/trained\n  \
    lambda-darts train \"Genotype(normal=[…], …)\" --data cifar10 --data-dir data --epochs 100")]
pub(crate) struct TrainArgs {
    /// Folder of a search, file with a genotype, genotype in quotes, or - for stdin; not needed with --config and --resume
    #[arg(value_name = "RUN|FILE|TEXT|-", required_unless_present_any = ["resume", "config"])]
    pub(crate) from: Option<OsString>,
    #[command(flatten)]
    pub(crate) settings: TrainSettingsArgs,
    /// Seed of all random numbers: the same seed on the same device gives the same weights [default: 0]
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<u64>,
    /// Folder of the run [default: runs/SPACE-train-SEED, with a number appended if it exists]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write into the folder of --out even if it is not empty
    #[arg(long)]
    pub(crate) force: bool,
    /// Continue the training in this folder from its newest checkpoint, as if it had never stopped; --data-dir says where its
    /// images lie now, if they were moved, and --epochs gives it more epochs
    #[arg(long, value_name = "RUN", conflicts_with_all = ["from", "config", "recipe", "space", "layout", "data", "images",
        "size", "background", "skip_unreadable", "batch", "channels", "cells", "lr", "auxiliary_weight", "drop_path",
        "cutout", "seed", "set", "out", "force"])]
    pub(crate) resume: Option<PathBuf>,
    /// Continue the training in the folder of --out if there is one with the same settings, and start it otherwise
    #[arg(long, requires = "out", conflicts_with_all = ["resume", "force"])]
    pub(crate) resume_or_start: bool,
    /// Print the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
