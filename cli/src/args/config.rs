//! Arguments of `config` and `config train`.

use std::ffi::OsString;

use clap::{Args, Subcommand};

use super::choice::ChoiceArgs;
use super::settings::SettingsArgs;
use super::train_settings::TrainSettingsArgs;
use super::values::seed;

/// Print the complete settings of a search or a training as TOML, without running it
///
/// The settings are those that `search` would take with the same flags, or `train` after `config train`. In a file,
/// --config reads them again; what a file leaves out has the default of its space.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:\n  \
    lambda-darts config --space s2 --data cifar10 > s2.toml\n  \
    lambda-darts config --published --space nas-bench-201\n  \
    lambda-darts config --method evolution > evolution.toml\n  \
    lambda-darts config train runs/lambda-darts-0 --recipe darts")]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) of: Option<ConfigCommand>,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    Train(Box<TrainConfigArgs>),
}

/// Print the complete settings of a training as TOML, without running it
///
/// The settings are those that `train` would take with the same flags. In a file, --config reads them again; what a file
/// leaves out has the default of its recipe.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts config train runs/lambda-darts-0 --data cifar10 > training.toml\n  \
    lambda-darts config train \"Genotype(normal=[…], …)\" --recipe darts-imagenet")]
pub(crate) struct TrainConfigArgs {
    /// Folder of a search, file with a genotype, genotype in quotes, or - for stdin; not needed with --config
    #[arg(value_name = "RUN|FILE|TEXT|-", required_unless_present = "config")]
    pub(crate) from: Option<OsString>,
    #[command(flatten)]
    pub(crate) settings: TrainSettingsArgs,
    /// Seed of all random numbers [default: 0]
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<u64>,
}
