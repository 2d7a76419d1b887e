//! Flags that tell one search from others with the same settings.

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::values::{methods, seed};

// A doc comment here would become the help of commands.
#[derive(Args, Debug, Default)]
pub(crate) struct ChoiceArgs {
    /// Method of the search; `lambda-darts methods` describes them
    #[arg(long, help_heading = "Method", value_parser = PossibleValuesParser::new(methods()))]
    pub(crate) method: Option<String>,
    /// Seed of all random numbers: the same seed on the same device gives the same search
    #[arg(long, value_name = "N", help_heading = "Training", allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<u64>,
}
