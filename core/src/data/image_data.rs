//! The images of a search or a training: split into two parts, resized, and normalized by their mean and standard deviation.

use std::path::Path;

use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::augment::{Augmentation, View};
use super::folder::{self, Folder, Listing, Rules};
use super::split::{self, Labels};
use super::{Batch, DataConfig, DataError, DataSet, Images, cifar, digits, fashion, idx, imagenet16, svhn};

/// The images of a search and their two parts.
#[derive(Clone, Debug)]
pub struct ImageData {
    /// Indices of the images that train the weights.
    pub train: Vec<usize>,
    /// Indices of the images that train the architecture.
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
    /// Reads the data set and splits it into the two parts.
    ///
    /// # Errors
    /// [`DataError`] with the file or the option at fault.
    pub fn load(config: &DataConfig, seed: u64) -> Result<Self, DataError> {
        Self::load_with(config, seed, &|_, _| {})
    }

    /// Reads the data set like [`load`](Self::load). While files of a folder are decoded, `progress` is called with the
    /// number of images that are done and of all, from any thread.
    ///
    /// # Errors
    /// [`DataError`] with the file or the option at fault.
    pub fn load_with(
        config: &DataConfig,
        seed: u64,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, DataError> {
        config.check()?;
        match config.set {
            DataSet::Digits => Self::prepare(digits::digits(), config, seed),
            DataSet::Fashion => Self::prepare(fashion::train(), config, seed),
            set @ (DataSet::Mnist | DataSet::FashionMnist | DataSet::Kmnist) => {
                Self::prepare(idx::idx(set, folder_of(config)?)?, config, seed)
            }
            DataSet::Cifar10 => Self::prepare(cifar::cifar10(folder_of(config)?)?, config, seed),
            DataSet::Cifar100 => Self::prepare(cifar::cifar100(folder_of(config)?)?, config, seed),
            DataSet::Svhn => Self::prepare(svhn::svhn(folder_of(config)?)?, config, seed),
            DataSet::ImageNet16 => Self::prepare(imagenet16::imagenet16(folder_of(config)?)?, config, seed),
            // Only the images that were drawn are decoded.
            DataSet::Folder => {
                let listing = Listing::of(folder_of(config)?)?;
                let labels = Labels { labels: &listing.labels, classes: &listing.classes };
                let choice = Choice::of_listing(labels, listing.train, config, seed)?;
                let DataConfig { size, background, skip_unreadable, .. } = *config;
                let rules = Rules { size, background, skip_unreadable, progress };
                let Folder { images, kept, shrunk, notes } = folder::read(&listing, &choice.images, rules)?;
                let choice = if kept.len() == choice.images.len() {
                    Choice { all: true, ..choice }
                } else {
                    choice.without_unreadable(&images, &kept, listing.train.is_some(), config, seed)?
                };
                let mut notes = [listing.notes, notes].concat();
                let usual = DataConfig::default().train_fraction.to_bits();
                if listing.train.is_some() && config.train_fraction.to_bits() != usual {
                    notes.push("warning: `train_fraction` has no effect: the folder is divided already".to_owned());
                }
                Ok(Self { notes, ..Self::finish(images, choice, config, shrunk)? })
            }
        }
    }

    /// Splits images that are in memory already; `config.dir` has no effect.
    ///
    /// # Errors
    /// [`DataError`] with the fault of the images or of an option.
    pub fn prepare(images: Images, config: &DataConfig, seed: u64) -> Result<Self, DataError> {
        config.check()?;
        images.check()?;
        let choice = Choice::of(Labels { labels: &images.labels, classes: &images.classes }, config, seed)?;
        let images = if choice.all { images } else { images.select(&choice.images) };
        let shrunk = config.size.is_some_and(|size| size < images.height || size < images.width);
        Self::finish(images, choice, config, shrunk)
    }

    /// Makes the data from the chosen images.
    fn finish(images: Images, choice: Choice, config: &DataConfig, shrunk: bool) -> Result<Self, DataError> {
        images.check()?;
        let images = match config.size {
            Some(size) => images.resized(size),
            None => images,
        };
        let Choice { train, valid, .. } = choice;
        Labels { labels: &images.labels, classes: &images.classes }.check([&train, &valid])?;
        let (mean, std) = measure(&images, &train);
        let normal = mean.iter().zip(&std).map(|(&mean, &std)| normal(mean, std)).collect();
        let augmentation = Augmentation::new(config, [images.height, images.width], shrunk);
        let fingerprint = fingerprint(&images, [&train, &valid]);
        Ok(Self { train, valid, images, mean, std, normal, augmentation, fingerprint, notes: Vec::new() })
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

    /// Returns the number of images that train the architecture.
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

fn folder_of(config: &DataConfig) -> Result<&Path, DataError> {
    config.dir.as_deref().ok_or_else(|| DataError::BadOption {
        option: "dir",
        what: format!("the data set `{}` needs the folder that it lies in", config.set),
    })
}

/// The chosen images of a data set, and the two parts as indices into the chosen images.
struct Choice {
    images: Vec<usize>,
    /// True if all images are chosen, in their own order.
    all: bool,
    train: Vec<usize>,
    valid: Vec<usize>,
}

impl Choice {
    fn of(labels: Labels<'_>, config: &DataConfig, seed: u64) -> Result<Self, DataError> {
        let count = labels.labels.len();
        let everything = || (0..count).collect::<Vec<usize>>();
        if let Some(path) = &config.split {
            let (train, valid) = split::by_file(path, count)?;
            return Ok(Self { images: everything(), all: true, train, valid });
        }
        let wanted = wanted(config, count)?;
        let drawn = split::draw(count, seed);
        if wanted == count {
            let (train, valid) = labels.by_fraction(&drawn, config.train_fraction)?;
            return Ok(Self { images: everything(), all: true, train, valid });
        }
        let chosen = labels.take(&drawn, wanted, 2)?;
        let (train, valid) = labels.by_fraction(&chosen, config.train_fraction)?;
        Ok(Self::some(train, valid))
    }

    /// Makes the choice from a folder, which may have a training part of its own.
    fn of_listing(labels: Labels<'_>, train: Option<usize>, config: &DataConfig, seed: u64) -> Result<Self, DataError> {
        match train {
            Some(train) if config.split.is_none() => Self::of_parts(labels, train, config, seed),
            _ => Self::of(labels, config, seed),
        }
    }

    /// Makes the choice anew from those of its images that were read. Given parts stay as they are.
    fn without_unreadable(
        self,
        images: &Images,
        kept: &[usize],
        parts_are_given: bool,
        config: &DataConfig,
        seed: u64,
    ) -> Result<Self, DataError> {
        if parts_are_given || config.split.is_some() {
            let places = |part: &[usize]| part.iter().filter_map(|place| kept.binary_search(place).ok()).collect();
            return Ok(Self { images: Vec::new(), all: true, train: places(&self.train), valid: places(&self.valid) });
        }
        let labels = Labels { labels: &images.labels, classes: &images.classes };
        let (train, valid) = labels.by_fraction(&split::draw(images.len(), seed), config.train_fraction)?;
        Ok(Self { images: Vec::new(), all: true, train, valid })
    }

    /// Makes the choice from a data set whose first images, `first` of them, are a training part.
    fn of_parts(labels: Labels<'_>, first: usize, config: &DataConfig, seed: u64) -> Result<Self, DataError> {
        let count = labels.labels.len();
        let (train, valid) = split::draw(count, seed).into_iter().partition::<Vec<_>, _>(|&image| image < first);
        let wanted = wanted(config, count)?;
        if wanted == count {
            return Ok(Self { images: (0..count).collect(), all: true, train, valid });
        }
        // Each part has its share, and an image of each class if that is possible.
        let share = usize::try_from(wanted as u128 * first as u128 / count as u128).unwrap_or(first);
        let classes = labels.classes.len().min(wanted / 2);
        let of_train =
            share.clamp(classes.min(first), (wanted - classes).min(first)).max(wanted.saturating_sub(valid.len()));
        let train = labels.take(&train, of_train, 1)?;
        let valid = labels.take(&valid, wanted - of_train, 1)?;
        Ok(Self::some(train, valid))
    }

    /// Makes the choice of the images of two parts alone.
    fn some(train: Vec<usize>, valid: Vec<usize>) -> Self {
        let (first, all) = (train.len(), train.len() + valid.len());
        Self { images: [train, valid].concat(), all: false, train: (0..first).collect(), valid: (first..all).collect() }
    }
}

/// Returns the number of images that are asked for.
fn wanted(config: &DataConfig, count: usize) -> Result<usize, DataError> {
    match config.images {
        Some(wanted) if wanted > count => {
            let what = format!("{wanted} were asked for, but the data set has {count}");
            Err(DataError::BadOption { option: "images", what })
        }
        wanted => Ok(wanted.unwrap_or(count)),
    }
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

fn normal(mean: f32, std: f32) -> [f32; 256] {
    let mut values = [0.0; 256];
    for (normal, value) in values.iter_mut().zip(0..=u8::MAX) {
        *normal = (f32::from(value) / 255.0 - mean) / std;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
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
