//! The images of a pickle of ImageNet16 have 16×16 pixels, 120 classes and fewer bytes than the pickle.

#![no_main]

use lambda_darts::data::Images;
use lambda_darts_fuzz::fit_together;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match Images::from_imagenet16_batch(data) {
        Ok(images) => {
            fit_together(&images, [3, 16, 16], 120);
            // No text of one byte a pixel or more becomes more bytes than it has.
            assert!(images.pixels.len() <= data.len());
        }
        Err(error) => assert!(error.to_string().starts_with("the batch file: "), "{error}"),
    }
});
