//! Checks that several targets share.

use lambda_darts::data::{DataConfig, ImageData, Images};

/// Checks that images have the size of their data set, and that two of them are enough for a search.
///
/// # Panics
/// Panics if a check fails, which fuzzing reports as a finding.
pub fn fit_together(images: &Images, [channels, height, width]: [usize; 3], classes: usize) {
    assert_eq!([images.channels, images.height, images.width], [channels, height, width]);
    assert_eq!(images.pixels.len(), images.len() * channels * height * width);
    assert_eq!(images.classes.len(), classes);
    assert!(images.labels.iter().all(|&label| usize::from(label) < classes), "{:?}", images.labels);
    let of_class = |class: usize| images.labels.iter().filter(|&&label| usize::from(label) == class).count();
    // A class needs an image for each part.
    if images.len() > 1 && (0..classes).all(|class| of_class(class) != 1) {
        let data = ImageData::prepare(images.clone(), &DataConfig::default(), 0).expect("two images make two parts");
        assert_eq!(data.train_len() + data.valid_len(), images.len());
    }
}
