//! The built-in part of Fashion-MNIST.
//!
//! H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms,
//! 2017, <https://github.com/zalandoresearch/fashion-mnist>, MIT licence, see `FASHION-LICENSE.md`. These are the first
//! 4,000 training images and the first 1,000 test images, with half the side.

use std::io::Read;

use super::{DataError, Images};

/// Levels of grey of all images, in steps of [`STEP`] and as differences to PNG's Paeth filter, then labels, compressed
/// with zlib. `cargo xtask pack fashion-mnist DIR` makes the file.
const PACKED: &[u8] = include_bytes!("fashion.bin");
const TRAIN: usize = 4000;
const TEST: usize = 1000;
const SIDE: usize = 14;
const PIXELS: usize = SIDE * SIDE;
const STEP: u8 = 5;

/// Classes of Fashion-MNIST by their label.
pub(super) const CLASSES: [&str; 10] =
    ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

/// Returns the training images.
pub(super) fn train() -> Images {
    unpack(PACKED).expect("the embedded file is whole").0
}

/// Returns the test images.
pub(super) fn test() -> Images {
    unpack(PACKED).expect("the embedded file is whole").1
}

/// Returns the training images and the test images of the packed file, or of its content without the compression.
pub(super) fn unpack(packed: &[u8]) -> Result<(Images, Images), DataError> {
    let count = (TRAIN + TEST) * (PIXELS + 1);
    let mut bytes = Vec::with_capacity(count + 1);
    let whole = if packed.len() == count {
        bytes.extend(packed);
        true
    } else {
        flate2::read::ZlibDecoder::new(packed).take(count as u64 + 1).read_to_end(&mut bytes).is_ok()
    };
    if !whole || bytes.len() != count {
        return Err(DataError::BadImages { what: "not the packed images of Fashion-MNIST".to_owned() });
    }
    let (filtered, labels) = bytes.split_at((TRAIN + TEST) * PIXELS);
    let [train, test] = [(0, TRAIN), (TRAIN, TEST)].map(|(first, count)| {
        let mut pixels = Vec::with_capacity(count * PIXELS);
        for image in filtered.chunks_exact(PIXELS).skip(first).take(count) {
            pixels.extend(levels(image).iter().map(|level| level.saturating_mul(STEP)));
        }
        Images {
            channels: 1,
            height: SIDE,
            width: SIDE,
            pixels,
            labels: labels.iter().skip(first).take(count).map(|&label| u16::from(label)).collect(),
            classes: CLASSES.map(str::to_owned).to_vec(),
        }
    });
    train.check()?;
    test.check()?;
    Ok((train, test))
}

/// Adds to each difference the neighbour that PNG's Paeth filter predicts it from.
fn levels(differences: &[u8]) -> [u8; PIXELS] {
    let mut levels = [0_u8; PIXELS];
    for (place, &difference) in differences.iter().enumerate().take(PIXELS) {
        let (row, column) = (place / SIDE, place % SIDE);
        let level = |there: bool, back: usize| if there { i16::from(levels[place - back]) } else { 0 };
        let (left, above) = (level(column > 0, 1), level(row > 0, SIDE));
        let corner = level(row > 0 && column > 0, SIDE + 1);
        let estimate = left + above - corner;
        let [by_left, by_above, by_corner] = [left, above, corner].map(|level| (estimate - level).abs());
        let predicted = if by_left <= by_above && by_left <= by_corner {
            left
        } else if by_above <= by_corner {
            above
        } else {
            corner
        };
        levels[place] = difference.wrapping_add(u8::try_from(predicted).unwrap_or(0));
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_images_are_those_of_the_source() {
        for wrong in [&PACKED[..PACKED.len() / 2], &PACKED[1..], b""] {
            let message = unpack(wrong).unwrap_err().to_string();
            assert!(message.contains("Fashion-MNIST"), "{message}");
        }
        let (train, test) = (train(), test());
        let mut content = Vec::new();
        flate2::read::ZlibDecoder::new(PACKED).read_to_end(&mut content).unwrap();
        let unpacked = unpack(&content).unwrap();
        assert_eq!((&unpacked.0.pixels, &unpacked.1.labels), (&train.pixels, &test.labels));
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
