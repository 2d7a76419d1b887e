//! Axis: the range of its values, their places on it and its ticks.

use std::iter::{once, successors};
use std::ops::RangeInclusive;

use super::curve::Point;
use super::quantity::{Quantity, Scale};

/// Maximum number of intervals between ticks.
const INTERVALS: u8 = 5;
/// Powers of ten among which ticks are looked for, and their multiples.
const POWERS: RangeInclusive<i32> = -18..=18;
const FACTORS: &[f64] = &[1.0, 2.0, 5.0];

/// Axis of a panel.
pub(super) struct Axis {
    /// Ends: the values themselves, or their logarithms to the base 10.
    low: f64,
    high: f64,
    scale: Scale,
    /// Values beyond these get no tick.
    least: f64,
    most: f64,
}

/// Mark on an axis.
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

impl Axis {
    /// Returns the axis of the epochs up to the last one.
    pub(super) fn epochs(last: f64) -> Self {
        Self { low: 1.0, high: last.max(2.0), scale: Scale::Whole, least: 1.0, most: f64::INFINITY }
    }

    /// Returns the axis of a quantity with room for its curves and bands; `None` if there is no point. On a logarithmic
    /// scale, the lower half of a band ends below the axis rather than take most of it.
    pub(super) fn values(quantity: &Quantity, curves: &[Vec<Point>]) -> Option<Self> {
        let Quantity { possible, scale, .. } = quantity;
        let points = || curves.iter().flatten();
        let lowest_mean = points().map(|point| point.mean).reduce(f64::min)?;
        let floor = if *scale == Scale::Logarithmic { lowest_mean / 2.0 } else { f64::NEG_INFINITY };
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for [below, above] in points().map(|point| point.band(possible)) {
            low = low.min(scale.of(below.max(floor)));
            high = high.max(scale.of(above));
        }
        let air = scale.air(low, high);
        let (least, most) = (*possible.start(), *possible.end());
        Some(Self { low: low - air, high: high + air, scale: *scale, least, most })
    }

    /// Returns the place of a value, from 0 at the lower end to 1 at the upper one; values beyond are at the ends.
    pub(super) fn at(&self, value: f64) -> f64 {
        ((self.scale.of(value) - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Returns the ticks from below.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let mut ticks = if self.scale == Scale::Logarithmic { self.powers() } else { self.steps() };
        ticks.retain(|tick| (self.least..=self.most).contains(&tick.value));
        ticks
    }

    /// Returns the multiples of 1, 2 or 5 times a power of ten, the smallest that is coarse enough.
    fn steps(&self) -> Vec<Tick> {
        let smallest = if self.scale == Scale::Whole { 1.0 } else { 0.0 };
        let mut sizes = POWERS.flat_map(|power| FACTORS.iter().map(move |factor| factor * 10_f64.powi(power)));
        let wide = |step: &f64| *step >= smallest && self.high - self.low <= f64::from(INTERVALS) * step;
        let Some(step) = sizes.find(wide) else { return Vec::new() };
        let digits = (0..18_u8).find(|digits| step * 10_f64.powi((*digits).into()) > 0.99);
        let digits = digits.map_or(0, usize::from);
        let numbers = successors(Some((self.low / step).ceil()), |number| Some(number + 1.0));
        // The sum turns −0 into 0.
        let values = numbers.map(|number| number * step + 0.0).take_while(|value| *value <= self.high);
        values.map(|value| Tick { value, label: minus(&format!("{value:.digits$}")) }).collect()
    }

    /// Returns the powers of ten and, if these are few, their multiples by 2 and 5.
    fn powers(&self) -> Vec<Tick> {
        let ticks = |every: i32, factors: &'static [f64]| -> Vec<Tick> {
            let powers = POWERS.filter(|power| power % every == 0);
            let all =
                powers.flat_map(move |power| factors.iter().map(move |factor| (factor * 10_f64.powi(power), power)));
            let inside = all.filter(|(value, _)| (self.low..=self.high).contains(&value.log10()));
            inside.map(|(value, power)| Tick { value, label: power_label(value, power) }).collect()
        };
        let few = |ticks: &Vec<Tick>| ticks.len() <= usize::from(INTERVALS) + 1;
        let choices = once((1, FACTORS)).chain((1..=18).map(|every| (every, &FACTORS[..1])));
        choices.map(|(every, factors)| ticks(every, factors)).find(few).unwrap_or_default()
    }
}

impl Scale {
    /// Returns the place of a value on an endless axis.
    fn of(self, value: f64) -> f64 {
        if self == Self::Logarithmic { value.log10() } else { value }
    }

    /// Returns the room beyond the ends of the curves. Flat ones have some too.
    fn air(self, low: f64, high: f64) -> f64 {
        let span = high - low;
        let air = if span > 1e-9 * high.abs() { 0.06 * span } else { (0.05 * high.abs()).max(1e-6) };
        let least = match self {
            Self::Linear => 0.0,
            Self::Whole => 0.5,
            Self::Logarithmic => 0.15,
        };
        air.max(least)
    }
}

/// Writes a value of the order of a power of ten: in full unless that is long.
fn power_label(value: f64, power: i32) -> String {
    if (-3..=4).contains(&power) {
        let digits = usize::try_from(-power).unwrap_or_default();
        format!("{value:.digits$}")
    } else {
        minus(&format!("{value:.0e}"))
    }
}

/// Writes the sign of a negative number as a minus, which is wider than a hyphen.
fn minus(number: &str) -> String {
    number.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::super::quantity::{LOSS, SKIPS, SUPERNET};
    use super::*;

    /// Returns the curve of some means, all with a deviation.
    fn curve(means: &[f64], deviation: f64) -> Vec<Vec<Point>> {
        let point = |(epoch, mean): (u8, &f64)| Point { epoch: epoch.into(), mean: *mean, deviation: Some(deviation) };
        vec![(1_u8..).zip(means).map(point).collect()]
    }

    fn labels(axis: &Axis) -> String {
        axis.ticks().into_iter().map(|tick| tick.label).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_and_possible() {
        for (quantity, means, deviation, expected) in [
            (SUPERNET, &[60.0, 98.7][..], 3.0, "60 70 80 90 100"),
            (SUPERNET, &[54.3], 0.0, "52 54 56"),
            (SKIPS, &[2.0], 0.0, "2"),
            (SKIPS, &[0.0, 4.0], 0.0, "0 1 2 3 4"),
            (LOSS, &[0.02, 0.3], 0.0, "0.1 0.2 0.3"),
        ] {
            let axis = Axis::values(&quantity, &curve(means, deviation)).unwrap();
            assert_eq!(labels(&axis), expected, "{means:?}");
        }
        assert_eq!(labels(&Axis::epochs(50.0)), "10 20 30 40 50");
        assert_eq!(labels(&Axis::epochs(1.0)), "1 2");
        let below = Axis { low: -0.3, high: 0.3, scale: Scale::Linear, least: -1.0, most: 1.0 };
        assert_eq!(labels(&below), "−0.2 0.0 0.2");
    }

    #[test]
    fn a_logarithmic_axis_has_powers_of_ten() {
        let logarithmic = Quantity { scale: Scale::Logarithmic, ..LOSS };
        for (means, expected) in [
            (&[0.01, 0.3][..], "0.01 0.02 0.05 0.1 0.2"),
            (&[0.01, 100.0], "0.01 0.1 1 10 100"),
            (&[1e-9, 100.0], "1e−8 1e−6 1e−4 0.01 1 100"),
        ] {
            let axis = Axis::values(&logarithmic, &curve(means, 0.0)).unwrap();
            assert_eq!(labels(&axis), expected);
        }
        // The deviation is larger than the mean: the axis ends at half the mean, and a little air below.
        let axis = Axis::values(&logarithmic, &curve(&[1.0, 100.0], 5.0)).unwrap();
        assert!(axis.at(0.0) <= 0.0 && axis.at(0.5) > 0.0);
    }

    #[test]
    fn values_beyond_the_range_are_at_its_ends() {
        let axis = Axis::values(&SUPERNET, &curve(&[40.0, 60.0], 0.0)).unwrap();
        let places = [-5.0, 38.8, 50.0, 61.2, 200.0].map(|value| format!("{:.3}", axis.at(value)));
        assert_eq!(places, ["0.000", "0.000", "0.500", "1.000", "1.000"]);
        assert!(Axis::values(&SUPERNET, &[Vec::new()]).is_none());
    }
}
