//! Arguments of `evaluate`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use lambda_darts::training::Recipe;

use super::data::DataArgs;
use super::device::DeviceArgs;
use super::network::NetworkArgs;

/// Test a trained network on images
///
/// The network is that of a training, and the images are those that the training was tested on. With --data folder, they
/// are all images of a folder that has a folder for each class; classes are found by their names, and images are resized
/// to the size of the network's. With --data and another name, they are the test images of that data set.
///
/// With --weights, the network is that of a genotype with the weights of a file, which have the names of the PyTorch
/// references. Its size is that of the recipe, and the images are the test images of --data, normalized by the mean and
/// the standard deviation of the training images there. Weights of an auxiliary head are left out.
///
/// Accuracies, the mean cross-entropy, the expected calibration error (over 15 bins), the accuracy of every class and the
/// commonest confusions go to stdout.
#[derive(Args, Debug)]
#[command(mut_arg("data", |arg| arg.help("Data set to test on [default: that of the training, or fashion]")))]
#[command(mut_arg("auxiliary_weight", |arg| {
    arg.help("Coefficient of the auxiliary head's loss; above 0, the file has the weights of the head [default: 0]")
}))]
#[command(after_help = "Examples:\n  \
    lambda-darts evaluate runs/darts-train-0\n  \
    lambda-darts evaluate runs/darts-train-0 --data folder --data-dir photos --predictions photos.csv\n  \
    lambda-darts evaluate --weights cifar10.pt \"Genotype(normal=[…], …)\" --data cifar10 --data-dir data")]
pub(crate) struct EvaluateArgs {
    /// Folder of a training or one of its checkpoints; with --weights the genotype: folder of a search, file with a
    /// genotype, genotype in quotes, or - for stdin
    #[arg(value_name = "TRAINED|GENOTYPE")]
    pub(crate) from: OsString,
    /// Weights of the genotype's network: a .safetensors file, or a .pt or .pth file of PyTorch
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub(crate) weights: Option<PathBuf>,
    /// Recipe whose network it is [default: small for the built-in images, else that of the space]
    #[arg(long, value_name = "NAME", help_heading = "Network", requires = "weights",
        value_parser = PossibleValuesParser::new(Recipe::ALL.map(Recipe::name)))]
    pub(crate) recipe: Option<String>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) hardware: DeviceArgs,
    /// Write the prediction for every image to this file: image, label, prediction, confidence, probability_of_label
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) predictions: Option<PathBuf>,
    /// Write the evaluation to this file, as --json prints it
    #[arg(long, value_name = "FILE.json")]
    pub(crate) out: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the evaluation as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
