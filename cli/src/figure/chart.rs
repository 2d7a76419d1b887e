//! Panel with its curves, ready to be drawn.

use super::Group;
use super::axis::Axis;
use super::curve::{Point, curve};
use super::ink::{Thin, line, text, text_width};
use super::layout::Place;
use super::quantity::Quantity;
use super::series::Series;

/// Space between a number and the plot, and left of both number and title.
const BESIDE: f64 = 4.0;
const EDGE: f64 = 1.5;
/// Distances of the middles of the title, of the epochs' numbers and of their name from the plot.
const TITLE: f64 = 8.0;
const NUMBERS: f64 = 9.0;
const NAME: f64 = 19.0;
/// Length of a tick.
const TICK: f64 = 2.5;
/// Maximum number of marks on a curve.
const MOST_MARKS: usize = 8;

/// Panel with its curves.
pub(super) struct Chart {
    quantity: Quantity,
    /// Curve of every group.
    curves: Vec<Vec<Point>>,
    epochs: Axis,
    values: Axis,
}

impl Chart {
    /// Returns the chart of a quantity; `None` if no group has it.
    pub(super) fn of(quantity: Quantity, groups: &[Group]) -> Option<Self> {
        let curves: Vec<_> = groups.iter().map(|group| curve(&group.seeds, quantity.of)).collect();
        let values = Axis::values(&quantity, &curves)?;
        let epochs = Axis::epochs(curves.iter().flatten().map(|point| point.epoch).fold(1.0, f64::max));
        Some(Self { quantity, curves, epochs, values })
    }

    pub(super) fn title(&self) -> &'static str {
        self.quantity.title
    }

    /// Returns the width of the numbers beside the plot.
    pub(super) fn gutter(&self) -> f64 {
        self.values.ticks().iter().map(|tick| text_width(&tick.label)).fold(0.0, f64::max) + BESIDE + EDGE
    }

    pub(super) fn draw(&self, out: &mut String, place: &Place) {
        self.draw_axes(out, place);
        let bands = self.curves.iter().enumerate();
        for (index, curve) in bands.filter(|(_, curve)| curve.iter().any(|point| point.deviation.is_some())) {
            Series::of(index).band(out, &self.outline(curve, place));
        }
        for (index, curve) in self.curves.iter().enumerate().filter(|(_, curve)| !curve.is_empty()) {
            let points: Vec<_> = curve.iter().map(|point| self.at(place, point.epoch, point.mean)).collect();
            let series = Series::of(index);
            series.line(out, &points);
            // Marks of several curves are not in one place.
            let every = points.len().div_ceil(MOST_MARKS).max(1);
            series.marks(out, points.into_iter().skip(index % every).step_by(every));
        }
    }

    /// Draws all but the curves.
    fn draw_axes(&self, out: &mut String, place: &Place) {
        let plot = &place.plot;
        text(out, [place.left + EDGE, plot.top - TITLE], "start", self.title());
        for tick in self.values.ticks() {
            let [x, y] = plot.point(0.0, self.values.at(tick.value));
            line(out, [x, y], [plot.right(), y], Thin::Grid);
            text(out, [x - BESIDE, y], "end", &tick.label);
        }
        for tick in self.epochs.ticks() {
            let [x, y] = plot.point(self.epochs.at(tick.value), 0.0);
            line(out, [x, y], [x, y + TICK], Thin::Axis);
            text(out, [x, y + NUMBERS], "middle", &tick.label);
        }
        let corner = plot.point(0.0, 0.0);
        line(out, corner, plot.point(0.0, 1.0), Thin::Axis);
        line(out, corner, plot.point(1.0, 0.0), Thin::Axis);
        text(out, [plot.left + plot.width / 2.0, plot.bottom() + NAME], "middle", self.quantity.over);
    }

    /// Returns the outline of a curve's band within the plot.
    fn outline(&self, curve: &[Point], place: &Place) -> Vec<[f64; 2]> {
        let end = |point: &Point, end: usize| self.at(place, point.epoch, point.band(&self.quantity.possible)[end]);
        curve.iter().map(|point| end(point, 1)).chain(curve.iter().rev().map(|point| end(point, 0))).collect()
    }

    /// Returns the point of a value; one beyond the range is on the border of the plot.
    fn at(&self, place: &Place, epoch: f64, value: f64) -> [f64; 2] {
        place.plot.point(self.epochs.at(epoch), self.values.at(value))
    }
}
