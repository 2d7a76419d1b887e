//! Arguments of `data` and `data fetch`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::fetch::FetchSet;

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
