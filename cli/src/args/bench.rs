//! Arguments of `bench`.

use std::ffi::OsString;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::choice::ChoiceArgs;
use super::settings::SettingsArgs;
use super::values::{below_half, decimal, presets};

/// Measure the cost of a step of a search or a training on this machine
///
/// The command takes the steps of a search with these settings, which train architecture and weights, on random images
/// in the shape of the data set's images. The data set itself is not needed. λ has its final value from the first step
/// on. Settings that only a whole search uses have no effect: --data-dir, --images, --table, --epochs,
/// --checkpoint-minutes, --curvature, --tensorboard, --warn-parameter-free and --stop-on-collapse. Neither
/// have those of searchers, --evaluations and --budget-seconds.
///
/// A step trains the weights on one batch and the architecture on another; images per second counts the former. A GPU
/// computes in the background, so a phase ends when its results are read.
///
/// With --train, the steps are those of the training of a cell's network. Its defaults are those of the recipe that
/// `train` takes, on images like those of CIFAR-10 if the cell is not that of a run. The probability of the drop paths
/// is 0 in the first epoch of a training: if there are drop paths, the whole first epoch warms up, and the second one is
/// measured. An epoch then has as many steps as the larger of --steps and --warmup.
#[derive(Args, Debug)]
#[command(mut_arg("method", |arg| arg.value_parser(PossibleValuesParser::new(presets()))))]
#[command(after_help = "Examples:\n  \
    lambda-darts bench --space darts --data cifar10 --batch 16\n  \
    lambda-darts bench --train \"Genotype(normal=[…], …)\" --batch 32 --drop-path 0.1\n  \
    lambda-darts bench --device vulkan --estimator frozen --json")]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    /// Measure the training of the network of this cell instead of a search: folder of a run, file with a genotype,
    /// genotype in quotes, or - for stdin
    #[arg(long, value_name = "RUN|FILE|TEXT|-", help_heading = "Training of a network", conflicts_with_all = ["method",
        "published", "lambda", "epsilon", "estimator", "order", "unrolled", "arch_lr", "curvature", "table",
        "warn_parameter_free", "stop_on_collapse"])]
    pub(crate) train: Option<OsString>,
    /// Coefficient of the auxiliary head's loss; 0 leaves the head out [default: that of the recipe]
    #[arg(long, value_name = "X", help_heading = "Training of a network", requires = "train",
        allow_negative_numbers = true, value_parser = decimal)]
    pub(crate) auxiliary_weight: Option<f64>,
    /// Probability of the drop paths in the measured steps; 0 leaves them out [default: that of the recipe]
    #[arg(long, value_name = "X", help_heading = "Training of a network", requires = "train",
        allow_negative_numbers = true, value_parser = below_half)]
    pub(crate) drop_path: Option<f64>,
    /// Number of steps that are measured
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Measurement",
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) steps: u16,
    /// Number of steps before the measured ones, to warm up
    #[arg(long, value_name = "N", default_value_t = 2, help_heading = "Measurement")]
    pub(crate) warmup: u16,
    /// Print the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
