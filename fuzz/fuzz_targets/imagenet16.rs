//! Fuzz target of pickles of ImageNet16: the images have 16×16 pixels, 120 classes and fewer bytes than the pickle.

#![no_main]

use lambda_darts::data::Images;
use lambda_darts_fuzz::fit_together;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match Images::from_imagenet16_batch(data) {
        Ok(images) => {
            fit_together(&images, [3, 16, 16], 120);
            // A text in a pickle has at least one byte for each pixel, so the pixels cannot outgrow the file.
            assert!(images.pixels.len() <= data.len());
        }
        Err(error) => assert!(error.to_string().starts_with("the batch file: "), "{error}"),
    }
});
