//! Flags of the settings that `search`, `compare`, `bench` and `config` share.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::data::DataArgs;
use super::run::RunArgs;
use super::values::{decimal, parts, whole};

// A doc comment here would become the help of commands.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct SettingsArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Read the settings from this TOML file, such as the config.toml of another run
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Take the settings of the papers as they are, whatever the images are
    #[arg(long, conflicts_with = "config")]
    pub(crate) published: bool,
    /// Search space: nas-bench-201, darts, darts-none, s1 to s4, or a description in a file that ends in .toml
    /// [default: nas-bench-201]
    #[arg(long, value_name = "NAME|FILE.toml", help_heading = "Space and data")]
    pub(crate) space: Option<String>,
    /// Final value of λ, the coefficient of the regularizer
    #[arg(long, alias = "strength", value_name = "X", help_heading = "Method", allow_negative_numbers = true, value_parser = decimal)]
    pub(crate) lambda: Option<f64>,
    /// Step ε₀ of the finite difference in the regularizer (not used by the frozen estimator on the CPU)
    #[arg(long, value_name = "X", help_heading = "Method", allow_negative_numbers = true, value_parser = decimal)]
    pub(crate) epsilon: Option<f64>,
    /// Estimator of Λ's gradient: central is the paper's difference of two passes; frozen keeps the activation
    /// pattern of ReLU and max pool, and is exact on the CPU
    #[arg(long, help_heading = "Method", value_parser = PossibleValuesParser::new(["central", "frozen"]))]
    pub(crate) estimator: Option<String>,
    /// Add parts to the method, such as alignment, with commas between them; `lambda-darts methods` describes them
    #[arg(long, value_name = "PART", value_delimiter = ',', help_heading = "Method",
        value_parser = PossibleValuesParser::new(parts()))]
    pub(crate) with: Vec<String>,
    /// Set any setting of config.toml by its path, such as method.alignment.lambda=0.25; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", help_heading = "Method")]
    pub(crate) set: Vec<String>,
    /// Order of the updates in a step: architecture or weights first
    #[arg(long, help_heading = "Method",
        value_parser = PossibleValuesParser::new(["architecture-first", "weights-first"]))]
    pub(crate) order: Option<String>,
    /// Take the gradient of the architecture at the weights after a step (second order; slower)
    #[arg(long, help_heading = "Method")]
    pub(crate) unrolled: bool,
    /// Number of passes over the training part
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) epochs: Option<usize>,
    /// Number of images in a batch
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) batch: Option<usize>,
    /// Number of channels of the first cells
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) channels: Option<usize>,
    /// Number of cells of the network; for nas-bench-201, the number in each of the three stages
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) cells: Option<usize>,
    /// Learning rate of the weights in the first epoch
    #[arg(long, value_name = "X", help_heading = "Training", allow_negative_numbers = true, value_parser = decimal)]
    pub(crate) lr: Option<f64>,
    /// Learning rate of the architecture
    #[arg(long, value_name = "X", help_heading = "Training", allow_negative_numbers = true, value_parser = decimal)]
    pub(crate) arch_lr: Option<f64>,
    /// Measure the dominant eigenvalue of the architecture's Hessian after each epoch, which takes up to 11 more passes
    /// (21 on a GPU)
    #[arg(long, help_heading = "Training")]
    pub(crate) curvature: bool,
    /// Warn of a collapse if more than this share of the edges have an operation without weights (skip connection, pool,
    /// noise, none), once a third of the epochs are over
    #[arg(long, value_name = "SHARE", help_heading = "Training", allow_negative_numbers = true, value_parser = decimal)]
    pub(crate) warn_parameter_free: Option<f64>,
    /// End the search at a warning of a collapse, by operations without weights or, with --curvature, by RobustDARTS's rule
    #[arg(long, help_heading = "Training")]
    pub(crate) stop_on_collapse: bool,
    /// Number of architectures that a searcher evaluates [default: 100 without --budget-seconds]
    #[arg(long, value_name = "N", help_heading = "Searcher", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) evaluations: Option<usize>,
    /// Seconds that a searcher may spend: the sum of what its evaluations cost in the table, 12/200 of a training each; it
    /// needs a --table with the column c10_train_s, which the built-in one lacks
    #[arg(long, value_name = "S", help_heading = "Searcher", allow_negative_numbers = true, value_parser = decimal)]
    pub(crate) budget_seconds: Option<f64>,
    /// Look up the architecture of every epoch, or every architecture that a searcher proposes, in this table
    /// [default: the built-in one of NAS-Bench-201, in its space]
    #[arg(long, alias = "benchmark", value_name = "TABLE.csv")]
    pub(crate) table: Option<PathBuf>,
}
