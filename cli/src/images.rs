//! The images of a search: read with a progress bar, and described in a line.

use std::io::{IsTerminal, stderr};
use std::sync::{Arc, OnceLock};

use indicatif::{ProgressBar, ProgressStyle};
use lambda_darts::data::{DataConfig, ImageData};
use lambda_darts::search::SearchConfig;

use crate::failure::Failure;

/// Reads the images of a search.
pub(crate) fn load(config: &DataConfig, seed: u64) -> Result<Arc<ImageData>, Failure> {
    let shown: OnceLock<ProgressBar> = OnceLock::new();
    let progress = |done: usize, all: usize| {
        if stderr().is_terminal() {
            let bar = shown.get_or_init(|| bar(all));
            bar.set_position(done as u64);
        }
    };
    let data = ImageData::load_with(config, seed, &progress);
    if let Some(bar) = shown.get() {
        bar.finish_and_clear();
    }
    Ok(Arc::new(data?))
}

fn bar(all: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("reading images  {wide_bar} {pos}/{len}  {eta} left");
    ProgressBar::new(all as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Describes the images and their parts, and what was passed over.
pub(crate) fn described(config: &SearchConfig, data: &ImageData) -> Vec<String> {
    let (train, valid) = (data.train_len(), data.valid_len());
    let (channels, height, width) = (data.channels(), data.height(), data.width());
    let colour = if channels == 1 { "grey" } else { "colour" };
    let line = format!(
        "data {}: {} images in {} classes, {width}×{height} pixels, {colour}; {train} train the weights, {valid} the \
         architecture",
        config.data.set,
        train + valid,
        data.classes().len(),
    );
    std::iter::once(line).chain(data.notes().iter().cloned()).collect()
}
