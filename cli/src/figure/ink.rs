//! Texts and straight lines. Lengths are in points of 1/72 inch: a figure is scaled by nobody.

use std::fmt::Write;

use crate::picture::{escaped, number, width};

/// Size of all type.
const TYPE: f64 = 8.0;
const INK: &str = "#17202b";
/// Distance from the baseline to the middle of capitals and digits, in units of the type's size.
const MIDDLE: f64 = 0.35;

/// Thin lines.
#[derive(Clone, Copy)]
pub(super) enum Thin {
    /// Line of an axis.
    Axis,
    /// Line of the grid.
    Grid,
}

/// Returns the looks that all of a figure has.
pub(super) fn look() -> String {
    format!("font-size=\"{TYPE}\" fill=\"{INK}\"")
}

/// Returns the width of a text.
pub(super) fn text_width(text: &str) -> f64 {
    width(text, TYPE)
}

/// Writes a text whose `anchor`, which is `start`, `middle` or `end`, is at a point.
pub(super) fn text(out: &mut String, [x, y]: [f64; 2], anchor: &str, text: &str) {
    let (x, y, text) = (number(x), number(y + MIDDLE * TYPE), escaped(text));
    // Writing to a string cannot fail.
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>");
}

pub(super) fn line(out: &mut String, from: [f64; 2], to: [f64; 2], thin: Thin) {
    let ([x1, y1], [x2, y2]) = (from.map(number), to.map(number));
    let (colour, width) = match thin {
        Thin::Axis => (INK, 0.6),
        Thin::Grid => ("#d5dae0", 0.5),
    };
    let look = format!("stroke=\"{colour}\" stroke-width=\"{width}\"");
    let _ = writeln!(out, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" {look}/>");
}
