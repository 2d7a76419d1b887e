//! Curve of a group: the mean over its seeds and their standard deviation, by epoch.

use std::ops::RangeInclusive;

use super::{Epoch, count};
use crate::statistics::mean_and_deviation;

/// Point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Epoch or evaluation, counted from 1.
    pub(super) epoch: f64,
    pub(super) mean: f64,
    /// Sample standard deviation; absent with one seed.
    pub(super) deviation: Option<f64>,
}

impl Point {
    /// Returns the lower and the upper end of the band, which contains no impossible values.
    pub(super) fn band(&self, possible: &RangeInclusive<f64>) -> [f64; 2] {
        let half = self.deviation.unwrap_or_default();
        [(self.mean - half).max(*possible.start()), (self.mean + half).min(*possible.end())]
    }
}

/// Returns the curve of some runs over the epochs that all of them have. Epochs in which one lacks the value, or has an
/// infinite one, are left out.
pub(super) fn curve(seeds: &[Vec<Epoch>], of: fn(&Epoch) -> Option<f64>) -> Vec<Point> {
    let epochs = seeds.iter().map(Vec::len).min().unwrap_or_default();
    let at = |epoch: usize| {
        let values = seeds.iter().map(|epochs| of(&epochs[epoch]).filter(|value| value.is_finite()));
        let (mean, deviation) = mean_and_deviation(&values.collect::<Option<Vec<_>>>()?);
        Some(Point { epoch: count(epoch + 1), mean, deviation })
    };
    (0..epochs).filter_map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_ends_where_values_do() {
        let point = Point { epoch: 1.0, mean: 95.0, deviation: Some(7.0) };
        assert_eq!(format!("{:?}", point.band(&(0.0..=100.0))), "[88.0, 100.0]");
        assert_eq!(format!("{:?}", point.band(&(90.0..=f64::INFINITY))), "[90.0, 102.0]");
    }
}
