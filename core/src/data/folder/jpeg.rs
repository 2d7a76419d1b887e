//! The end of a JPEG file, which decoders do not insist on.

/// Returns true if a file that begins as a JPEG has its last marker. One that ends early would be filled with grey.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    const START: u8 = 0xd8;
    const END: u8 = 0xd9;
    const SCAN: u8 = 0xda;
    let mut at = 2;
    if bytes.get(..2) != Some(&[0xff, START]) {
        return false;
    }
    loop {
        // A marker is 0xff and a byte that is neither that nor zero; decoders pass over what stands before one.
        let marker_at = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff);
        let Some(before) = bytes.get(at..).and_then(|rest| rest.windows(2).position(marker_at)) else { return false };
        let marker = bytes[at + before + 1];
        at += before + 2;
        match marker {
            END => return true,
            // Markers without content.
            0x01 | START | 0xd0..=0xd7 => continue,
            _ => {}
        }
        let Some(&[high, low]) = bytes.get(at..at + 2) else { return false };
        at += usize::from(u16::from_be_bytes([high, low])).max(2);
        if marker == SCAN {
            // In the data of a scan, 0xff stands before a zero or one of eight counters. Anything else ends it.
            let data = bytes.get(at..).unwrap_or_default();
            let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff);
            match data.windows(2).position(ends) {
                Some(length) => at += length,
                None => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder};

    use super::*;

    #[test]
    fn a_file_that_ends_early_is_not_whole() {
        let pixels: Vec<u8> = (0..32 * 32 * 3).map(|place| u8::try_from(place * 7 % 251).unwrap()).collect();
        let mut bytes = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
        encoder.write_image(&pixels, 32, 32, ExtendedColorType::Rgb8).unwrap();
        assert!(is_whole(&bytes));
        // A thumbnail in the head has an end of its own.
        let head = [&[0xff, 0xe1, 0, 8, 0xff, 0xd8, 0xff, 0xd9, 0, 0][..], &bytes[2..]].concat();
        let with_thumbnail = [&bytes[..2], &head].concat();
        assert!(is_whole(&with_thumbnail));
        assert!(is_whole(&[&bytes[..], b"more"].concat()));
        for length in 0..bytes.len() {
            assert!(!is_whole(&bytes[..length]), "{length} of {}", bytes.len());
        }
        assert!(!is_whole(&with_thumbnail[..with_thumbnail.len() - 2]));
    }
}
