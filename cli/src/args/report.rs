//! Arguments of `report`.

use std::path::PathBuf;

use clap::Args;

use super::values::device_name;

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
