//! Fuzz target of batch files of CIFAR-10 and CIFAR-100: the images are the records of the file, byte for byte.

#![no_main]

use lambda_darts::data::Images;
use lambda_darts_fuzz::fit_together;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(images) = Images::from_cifar10_records(data) {
        are_the_records(&images, data, 1, 10);
    }
    if let Ok(images) = Images::from_cifar100_records(data) {
        are_the_records(&images, data, 2, 100);
    }
});

/// Checks that the images are the records, with `labels` labels before the pixels of each; the last label is the class.
fn are_the_records(images: &Images, data: &[u8], labels: usize, classes: usize) {
    fit_together(images, [3, 32, 32], classes);
    let length = labels + 3 * 32 * 32;
    assert_eq!(images.len() * length, data.len());
    for (i, record) in data.chunks_exact(length).enumerate() {
        assert_eq!(images.labels[i], u16::from(record[labels - 1]));
        assert_eq!(images.image(i), &record[labels..]);
    }
}
