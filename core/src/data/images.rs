//! Labelled images in memory.

use std::path::Path;

use super::folder::{self, Rules};
use super::resize::Resize;
use super::{DataConfig, DataError, DataSet};

/// A list of labelled images of one size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images {
    /// Number of channels of an image: 1 or 3.
    pub channels: usize,
    /// Height of an image in pixels.
    pub height: usize,
    /// Width of an image in pixels.
    pub width: usize,
    /// Pixels of all images. `// [images, channels, height, width]`
    pub pixels: Vec<u8>,
    /// Class of each image.
    pub labels: Vec<u16>,
    /// Names of the classes.
    pub classes: Vec<String>,
}

impl Images {
    /// Returns the 1,797 built-in handwritten digits of 8×8 pixels.
    #[must_use]
    pub fn digits() -> Self {
        super::digits::digits()
    }

    /// Returns the built-in training images of Fashion-MNIST: 4,000 images of 14×14 pixels.
    #[must_use]
    pub fn fashion() -> Self {
        super::fashion::train()
    }

    /// Returns the built-in test images of Fashion-MNIST: 1,000 images of 14×14 pixels. No search sees them.
    #[must_use]
    pub fn fashion_test() -> Self {
        super::fashion::test()
    }

    /// Reads the digits that are built in elsewhere, from the file `digits.bin` beside this module: a page loads it.
    ///
    /// # Errors
    /// [`DataError::BadImages`] for any other bytes.
    pub fn from_packed_digits(bytes: &[u8]) -> Result<Self, DataError> {
        super::digits::unpack(bytes)
    }

    /// Reads the first images of `fashion_train.bin` or `fashion_test.bin`, at most `most` of them. These files of this
    /// module have the images that are built in elsewhere; a page loads them.
    ///
    /// # Errors
    /// [`DataError::BadImages`] for any other bytes.
    pub fn from_packed_fashion(bytes: &[u8], most: usize) -> Result<Self, DataError> {
        super::fashion::unpack(bytes, most)
    }

    /// Reads the images and the labels of two IDX files, as MNIST has them, gzipped or not.
    ///
    /// # Errors
    /// [`DataError`] if the bytes are not such files, do not fit together, or a label is greater than 9.
    pub fn from_idx(images: &[u8], labels: &[u8]) -> Result<Self, DataError> {
        super::idx::idx_files(images, labels)
    }

    /// Reads the images of one batch file of CIFAR-10: records of a label and 3·32·32 pixels.
    ///
    /// # Errors
    /// [`DataError`] if the last record is incomplete or a label is greater than 9.
    pub fn from_cifar10_records(bytes: &[u8]) -> Result<Self, DataError> {
        super::cifar::cifar10_records(bytes)
    }

    /// Reads the images of one batch file of CIFAR-10 that Python has pickled; the pickle is read and never run.
    ///
    /// # Errors
    /// [`DataError`] if the bytes are not such a pickle or a label is greater than 9.
    pub fn from_cifar10_pickle(bytes: &[u8]) -> Result<Self, DataError> {
        super::cifar::cifar10_pickle(bytes)
    }

    /// Reads the images of one batch file of CIFAR-100, with their fine labels: records of two labels and 3·32·32
    /// pixels.
    ///
    /// # Errors
    /// [`DataError`] if the last record is incomplete or a fine label is greater than 99.
    pub fn from_cifar100_records(bytes: &[u8]) -> Result<Self, DataError> {
        super::cifar::cifar100_records(bytes)
    }

    /// Reads the images of a file of SVHN: MATLAB 5, with the variables `X` and `y`.
    ///
    /// # Errors
    /// [`DataError`] if the bytes are not such a file or a label is not from 1 to 10.
    pub fn from_svhn(bytes: &[u8]) -> Result<Self, DataError> {
        super::svhn::svhn_file(bytes)
    }

    /// Reads the images of the first 120 classes in one batch file of ImageNet16: a pickle, which is read and never
    /// run.
    ///
    /// # Errors
    /// [`DataError`] if the bytes are not such a pickle or a label is not from 1 to 1000.
    pub fn from_imagenet16_batch(bytes: &[u8]) -> Result<Self, DataError> {
        super::imagenet16::imagenet16_batch(bytes)
    }

    /// Reads all images of a folder of class folders, to evaluate a network on them. Of the settings, `size`,
    /// `background` and `skip_unreadable` are used. While files are decoded, `progress` is called with the number of
    /// images that are done and of all, from any thread.
    ///
    /// The classes are those of the folder, in the order of their names. One class folder with one image is enough.
    ///
    /// # Errors
    /// [`DataError`] with the file or the option at fault. A folder without class folders is [`DataError::Missing`].
    pub fn folder(
        dir: &Path,
        config: &DataConfig,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, DataError> {
        config.check()?;
        folder::read_all(dir, Rules::of(config, progress))
    }

    /// Makes `count` random images, with classes in turn, in the shape of a data set's images, to time a search without
    /// the data set.
    #[must_use]
    pub fn random(set: DataSet, count: usize, seed: u64) -> Self {
        super::synthetic::random(set, count, seed)
    }

    /// Returns the number of images.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns true if there are no images.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the pixels of image `i`. `// [channels, height, width]`
    ///
    /// # Panics
    /// Panics if there is no image `i`.
    #[must_use]
    pub fn image(&self, i: usize) -> &[u8] {
        let length = self.image_length();
        &self.pixels[i * length..(i + 1) * length]
    }

    /// Returns the number of pixel values of one image, over all channels.
    pub(super) const fn image_length(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Checks that there are images for two parts, and that the fields fit together.
    pub(super) fn check(&self) -> Result<(), DataError> {
        self.check_fields()?;
        if self.len() < 2 {
            let what = format!("{} images, but at least 2 are needed, one for each part", self.len());
            return Err(DataError::BadImages { what });
        }
        Ok(())
    }

    /// Checks that the fields fit together.
    pub(crate) fn check_fields(&self) -> Result<(), DataError> {
        let bad = |what: String| Err(DataError::BadImages { what });
        let Self { channels, height, width, .. } = *self;
        let expected =
            [channels, height, width].iter().try_fold(self.len(), |product, &side| product.checked_mul(side));
        if channels == 0 || height == 0 || width == 0 {
            return bad(format!("{channels} channels of {width}×{height} pixels are not an image"));
        }
        if expected != Some(self.pixels.len()) {
            return bad(format!(
                "{} bytes are not {} images of {channels} channels and {width}×{height} pixels",
                self.pixels.len(),
                self.len()
            ));
        }
        let classes = self.classes.len();
        match self.labels.iter().position(|&label| usize::from(label) >= classes) {
            Some(i) => bad(format!("image {i} has the label {}, but there are {classes} classes", self.labels[i])),
            None => Ok(()),
        }
    }

    /// Returns the chosen images, in the order of the choice.
    pub(super) fn select(&self, chosen: &[usize]) -> Self {
        let mut pixels = Vec::with_capacity(chosen.len() * self.image_length());
        for &i in chosen {
            pixels.extend_from_slice(self.image(i));
        }
        Self {
            pixels,
            labels: chosen.iter().map(|&i| self.labels[i]).collect(),
            classes: self.classes.clone(),
            ..*self
        }
    }

    /// Appends test images, which have the shape and the classes of these training images.
    pub(super) fn with_test(mut self, test: Self) -> Result<Self, DataError> {
        let bad = |what: String| Err(DataError::BadImages { what });
        let [train_shape, test_shape] = [&self, &test].map(|images| [images.channels, images.height, images.width]);
        if train_shape != test_shape {
            return bad(format!(
                "test images of the shape {test_shape:?} beside training images of the shape {train_shape:?}: channels, \
                 height, width"
            ));
        }
        if self.classes != test.classes {
            return bad("the classes of the test images are not those of the training images, in their order".into());
        }
        self.pixels.extend(test.pixels);
        self.labels.extend(test.labels);
        Ok(self)
    }

    /// Resizes the images to squares of side `size`.
    pub(super) fn resized(self, size: usize) -> Self {
        self.resized_to([size; 2])
    }

    /// Resizes the images to a height and a width.
    pub(crate) fn resized_to(self, [height, width]: [usize; 2]) -> Self {
        if (self.height, self.width) == (height, width) {
            return self;
        }
        let resize = Resize::new([self.height, self.width], [height, width]);
        let mut pixels = Vec::with_capacity(self.len() * self.channels * height * width);
        for plane in self.pixels.chunks_exact(self.height * self.width) {
            resize.plane(plane, &mut pixels);
        }
        Self { height, width, pixels, ..self }
    }
}

/// Returns numbers as class names, for data sets whose files have no names.
pub(super) fn numbered(classes: usize) -> Vec<String> {
    (0..classes).map(|class| class.to_string()).collect()
}

/// Makes images that all differ, for tests.
#[cfg(test)]
pub(super) fn sample(count: usize, channels: usize, side: usize) -> Images {
    // Two images of each class, at least.
    let classes = (count / 2).clamp(1, 4);
    let bytes = (0..=u8::MAX).cycle().zip((0..=250).cycle()).map(|(a, b): (u8, u8)| a.wrapping_mul(7) ^ b);
    Images {
        channels,
        height: side,
        width: side,
        pixels: bytes.take(count * channels * side * side).collect(),
        labels: (0..u16::try_from(classes).unwrap_or(4)).cycle().take(count).collect(),
        classes: numbered(classes),
    }
}
