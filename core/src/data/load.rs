//! Reading of data sets, for a search or a training.

use std::path::Path;

use super::choice::Choice;
use super::folder::{self, Folder, Listing, Purpose, Rules};
use super::part::Part;
use super::{DataConfig, DataError, DataSet, ImageData, Images, cifar, digits, fashion, idx, imagenet16, svhn};

impl ImageData {
    /// Reads the training images of the data set and splits them into the two parts of a search.
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
        match read(config, Part::Train)? {
            Some(images) => Self::prepare(images, config, seed),
            None => Self::load_folder(Purpose::Search, config, seed, progress),
        }
    }

    /// Reads the whole data set for a training: the first part has the training images, or `config.images` of them, and
    /// the second part has all test images. A folder without test images is tested on its validation images; otherwise,
    /// validation images train too. A set without a second part, such as `digits`, is split by `config.train_fraction`.
    /// `progress` is called as by [`load_with`](Self::load_with).
    ///
    /// ```
    /// use lambda_darts::data::{DataConfig, ImageData};
    ///
    /// let config = DataConfig { images: Some(400), ..DataConfig::training() };
    /// let data = ImageData::load_whole(&config, 1, &|_, _| {})?;
    /// assert_eq!((data.train_len(), data.valid_len()), (400, 1000));
    /// # Ok::<(), lambda_darts::data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// [`DataError`] with the file or the option at fault; `config.split` is such an option.
    pub fn load_whole(
        config: &DataConfig,
        seed: u64,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, DataError> {
        config.check_training()?;
        let Some(train) = read(config, Part::Train)? else {
            return Self::load_folder(Purpose::Training, config, seed, progress);
        };
        match read(config, Part::Test)? {
            Some(test) => Self::prepare_whole(train, test, config, seed),
            None => Self::prepare(train, config, seed),
        }
    }

    /// Reads a folder of images. Only the images that were chosen are decoded.
    fn load_folder(
        purpose: Purpose,
        config: &DataConfig,
        seed: u64,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, DataError> {
        let listing = Listing::of(folder_of(config)?, purpose)?;
        let choice = Choice::of_listing(&listing, purpose, config, seed)?;
        let rules = Rules::of(config, progress);
        let Folder { images, kept, shrunk, notes } = folder::read(&listing, &choice.images, rules)?;
        let choice = if kept.len() == choice.images.len() {
            Choice { all: true, ..choice }
        } else {
            choice.without_unreadable(&images, &kept, listing.first.is_some(), config, seed)?
        };
        let mut notes = [listing.notes, notes].concat();
        let usual = match purpose {
            Purpose::Search => DataConfig::default(),
            Purpose::Training => DataConfig::training(),
        };
        if listing.first.is_some() && config.train_fraction.to_bits() != usual.train_fraction.to_bits() {
            notes.push("warning: `train_fraction` has no effect: the folder is divided already".to_owned());
        }
        Ok(Self::finish(images, choice, config, shrunk)?.with_notes(notes))
    }
}

/// Reads a part of a data set. Returns `None` for the test images of `digits`, which has none, and for a folder, whose
/// images are chosen before they are read.
fn read(config: &DataConfig, part: Part) -> Result<Option<Images>, DataError> {
    let images = match config.set {
        DataSet::Digits => match part {
            Part::Train => digits::digits(),
            Part::Test => return Ok(None),
        },
        DataSet::Fashion => match part {
            Part::Train => fashion::train(),
            Part::Test => fashion::test(),
        },
        set @ (DataSet::Mnist | DataSet::FashionMnist | DataSet::Kmnist) => idx::idx(set, folder_of(config)?, part)?,
        DataSet::Cifar10 => cifar::cifar10(folder_of(config)?, part)?,
        DataSet::Cifar100 => cifar::cifar100(folder_of(config)?, part)?,
        DataSet::Svhn => svhn::svhn(folder_of(config)?, part)?,
        DataSet::ImageNet16 => imagenet16::imagenet16(folder_of(config)?, part)?,
        DataSet::Folder => return Ok(None),
    };
    Ok(Some(images))
}

fn folder_of(config: &DataConfig) -> Result<&Path, DataError> {
    config.dir.as_deref().ok_or_else(|| DataError::BadOption {
        option: "dir",
        what: format!("the data set `{}` needs the folder that it lies in", config.set),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;

    use super::*;

    fn whole(config: &DataConfig, seed: u64) -> Result<ImageData, DataError> {
        ImageData::load_whole(config, seed, &|_, _| {})
    }

    /// Returns the images of the first part.
    fn train_images(data: &ImageData) -> Images {
        let mut turned = data.clone();
        turned.valid.clone_from(&data.train);
        turned.valid_images()
    }

    #[test]
    fn the_whole_built_in_set_is_trained_and_tested_on() {
        let data = whole(&DataConfig::training(), 1).unwrap();
        assert!(train_images(&data) == Images::fashion() && data.valid_images() == Images::fashion_test());
        assert_eq!(data.fingerprint(), whole(&DataConfig::training(), 2).unwrap().fingerprint());
        assert_ne!(data.fingerprint(), ImageData::load(&DataConfig::default(), 1).unwrap().fingerprint());
    }

    #[test]
    fn training_images_are_drawn_and_test_images_are_kept() {
        let config = DataConfig { images: Some(400), ..DataConfig::training() };
        let data = whole(&config, 1).unwrap();
        let (drawn, all) = (train_images(&data), Images::fashion());
        assert_eq!((drawn.len(), data.valid_len()), (400, 1000));
        assert!(data.valid_images() == Images::fashion_test());
        let known: HashSet<&[u8]> = (0..all.len()).map(|i| all.image(i)).collect();
        assert!((0..400).all(|i| known.contains(drawn.image(i))));
        // The whole set has 373 to 440 images of a class.
        for class in 0..10 {
            let count = drawn.labels.iter().filter(|&&label| label == class).count();
            assert!((37..=44).contains(&count), "{count} of class {class}");
        }
        assert_eq!(data.fingerprint(), whole(&config, 1).unwrap().fingerprint());
        assert_ne!(data.fingerprint(), whole(&config, 2).unwrap().fingerprint());
        let message = whole(&DataConfig { images: Some(4001), ..config }, 1).unwrap_err().to_string();
        assert!(message.contains("4001 were asked for"), "{message}");
    }

    #[test]
    fn a_set_without_test_images_is_split() {
        let data = whole(&DataConfig { set: DataSet::Digits, ..DataConfig::training() }, 1).unwrap();
        assert_eq!((data.train_len(), data.valid_len()), (1438, 359));
        let split = DataConfig { split: Some("split.json".into()), ..DataConfig::training() };
        assert!(matches!(whole(&split, 1), Err(DataError::BadOption { option: "split", .. })));
    }

    #[test]
    fn test_files_are_needed() {
        let dir = tempfile::tempdir().unwrap();
        let record = |label: u8, shade: u8| [vec![label], vec![shade; 3072]].concat();
        for batch in 1..=5 {
            let bytes = [record(0, batch), record(1, 10 * batch)].concat();
            fs::write(dir.path().join(format!("data_batch_{batch}.bin")), bytes).unwrap();
        }
        let config = DataConfig { set: DataSet::Cifar10, dir: Some(dir.path().to_owned()), ..DataConfig::training() };
        let missing = whole(&config, 1).unwrap_err().to_string();
        assert!(missing.contains("`cifar10` needs cifar-10-batches-bin/test_batch.bin"), "{missing}");
        fs::write(dir.path().join("test_batch.bin"), [record(1, 200), record(0, 201)].concat()).unwrap();
        let data = whole(&config, 1).unwrap();
        assert_eq!((data.train_len(), data.valid_images().labels), (10, vec![1, 0]));
        assert!(data.valid_images().pixels.iter().all(|&pixel| pixel >= 200));
        assert_eq!(ImageData::load(&config, 1).unwrap().fingerprint().len(), 64, "a search needs no test file");
    }

    #[test]
    fn a_folder_has_its_parts_and_keeps_all_test_images() {
        let dir = tempfile::tempdir().unwrap();
        // The shade of an image is its number; those of the test folder are above 100.
        let write = |part: &str, class: &str, number: u8| {
            let folder = dir.path().join(part).join(class);
            fs::create_dir_all(&folder).unwrap();
            let picture = image::GrayImage::from_pixel(2, 2, image::Luma([number]));
            picture.save(folder.join(format!("{number:03}.png"))).unwrap();
        };
        for number in 0..6 {
            write("train", "a", number);
            write("train", "b", 10 + number);
        }
        let config = DataConfig { set: DataSet::Folder, dir: Some(dir.path().to_owned()), ..DataConfig::training() };
        let undivided = whole(&config, 1).unwrap();
        assert_eq!((undivided.train_len(), undivided.valid_len(), undivided.notes().len()), (10, 2, 0));
        for number in 100..103 {
            write("test", "a", number);
            write("test", "b", 10 + number);
        }
        let shades = |images: &Images| images.pixels.iter().copied().step_by(4).collect::<Vec<u8>>();
        let data = whole(&config, 1).unwrap();
        assert_eq!(shades(&train_images(&data)), [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15]);
        assert_eq!(shades(&data.valid_images()), [100, 101, 102, 110, 111, 112]);
        assert_eq!((data.classes(), data.notes().len()), (&["a".to_owned(), "b".to_owned()][..], 0));
        let some = DataConfig { images: Some(4), train_fraction: 0.5, ..config.clone() };
        let data = whole(&some, 1).unwrap();
        assert_eq!((train_images(&data).labels.len(), data.valid_len()), (4, 6));
        assert!(shades(&train_images(&data)).iter().all(|&shade| shade < 100));
        assert!(data.notes()[0].contains("`train_fraction` has no effect"), "{:?}", data.notes());
        // A file that cannot be read is left out of its part.
        fs::write(dir.path().join("test/a/101.png"), "no PNG at all").unwrap();
        assert!(matches!(whole(&config, 1), Err(DataError::Unreadable { count: 1, of: 18, .. })));
        let data = whole(&DataConfig { skip_unreadable: true, ..config }, 1).unwrap();
        assert_eq!((data.train_len(), shades(&data.valid_images())), (12, vec![100, 102, 110, 111, 112]));
        write("test", "c", 120);
        let other = whole(&some, 1);
        assert!(matches!(other, Err(DataError::OtherClasses { path, .. }) if path == dir.path().join("test")));
    }
}
