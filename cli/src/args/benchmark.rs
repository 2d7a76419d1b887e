//! Arguments of `benchmark`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::values::whole;

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
