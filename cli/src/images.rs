//! The images of a run: read with a progress bar, and described in a line.

use std::sync::Arc;

use lambda_darts::data::ImageData;
use lambda_darts::session::ImageSettings;

use crate::bar::with_bar;
use crate::failure::Failure;
use crate::kind::Kind;

/// Reads the images of a run.
pub(crate) fn load<W: Kind>(config: &W::Config) -> Result<Arc<ImageData>, Failure> {
    let data = with_bar("reading images", |progress| W::load(config, progress))?;
    Ok(Arc::new(data))
}

/// Describes the images and their parts, and what was passed over.
pub(crate) fn described<W: Kind>(config: &W::Config, data: &ImageData) -> Vec<String> {
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
