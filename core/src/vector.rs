//! Vectors of numbers: inner products, norms, the place of the largest number, and orders.

use std::cmp::Ordering;

/// Inner product ⟨a, b⟩.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Euclidean norm.
pub(crate) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// Rows with 0 in the place of absent numbers, for readers to whom an absent number and 0 are the same.
pub(crate) fn filled(rows: &[Vec<Option<f64>>]) -> Vec<Vec<f64>> {
    rows.iter().map(|row| row.iter().map(|number| number.unwrap_or(0.0)).collect()).collect()
}

/// Index of the largest number, the first of equal ones; 0 of none.
pub(crate) fn argmax(numbers: &[f64]) -> usize {
    (1..numbers.len()).fold(0, |best, at| if numbers[at] > numbers[best] { at } else { best })
}

/// Sorts indices; equal ones keep their order. Not generic: each comparison with a sort of its own would add 5 kB to the
/// code in a browser.
pub(crate) fn sort_indices(indices: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    indices.sort_by(|&a, &b| compare(a, b));
}
