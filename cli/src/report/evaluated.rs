//! Evaluation of a training on its test images, with the worst mistakes as pictures.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_darts::data::Images;
use lambda_darts::device::Device;
use lambda_darts::training::{Evaluation, Prediction, Train, Trained};
use resvg::tiny_skia::Pixmap;
use serde::Serialize;

use crate::bar::with_bar;
use crate::failure::Failure;
use crate::images;

/// Maximum number of mistakes that are shown.
const MOST_MISTAKES: usize = 24;
/// Maximum side of a picture in pixels.
const LARGEST_SIDE: usize = 128;

/// Evaluation in the form that the page reads.
#[derive(Serialize)]
pub(super) struct Evaluated {
    /// Names of the classes.
    classes: Vec<String>,
    #[serde(flatten)]
    measures: Evaluation,
    /// Wrong predictions with the highest confidence, the highest first.
    mistakes: Vec<Mistake>,
}

/// Wrong prediction.
#[derive(Serialize)]
struct Mistake {
    /// Number of the image among the test images, from 0.
    image: usize,
    #[serde(flatten)]
    prediction: Prediction,
    /// Image as a data URL.
    picture: Option<String>,
}

impl Evaluated {
    /// Evaluates the training in a folder.
    pub(super) fn of(run: &Path, device: &Device, data_dir: Option<&Path>) -> Result<Self, Failure> {
        let mut trained = pollster::block_on(Trained::read(run, device))?;
        let mut config = trained.config().clone();
        if let Some(dir) = data_dir {
            config.data.dir = Some(dir.to_owned());
        }
        let images = images::load::<Train>(&config)?.valid_images();
        let measures = with_bar("evaluating", |progress| pollster::block_on(trained.evaluate_with(&images, progress)))?;
        let mistake = |(image, prediction)| Mistake { image, prediction, picture: data_url(&images, image) };
        let mistakes = worst(&measures.predictions).into_iter().map(mistake).collect();
        Ok(Self { classes: trained.classes().to_vec(), measures, mistakes })
    }
}

/// Returns the wrong predictions with the highest confidence, each with the number of its image.
fn worst(predictions: &[Prediction]) -> Vec<(usize, Prediction)> {
    let numbered = predictions.iter().copied().enumerate();
    let mut wrong: Vec<_> = numbered.filter(|(_, prediction)| prediction.class != prediction.label).collect();
    wrong.sort_by(|(_, a), (_, b)| b.confidence.total_cmp(&a.confidence));
    wrong.truncate(MOST_MISTAKES);
    wrong
}

/// Returns an image as a PNG in a data URL.
fn data_url(images: &Images, index: usize) -> Option<String> {
    png(images, index).map(|png| format!("data:image/png;base64,{}", STANDARD.encode(png)))
}

/// Draws an image as PNG. A large one is thinned out.
fn png(images: &Images, index: usize) -> Option<Vec<u8>> {
    let every = images.height.max(images.width).div_ceil(LARGEST_SIDE);
    let [height, width] = [images.height, images.width].map(|side| side.div_ceil(every));
    let mut pixmap = Pixmap::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?)?;
    let planes: Vec<&[u8]> = images.image(index).chunks_exact(images.height * images.width).collect();
    // The one plane of a grey image stands for all colours.
    let colours: Vec<&[u8]> = planes.into_iter().cycle().take(3).collect();
    for (at, pixel) in pixmap.data_mut().chunks_exact_mut(4).enumerate() {
        let place = at / width * every * images.width + at % width * every;
        for (value, plane) in pixel.iter_mut().zip(&colours) {
            *value = plane[place];
        }
        pixel[3] = u8::MAX;
    }
    pixmap.encode_png().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_confident_mistakes_come_first() {
        let prediction = |label, class, confidence| Prediction { label, class, confidence, of_label: 0.1 };
        let mut all = vec![prediction(0, 1, 0.5), prediction(1, 1, 0.99), prediction(2, 0, 0.8), prediction(1, 2, 0.5)];
        let numbers = |all: &[Prediction]| worst(all).iter().map(|(image, _)| *image).collect::<Vec<_>>();
        assert_eq!(numbers(&all), [2, 0, 3]);
        all.extend(vec![prediction(0, 1, 0.6); 30]);
        assert_eq!(numbers(&all)[..3], [2, 4, 5]);
        assert_eq!(worst(&all).len(), MOST_MISTAKES);
    }

    #[test]
    fn a_picture_has_the_pixels_of_its_image() {
        let images = |channels, side: u8| {
            let side = usize::from(side);
            let pixels = (0..u8::MAX).cycle().take(2 * channels * side * side).collect();
            let classes = vec!["one".to_owned()];
            Images { channels, height: side, width: side, pixels, labels: vec![0, 0], classes }
        };
        let drawn = |images: &Images| image::load_from_memory(&png(images, 1).unwrap()).unwrap().into_rgb8();
        let colour = drawn(&images(3, 2));
        assert_eq!((colour.dimensions(), colour.get_pixel(1, 0).0), ((2, 2), [13, 17, 21]));
        assert_eq!(drawn(&images(1, 2)).get_pixel(0, 1).0, [6, 6, 6]);
        // Every second pixel of 200.
        let (large, thin) = (images(1, 200), drawn(&images(1, 200)));
        assert_eq!(thin.dimensions(), (100, 100));
        assert_eq!(thin.get_pixel(3, 2).0[0], large.image(1)[4 * 200 + 6]);
        assert!(data_url(&large, 0).unwrap().starts_with("data:image/png;base64,iVBORw0KGgo"));
    }
}
