//! Legend: the groups in rows below the panels.

use std::iter::once;

use super::count;
use super::ink::{text, text_width};
use super::series::Series;

/// Length of the sample of a line, the space after it and the space after an entry.
const SAMPLE: f64 = 22.0;
const AFTER: f64 = 4.0;
const BETWEEN: f64 = 14.0;
/// Height of a row.
const ROW: f64 = 12.0;
/// Length at which every label is cut before it is measured.
const LONGEST: usize = 200;

/// Legend of a figure.
pub(super) struct Legend {
    rows: Vec<Vec<Entry>>,
}

/// Entry of a group.
struct Entry {
    series: Series,
    label: String,
    left: f64,
}

impl Legend {
    /// Arranges entries in as many rows as the width needs, each in the middle.
    pub(super) fn of<'a>(labels: impl Iterator<Item = &'a str>, width: f64) -> Self {
        let mut rows: Vec<(Vec<Entry>, f64)> = Vec::new();
        for (index, label) in labels.enumerate() {
            let label = fitted(label, width - SAMPLE - AFTER);
            let long = SAMPLE + AFTER + text_width(&label);
            let series = Series::of(index);
            match rows.last_mut() {
                Some((entries, right)) if *right + BETWEEN + long <= width => {
                    entries.push(Entry { series, label, left: *right + BETWEEN });
                    *right += BETWEEN + long;
                }
                _ => rows.push((vec![Entry { series, label, left: 0.0 }], long)),
            }
        }
        for (entries, right) in &mut rows {
            for entry in entries {
                entry.left += (width - *right) / 2.0;
            }
        }
        Self { rows: rows.into_iter().map(|(entries, _)| entries).collect() }
    }

    pub(super) fn height(&self) -> f64 {
        ROW * count(self.rows.len())
    }

    /// Draws the legend below a line.
    pub(super) fn draw(&self, out: &mut String, top: f64) {
        for (row, entries) in self.rows.iter().enumerate() {
            let y = top + ROW * (count(row) + 0.5);
            for Entry { series, label, left } in entries {
                series.line(out, &[[*left, y], [left + SAMPLE, y]]);
                series.marks(out, once([left + SAMPLE / 2.0, y]));
                text(out, [left + SAMPLE + AFTER, y], "start", label);
            }
        }
    }
}

/// Returns a label, with an ellipsis for the end of one that is too long for the room.
fn fitted(label: &str, room: f64) -> String {
    if label.len() <= LONGEST && text_width(label) <= room {
        return label.to_owned();
    }
    let mut kept: String = label.chars().take(LONGEST).collect();
    while !kept.is_empty() && text_width(&format!("{kept}…")) > room {
        kept.pop();
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_wrap_and_stay_within_the_width() {
        let long = "a label that no column of a page has room for, ".repeat(9);
        let labels = ["DARTS", "Λ-DARTS, ε₀ = 1e-1", "Λ±-DARTS", "SDARTS-RS", "β-DARTS", long.as_str()];
        let legend = Legend::of(labels.into_iter(), 210.0);
        assert_eq!(legend.rows.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1, 1]);
        assert!((legend.height() - 4.0 * ROW).abs() < 1e-9);
        for row in &legend.rows {
            let mut taken = 0.0;
            for entry in row {
                assert!(entry.left >= taken - 1e-9, "{}", entry.label);
                taken = entry.left + SAMPLE + AFTER + text_width(&entry.label);
            }
            assert!(taken <= 210.0 + 1e-9);
        }
        assert!(legend.rows[3][0].label.ends_with('…'));
    }
}
