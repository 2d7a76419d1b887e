//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use lambda_darts::data::{Background, DataSet};
use lambda_darts::method::{MethodConfig, PRESETS, Preset};
use lambda_darts::searcher::SearcherSettings;
use lambda_darts::training::Recipe;

use crate::export::Format;
use crate::fetch::FetchSet;
use crate::figure::{Inches, Panel};

/// Differentiable neural architecture search with aligned cell gradients (Λ-DARTS)
///
/// Without a subcommand, the command searches NAS-Bench-201 with DARTS and with Λ-DARTS on built-in images of
/// Fashion-MNIST, and tells what the two cells are worth. That takes about a minute on two cores and needs no download.
#[derive(Debug, Parser)]
#[command(name = "lambda-darts", version = crate::environment::VERSION)]
#[command(after_help = "Examples:\n  \
    lambda-darts\n  \
    lambda-darts search --help")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogArgs {
    /// Level of the log: debug has every step, info every epoch. RUST_LOG chooses levels in more detail [default: warn,
    /// or info with --log-file]
    #[arg(long, value_name = "LEVEL", global = true,
        value_parser = PossibleValuesParser::new(["off", "error", "warn", "info", "debug", "trace"]))]
    pub(crate) log_level: Option<String>,
    /// Log to the end of this file instead of stderr
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) log_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    // Commands without a comment here take their help from the struct of their arguments. With a doc comment here,
    // --help would show only the first line of that.
    Search(Box<SearchArgs>),
    Train(Box<TrainArgs>),
    Evaluate(Box<EvaluateArgs>),
    Export(ExportArgs),
    Compare(Box<CompareArgs>),
    Derive(DeriveArgs),
    Report(ReportArgs),
    Figure(FigureArgs),
    Benchmark(BenchmarkArgs),
    Bench(Box<BenchArgs>),
    Config(Box<ConfigArgs>),
    Methods(MethodsArgs),
    /// List the devices that a search can run on
    Devices(DevicesArgs),
    /// Download data sets
    #[command(subcommand)]
    Data(DataCommand),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

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

// What tells one search from others with the same settings. (A doc comment here would become the help of commands.)
#[derive(Args, Debug, Default)]
pub(crate) struct ChoiceArgs {
    /// Method of the search; `lambda-darts methods` describes them
    #[arg(long, help_heading = "Method", value_parser = PossibleValuesParser::new(methods()))]
    pub(crate) method: Option<String>,
    /// Seed of all random numbers: the same seed on the same device gives the same search
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<u64>,
}

// The images of a run. (A doc comment here would become the help of commands.)
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DataArgs {
    /// Data set to train on; digits and fashion are built in; `compare` takes several, separated by commas [default: fashion]
    #[arg(long = "data", id = "data", value_name = "SET", value_delimiter = ',', help_heading = "Space and data",
        value_parser = PossibleValuesParser::new(DataSet::ALL.map(DataSet::name)))]
    pub(crate) sets: Vec<String>,
    /// Folder of the data set, such as the one that `data fetch` writes to
    #[arg(long, value_name = "DIR", help_heading = "Space and data")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Use only N images, drawn by the seed
    #[arg(long, value_name = "N", help_heading = "Space and data", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) images: Option<usize>,
    /// Colour behind transparent images of a folder: white, black, or digits such as #ff8000 [default: white]
    #[arg(long, value_name = "COLOUR", help_heading = "Space and data")]
    pub(crate) background: Option<Background>,
    /// Leave out the files of a folder that cannot be read
    #[arg(long, help_heading = "Space and data")]
    pub(crate) skip_unreadable: bool,
    /// Resize the images to PX × PX pixels
    #[arg(long, value_name = "PX", help_heading = "Space and data", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) size: Option<usize>,
}

// How a run is done, beside its settings. (A doc comment here would become the help of commands.)
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RunArgs {
    /// Device to run on: auto, cpu, vulkan, metal or dx12; vulkan:1 is the second GPU of an API, vulkan:nvidia one with
    /// this text in its name; auto is the CPU [default: auto]
    #[arg(long, value_name = "DEVICE", value_parser = device_name)]
    pub(crate) device: Option<String>,
    /// Save a checkpoint at least every N minutes, and at the end of every epoch [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) checkpoint_minutes: Option<u32>,
    /// Print only warnings and the result
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Number of threads that the CPU computes with [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Also write the numbers of every step and epoch for TensorBoard, into the folder tensorboard of the run
    #[arg(long)]
    pub(crate) tensorboard: bool,
}

// The settings that `search`, `compare`, `bench` and `config` share. (A doc comment here would become the help of these
// commands.)
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

// The settings of a training. (A doc comment here would become the help of commands.)
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TrainSettingsArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Read the settings from this TOML file, such as the config.toml of another training
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Recipe: the published settings by name, or small ones for minutes on a CPU [default: small for the built-in images,
    /// else that of the space]
    #[arg(long, value_name = "NAME", conflicts_with = "config",
        value_parser = PossibleValuesParser::new(Recipe::ALL.map(Recipe::name)))]
    pub(crate) recipe: Option<String>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    /// Probability of the drop paths, to which it rises from 0 [default: that of the recipe]
    #[arg(long, value_name = "X", help_heading = "Network", allow_negative_numbers = true, value_parser = decimal)]
    pub(crate) drop_path: Option<f64>,
    /// Number of passes over the training images [default: that of the recipe]
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) epochs: Option<usize>,
    /// Number of images in a batch [default: that of the recipe]
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) batch: Option<usize>,
    /// Learning rate of the first epoch [default: that of the recipe]
    #[arg(long, value_name = "X", help_heading = "Training", allow_negative_numbers = true, value_parser = decimal)]
    pub(crate) lr: Option<f64>,
    /// Side of the square that is cut out of training images, in pixels; 0 for none [default: that of the recipe]
    #[arg(long, value_name = "PX", help_heading = "Training", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) cutout: Option<usize>,
    /// Set any setting of config.toml by its path, such as weights.nesterov=true; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", help_heading = "Training")]
    pub(crate) set: Vec<String>,
}

// The network of a genotype. (A doc comment here would become the help of commands.)
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub(crate) struct NetworkArgs {
    /// Space that arranges the cells of a genotype: a name, or a description in a file that ends in .toml [default: that of
    /// the run, or that of the notation]
    #[arg(long, value_name = "NAME|FILE.toml", help_heading = "Network")]
    pub(crate) space: Option<String>,
    /// Layout of the network: space is that of the space, imagenet that of DARTS for large images [default: space]
    #[arg(long, help_heading = "Network", value_parser = PossibleValuesParser::new(["space", "imagenet"]))]
    pub(crate) layout: Option<String>,
    /// Number of channels of the first cells [default: that of the recipe]
    #[arg(long, value_name = "N", help_heading = "Network", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) channels: Option<usize>,
    /// Number of cells; in a staged layout, the number in each stage [default: that of the recipe]
    #[arg(long, value_name = "N", help_heading = "Network", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) cells: Option<usize>,
    /// Coefficient of the auxiliary head's loss; 0 leaves the head out [default: that of the recipe]
    #[arg(long, value_name = "X", help_heading = "Network", allow_negative_numbers = true, value_parser = decimal)]
    pub(crate) auxiliary_weight: Option<f64>,
}

// The device of a command that is no run. (A doc comment here would become the help of commands.)
#[derive(Args, Clone, Debug)]
pub(crate) struct DeviceArgs {
    /// Device to compute on, by the names that a search takes [default: auto]
    #[arg(long, value_name = "DEVICE", value_parser = device_name)]
    pub(crate) device: Option<String>,
    /// Number of threads that the CPU computes with [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
}

/// Test a trained network on images
///
/// The network is that of a training, and the images are those that the training was tested on. With --data folder, they
/// are all images of a folder that has a folder for each class; classes are found by their names, and images are resized
/// to the size of the network's. With --data and another name, they are the test images of that data set.
///
/// With --weights, the network is that of a genotype with the weights of a file, which have the names of the PyTorch
/// references. Its size is that of the recipe, and the images are the test images of --data, normalized by the mean and
/// the standard deviation of the training images there. Weights of an auxiliary head are left out.
///
/// Accuracies, the mean cross-entropy, the expected calibration error (over 15 bins), the accuracy of every class and the
/// commonest confusions go to stdout.
#[derive(Args, Debug)]
#[command(mut_arg("data", |arg| arg.help("Data set to test on [default: that of the training, or fashion]")))]
#[command(mut_arg("auxiliary_weight", |arg| {
    arg.help("Coefficient of the auxiliary head's loss; above 0, the file has the weights of the head [default: 0]")
}))]
#[command(after_help = "Examples:\n  \
    lambda-darts evaluate runs/darts-train-0\n  \
    lambda-darts evaluate runs/darts-train-0 --data folder --data-dir photos --predictions photos.csv\n  \
    lambda-darts evaluate --weights cifar10.pt \"Genotype(normal=[…], …)\" --data cifar10 --data-dir data")]
pub(crate) struct EvaluateArgs {
    /// Folder of a training or one of its checkpoints; with --weights the genotype: folder of a search, file with a
    /// genotype, genotype in quotes, or - for stdin
    #[arg(value_name = "TRAINED|GENOTYPE")]
    pub(crate) from: OsString,
    /// Weights of the genotype's network: a .safetensors file, or a .pt or .pth file of PyTorch
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub(crate) weights: Option<PathBuf>,
    /// Recipe whose network it is [default: small for the built-in images, else that of the space]
    #[arg(long, value_name = "NAME", help_heading = "Network", requires = "weights",
        value_parser = PossibleValuesParser::new(Recipe::ALL.map(Recipe::name)))]
    pub(crate) recipe: Option<String>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) hardware: DeviceArgs,
    /// Write the prediction for every image to this file: image, label, prediction, confidence, probability_of_label
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) predictions: Option<PathBuf>,
    /// Write the evaluation to this file, as --json prints it
    #[arg(long, value_name = "FILE.json")]
    pub(crate) out: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the evaluation as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Write a network for other programs
///
/// The network is that of a training, without its auxiliary head, or the supernet of a search at its end. Images have the
/// size of the run's, and need the same normalization: stderr says which. Parameters have the names of the PyTorch
/// references. The files are written whole, and their names go to stdout.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts export runs/darts-train-0 --format onnx --fold-norms --out network.onnx\n  \
    lambda-darts export runs/darts-train-0 --format pytorch --out network.py")]
pub(crate) struct ExportArgs {
    /// Folder of a training or a search, or one of its checkpoints
    #[arg(value_name = "RUN")]
    pub(crate) from: PathBuf,
    /// Format of the file
    #[arg(long)]
    pub(crate) format: Format,
    /// File to write to; for pytorch, the name of the module, which ends in .py
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Fold batch norms into the convolutions before them (onnx)
    #[arg(long)]
    pub(crate) fold_norms: bool,
    /// Keep the auxiliary head of a training (not for onnx)
    #[arg(long)]
    pub(crate) auxiliary: bool,
    /// Folder in which the images of a search lie now, if they were moved; a training's are not read
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) hardware: DeviceArgs,
    /// Overwrite files that exist
    #[arg(long)]
    pub(crate) force: bool,
}

/// Search with several methods, seeds and settings, and compare the results
///
/// Methods with a supernet and searchers in a table may stand side by side; flags of either kind are for its methods
/// alone. Each search has a folder of its own, OUT/METHOD-SEED. Finished searches are not repeated, and interrupted ones
/// go on, so the same command completes the comparison after Ctrl-C or a power cut. A second command in the same folder, on
/// this machine or on another one, takes the next search that no other one has claimed. A claim without a sign of life
/// for two minutes is taken over.
///
/// --shard divides the searches among many machines, which docs/many-machines.md describes. A shard takes its own
/// searches alone. SIGTERM and SIGUSR1 end it after the current step with exit code 75, which means: start the same
/// command again. It writes the files in OUT only if all searches of the comparison have ended by then; --collect writes
/// them in any case.
///
/// The table of the results goes to stdout. OUT gets tables of all its searches as table.md, table.tex, table.csv and
/// runs.csv, their curves as curves.csv, a figure as figure.svg and figure.pdf, and the page report.html. A table has the
/// mean and the standard deviation over the seeds, and marks what differs from DARTS, or else from the first method, by a
/// paired t-test. The seconds of a searcher are those that its evaluations cost in the table, if the table tells them.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts compare --methods darts,lambda-darts --seeds 0..5\n  \
    lambda-darts compare --methods darts,lambda-darts --seeds 0..5 --sweep method.alignment.epsilon=1e-1,1e-2\n  \
    lambda-darts compare --methods darts,evolution,random --seeds 0..5 --evaluations 200\n  \
    lambda-darts compare --methods darts,lambda-darts --seeds 0..5 --shard 2/3\n  \
    lambda-darts compare --methods darts,lambda-darts --seeds 0..5 --collect")]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// The methods, separated by commas
    #[arg(long, value_name = "METHOD,…", value_delimiter = ',', required = true, help_heading = "Comparison",
        value_parser = PossibleValuesParser::new(methods()))]
    pub(crate) methods: Vec<String>,
    /// The seeds: numbers and ranges such as 0..4 (without 4) or 0..=4, separated by commas
    #[arg(long, value_name = "SEEDS", help_heading = "Comparison")]
    pub(crate) seeds: String,
    /// Take several values of a setting by its path, such as method.alignment.epsilon=1e-1,1e-2; may be repeated, for all
    /// combinations. A method that does not have the setting takes part once
    #[arg(long, value_name = "PATH=VALUE,…", help_heading = "Comparison")]
    pub(crate) sweep: Vec<String>,
    /// The spaces, separated by commas, in the place of --space; with several of them or of data sets, each pair has a table
    /// and a folder of its own, OUT/SPACE-DATA
    #[arg(long, value_name = "SPACE,…", value_delimiter = ',', help_heading = "Comparison", conflicts_with = "space")]
    pub(crate) spaces: Vec<String>,
    /// Also train the network of each found cell for N epochs, and add its test accuracy to the table
    #[arg(long, value_name = "N", help_heading = "Training of the cells", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) train: Option<usize>,
    /// Recipe of the trainings [default: small for the built-in images, else that of the space]
    #[arg(long, value_name = "NAME", help_heading = "Training of the cells", requires = "train",
        value_parser = PossibleValuesParser::new(Recipe::ALL.map(Recipe::name)))]
    pub(crate) recipe: Option<String>,
    /// Set any setting of the trainings by its path, such as network.channels=16; may be repeated
    #[arg(long, value_name = "PATH=VALUE", help_heading = "Training of the cells", requires = "train")]
    pub(crate) train_set: Vec<String>,
    /// Folder of the comparison
    #[arg(long, value_name = "DIR", default_value = "runs/compare", help_heading = "Comparison")]
    pub(crate) out: PathBuf,
    /// Number of searches at a time; each has the whole supernet in memory
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Comparison",
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: u16,
    /// Take one part of N alone: the searches I, I+N, … in the order of the comparison; slurm takes I and N from a job
    /// array
    #[arg(long, value_name = "I/N|slurm", help_heading = "Comparison")]
    pub(crate) shard: Option<String>,
    /// Run no search, but make table and files from the searches that have ended
    #[arg(long, help_heading = "Comparison", conflicts_with_all = ["shard", "jobs"])]
    pub(crate) collect: bool,
    /// Panels of the figure, separated by commas; best is of searchers, the others are of methods with a supernet
    #[arg(long, value_name = "PANEL,…", value_delimiter = ',', help_heading = "Comparison",
        value_parser = PossibleValuesParser::new(Panel::OF_SEARCHES.map(Panel::name)),
        default_value = "alignment,accuracy,best")]
    pub(crate) panels: Vec<String>,
    /// Print the comparison as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Print an architecture in every notation, and the cost of its network
///
/// The architecture is that of a run, or a genotype in any notation: as text, in a file, or from stdin.
/// The architecture goes to stdout in the notations of the literature. The numbers of parameters and multiply-adds of
/// the network to be trained from scratch go to stderr. By default, the network has the size of the papers: 36 channels
/// and 20 cells in DARTS's layout, and 16 channels and 5 cells in each stage on NAS-Bench-201, for the images of the run, or
/// without one for colour images of 32×32 pixels in 10 classes; with --layout imagenet, 48 channels and 14 cells, for
/// 224×224 pixels in 1000 classes. The
/// drawings are those of the web page; those of a run show how sure the search was of each edge.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts derive runs/lambda-darts-0 --pdf cell.pdf\n  \
    lambda-darts derive \"Genotype(normal=[…], …)\" --layout imagenet --json")]
pub(crate) struct DeriveArgs {
    /// Folder of a run, file with a genotype, genotype in quotes, or - for stdin
    #[arg(value_name = "RUN|FILE|TEXT|-")]
    pub(crate) from: OsString,
    /// Epoch of the architecture, counted from 1 as a search prints it [default: the last one]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) epoch: Option<usize>,
    /// Layout of the network: cifar for small images, imagenet for images of 224 pixels; NAS-Bench-201 has its own
    /// [default: cifar]
    #[arg(long, help_heading = "Network to be trained", value_parser = PossibleValuesParser::new(["cifar", "imagenet"]))]
    pub(crate) layout: Option<String>,
    /// Number of channels of the first cells [default: 36, 48 for ImageNet, 16 on NAS-Bench-201]
    #[arg(long, value_name = "N", help_heading = "Network to be trained", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) channels: Option<usize>,
    /// Number of cells; in a staged layout, the number in each stage [default: 20, 14 for
    /// ImageNet, 5 on NAS-Bench-201]
    #[arg(long, value_name = "N", help_heading = "Network to be trained", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) cells: Option<usize>,
    /// Number of classes [default: those of the run, 1000 for ImageNet, 10 without a run]
    #[arg(long, value_name = "N", help_heading = "Network to be trained", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) classes: Option<usize>,
    /// Height and width of the images in pixels [default: those of the run, 224 for ImageNet, 32 without a run]
    #[arg(long, value_name = "N", help_heading = "Network to be trained",
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) size: Option<u16>,
    /// Draw the cells as SVG to this file
    #[arg(long, value_name = "FILE", help_heading = "Drawing")]
    pub(crate) svg: Option<PathBuf>,
    /// Draw the cells as PNG to this file
    #[arg(long, value_name = "FILE", help_heading = "Drawing")]
    pub(crate) png: Option<PathBuf>,
    /// Draw the cells as PDF to this file, as wide as a column of text
    #[arg(long, value_name = "FILE", help_heading = "Drawing")]
    pub(crate) pdf: Option<PathBuf>,
    /// Write the cells as graphs for Graphviz to this file
    #[arg(long, value_name = "FILE", help_heading = "Drawing")]
    pub(crate) dot: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long, help_heading = "Drawing")]
    pub(crate) force: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show runs on one page that opens in a browser, from disk
///
/// Of searches with a supernet, the page shows the saturation of every edge across the cells, the cells, the curves and
/// the agreement of the cells' gradients, over all epochs: two at a time side by side, and all of them in a table. Of
/// trainings, it shows the learning curves, a table and the cells; with --evaluate also the confusion matrix, the
/// accuracy of every class, the calibration and the worst mistakes. Of black-box searches, it shows the best fitness so
/// far, and the cells. It contains all of its data and loads nothing over the network.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts report runs/darts-0 runs/lambda-darts-0\n  \
    lambda-darts report runs/nas-bench-201-train-0 --evaluate\n  \
    lambda-darts report runs/compare --out compare.html --csv curves.csv")]
pub(crate) struct ReportArgs {
    /// Folders of the runs, or folders with such folders inside, such as that of a comparison
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// File to write the page to
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    pub(crate) out: PathBuf,
    /// Evaluate the trainings on their test images
    #[arg(long)]
    pub(crate) evaluate: bool,
    /// Device to evaluate on, as for a training [default: auto]
    #[arg(long, value_name = "DEVICE", value_parser = device_name, requires = "evaluate")]
    pub(crate) device: Option<String>,
    /// Folder of the data set, if the images of the trainings were moved
    #[arg(long, value_name = "DIR", requires = "evaluate")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Also write the curves: a row for every epoch of every run, of a search for every type of cell, and of a searcher
    /// for every evaluation
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// Also write the cells, those of the last epoch of a search, as graphs for Graphviz
    #[arg(long, value_name = "FILE")]
    pub(crate) dot: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long)]
    pub(crate) force: bool,
}

/// Draw the curves of runs as a figure for a paper
///
/// A line is the mean over the runs that differ in the seed alone, and a band one standard deviation. Methods have their
/// names in the literature, and trainings those of their folders without the seed. Lines have marks and dashes beside
/// colours, and type of 8 points at the width of the figure.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts figure runs/compare\n  \
    lambda-darts figure runs/darts-cell-0 runs/lambda-cell-0 --panels test-accuracy\n  \
    lambda-darts figure runs/darts-0 runs/lambda-darts-0 --panels alignment --width 3.25in --out alignment.pdf")]
pub(crate) struct FigureArgs {
    /// Folders of runs, or folders with such folders inside, such as that of a comparison
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// File to write the figure to; its name ends in .pdf, .svg or .png
    #[arg(long, value_name = "FILE", default_value = "figure.pdf")]
    pub(crate) out: PathBuf,
    /// Width of the figure in in, cm or mm
    #[arg(long, value_name = "WIDTH", default_value_t)]
    pub(crate) width: Inches,
    /// Panels, separated by commas; test-accuracy and train-loss are of trainings, best is of searchers, the others are
    /// of searches with a supernet [default: alignment,accuracy, with searchers best, or of trainings alone both of theirs]
    #[arg(long, value_name = "PANEL,…", value_delimiter = ',',
        value_parser = PossibleValuesParser::new(Panel::all().map(Panel::name)))]
    pub(crate) panels: Vec<String>,
    /// Overwrite the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

/// Look up an architecture in a table of known results
///
/// The table is the built-in one of NAS-Bench-201, or a CSV file whose header names index, arch, c10_valid, c10_test,
/// c100_valid, c100_test, in16_valid, in16_test and perhaps params_m, c10_train_s.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts benchmark runs/lambda-darts-0\n  \
    lambda-darts benchmark '|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|' --json")]
pub(crate) struct BenchmarkArgs {
    /// Table in the place of --table, and folder of a run, file with a genotype, genotype in quotes, or - for stdin
    #[arg(value_name = "[TABLE.csv] RUN|FILE|TEXT|-", num_args = 1..=2, required = true)]
    pub(crate) from: Vec<OsString>,
    /// Epoch of the run, counted from 1 [default: the last one]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) epoch: Option<usize>,
    /// Table to look it up in [default: the built-in one of NAS-Bench-201]
    #[arg(long, value_name = "TABLE.csv")]
    pub(crate) table: Option<PathBuf>,
    /// Print one JSON object, with accuracies from 0 to 1
    #[arg(long)]
    pub(crate) json: bool,
}

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

/// List the methods, the parts that they are composed of, and the settings of both
///
/// A part that a method lacks can be added to it in a configuration file, or with --set method.PART.SETTING=VALUE.
/// Searchers have no parts; --set searcher.SETTING=VALUE changes their settings. Methods that are not here are listed with
/// the reason.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts methods\n  \
    lambda-darts methods --json")]
pub(crate) struct MethodsArgs {
    /// Print one JSON object: methods with name, paper, parts and kind; those that are not here; parts, and the JSON
    /// Schema of their settings
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts devices\n  \
    lambda-darts devices --json")]
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
#[command(after_help = "Examples:\n  \
    lambda-darts data fetch cifar10\n  \
    lambda-darts data fetch fashion-mnist --data-dir images")]
pub(crate) struct FetchArgs {
    /// Data set to download
    pub(crate) set: FetchSet,
    /// Folder of the data sets; a search reads it with the same flag
    #[arg(long, alias = "into", value_name = "DIR", default_value = "data")]
    pub(crate) data_dir: PathBuf,
    /// Download from this mirror instead: the URL up to the name of the file. Size and checksum are checked as always
    #[arg(long, value_name = "BASE")]
    pub(crate) url: Option<String>,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts completions bash > ~/.local/share/bash-completion/completions/lambda-darts\n  \
    lambda-darts completions zsh > _lambda-darts")]
pub(crate) struct CompletionsArgs {
    /// Shell that the script is for
    pub(crate) shell: clap_complete::Shell,
}

/// Names of the methods with a supernet.
fn presets() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().copied().map(Preset::name)
}

/// Names of all parts of methods.
fn parts() -> impl Iterator<Item = &'static str> {
    MethodConfig::all_parts().into_iter().map(|part| part.name)
}

/// Names of all methods.
fn methods() -> impl Iterator<Item = &'static str> {
    presets().chain(SearcherSettings::NAMES.iter().copied())
}

/// Reads a whole number.
fn whole(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "write a whole number, 0 or more".to_owned())
}

/// Reads a seed.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write a whole number from 0 to 9,223,372,036,854,775,807".to_owned())
}

/// Reads a number with or without a fraction.
fn decimal(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "write a number, such as 0.1 or 1e-3".to_owned())
}

/// Reads a number from 0 to below 0.5.
fn below_half(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| (0.0..0.5).contains(number));
    number.ok_or_else(|| "write a number of at least 0 and below 0.5, such as 0.1".to_owned())
}

/// Checks the form of a device's name: an API that is known, and perhaps an index or a part of a name.
fn device_name(name: &str) -> Result<String, String> {
    let (api, which) = name.split_once(':').map_or((name, None), |(api, which)| (api, Some(which)));
    match (api, which) {
        ("auto" | "cpu" | "vulkan" | "metal" | "dx12", None) => Ok(name.to_owned()),
        ("vulkan" | "metal" | "dx12", Some(which)) if !which.is_empty() => Ok(name.to_owned()),
        _ => Err("known are auto, cpu, vulkan, metal, dx12, and a GPU as vulkan:1 or vulkan:nvidia".to_owned()),
    }
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
