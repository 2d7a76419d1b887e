//! Width of a figure in print.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// Width in inches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Inches(f64);

/// Widths that are accepted: below, a panel has no room; above, no page has.
const LEAST: f64 = 2.0;
const MOST: f64 = 20.0;

impl Inches {
    pub(crate) fn inches(self) -> f64 {
        self.0
    }

    /// Returns the width in points of 1/72 inch.
    pub(crate) fn points(self) -> f64 {
        72.0 * self.0
    }
}

impl Default for Inches {
    /// Returns the width of a column of text in the styles of NeurIPS and ICLR.
    fn default() -> Self {
        Self(5.5)
    }
}

impl Display for Inches {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}in", self.0)
    }
}

impl FromStr for Inches {
    type Err = &'static str;

    /// Parses a width such as `5.5in`, `14cm` or `140mm`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let units = [("in", 1.0), ("cm", 2.54), ("mm", 25.4)];
        let parsed = units.into_iter().find_map(|(unit, to_inch)| {
            let number: f64 = text.trim().strip_suffix(unit)?.trim_end().parse().ok()?;
            Some(number / to_inch)
        });
        match parsed {
            Some(inches) if (LEAST..=MOST).contains(&inches) => Ok(Self(inches)),
            _ => Err("write a width from 2in to 20in, such as 5.5in, 14cm or 140mm"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_read_in_three_units() {
        for (text, points) in [("5.5in", "396.0"), (" 3.25 in", "234.0"), ("12.7cm", "360.0"), ("254mm", "720.0")] {
            assert_eq!(format!("{:.1}", text.parse::<Inches>().unwrap().points()), points);
        }
        for text in ["", "5.5", "in", "1in", "21in", "-5in", "NaNin", "infin", "396pt"] {
            assert!(text.parse::<Inches>().is_err(), "{text}");
        }
        let usual = Inches::default();
        assert_eq!(usual.to_string().parse(), Ok(usual));
    }
}
