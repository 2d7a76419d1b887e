//! Arguments of `export`.

use std::path::PathBuf;

use clap::Args;

use super::device::DeviceArgs;
use crate::export::Format;

/// Write a network for other programs
///
/// The network is that of a training, without its auxiliary head, or the supernet of a search at its end. Images have the
/// size of the run's, and need the same normalization: stderr says which. Parameters have the names of the PyTorch
/// references. The files are written whole, and their names go to stdout.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts export runs/darts-train-0 --format onnx --fold-norms --out network.onnx\n  \
    lambda-darts export runs/darts-train-0 --format pytorch --out network.py")]
pub(crate) struct ExportArgs {
    /// Folder of a training or a search, or one of its checkpoints
    #[arg(value_name = "RUN")]
    pub(crate) from: PathBuf,
    /// Format of the file
    #[arg(long)]
    pub(crate) format: Format,
    /// File to write to; for pytorch, the name of the module, which ends in .py
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Fold batch norms into the convolutions before them (onnx)
    #[arg(long)]
    pub(crate) fold_norms: bool,
    /// Keep the auxiliary head of a training (not for onnx)
    #[arg(long)]
    pub(crate) auxiliary: bool,
    /// Folder in which the images of a search lie now, if they were moved; a training's are not read
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) hardware: DeviceArgs,
    /// Overwrite files that exist
    #[arg(long)]
    pub(crate) force: bool,
}
