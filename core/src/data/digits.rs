//! The built-in digits.
//!
//! E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
//! <https://doi.org/10.24432/C50P49>, CC BY 4.0. These are the 1,797 images of its test part, as scikit-learn's
//! `load_digits` gives them.

use std::io::Read;

use super::images::{Images, numbered};

/// Labels, then pixels from 0 to 16, compressed with zlib.
const PACKED: &[u8] = include_bytes!("digits.bin");
const COUNT: usize = 1797;
const SIDE: usize = 8;

/// Returns the digits, with pixels scaled to 0 to 255.
pub(super) fn digits() -> Images {
    let mut bytes = Vec::with_capacity(COUNT * (1 + SIDE * SIDE));
    flate2::read::ZlibDecoder::new(PACKED).read_to_end(&mut bytes).expect("the embedded file is whole");
    let (labels, pixels) = bytes.split_at(COUNT);
    let scaled = |&value: &u8| u8::try_from((u16::from(value) * 255 + 8) / 16).unwrap_or(u8::MAX);
    Images {
        channels: 1,
        height: SIDE,
        width: SIDE,
        pixels: pixels.iter().map(scaled).collect(),
        labels: labels.iter().map(|&label| u16::from(label)).collect(),
        classes: numbered(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_digits_are_those_of_the_source() {
        let digits = digits();
        digits.check().unwrap();
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
