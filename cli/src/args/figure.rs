//! Arguments of `figure`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::figure::{Inches, Panel};

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
