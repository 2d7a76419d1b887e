//! Fuzz target of the packed files that a page loads: images, and the accuracies of NAS-Bench-201.

#![no_main]

use lambda_darts::benchmark::Table;
use lambda_darts::data::Images;
use lambda_darts_fuzz::fit_together;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(images) = Images::from_packed_fashion(data, usize::MAX) {
        fit_together(&images, [1, 14, 14], 10);
    }
    if let Ok(digits) = Images::from_packed_digits(data) {
        fit_together(&digits, [1, 8, 8], 10);
    }
    if let Ok(table) = Table::from_packed_cifar10(data) {
        assert_eq!(table.len(), 15_625);
        assert!(table.rows().iter().all(|row| (0.0..=1.0).contains(&row.accuracies.cifar10_test)));
    }
});
