//! Places of the panels and the legend, in points.

use super::count;

/// Width below which panels do not stand side by side.
pub(super) const NARROWEST: f64 = 2.2 * 72.0;
/// Space between two columns and between two rows.
const COLUMNS: f64 = 14.0;
const ROWS: f64 = 6.0;
/// Height of the plot in units of the panel's width, and its limits.
const SHAPE: f64 = 0.58;
const LOWEST: f64 = 90.0;
const HIGHEST: f64 = 170.0;
/// Space above a plot for the title, below it for the epochs, and beside it for half a number.
const ABOVE: f64 = 15.0;
const BELOW: f64 = 26.0;
const BESIDE: f64 = 8.0;
/// Space above the legend.
const APART: f64 = 4.0;

/// Rectangle of a plot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Place of a panel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Left border of the panel; the plot begins farther right.
    pub(super) left: f64,
    pub(super) plot: Plot,
}

/// Places of a figure.
pub(super) struct Layout {
    pub(super) places: Vec<Place>,
    /// Top of the legend.
    pub(super) legend: f64,
    /// Height of the figure.
    pub(super) height: f64,
}

impl Layout {
    /// Arranges panels in rows as equal as possible, each with a gutter for its numbers, and the legend below them.
    pub(super) fn of(panels: usize, gutter: f64, legend: f64, width: f64) -> Self {
        let each = |columns: usize| (width - COLUMNS * count(columns - 1)) / count(columns);
        let columns = (2..=panels).rev().find(|columns| each(*columns) >= NARROWEST).unwrap_or(1);
        let rows = panels.div_ceil(columns);
        let columns = panels.div_ceil(rows);
        let (panel, plot) = (each(columns), (SHAPE * each(columns)).clamp(LOWEST, HIGHEST));
        let row = ABOVE + plot + BELOW;
        let place = |index: usize| {
            let left = count(index % columns) * (panel + COLUMNS);
            let top = count(index / columns) * (row + ROWS) + ABOVE;
            Place { left, plot: Plot { left: left + gutter, top, width: panel - gutter - BESIDE, height: plot } }
        };
        let below = count(rows) * (row + ROWS) - ROWS + APART;
        Self { places: (0..panels).map(place).collect(), legend: below, height: below + legend }
    }
}

impl Plot {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Returns the point at shares of the width and of the height, which counts from the bottom.
    pub(super) fn point(&self, across: f64, up: f64) -> [f64; 2] {
        [self.left + across * self.width, self.bottom() - up * self.height]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number of panels in each row.
    fn rows(panels: usize, width: f64) -> Vec<usize> {
        let layout = Layout::of(panels, 25.0, 12.0, width);
        let mut rows: Vec<(f64, usize)> = Vec::new();
        for place in &layout.places {
            match rows.last_mut() {
                Some((top, number)) if place.plot.top <= *top => *number += 1,
                _ => rows.push((place.plot.top, 1)),
            }
        }
        rows.into_iter().map(|(_, number)| number).collect()
    }

    #[test]
    fn panels_wrap_where_they_would_be_narrow() {
        assert_eq!([1, 2, 3, 4].map(|panels| rows(panels, 396.0)), [vec![1], vec![2], vec![2, 1], vec![2, 2]]);
        assert_eq!(rows(2, 234.0), [1, 1]);
        assert_eq!(rows(4, 504.0), [2, 2], "not three and one");
        assert_eq!(rows(5, 504.0), [3, 2]);
    }

    #[test]
    fn nothing_covers_anything_else() {
        for (panels, width) in [(1, 234.0), (2, 396.0), (5, 504.0), (8, 396.0)] {
            let layout = Layout::of(panels, 25.0, 24.0, width);
            let areas = layout.places.iter().map(|place| {
                let Plot { top, .. } = place.plot;
                [place.left, top - ABOVE, place.plot.right() + BESIDE, place.plot.bottom() + BELOW]
            });
            let areas: Vec<_> = areas.collect();
            for (index, [left, top, right, bottom]) in areas.iter().copied().enumerate() {
                assert!(left >= 0.0 && top >= 0.0 && right <= width + 1e-9 && bottom < layout.legend);
                assert!(areas[..index].iter().all(|other| other[2] < left || other[3] < top));
            }
            assert!((layout.height - layout.legend - 24.0).abs() < 1e-9);
        }
    }
}
