//! Fuzz target of pickled batch files of CIFAR-10.

#![no_main]

use lambda_darts::data::Images;
use lambda_darts_fuzz::fit_together;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(images) = Images::from_cifar10_pickle(data) {
        fit_together(&images, [3, 32, 32], 10);
    }
});
