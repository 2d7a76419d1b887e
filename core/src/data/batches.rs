//! Batches of images: the pairs of a search.

use std::sync::Arc;

use rand::seq::SliceRandom;

use super::ahead::{Ahead, Maker};
use super::{DataError, ImageData};
use crate::random::{Stream, stream};

/// A batch of images with their classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Normalized pixels. `// [batch, channels, height, width]`
    pub images: Vec<f32>,
    /// Class of each image.
    pub labels: Vec<i64>,
    /// Shape of the images: batch, channels, height, width.
    pub shape: [usize; 4],
}

impl Batch {
    /// Checks that a network of `image_channels` channels and `classes` classes can read the batch.
    ///
    /// # Errors
    /// [`DataError::BadBatch`] with the fault.
    pub(crate) fn check(&self, image_channels: usize, classes: usize) -> Result<(), DataError> {
        let [count, channels, ..] = self.shape;
        let pixels = self.shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        let bad = self.labels.iter().find(|&&label| usize::try_from(label).map_or(true, |label| label >= classes));
        let what = if self.shape.contains(&0) {
            format!("its shape {:?} has a zero", self.shape)
        } else if channels != image_channels {
            format!("its images have {channels} channels, not {image_channels}")
        } else if pixels != Some(self.images.len()) {
            format!("{} numbers for the shape {:?}", self.images.len(), self.shape)
        } else if self.labels.len() != count {
            format!("{} labels for {count} images", self.labels.len())
        } else if let Some(label) = bad {
            format!("the label {label}, but there are {classes} classes, counted from 0")
        } else {
            return Ok(());
        };
        Err(DataError::BadBatch { what })
    }
}

/// The two batches of a search step.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Batch that trains the weights.
    pub train: Batch,
    /// Batch that trains the architecture.
    pub valid: Batch,
}

/// The batches of a search. The batches of a step depend on the seed, the epoch and the step alone.
///
/// A thread makes them in advance as long as the steps are asked for one after the other.
///
/// ```
/// use std::sync::Arc;
///
/// use lambda_darts::data::{Batches, DataConfig, ImageData};
///
/// let data = ImageData::load(&DataConfig::default(), 1)?;
/// let mut batches = Batches::new(Arc::new(data), 64, 1)?;
/// let pair = batches.pair(0, 0);
/// assert_eq!(pair.train.shape, [64, 1, 14, 14]);
/// # Ok::<(), lambda_darts::data::DataError>(())
/// ```
#[derive(Debug)]
pub struct Batches {
    ahead: Ahead<PairMaker>,
}

impl Batches {
    /// Makes the batches, each of `batch` images.
    ///
    /// # Errors
    /// [`DataError::TooFewImages`] if a part has fewer images than one batch, [`DataError::BadOption`] if `batch` is 0.
    pub fn new(data: Arc<ImageData>, batch: usize, seed: u64) -> Result<Self, DataError> {
        let steps = full_batches(data.train_len().min(data.valid_len()), batch)?;
        Ok(Self { ahead: Ahead::new(PairMaker { data, batch, seed, steps, order: None }) })
    }

    /// Returns the data that the batches are made of.
    #[must_use]
    pub fn data(&self) -> &Arc<ImageData> {
        &self.ahead.maker().data
    }

    /// Returns the number of steps of an epoch. Images that do not fill a batch are left out, different ones in each
    /// epoch.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.ahead.maker().steps
    }

    /// Returns the batches of a step.
    ///
    /// # Panics
    /// Panics if `step` is not below [`Batches::steps`].
    pub fn pair(&mut self, epoch: usize, step: usize) -> Pair {
        self.ahead.take(epoch, step)
    }

    /// Returns the number of batches of the validation part, in its own order and without augmentation. The last one
    /// may be smaller than the others.
    #[must_use]
    pub fn validation_batches(&self) -> usize {
        self.data().valid_len().div_ceil(self.ahead.maker().batch)
    }

    /// Returns one of the validation batches, or `None` past the last.
    #[must_use]
    pub fn validation(&self, index: usize) -> Option<Batch> {
        self.data().valid_batch(self.ahead.maker().batch, index)
    }
}

/// Returns the number of batches that some images fill, at least one.
pub(super) fn full_batches(have: usize, batch: usize) -> Result<usize, DataError> {
    if batch == 0 {
        return Err(DataError::BadOption { option: "batch", what: "a batch has at least one image".into() });
    }
    if batch > have {
        return Err(DataError::TooFewImages { have, batch });
    }
    Ok(have / batch)
}

/// Returns the images of a part in the order of an epoch.
pub(super) fn shuffled(part: &[usize], seed: u64, purpose: Stream, epoch: usize) -> Vec<usize> {
    let mut order = part.to_vec();
    order.shuffle(&mut stream(seed, purpose, epoch as u64));
    order
}

/// Maker of the pairs of a search.
#[derive(Clone, Debug)]
struct PairMaker {
    data: Arc<ImageData>,
    batch: usize,
    seed: u64,
    steps: usize,
    /// Order of the last epoch that was asked for.
    order: Option<Order>,
}

/// Order of the images in an epoch.
#[derive(Clone, Debug)]
struct Order {
    epoch: usize,
    train: Vec<usize>,
    valid: Vec<usize>,
}

impl Order {
    fn draw(data: &ImageData, seed: u64, epoch: usize) -> Self {
        Self {
            epoch,
            train: shuffled(&data.train, seed, Stream::TrainOrder, epoch),
            valid: shuffled(&data.valid, seed, Stream::ValidOrder, epoch),
        }
    }
}

impl Maker for PairMaker {
    type Made = Pair;

    fn steps(&self) -> usize {
        self.steps
    }

    fn make(&mut self, epoch: usize, step: usize) -> Pair {
        let order = self.order.take().filter(|order| order.epoch == epoch);
        let order = order.unwrap_or_else(|| Order::draw(&self.data, self.seed, epoch));
        let places = step * self.batch..(step + 1) * self.batch;
        // Every step of every epoch has two numbers of its own, one for each of its batches.
        let number = (epoch as u64).wrapping_mul(self.steps as u64).wrapping_add(step as u64).wrapping_mul(2);
        let chance = |part| Some(stream(self.seed, Stream::Augment, number.wrapping_add(part)));
        let pair = Pair {
            train: self.data.batch(&order.train[places.clone()], chance(0)),
            valid: self.data.batch(&order.valid[places], chance(1)),
        };
        self.order = Some(order);
        pair
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::images::sample;
    use crate::data::{Augment, DataConfig, DataSet};

    fn data() -> Arc<ImageData> {
        let config = DataConfig {
            set: DataSet::Cifar10,
            train_fraction: 0.6,
            augment: Augment::Published,
            cutout: 3,
            ..DataConfig::default()
        };
        Arc::new(ImageData::prepare(sample(50, 3, 16), &config, 1).unwrap())
    }

    #[test]
    fn the_thread_gives_what_is_made_in_place() {
        let shared = data();
        let mut batches = Batches::new(Arc::clone(&shared), 8, 7).unwrap();
        assert_eq!(batches.steps(), 2);
        let mut inline = batches.ahead.maker().clone();
        // Steps in order, a step back, the steps after it, and one far ahead.
        for (epoch, step) in [(0, 0), (0, 1), (1, 0), (0, 1), (1, 0), (1, 1), (2, 0), (9, 1)] {
            assert!(batches.pair(epoch, step) == inline.make(epoch, step), "{epoch} {step}");
        }
        let mut same = Batches::new(data(), 8, 7).unwrap();
        let mut other = Batches::new(data(), 8, 8).unwrap();
        let pair = batches.pair(3, 1);
        assert!(same.pair(3, 1) == pair && other.pair(3, 1) != pair && same.pair(3, 0) != pair);
        drop((batches, inline));
        assert_eq!(Arc::strong_count(&shared), 1, "the thread has ended");
    }

    #[test]
    fn an_epoch_shows_every_image_once() {
        let config = DataConfig { images: Some(24), ..DataConfig::default() };
        let data = Arc::new(ImageData::load(&config, 3).unwrap());
        let mut batches = Batches::new(Arc::clone(&data), 4, 3).unwrap();
        let mut shown: Vec<Vec<u32>> = Vec::new();
        for step in 0..batches.steps() {
            let pair = batches.pair(0, step);
            shown.extend(pair.train.images.chunks_exact(196).map(|image| image.iter().map(|v| v.to_bits()).collect()));
        }
        let all = data.batch(&data.train, None);
        let mut all: Vec<Vec<u32>> =
            all.images.chunks_exact(196).map(|image| image.iter().map(|v| v.to_bits()).collect()).collect();
        assert_ne!(shown, all);
        shown.sort();
        all.sort();
        assert_eq!(shown, all);
    }

    #[test]
    fn the_validation_part_is_read_in_order() {
        let batches = Batches::new(data(), 8, 7).unwrap();
        assert_eq!(batches.validation_batches(), 3);
        let sizes: Vec<usize> = (0..4).filter_map(|i| batches.validation(i)).map(|batch| batch.labels.len()).collect();
        assert_eq!(sizes, [8, 8, 4]);
        let all = batches.data().batch(&batches.data().valid, None);
        assert_eq!(batches.validation(2).unwrap().images, all.images[16 * 768..]);
    }

    #[test]
    fn batches_that_cannot_be_are_refused() {
        assert!(matches!(Batches::new(data(), 21, 0), Err(DataError::TooFewImages { have: 20, batch: 21 })));
        assert!(matches!(Batches::new(data(), 0, 0), Err(DataError::BadOption { .. })));
    }
}
