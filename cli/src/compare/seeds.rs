//! The seeds of a comparison, as people write them.

use super::MOST_SEARCHES;

/// Parses seeds: numbers and ranges such as `0..4` (without 4) or `0..=4` (with 4), separated by commas. Duplicates are
/// removed.
pub(super) fn parse(text: &str) -> Option<Vec<u64>> {
    let mut seeds = Vec::new();
    for part in text.split(',') {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let (from, to) = match part.split_once("..") {
            Some((from, to)) => {
                let to = match to.trim().strip_prefix('=') {
                    Some(last) => number(last)?.checked_add(1)?,
                    None => number(to)?,
                };
                (number(from)?, to)
            }
            None => (number(part)?, number(part)?.checked_add(1)?),
        };
        if from >= to || to - from > MOST_SEARCHES as u64 {
            return None;
        }
        seeds.extend(from..to);
    }
    seeds.sort_unstable();
    seeds.dedup();
    Some(seeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_ranges_and_numbers() {
        assert_eq!(parse("0..4"), Some(vec![0, 1, 2, 3]));
        assert_eq!(parse("7, 3,7"), Some(vec![3, 7]));
        assert_eq!(parse("0..3,7,10..=12"), Some(vec![0, 1, 2, 7, 10, 11, 12]));
        for wrong in ["", "4..4", "4..0", "a..b", "1,,2", "-1", "0..18446744073709551615", "3..=2", "1..=", "0..=4.."] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
