//! Looks of a group: colour, dashes and marks. Each alone tells a few groups from one another, for those who do not see
//! colours and for print without them.

use std::fmt::Write;

use crate::picture::number;

/// Colours that colour-blind people can distinguish; the first two are those of the page.
const COLOURS: [&str; 8] = ["#6c45b5", "#00726a", "#d55e00", "#0072b2", "#cc79a7", "#e69f00", "#56b4e9", "#4d4d4d"];
/// Lengths of dashes and gaps.
const DASHES: [&str; 5] = ["none", "5 2", "1.5 1.5", "6 1.5 1.5 1.5", "3 3"];
/// Marks around a point: a circle, a square, triangles, a diamond and two crosses.
const MARKS: [&str; 7] = [
    "m-2,0a2,2 0 1,0 4,0a2,2 0 1,0 -4,0z",
    "m-1.8,-1.8h3.6v3.6h-3.6z",
    "m0,-2.4l2.2,3.8h-4.4z",
    "m0,-2.6l2.6,2.6l-2.6,2.6l-2.6,-2.6z",
    "m-2,-2l4,4m0,-4l-4,4",
    "m0,2.4l2.2,-3.8h-4.4z",
    "m0,-2.5v5m-2.5,-2.5h5",
];

/// Looks of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Series {
    colour: &'static str,
    dashes: &'static str,
    mark: &'static str,
}

impl Series {
    /// Returns the looks of the group of an index. The numbers of colours, dashes and marks have no common divisor, so
    /// that 280 groups differ.
    pub(super) fn of(index: usize) -> Self {
        Self {
            colour: COLOURS[index % COLOURS.len()],
            dashes: DASHES[index % DASHES.len()],
            mark: MARKS[index % MARKS.len()],
        }
    }

    /// Draws the band within an outline.
    pub(super) fn band(self, out: &mut String, outline: &[[f64; 2]]) {
        let (points, colour) = (points(outline), self.colour);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "<polygon points=\"{points}\" fill=\"{colour}\" fill-opacity=\"0.18\"/>");
    }

    /// Draws the line through some points.
    pub(super) fn line(self, out: &mut String, line: &[[f64; 2]]) {
        if line.len() < 2 {
            return;
        }
        let (points, Self { colour, dashes, .. }) = (points(line), self);
        let look = format!("stroke=\"{colour}\" stroke-dasharray=\"{dashes}\" stroke-linejoin=\"round\"");
        let _ = writeln!(out, "<polyline points=\"{points}\" fill=\"none\" stroke-width=\"1\" {look}/>");
    }

    /// Draws the marks at some points.
    pub(super) fn marks(self, out: &mut String, places: impl Iterator<Item = [f64; 2]>) {
        let Self { colour, mark, .. } = self;
        let marks: Vec<_> = places.map(|place| format!("M{}{mark}", pair(place))).collect();
        let look = format!("fill=\"{colour}\" stroke=\"{colour}\" stroke-width=\"0.8\"");
        let _ = writeln!(out, "<path d=\"{}\" {look}/>", marks.concat());
    }
}

fn points(points: &[[f64; 2]]) -> String {
    points.iter().copied().map(pair).collect::<Vec<_>>().join(" ")
}

fn pair(point: [f64; 2]) -> String {
    point.map(number).join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_differ_in_every_respect() {
        for (index, other) in (0..5).flat_map(|index| (0..index).map(move |other| (index, other))) {
            let (one, two) = (Series::of(index), Series::of(other));
            assert!(one.colour != two.colour && one.dashes != two.dashes && one.mark != two.mark);
        }
        let all: Vec<_> = (0..280).map(Series::of).collect();
        assert!(all.iter().enumerate().all(|(index, series)| !all[..index].contains(series)));
    }
}
