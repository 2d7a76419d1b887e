//! The batches of a training.

use std::sync::Arc;

use super::ahead::{Ahead, Maker};
use super::batches::{full_batches, shuffled};
use super::{Batch, DataError, ImageData};
use crate::random::{Stream, stream};

/// The batches of a training. The batch of a step depends on the seed, the epoch and the step alone.
///
/// A thread makes them in advance as long as the steps are asked for one after the other.
///
/// ```
/// use std::sync::Arc;
///
/// use lambda_darts::data::{DataConfig, ImageData, TrainingBatches};
///
/// let data = ImageData::load_whole(&DataConfig::training(), 1, &|_, _| {})?;
/// let mut batches = TrainingBatches::new(Arc::new(data), 64, 1)?;
/// assert_eq!((batches.steps(), batches.test_batches()), (62, 16));
/// assert_eq!(batches.batch(0, 0).shape, [64, 1, 14, 14]);
/// # Ok::<(), lambda_darts::data::DataError>(())
/// ```
#[derive(Debug)]
pub struct TrainingBatches {
    ahead: Ahead<BatchMaker>,
}

impl TrainingBatches {
    /// Makes the batches, each of `batch` images.
    ///
    /// # Errors
    /// [`DataError::TooFewImages`] if there are fewer training images than in one batch, [`DataError::BadOption`] if
    /// `batch` is 0.
    pub fn new(data: Arc<ImageData>, batch: usize, seed: u64) -> Result<Self, DataError> {
        let steps = full_batches(data.train_len(), batch)?;
        Ok(Self { ahead: Ahead::new(BatchMaker { data, batch, seed, steps, order: None }) })
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

    /// Returns the batch of a step: training images in the order of the epoch, augmented.
    ///
    /// # Panics
    /// Panics if `step` is not below [`TrainingBatches::steps`].
    pub fn batch(&mut self, epoch: usize, step: usize) -> Batch {
        self.ahead.take(epoch, step)
    }

    /// Returns the number of batches of the test part, in its own order and without augmentation. The last one may be
    /// smaller than the others.
    #[must_use]
    pub fn test_batches(&self) -> usize {
        self.data().valid_len().div_ceil(self.ahead.maker().batch)
    }

    /// Returns one of the test batches, or `None` past the last.
    #[must_use]
    pub fn test(&self, index: usize) -> Option<Batch> {
        self.data().valid_batch(self.ahead.maker().batch, index)
    }
}

/// Maker of the batches of a training.
#[derive(Clone, Debug)]
struct BatchMaker {
    data: Arc<ImageData>,
    batch: usize,
    seed: u64,
    steps: usize,
    /// Last epoch that was asked for, and the order of its images.
    order: Option<(usize, Vec<usize>)>,
}

impl Maker for BatchMaker {
    type Made = Batch;

    fn steps(&self) -> usize {
        self.steps
    }

    fn make(&mut self, epoch: usize, step: usize) -> Batch {
        let known = self.order.take().filter(|&(of, _)| of == epoch).map(|(_, order)| order);
        let order = known.unwrap_or_else(|| shuffled(&self.data.train, self.seed, Stream::TrainOrder, epoch));
        // Every step of every epoch has a number of its own.
        let number = (epoch as u64).wrapping_mul(self.steps as u64).wrapping_add(step as u64);
        let chance = stream(self.seed, Stream::Augment, number);
        let batch = self.data.batch(&order[step * self.batch..(step + 1) * self.batch], Some(chance));
        self.order = Some((epoch, order));
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::images::sample;
    use crate::data::{Augment, DataConfig, DataSet};

    /// Returns 26 training images and 10 test images.
    fn data(augment: Augment) -> Arc<ImageData> {
        let config = DataConfig { set: DataSet::Cifar10, augment, ..DataConfig::training() };
        let images = sample(36, 3, 16);
        let [train, test] = [0..26, 26..36].map(|part| images.select(&part.collect::<Vec<_>>()));
        Arc::new(ImageData::prepare_whole(train, test, &config, 1).unwrap())
    }

    /// Returns the pixels of each image of a batch.
    fn images(batch: &Batch) -> Vec<Vec<u32>> {
        batch.images.chunks_exact(768).map(|image| image.iter().map(|value| value.to_bits()).collect()).collect()
    }

    #[test]
    fn the_thread_gives_what_is_made_in_place() {
        let shared = data(Augment::Published);
        let mut batches = TrainingBatches::new(Arc::clone(&shared), 8, 7).unwrap();
        assert_eq!(batches.steps(), 3);
        let mut inline = batches.ahead.maker().clone();
        for (epoch, step) in [(0, 0), (0, 1), (0, 2), (1, 0), (0, 1), (1, 0), (1, 1), (9, 2)] {
            assert!(batches.batch(epoch, step) == inline.make(epoch, step), "{epoch} {step}");
        }
        let mut same = TrainingBatches::new(data(Augment::Published), 8, 7).unwrap();
        let mut other = TrainingBatches::new(data(Augment::Published), 8, 8).unwrap();
        let batch = batches.batch(3, 1);
        assert!(same.batch(3, 1) == batch && other.batch(3, 1) != batch && same.batch(3, 0) != batch);
        drop((batches, inline));
        assert_eq!(Arc::strong_count(&shared), 1, "the thread has ended");
    }

    #[test]
    fn an_epoch_shows_training_images_once_and_leaves_out_others_than_the_next() {
        let data = data(Augment::None);
        let mut batches = TrainingBatches::new(Arc::clone(&data), 8, 3).unwrap();
        let all = images(&data.batch(&data.train, None));
        let left_out: Vec<Vec<usize>> = (0..4)
            .map(|epoch| {
                let shown: Vec<Vec<u32>> =
                    (0..batches.steps()).flat_map(|step| images(&batches.batch(epoch, step))).collect();
                assert!(shown.iter().all(|image| all.contains(image)), "no test image is shown");
                (0..all.len()).filter(|&i| !shown.contains(&all[i])).collect()
            })
            .collect();
        // 24 different images of 26 are shown.
        assert!(left_out.iter().all(|images| images.len() == 2), "{left_out:?}");
        assert!(left_out.iter().any(|images| *images != left_out[0]), "{left_out:?}");
    }

    #[test]
    fn test_images_come_in_order_and_as_they_are() {
        let batches = TrainingBatches::new(data(Augment::Published), 4, 7).unwrap();
        let found: Vec<Batch> = (0..batches.test_batches()).filter_map(|index| batches.test(index)).collect();
        assert_eq!(found.iter().map(|batch| batch.labels.len()).collect::<Vec<_>>(), [4, 4, 2]);
        assert!(batches.test(3).is_none());
        let data = batches.data();
        assert_eq!(found.iter().flat_map(images).collect::<Vec<_>>(), images(&data.batch(&data.valid, None)));
    }

    #[test]
    fn batches_that_cannot_be_are_refused() {
        let data = data(Augment::None);
        // A batch may be larger than the test set, but not than the training set.
        assert_eq!(TrainingBatches::new(Arc::clone(&data), 26, 0).unwrap().test_batches(), 1);
        let refused = TrainingBatches::new(Arc::clone(&data), 27, 0);
        assert!(matches!(refused, Err(DataError::TooFewImages { have: 26, batch: 27 })));
        assert!(matches!(TrainingBatches::new(data, 0, 0), Err(DataError::BadOption { option: "batch", .. })));
    }
}
