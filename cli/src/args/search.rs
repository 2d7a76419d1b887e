//! Arguments of `search`.

use std::path::PathBuf;

use clap::Args;

use super::choice::ChoiceArgs;
use super::settings::SettingsArgs;

/// Search for an architecture
///
/// The progress goes to stderr and the result to stdout. The folder of the run gets a record of the whole search:
/// config.toml, environment.json, events.jsonl, genotype.json and checkpoints. Ctrl-C ends the search after the current
/// step and keeps the result so far; a second Ctrl-C, at least a second later, ends it at once. SIGUSR1 saves a checkpoint
/// and goes on. A search that was interrupted in any way goes on with --resume.
///
/// Flags override the file given with --config. Without that file, the search has small settings for the built-in
/// images, which take seconds to a minute, and those of its space for every other data set: the published ones but for the
/// step of the regularizer, which suits small networks, too. --published takes all settings of the papers.
///
/// The methods random, evolution, local-search, reinforce and predictor have no supernet. They propose architectures,
/// and look up what each is worth in the table of NAS-Bench-201, or in that of --table, until their budget is spent.
/// They have neither images nor a device, and the flags of these are refused.
#[derive(Args, Debug, Default)]
#[command(after_help = "Examples:\n  \
    lambda-darts search --data fashion --out runs/first\n  \
    lambda-darts search --method evolution --evaluations 300\n  \
    lambda-darts search --data folder --data-dir photos --size 32 --space darts --epochs 30")]
pub(crate) struct SearchArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    /// Folder of the run [default: runs/SPACE-METHOD-SEED, with a number appended if it exists]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write into the folder of --out even if it is not empty
    #[arg(long)]
    pub(crate) force: bool,
    /// Continue the run in this folder from its newest checkpoint, as if it had never stopped; --data-dir says where its
    /// images lie now, if they were moved, and --epochs gives it more epochs
    #[arg(long, value_name = "RUN", conflicts_with_all = ["config", "published", "space", "data", "images", "size", "background", "skip_unreadable",
        "method", "lambda", "epsilon", "estimator", "order", "unrolled", "batch", "channels", "cells", "lr",
        "arch_lr", "seed", "curvature", "set", "warn_parameter_free", "stop_on_collapse", "evaluations",
        "budget_seconds", "out", "force"])]
    pub(crate) resume: Option<PathBuf>,
    /// Continue the run in the folder of --out if there is one with the same settings, and start it otherwise: one command
    /// for the first start and for every later one
    #[arg(long, requires = "out", conflicts_with_all = ["resume", "force"])]
    pub(crate) resume_or_start: bool,
    /// Print the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
