//! The network that is evaluated, and the images that it is evaluated on.

use std::fs;
use std::path::Path;

use lambda_darts::data::{DataConfig, DataError, DataSet, Images};
use lambda_darts::device::Device;
use lambda_darts::exchange::weights::NetworkWeights;
use lambda_darts::session::Settings;
use lambda_darts::space::Genotype;
use lambda_darts::training::{Train, Trained};

use crate::args::{EvaluateArgs, NetworkArgs, TrainSettingsArgs};
use crate::bar::with_bar;
use crate::failure::Failure;
use crate::images;
use crate::kind::is_search;
use crate::train::{cell, configuration};

/// Network and images of an evaluation.
pub(super) struct Subject {
    pub(super) network: Trained,
    pub(super) images: Images,
}

/// Advice for a genotype without weights.
const WEIGHTS: &str = "name the folder of a training, or add --weights FILE to a genotype";

impl Subject {
    /// Takes the network of a training.
    pub(super) fn of_training(args: &EvaluateArgs, device: &Device) -> Result<Self, Failure> {
        let path = Path::new(&args.from);
        if args.network != NetworkArgs::default() {
            return Err(Failure::NetworkFlags);
        }
        if !path.exists() {
            let text = args.from.to_string_lossy();
            return Err(match Genotype::parse(&text) {
                Ok(_) => Failure::Value { setting: "TRAINED", value: text.into_owned(), expected: WEIGHTS },
                Err(_) => Failure::NoRun { path: path.to_owned(), lacks: "checkpoint" },
            });
        }
        if args.data.size.is_some() {
            let reason = "images are resized to the size that the network was trained on";
            return Err(Failure::Unused { flag: "--size", reason });
        }
        if is_search(path) {
            let what =
                "the run is a search, which trains no network; `lambda-darts train` trains the one that it found";
            return Err(Failure::inside(path, what.to_owned()));
        }
        let network = pollster::block_on(Trained::read(path, device))?;
        let mut config = network.config().clone();
        let named = args.data.named_set()?;
        if named.is_some() {
            // The folder of the training is that of another data set.
            config.data.dir = None;
        }
        args.data.override_in(&mut config.data)?;
        args.data.check(&config.data)?;
        config.data.cutout = 0;
        let images = if named == Some(DataSet::Folder) {
            whole_folder(config.data, network.image_shape())?
        } else {
            images::load::<Train>(&config)?.valid_images()
        };
        Ok(Self { network, images })
    }

    /// Takes the network of a genotype with the weights of a file.
    pub(super) fn of_weights(weights: &Path, args: &EvaluateArgs, device: &Device) -> Result<Self, Failure> {
        fs::metadata(weights).map_err(|error| Failure::file(weights, error))?;
        let settings = TrainSettingsArgs {
            data: args.data.clone(),
            recipe: args.recipe.clone(),
            network: args.network.clone(),
            ..TrainSettingsArgs::default()
        };
        let mut config = configuration(&settings, Some(cell(&args.from)?), None)?;
        args.data.check(&config.data)?;
        config.data.cutout = 0;
        // Predictions do not need the auxiliary head, so that a file may lack its weights.
        config.network.auxiliary_weight = args.network.auxiliary_weight.unwrap_or_default();
        config.check()?;
        let data = images::load::<Train>(&config)?;
        let graph = config.graph(data.channels(), data.classes().len())?;
        let weights = NetworkWeights::read(&graph, weights)?;
        let network = pollster::block_on(Trained::with_weights(config, &weights, &data, device))?;
        Ok(Self { network, images: data.valid_images() })
    }
}

/// Reads all images of a folder of class folders, in the size of the network's.
fn whole_folder(config: DataConfig, [_, height, width]: [usize; 3]) -> Result<Images, Failure> {
    let Some(dir) = config.dir.clone() else {
        let what = "the data set `folder` needs the folder that it lies in".to_owned();
        return Err(DataError::BadOption { option: "dir", what }.into());
    };
    let config = DataConfig { size: (height == width).then_some(height), ..config };
    Ok(with_bar("reading images", |progress| Images::folder(&dir, &config, progress))?)
}
