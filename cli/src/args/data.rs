//! Flags of the images of a run.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use lambda_darts::data::{Background, DataSet};

use super::values::whole;

// A doc comment here would become the help of commands.
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
