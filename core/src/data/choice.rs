//! The choice of images of a data set, and of their parts.

use super::folder::{Listing, Purpose};
use super::split::{self, Labels};
use super::{DataConfig, DataError, Images};

/// The chosen images of a data set, and the two parts as indices into the chosen images.
pub(super) struct Choice {
    pub(super) images: Vec<usize>,
    /// True if all images are chosen, in their own order.
    pub(super) all: bool,
    pub(super) train: Vec<usize>,
    pub(super) valid: Vec<usize>,
}

impl Choice {
    pub(super) fn of(labels: Labels<'_>, config: &DataConfig, seed: u64) -> Result<Self, DataError> {
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

    /// Makes the choice of a folder, which may be divided into parts already.
    pub(super) fn of_listing(
        listing: &Listing,
        purpose: Purpose,
        config: &DataConfig,
        seed: u64,
    ) -> Result<Self, DataError> {
        match (listing.first, purpose) {
            (Some(first), Purpose::Training) => Self::of_training(listing.labels(), first, config, seed),
            (Some(first), Purpose::Search) if config.split.is_none() => {
                Self::of_parts(listing.labels(), first, config, seed)
            }
            _ => Self::of(listing.labels(), config, seed),
        }
    }

    /// Makes the choice of a training from a data set whose first images, `first` of them, are the training images. The
    /// others are the test images, which are all chosen.
    pub(super) fn of_training(
        labels: Labels<'_>,
        first: usize,
        config: &DataConfig,
        seed: u64,
    ) -> Result<Self, DataError> {
        let count = labels.labels.len();
        let wanted = wanted(config, first)?;
        if wanted == first {
            let images = (0..count).collect();
            return Ok(Self { images, all: true, train: (0..first).collect(), valid: (first..count).collect() });
        }
        let train = labels.take(&split::draw(first, seed), wanted, 1)?;
        Ok(Self::some(train, (first..count).collect()))
    }

    /// Makes the choice anew from those of its images that were read. Given parts stay as they are.
    pub(super) fn without_unreadable(
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
        let order = split::draw(images.len(), seed);
        let (train, valid) = Labels::of(images).by_fraction(&order, config.train_fraction)?;
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
