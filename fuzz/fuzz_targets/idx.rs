//! Fuzz target of IDX files, gzipped or not: the input is the file of images and the file of labels, one after the other,
//! divided by the number in its first two bytes.

#![no_main]

use lambda_darts::data::Images;
use lambda_darts_fuzz::fit_together;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((length, files)) = data.split_first_chunk::<2>() else { return };
    let (images, labels) = files.split_at(usize::from(u16::from_be_bytes(*length)).min(files.len()));
    if let Ok(images) = Images::from_idx(images, labels) {
        if images.height * images.width == 0 {
            return;
        }
        fit_together(&images, [1, images.height, images.width], 10);
    }
});
