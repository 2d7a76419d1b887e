//! Arguments of `derive`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::values::whole;

/// Print an architecture in every notation, and the cost of its network
///
/// The architecture is that of a run, or a genotype in any notation: as text, in a file, or from stdin.
/// The architecture goes to stdout in the notations of the literature. The numbers of parameters and multiply-adds of
/// the network to be trained from scratch go to stderr. By default, the network has the size of the papers: 36 channels
/// and 20 cells in DARTS's layout, and 16 channels and 5 cells in each stage on NAS-Bench-201, for the images of the run, or
/// without one for colour images of 32×32 pixels in 10 classes; with --layout imagenet, 48 channels and 14 cells, for
/// 224×224 pixels in 1000 classes. The
/// drawings are those of the web page; those of a run show how sure the search was of each edge.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts derive runs/lambda-darts-0 --pdf cell.pdf\n  \
    lambda-darts derive \"Genotype(normal=[…], …)\" --layout imagenet --json")]
pub(crate) struct DeriveArgs {
    /// Folder of a run, file with a genotype, genotype in quotes, or - for stdin
    #[arg(value_name = "RUN|FILE|TEXT|-")]
    pub(crate) from: OsString,
    /// Epoch of the architecture, counted from 1 as a search prints it [default: the last one]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) epoch: Option<usize>,
    /// Layout of the network: cifar for small images, imagenet for images of 224 pixels; NAS-Bench-201 has its own
    /// [default: cifar]
    #[arg(long, help_heading = "Network to be trained", value_parser = PossibleValuesParser::new(["cifar", "imagenet"]))]
    pub(crate) layout: Option<String>,
    /// Number of channels of the first cells [default: 36, 48 for ImageNet, 16 on NAS-Bench-201]
    #[arg(long, value_name = "N", help_heading = "Network to be trained", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) channels: Option<usize>,
    /// Number of cells; in a staged layout, the number in each stage [default: 20, 14 for
    /// ImageNet, 5 on NAS-Bench-201]
    #[arg(long, value_name = "N", help_heading = "Network to be trained", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) cells: Option<usize>,
    /// Number of classes [default: those of the run, 1000 for ImageNet, 10 without a run]
    #[arg(long, value_name = "N", help_heading = "Network to be trained", allow_negative_numbers = true, value_parser = whole)]
    pub(crate) classes: Option<usize>,
    /// Height and width of the images in pixels [default: those of the run, 224 for ImageNet, 32 without a run]
    #[arg(long, value_name = "N", help_heading = "Network to be trained",
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) size: Option<u16>,
    /// Draw the cells as SVG to this file
    #[arg(long, value_name = "FILE", help_heading = "Drawing")]
    pub(crate) svg: Option<PathBuf>,
    /// Draw the cells as PNG to this file
    #[arg(long, value_name = "FILE", help_heading = "Drawing")]
    pub(crate) png: Option<PathBuf>,
    /// Draw the cells as PDF to this file, as wide as a column of text
    #[arg(long, value_name = "FILE", help_heading = "Drawing")]
    pub(crate) pdf: Option<PathBuf>,
    /// Write the cells as graphs for Graphviz to this file
    #[arg(long, value_name = "FILE", help_heading = "Drawing")]
    pub(crate) dot: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long, help_heading = "Drawing")]
    pub(crate) force: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
