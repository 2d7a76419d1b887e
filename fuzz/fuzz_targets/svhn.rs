//! Fuzz target of MATLAB files of SVHN: the images have 32×32 pixels and ten classes.

#![no_main]

use lambda_darts::data::Images;
use lambda_darts_fuzz::fit_together;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match Images::from_svhn(data) {
        Ok(images) => fit_together(&images, [3, 32, 32], 10),
        Err(error) => assert!(error.to_string().starts_with("the .mat file: "), "{error}"),
    }
});
