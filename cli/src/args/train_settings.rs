//! Flags of the settings of a training.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use lambda_darts::training::Recipe;

use super::data::DataArgs;
use super::network::NetworkArgs;
use super::run::RunArgs;
use super::values::{decimal, whole};

// A doc comment here would become the help of commands.
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
