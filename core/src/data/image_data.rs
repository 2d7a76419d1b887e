//! The images of a search or a training: two parts, resized, and normalized by the mean and the standard deviation of
//! the first.

use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::augment::{Augmentation, View};
use super::choice::Choice;
use super::split::Labels;
use super::{Batch, DataConfig, DataError, Images};

/// The images of a search or a training, and their two parts.
#[derive(Clone, Debug)]
pub struct ImageData {
    /// Indices of the images that train the weights.
    pub train: Vec<usize>,
    /// Indices of the images of the second part: in a search, those that train the architecture; in a training, those
    /// that test the network.
    pub valid: Vec<usize>,
    images: Images,
    mean: Vec<f32>,
    std: Vec<f32>,
    /// Normalized value of every pixel value, for each channel.
    normal: Vec<[f32; 256]>,
    augmentation: Augmentation,
    fingerprint: String,
    notes: Vec<String>,
}

impl ImageData {
    /// Splits images that are in memory already, for a search; `config.dir` has no effect.
    ///
    /// # Errors
    /// [`DataError`] with the fault of the images or of an option.
    pub fn prepare(images: Images, config: &DataConfig, seed: u64) -> Result<Self, DataError> {
        config.check()?;
        images.check()?;
        let choice = Choice::of(Labels::of(&images), config, seed)?;
        Self::chosen(images, choice, config)
    }

    /// Takes training images and test images that are in memory already, for a training; `config.dir` has no effect.
    ///
    /// # Errors
    /// [`DataError`] with the fault of the images or of an option.
    pub fn prepare_whole(train: Images, test: Images, config: &DataConfig, seed: u64) -> Result<Self, DataError> {
        config.check_training()?;
        train.check_fields()?;
        test.check_fields()?;
        let first = train.len();
        let images = train.with_test(test)?;
        let choice = Choice::of_training(Labels::of(&images), first, config, seed)?;
        Self::chosen(images, choice, config)
    }

    /// Makes the data from images of which some are chosen.
    fn chosen(images: Images, choice: Choice, config: &DataConfig) -> Result<Self, DataError> {
        let images = if choice.all { images } else { images.select(&choice.images) };
        let shrunk = config.size.is_some_and(|size| size < images.height || size < images.width);
        Self::finish(images, choice, config, shrunk)
    }

    /// Makes the data from the chosen images.
    pub(super) fn finish(images: Images, choice: Choice, config: &DataConfig, shrunk: bool) -> Result<Self, DataError> {
        images.check()?;
        let images = match config.size {
            Some(size) => images.resized(size),
            None => images,
        };
        let Images { height, width, .. } = images;
        if config.cutout >= height.min(width) {
            let what = format!(
                "a square of {} pixels is not smaller than the images, which have {width}×{height}",
                config.cutout
            );
            return Err(DataError::BadOption { option: "cutout", what });
        }
        let Choice { train, valid, .. } = choice;
        Labels::of(&images).check([&train, &valid])?;
        let (mean, std) = measure(&images, &train);
        let normal = mean.iter().zip(&std).map(|(&mean, &std)| normal(mean, std)).collect();
        let augmentation = Augmentation::new(config, [height, width], shrunk);
        let fingerprint = fingerprint(&images, [&train, &valid]);
        Ok(Self { train, valid, images, mean, std, normal, augmentation, fingerprint, notes: Vec::new() })
    }

    /// Sets the sentences about what was passed over or left out.
    pub(super) fn with_notes(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }

    /// Returns the fingerprint of the images, their labels and their parts: SHA-256 in hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns sentences about what was passed over or left out while the data set was read.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the number of channels of an image.
    #[must_use]
    pub const fn channels(&self) -> usize {
        self.images.channels
    }

    /// Returns the height of an image in pixels.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.images.height
    }

    /// Returns the width of an image in pixels.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.images.width
    }

    /// Returns the names of the classes.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.images.classes
    }

    /// Returns the number of images that train the weights.
    #[must_use]
    pub const fn train_len(&self) -> usize {
        self.train.len()
    }

    /// Returns the number of images of the second part.
    #[must_use]
    pub const fn valid_len(&self) -> usize {
        self.valid.len()
    }

    /// Returns the mean of each channel over the training part; pixels go from 0 to 1.
    #[must_use]
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// Returns the standard deviation of each channel over the training part; 1 if it would be 0.
    #[must_use]
    pub fn std(&self) -> &[f32] {
        &self.std
    }

    /// Returns the images of the second part, in its order: resized, but not normalized.
    #[must_use]
    pub fn valid_images(&self) -> Images {
        self.images.select(&self.valid)
    }

    /// Makes one of the batches of at most `batch` images that the second part is divided into; returns `None` past the
    /// last.
    pub(super) fn valid_batch(&self, batch: usize, index: usize) -> Option<Batch> {
        self.valid.chunks(batch).nth(index).map(|chosen| self.batch(chosen, None))
    }

    /// Makes a batch of the chosen images, augmented if there is a `chance` to draw from.
    pub(super) fn batch(&self, chosen: &[usize], mut chance: Option<ChaCha8Rng>) -> Batch {
        let Images { channels, height, width, .. } = self.images;
        let mut images = Vec::with_capacity(chosen.len() * self.images.image_length());
        for &i in chosen {
            let view = match &mut chance {
                Some(chance) => self.augmentation.draw([height, width], chance),
                None => View::default(),
            };
            for (plane, normal) in self.images.image(i).chunks_exact(height * width).zip(&self.normal) {
                view.write(plane, width, normal, &mut images);
            }
        }
        let labels = chosen.iter().map(|&i| i64::from(self.images.labels[i])).collect();
        Batch { images, labels, shape: [chosen.len(), channels, height, width] }
    }
}

/// Returns SHA-256 over the shape, the pixels and labels in order, and the indices of both parts.
fn fingerprint(images: &Images, parts: [&[usize]; 2]) -> String {
    let mut hash = Sha256::new();
    for size in [images.channels, images.height, images.width, images.classes.len(), images.labels.len()] {
        hash.update((size as u64).to_le_bytes());
    }
    hash.update(&images.pixels);
    for label in &images.labels {
        hash.update(label.to_le_bytes());
    }
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        for &number in part {
            hash.update((number as u64).to_le_bytes());
        }
    }
    crate::text::hex(&hash.finalize())
}

/// Computes the mean and standard deviation of each channel over the chosen images.
fn measure(images: &Images, chosen: &[usize]) -> (Vec<f32>, Vec<f32>) {
    let plane = images.height * images.width;
    let mut counts = vec![[0_u64; 256]; images.channels];
    for &i in chosen {
        for (counts, plane) in counts.iter_mut().zip(images.image(i).chunks_exact(plane)) {
            for &value in plane {
                counts[usize::from(value)] += 1;
            }
        }
    }
    counts.iter().map(moments).unzip()
}

/// Computes the mean and standard deviation of pixels from the number of pixels of each value.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "counts are below 2^52, and the network computes in single precision"
)]
fn moments(counts: &[u64; 256]) -> (f32, f32) {
    let total = counts.iter().sum::<u64>().max(1) as f64;
    let values = || (0..=u8::MAX).map(|value| f64::from(value) / 255.0).zip(counts.iter().map(|&count| count as f64));
    let mean = values().map(|(value, count)| value * count).sum::<f64>() / total;
    let variance = values().map(|(value, count)| (value - mean).powi(2) * count).sum::<f64>() / total;
    // If only one value occurs, rounding may leave a variance that is almost but not exactly 0.
    let std = if counts.iter().filter(|&&count| count > 0).count() > 1 { variance.sqrt() } else { 1.0 };
    (mean as f32, std as f32)
}

pub(crate) fn normal(mean: f32, std: f32) -> [f32; 256] {
    let mut values = [0.0; 256];
    for (normal, value) in values.iter_mut().zip(0..=u8::MAX) {
        *normal = (f32::from(value) / 255.0 - mean) / std;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DataSet;
    use crate::data::images::sample;

    #[test]
    fn the_training_part_is_normal() {
        let config = DataConfig { images: Some(30), train_fraction: 0.6, ..DataConfig::default() };
        let data = ImageData::prepare(sample(40, 3, 6), &config, 5).unwrap();
        assert_eq!((data.train_len(), data.valid_len(), data.channels()), (18, 12, 3));
        let batch = data.batch(&data.train, None);
        assert_eq!(batch.shape, [18, 3, 6, 6]);
        for channel in 0..3 {
            let planes = batch.images.chunks_exact(36).skip(channel).step_by(3);
            let values: Vec<f64> = planes.flatten().map(|&value| f64::from(value)).collect();
            let count = f64::from(u32::try_from(values.len()).unwrap());
            let mean = values.iter().sum::<f64>() / count;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
            assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-5, "{mean} {variance}");
        }
        let again = ImageData::prepare(sample(40, 3, 6), &config, 5).unwrap();
        assert!(again.batch(&again.valid, None) == data.batch(&data.valid, None));
        let other = ImageData::prepare(sample(40, 3, 6), &config, 6).unwrap();
        assert!(other.batch(&other.valid, None) != data.batch(&data.valid, None));
    }

    #[test]
    fn one_shade_has_the_deviation_one() {
        let mut images = sample(4, 1, 2);
        images.pixels.fill(51);
        let data = ImageData::prepare(images, &DataConfig::default(), 0).unwrap();
        assert_eq!((data.mean(), data.std()), (&[0.2][..], &[1.0][..]));
    }

    #[test]
    fn a_folder_gives_what_memory_gives() {
        let dir = tempfile::tempdir().unwrap();
        let mut images = sample(12, 3, 8);
        images.labels.sort_unstable();
        for (i, &label) in images.labels.iter().enumerate() {
            let pixels = images.image(i);
            let class = dir.path().join(label.to_string());
            std::fs::create_dir_all(&class).unwrap();
            let picture = image::RgbImage::from_fn(8, 8, |column, row| {
                let place = usize::try_from(row * 8 + column).unwrap();
                image::Rgb([pixels[place], pixels[64 + place], pixels[128 + place]])
            });
            picture.save(class.join(format!("{i:02}.png"))).unwrap();
        }
        for wanted in [None, Some(8)] {
            let config = DataConfig {
                set: DataSet::Folder,
                dir: Some(dir.path().to_owned()),
                images: wanted,
                size: Some(5),
                ..DataConfig::default()
            };
            let loaded = ImageData::load(&config, 9).unwrap();
            let prepared = ImageData::prepare(images.clone(), &config, 9).unwrap();
            assert!(loaded.batch(&loaded.train, None) == prepared.batch(&prepared.train, None));
            assert_eq!((loaded.height(), loaded.augmentation), (5, prepared.augmentation));
        }
    }

    #[test]
    fn training_images_alone_set_the_mean() {
        let [mut train, mut test] = [sample(4, 1, 2), sample(2, 1, 2)];
        test.classes.clone_from(&train.classes);
        test.labels = vec![1, 0];
        train.pixels.fill(51);
        let data = ImageData::prepare_whole(train, test.clone(), &DataConfig::training(), 0).unwrap();
        assert_eq!(
            (data.mean(), data.train.as_slice(), data.valid.as_slice()),
            (&[0.2][..], &[0, 1, 2, 3][..], &[4, 5][..])
        );
        assert!(data.valid_images() == test);
    }

    #[test]
    fn test_images_unlike_the_training_images_are_named() {
        let refused = |test: Images, config: &DataConfig| {
            ImageData::prepare_whole(sample(20, 1, 4), test, config, 0).unwrap_err().to_string()
        };
        let config = DataConfig::training();
        let small = refused(sample(20, 1, 2), &config);
        assert!(small.contains("[1, 2, 2] beside training images of the shape [1, 4, 4]"), "{small}");
        let mut other = sample(20, 1, 4);
        other.classes.reverse();
        assert!(refused(other, &config).contains("the classes of the test images"));
        let mut short = sample(20, 1, 4);
        short.pixels.pop();
        assert!(refused(short, &config).contains("319 bytes"));
        let mut none = sample(20, 1, 4);
        (none.pixels, none.labels) = (Vec::new(), Vec::new());
        assert!(refused(none, &config).contains("the class `0` has 5"));
        let many = refused(sample(20, 1, 4), &DataConfig { images: Some(21), ..config.clone() });
        assert!(many.contains("21 were asked for"), "{many}");
        let split = DataConfig { split: Some("split.json".into()), ..config };
        assert!(refused(sample(20, 1, 4), &split).contains("`split`"));
    }

    #[test]
    fn a_cutout_leaves_something_of_an_image() {
        let with = |cutout, size| {
            let config = DataConfig { size, cutout, ..DataConfig::default() };
            ImageData::prepare(sample(20, 1, 4), &config, 0)
        };
        assert!(with(3, None).is_ok() && with(4, Some(5)).is_ok());
        for (cutout, size) in [(4, None), (usize::MAX, None), (3, Some(3))] {
            let message = with(cutout, size).unwrap_err().to_string();
            assert!(message.contains("`cutout`: a square of"), "{message}");
        }
    }

    #[test]
    fn options_that_make_no_sense_are_named() {
        let refused = |config: DataConfig| ImageData::load(&config, 0).unwrap_err().to_string();
        let plain = DataConfig::default;
        for (config, part) in [
            (DataConfig { train_fraction: 1.0, ..plain() }, "train_fraction"),
            (DataConfig { train_fraction: f64::NAN, ..plain() }, "train_fraction"),
            (DataConfig { images: Some(1), ..plain() }, "`images`"),
            (DataConfig { images: Some(4001), ..plain() }, "the data set has 4000"),
            (DataConfig { size: Some(0), ..plain() }, "`size`"),
            (DataConfig { set: DataSet::Svhn, ..plain() }, "`svhn` needs the folder"),
        ] {
            let message = refused(config);
            assert!(message.contains(part), "{message}");
        }
        let mut images = sample(4, 1, 2);
        images.labels[3] = 4;
        assert!(matches!(ImageData::prepare(images, &plain(), 0), Err(DataError::BadImages { .. })));
    }
}
