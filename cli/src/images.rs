//! Runs on images: read with a progress bar, described in a line, and fitted into memory.

use std::path::Path;
use std::sync::Arc;

use lambda_darts::data::ImageData;
use lambda_darts::device::Device;
use lambda_darts::search::Search;
use lambda_darts::session::{ImageSettings, SessionState, Work};
use lambda_darts::training::Train;

use crate::bar::with_bar;
use crate::environment::Images;
use crate::failure::Failure;
use crate::fit;
use crate::kind::Kind;
use crate::run_data::{Place, RunData};

/// Kind of a run on images.
pub(crate) trait ImageKind: Kind + Work<Config: ImageSettings, Data = ImageData> {
    /// Channels of the first cells.
    fn channels(config: &mut Self::Config) -> &mut usize;

    /// Says what the two parts of the images are for.
    fn parts(data: &ImageData) -> String;
}

impl ImageKind for Search {
    fn channels(config: &mut Self::Config) -> &mut usize {
        &mut config.supernet.channels
    }

    fn parts(data: &ImageData) -> String {
        format!("{} train the weights, {} the architecture", data.train_len(), data.valid_len())
    }
}

impl ImageKind for Train {
    fn channels(config: &mut Self::Config) -> &mut usize {
        &mut config.network.channels
    }

    fn parts(data: &ImageData) -> String {
        format!("{} train the network, {} test it", data.train_len(), data.valid_len())
    }
}

/// Reads the images of a run.
pub(crate) fn load<W: ImageKind>(config: &W::Config) -> Result<Arc<ImageData>, Failure> {
    let data = with_bar("reading images", |progress| W::load(config, progress))?;
    Ok(Arc::new(data))
}

impl<W: ImageKind> RunData for W {
    fn read(config: &W::Config, place: Place<'_>) -> Result<Arc<ImageData>, Failure> {
        let Some(dir) = place.images.map(Path::to_owned) else { return load::<W>(config) };
        let mut config = config.clone();
        config.data_mut().dir = Some(dir);
        load::<W>(&config)
    }

    fn described(config: &W::Config, data: &ImageData) -> Vec<String> {
        let (channels, height, width) = (data.channels(), data.height(), data.width());
        let colour = if channels == 1 { "grey" } else { "colour" };
        let line = format!(
            "data {}: {} images in {} classes, {width}×{height} pixels, {colour}; {}",
            config.data().set,
            data.train_len() + data.valid_len(),
            data.classes().len(),
            W::parts(data),
        );
        std::iter::once(line).chain(data.notes().iter().cloned()).collect()
    }

    fn images(config: &W::Config, data: &ImageData) -> Option<Images> {
        Some(Images::new(config, data))
    }

    fn check_memory(config: &W::Config, data: &ImageData, device: &Device, at_once: u16) -> Result<(), Failure> {
        fit::check::<W>(config, data, device, at_once)
    }

    fn batch(config: &W::Config) -> usize {
        config.batch()
    }

    fn longer(config: W::Config, epochs: usize) -> Result<W::Config, Failure> {
        Ok(config.lengthened(epochs)?)
    }

    fn longer_state(state: SessionState<W>, epochs: usize) -> Result<SessionState<W>, Failure> {
        Ok(state.lengthened(epochs)?)
    }
}
