//! Images of a page, in a file of the library or of the visitor.

use lambda_darts::data::{DataConfig, DataSet, Images};
use serde::Serialize;

use crate::failure::Failure;

/// Size in bytes of one image of CIFAR-10 with its label. The maximum number of them is that of the whole training set.
pub(crate) const RECORD: usize = 1 + 3 * 32 * 32;
pub(crate) const MOST_RECORDS: usize = 50_000;

/// First images of a file of a data set, as bytes that are not normalized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct FirstImages {
    /// Number of channels.
    pub(crate) channels: usize,
    /// Height in pixels.
    pub(crate) height: usize,
    /// Width in pixels.
    pub(crate) width: usize,
    /// Names of the classes.
    pub(crate) classes: Vec<String>,
    /// Class of each image.
    pub(crate) labels: Vec<u16>,
    /// Values, `[images, channels, height, width]`.
    pub(crate) pixels: Vec<u8>,
}

/// Returns the first images of a file of a data set, at most `most` of them.
pub(crate) fn first_images(config: &DataConfig, file: Option<&[u8]>, most: usize) -> Result<FirstImages, Failure> {
    let Images { channels, height, width, mut pixels, mut labels, classes } = images(config, file, most)?;
    labels.truncate(most);
    pixels.truncate(labels.len() * channels * height * width);
    Ok(FirstImages { channels, height, width, classes, labels, pixels })
}

/// Reads the images of a file of a data set: the packed digits, a packed file of Fashion-MNIST or a batch file of
/// CIFAR-10. Images beyond the first `most` may be left out.
pub(crate) fn images(config: &DataConfig, file: Option<&[u8]>, most: usize) -> Result<Images, Failure> {
    match config.set {
        DataSet::Digits => Ok(Images::from_packed_digits(file.ok_or(Failure::NoDigits)?)?),
        DataSet::Fashion => Ok(Images::from_packed_fashion(file.ok_or(Failure::NoFashion)?, most)?),
        DataSet::Cifar10 => {
            let records = file.ok_or(Failure::NoBatches)?;
            let (size, most) = (records.len(), MOST_RECORDS * RECORD);
            if size > most {
                return Err(Failure::TooManyBatches { size, most });
            }
            Ok(Images::from_cifar10_records(records)?)
        }
        set => Err(Failure::NotInPages { set }),
    }
}
