//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use lambda_darts::data::DataSet;
use lambda_darts::search::MethodName;

use crate::fetch::FetchSet;

/// Differentiable neural architecture search with aligned cell gradients (Λ-DARTS)
///
/// Without a subcommand it searches NAS-Bench-201 on built-in images of handwritten digits, which takes seconds on
/// a CPU and needs no download.
#[derive(Debug, Parser)]
#[command(name = "lambda-darts", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogArgs {
    /// How much to log: debug has every step, info every epoch [default: warn, or info with --log-file]
    #[arg(long, value_name = "LEVEL", global = true,
        value_parser = PossibleValuesParser::new(["off", "error", "warn", "info", "debug", "trace"]))]
    pub(crate) log_level: Option<String>,
    /// Log to the end of this file instead of stderr
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) log_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    // The help of these is that of their arguments: a line here would hide all but the first there.
    Search(Box<SearchArgs>),
    Compare(Box<CompareArgs>),
    Derive(DeriveArgs),
    Report(ReportArgs),
    /// Look an architecture up in a table of known results
    Benchmark(BenchmarkArgs),
    Bench(Box<BenchArgs>),
    /// List the devices that a search can run on
    Devices(DevicesArgs),
    /// Get data sets
    #[command(subcommand)]
    Data(DataCommand),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// Search for an architecture
///
/// Progress goes to stderr, the result to stdout, and everything that happened to the folder of the run: config.toml,
/// environment.json, events.jsonl, genotype.json and checkpoints. Ctrl-C ends the search after the current step and
/// keeps what it has found; a second one ends it at once. Whatever ended it, --resume goes on with it.
///
/// Flags override the file given with --config. Without one, the settings are small ones for the built-in digits and
/// the published ones for every other data set.
#[derive(Args, Debug, Default)]
pub(crate) struct SearchArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// darts has no regularizer, lambda-darts aligns by the cosine, lambda-darts-sign by the sign
    #[arg(long, help_heading = "Method",
        value_parser = PossibleValuesParser::new(MethodName::ALL.map(MethodName::name)))]
    pub(crate) method: Option<String>,
    /// Seed of all random numbers: the same seed on the same device gives the same search
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// The folder of the run [default: runs/SPACE-METHOD-SEED, with a number appended if it exists]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write into the folder of --out even if it is not empty
    #[arg(long)]
    pub(crate) force: bool,
    /// Go on with the run in this folder where its newest checkpoint was taken, as if it had never stopped
    #[arg(long, value_name = "RUN", conflicts_with_all = ["config", "space", "data", "data_dir", "images", "size",
        "method", "strength", "epsilon", "estimator", "order", "unrolled", "epochs", "batch", "channels", "cells", "lr",
        "arch_lr", "seed", "curvature", "out", "force"])]
    pub(crate) resume: Option<PathBuf>,
    /// Print the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

// What a search is asked for, alone or among others. (A doc comment here would become the help of its commands.)
#[derive(Args, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct SettingsArgs {
    /// Read the settings from this TOML file, such as the config.toml of another run
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The search space: nas-bench-201, darts, darts-none, s1 to s4, or a description in a file that ends in .toml
    #[arg(long, value_name = "NAME|FILE.toml", help_heading = "What is searched")]
    pub(crate) space: Option<String>,
    /// The images to train on; digits are built in [default: digits]
    #[arg(long, value_name = "SET", help_heading = "What is searched",
        value_parser = PossibleValuesParser::new(DataSet::ALL.map(DataSet::name)))]
    pub(crate) data: Option<String>,
    /// The folder that the data set lies in, such as the one that `data fetch` writes to
    #[arg(long, value_name = "DIR", help_heading = "What is searched")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Use only N images, drawn by the seed
    #[arg(long, value_name = "N", help_heading = "What is searched")]
    pub(crate) images: Option<usize>,
    /// Resize the images to PX × PX pixels
    #[arg(long, value_name = "PX", help_heading = "What is searched")]
    pub(crate) size: Option<usize>,
    /// The final strength λ of the regularizer
    #[arg(long, value_name = "LAMBDA", help_heading = "Method", allow_negative_numbers = true)]
    pub(crate) strength: Option<f64>,
    /// The step ε₀ of the finite difference in the regularizer (frozen on the CPU has none)
    #[arg(long, value_name = "X", help_heading = "Method", allow_negative_numbers = true)]
    pub(crate) epsilon: Option<f64>,
    /// How Λ's gradient is found: central is the paper's difference of two passes; frozen keeps the branches of ReLU and
    /// max pool, and is exact on the CPU
    #[arg(long, help_heading = "Method", value_parser = PossibleValuesParser::new(["central", "frozen"]))]
    pub(crate) estimator: Option<String>,
    /// Which of architecture and weights is stepped first
    #[arg(long, help_heading = "Method",
        value_parser = PossibleValuesParser::new(["architecture-first", "weights-first"]))]
    pub(crate) order: Option<String>,
    /// Take the architecture's gradient at the weights after a step (second order; slower)
    #[arg(long, help_heading = "Method")]
    pub(crate) unrolled: bool,
    /// Passes over the training part
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub(crate) epochs: Option<usize>,
    /// Images in a batch
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub(crate) batch: Option<usize>,
    /// Channels of the first cells
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub(crate) channels: Option<usize>,
    /// Cells of the network; for nas-bench-201 the cells in each of the three stages
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub(crate) cells: Option<usize>,
    /// The weights' learning rate in the first epoch
    #[arg(long, value_name = "X", help_heading = "Training", allow_negative_numbers = true)]
    pub(crate) lr: Option<f64>,
    /// The architecture's learning rate
    #[arg(long, value_name = "X", help_heading = "Training", allow_negative_numbers = true)]
    pub(crate) arch_lr: Option<f64>,
    /// Measure the dominant eigenvalue of the architecture's Hessian after each epoch (up to 11 passes more, on a GPU 21)
    #[arg(long, help_heading = "Training")]
    pub(crate) curvature: bool,
    /// Warn of a collapse when more than this share of the edges are skip connections [default: 0.5]
    #[arg(long, value_name = "SHARE", help_heading = "Training")]
    pub(crate) warn_skips: Option<f64>,
    /// End the search when a collapse is warned of, by skip connections or, with --curvature, by RobustDARTS's rule
    #[arg(long, help_heading = "Training")]
    pub(crate) stop_on_collapse: bool,
    /// Where to run; auto takes what is fastest, which so far is the CPU [default: auto]
    #[arg(long, value_parser = PossibleValuesParser::new(["auto", "cpu", "vulkan", "metal", "dx12"]))]
    pub(crate) device: Option<String>,
    /// Look every epoch's architecture up in this table of NAS-Bench-201
    #[arg(long, value_name = "TABLE.csv")]
    pub(crate) benchmark: Option<PathBuf>,
    /// Save a checkpoint at least every N minutes, and at the end of every epoch [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) checkpoint_minutes: Option<u32>,
    /// Write the numbers of every step and epoch for TensorBoard too, into the run's folder tensorboard
    #[arg(long)]
    pub(crate) tensorboard: bool,
}

/// Search with several methods and seeds, and compare what comes out
///
/// Each search has a folder of its own, OUT/METHOD-SEED. Searches that are there already are not made again and those
/// that were stopped go on, so the same command after Ctrl-C or a power cut does what is left. The table goes to stdout;
/// OUT gets it as table.md, the curves as curves.csv, and compare.svg: the layer alignment and the accuracy over the
/// epochs, a line for the mean of each method and a band of one standard deviation.
#[derive(Args, Debug)]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// The methods, separated by commas
    #[arg(long, value_name = "METHOD,…", value_delimiter = ',', required = true, help_heading = "What is compared",
        value_parser = PossibleValuesParser::new(MethodName::ALL.map(MethodName::name)))]
    pub(crate) methods: Vec<String>,
    /// The seeds: 0..4 (without 4), or numbers separated by commas
    #[arg(long, value_name = "A..B|N,…", help_heading = "What is compared")]
    pub(crate) seeds: String,
    /// The folder of the comparison
    #[arg(long, value_name = "DIR", default_value = "runs/compare", help_heading = "What is compared")]
    pub(crate) out: PathBuf,
    /// Searches at a time; each has the whole supernet in memory
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "What is compared",
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: u16,
    /// Print the comparison as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Print the architecture that a run has found, and what its network costs
///
/// The architecture goes to stdout in the notations of the field. Parameters and multiply-adds of the network to be
/// trained from scratch go to stderr: by default at the size of the papers, 36 channels and 20 cells where cells are
/// stacked and 16 channels and 5 cells a stage on NAS-Bench-201, for colour images of 32×32 pixels in 10
/// classes.
#[derive(Args, Debug)]
pub(crate) struct DeriveArgs {
    /// The folder of a run
    pub(crate) run: PathBuf,
    /// The epoch, counted from 1 as a search prints it [default: the last one]
    #[arg(long, value_name = "N")]
    pub(crate) epoch: Option<usize>,
    /// Channels of the first cells [default: 36 or 16]
    #[arg(long, value_name = "N", help_heading = "The network to be trained")]
    pub(crate) channels: Option<usize>,
    /// Cells; a stage where they are staged [default: 20 or 5]
    #[arg(long, value_name = "N", help_heading = "The network to be trained")]
    pub(crate) cells: Option<usize>,
    /// Classes to tell apart
    #[arg(long, value_name = "N", help_heading = "The network to be trained", default_value_t = 10)]
    pub(crate) classes: usize,
    /// Height and width of the images in pixels
    #[arg(long, value_name = "N", help_heading = "The network to be trained", default_value_t = 32,
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) size: u16,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show runs on one page that opens in a browser, from disk
///
/// The page holds everything that it shows and asks for nothing over the network: the saturation of every edge across
/// the cells, the cells, the curves and the agreement of the cells' gradients, over all epochs. With several runs, two
/// at a time are shown side by side, and a table has all of them.
#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// The folders of the runs
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// The page
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    pub(crate) out: PathBuf,
    /// Write the curves too: a row for every run, epoch and kind of cell
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// Write the cells of the last epochs too, as graphs for Graphviz
    #[arg(long, value_name = "FILE")]
    pub(crate) dot: Option<PathBuf>,
    /// Write over files that are there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args, Debug)]
pub(crate) struct BenchmarkArgs {
    /// The CSV file with the results of all cells
    pub(crate) table: PathBuf,
    #[arg(help = "The architecture in any notation, quoted for the shell, such as \
        '|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|'")]
    pub(crate) arch: String,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Measure what a step of a search costs here
///
/// It takes the steps of a search with these settings, architecture and weights together, on random images of the data
/// set's shape: the data set itself is not needed. The regularizer has its full strength from the first step on. What
/// only a whole search has a use for (epochs, checkpoints, tables, warnings) changes nothing.
///
/// A step trains the weights on one batch and the architecture on another; images per second counts the former. A GPU
/// computes while it is given more to do, so a phase ends where its results are read.
#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// darts has no regularizer, lambda-darts aligns by the cosine, lambda-darts-sign by the sign
    #[arg(long, help_heading = "Method",
        value_parser = PossibleValuesParser::new(MethodName::ALL.map(MethodName::name)))]
    pub(crate) method: Option<String>,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// Steps that are measured
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "What is measured",
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) steps: u16,
    /// Steps before them, to warm up
    #[arg(long, value_name = "N", default_value_t = 2, help_heading = "What is measured")]
    pub(crate) warmup: u16,
    /// Threads that the CPU computes with [default: one a core]
    #[arg(long, value_name = "N", help_heading = "What is measured",
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Print the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DevicesArgs {
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Download a data set and check that it is complete
    Fetch(FetchArgs),
}

#[derive(Args, Debug)]
pub(crate) struct FetchArgs {
    /// The data set
    pub(crate) set: FetchSet,
    /// The folder to write to; name it to a search with --data-dir
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub(crate) into: PathBuf,
    /// Download from this mirror instead: the URL up to the name of the file. Size and checksum are checked all the same
    #[arg(long, value_name = "BASE")]
    pub(crate) url: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
