//! The command line: a file for the arguments of each command, and one for each group of flags that several take.

mod bench;
mod benchmark;
mod choice;
mod compare;
mod completions;
mod config;
mod data;
mod derive;
mod device;
mod devices;
mod evaluate;
mod export;
mod fetch;
mod figure;
mod methods;
mod network;
mod report;
mod run;
mod search;
mod settings;
mod train;
mod train_settings;
mod values;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

pub(crate) use bench::BenchArgs;
pub(crate) use benchmark::BenchmarkArgs;
pub(crate) use compare::CompareArgs;
pub(crate) use completions::CompletionsArgs;
pub(crate) use config::{ConfigArgs, ConfigCommand, TrainConfigArgs};
pub(crate) use data::DataArgs;
pub(crate) use derive::DeriveArgs;
pub(crate) use devices::DevicesArgs;
pub(crate) use evaluate::EvaluateArgs;
pub(crate) use export::ExportArgs;
pub(crate) use fetch::{DataCommand, FetchArgs};
pub(crate) use figure::FigureArgs;
pub(crate) use methods::MethodsArgs;
pub(crate) use network::NetworkArgs;
pub(crate) use report::ReportArgs;
pub(crate) use run::RunArgs;
pub(crate) use search::SearchArgs;
pub(crate) use settings::SettingsArgs;
pub(crate) use train::TrainArgs;
pub(crate) use train_settings::TrainSettingsArgs;

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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
