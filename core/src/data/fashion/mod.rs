//! The built-in part of Fashion-MNIST.
//!
//! H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms,
//! 2017, <https://github.com/zalandoresearch/fashion-mnist>, MIT licence, see `FASHION-LICENSE.md`. These are the first
//! 4,000 training images and the first 1,000 test images, with half the side.

mod coder;
mod model;

use sha2::{Digest, Sha256};

use self::coder::Reader;
use self::model::{Model, PIXELS, SIDE};
use super::{DataError, Images};

/// File of images, in the code of [`Model`]. `cargo xtask pack fashion-mnist DIR` makes both files.
struct Packed {
    count: usize,
    /// SHA-256 of the file. No other bytes are decoded.
    digest: &'static str,
}

static TRAIN: Packed =
    Packed { count: 4000, digest: "64695c201678014b51db381fbf1fcab8a476ca4e9e0756453f8368ae5ac33c66" };
static TEST: Packed =
    Packed { count: 1000, digest: "508a2c8b45c5561cecbf6dfc5180f746fa328056bfe3b54c5239ae20906518ff" };

/// Steps between the stored levels of grey.
const STEP: u8 = 5;

/// Classes of Fashion-MNIST by their label.
pub(super) const CLASSES: [&str; 10] =
    ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

/// Returns the training images.
pub(super) fn train() -> Images {
    TRAIN.images(include_bytes!("fashion_train.bin"), usize::MAX)
}

/// Returns the test images.
pub(super) fn test() -> Images {
    TEST.images(include_bytes!("fashion_test.bin"), usize::MAX)
}

/// Returns the first images of one of the packed files, at most `most` of them.
pub(super) fn unpack(bytes: &[u8], most: usize) -> Result<Images, DataError> {
    let digest = crate::text::hex(&Sha256::digest(bytes));
    match [&TRAIN, &TEST].into_iter().find(|packed| packed.digest == digest) {
        Some(packed) => Ok(packed.images(bytes, most)),
        None => Err(DataError::BadImages { what: "not the packed images of Fashion-MNIST".to_owned() }),
    }
}

impl Packed {
    /// Decodes the first images of the file, at most `most` of them.
    fn images(&self, bytes: &[u8], most: usize) -> Images {
        let count = self.count.min(most);
        let (mut reader, mut model) = (Reader::new(bytes), Model::new());
        let (mut pixels, mut labels) = (Vec::with_capacity(count * PIXELS), Vec::with_capacity(count));
        for _ in 0..count {
            let (mut class, mut levels) = (0, [0; PIXELS]);
            model.picture(&mut reader, &mut class, &mut levels);
            pixels.extend(levels.map(|level| level.saturating_mul(STEP)));
            labels.push(u16::from(class));
        }
        let classes = CLASSES.map(str::to_owned).to_vec();
        Images { channels: 1, height: SIDE, width: SIDE, pixels, labels, classes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_images_are_those_of_the_source() {
        let packed: [&[u8]; 2] = [include_bytes!("fashion_train.bin"), include_bytes!("fashion_test.bin")];
        for wrong in [&packed[0][..packed[0].len() / 2], &packed[1][1..], b""] {
            let message = unpack(wrong, 1).unwrap_err().to_string();
            assert!(message.contains("Fashion-MNIST"), "{message}");
        }
        let (train, test) = (train(), test());
        assert_eq!(packed.map(|bytes| unpack(bytes, usize::MAX).unwrap()), [train.clone(), test.clone()]);
        let first = unpack(packed[1], 3).unwrap();
        assert_eq!((&first.pixels[..], first.len()), (&test.pixels[..3 * PIXELS], 3));
        train.check().unwrap();
        test.check().unwrap();
        assert_eq!((train.len(), test.len()), (4000, 1000));
        assert_eq!(train.labels[..8], [9, 0, 0, 3, 0, 2, 7, 2]);
        assert_eq!(test.labels[..8], [9, 2, 1, 1, 6, 1, 4, 6]);
        let counts: Vec<usize> =
            (0..10).map(|class| train.labels.iter().filter(|&&label| label == class).count()).collect();
        assert_eq!((counts.iter().min(), counts.iter().max()), (Some(&373), Some(&440)));
        // Every pixel, computed by another program from the same source.
        let sums = [&train, &test].map(|images| {
            let add = |hash: u64, &pixel: &u8| (hash ^ u64::from(pixel)).wrapping_mul(0x0100_0000_01b3);
            let sum: u64 = images.pixels.iter().map(|&pixel| u64::from(pixel)).sum();
            (sum, images.pixels.iter().fold(0xcbf2_9ce4_8422_2325, add))
        });
        assert_eq!(sums, [(57_102_110, 0xe581_329e_b09b_1271), (14_514_800, 0x6f61_b191_ea11_3cf1)]);
    }
}
