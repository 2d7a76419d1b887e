//! Flags of the network of a genotype.

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::values::{decimal, whole};

// A doc comment here would become the help of commands.
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
