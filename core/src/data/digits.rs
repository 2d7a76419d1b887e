//! The built-in digits.
//!
//! E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
//! <https://doi.org/10.24432/C50P49>, CC BY 4.0. These are the 1,797 images of its test part, as scikit-learn's
//! `load_digits` gives them.

use std::io::Read;

use super::DataError;
use super::images::{Images, numbered};

/// Labels, then pixels from 0 to 16, compressed with zlib.
const PACKED: &[u8] = include_bytes!("digits.bin");
const COUNT: usize = 1797;
const SIDE: usize = 8;
const SIZE: usize = COUNT * (1 + SIDE * SIDE);

/// Returns the digits, with pixels scaled to 0 to 255.
pub(super) fn digits() -> Images {
    unpack(PACKED).expect("the embedded file is whole")
}

/// Returns the digits of the packed file.
pub(super) fn unpack(packed: &[u8]) -> Result<Images, DataError> {
    let mut bytes = Vec::with_capacity(SIZE + 1);
    let whole = flate2::read::ZlibDecoder::new(packed).take(SIZE as u64 + 1).read_to_end(&mut bytes).is_ok();
    if !whole || bytes.len() != SIZE {
        return Err(DataError::BadImages { what: "not the packed digits".to_owned() });
    }
    let (labels, pixels) = bytes.split_at(COUNT);
    let scaled = |&value: &u8| u8::try_from((u16::from(value) * 255 + 8) / 16).unwrap_or(u8::MAX);
    let images = Images {
        channels: 1,
        height: SIDE,
        width: SIDE,
        pixels: pixels.iter().map(scaled).collect(),
        labels: labels.iter().map(|&label| u16::from(label)).collect(),
        classes: numbered(10),
    };
    images.check()?;
    Ok(images)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_digits_are_those_of_the_source() {
        let digits = digits();
        for wrong in [&PACKED[..PACKED.len() / 2], &PACKED[1..], b""] {
            let message = unpack(wrong).unwrap_err().to_string();
            assert!(message.contains("not the packed digits"), "{message}");
        }
        assert_eq!(digits.len(), 1797);
        let counts: Vec<usize> =
            (0..10).map(|class| digits.labels.iter().filter(|&&label| label == class).count()).collect();
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        let sum: u64 = digits.pixels.iter().map(|&v| u64::from(v)).sum();
        let fnv = digits
            .pixels
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &v| (hash ^ u64::from(v)).wrapping_mul(0x0100_0000_01b3));
        assert_eq!((sum, fnv), (8_953_801, 0xd7b7_bc5d_eb6a_0be6));
    }
}
