//! The summary of a comparison as tables: for readers, papers and programs.

mod csv;
mod json;
mod latex;
mod markdown;

pub(super) use csv::{methods as csv, runs as csv_of_runs};
pub(super) use json::json;
pub(super) use latex::latex;
pub(super) use markdown::markdown;

/// Probability below which a difference is marked as significant.
const SIGNIFICANT: f64 = 0.05;

/// Returns a list of seeds with ranges, such as `0–4, 7`.
fn seeds(seeds: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for &seed in seeds {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(seed) => *last = seed,
            _ => ranges.push((seed, seed)),
        }
    }
    let text = |&(from, to): &(u64, u64)| if from == to { from.to_string() } else { format!("{from}–{to}") };
    ranges.iter().map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_told_by_ranges() {
        assert_eq!(seeds(&[0, 1, 2, 7, 9, 10]), "0–2, 7, 9–10");
        assert_eq!(seeds(&[3]), "3");
    }
}
