//! Arguments of `compare`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use lambda_darts::training::Recipe;

use super::settings::SettingsArgs;
use super::values::{methods, whole};
use crate::figure::Panel;

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
    /// Number of searches at a time; they share the threads, and each has its whole supernet in memory
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
