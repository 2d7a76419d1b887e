//! Figure for a paper: over the epochs or the evaluations, a line for each group of runs and a band of one standard
//! deviation, in panels.

mod axis;
mod chart;
mod command;
mod curve;
mod epoch;
mod inches;
mod ink;
mod label;
mod layout;
mod legend;
mod panel;
mod quantity;
mod series;
#[cfg(test)]
mod tests;

use crate::picture::begin;

use chart::Chart;
use layout::Layout;
use legend::Legend;

pub(crate) use command::run;
pub(crate) use epoch::Epoch;
pub(crate) use inches::Inches;
pub(crate) use label::label;
pub(crate) use panel::Panel;

/// Runs that are alike but for their seed.
pub(crate) struct Group {
    /// Name in the legend.
    pub(crate) label: String,
    /// Epochs of every run, or evaluations of a searcher.
    pub(crate) seeds: Vec<Vec<Epoch>>,
}

/// Puts runs of one label together, in the order of their first occurrence.
pub(crate) fn grouped(runs: impl IntoIterator<Item = (String, Vec<Epoch>)>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (label, epochs) in runs {
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.seeds.push(epochs),
            None => groups.push(Group { label, seeds: vec![epochs] }),
        }
    }
    groups
}

/// Draws the figure as SVG. A panel whose quantity no run has is left out, and so is one that is there already.
///
/// # Errors
/// A sentence that says why there is nothing to draw.
pub(crate) fn draw(groups: &[Group], panels: &[Panel], width: Inches) -> Result<String, String> {
    let charts = charts(groups, panels);
    if charts.is_empty() {
        return Err("there is nothing to draw: no run has a value for any of the panels".to_owned());
    }
    let legend = Legend::of(groups.iter().map(|group| group.label.as_str()), width.points());
    let gutter = charts.iter().map(Chart::gutter).fold(0.0, f64::max);
    let layout = Layout::of(charts.len(), gutter, legend.height(), width.points());
    let titles: Vec<&str> = charts.iter().map(Chart::title).collect();
    let mut out = begin([width.points(), layout.height], width.inches(), &ink::look(), &titles.join("; "));
    for (chart, place) in charts.iter().zip(&layout.places) {
        chart.draw(&mut out, place);
    }
    legend.draw(&mut out, layout.legend);
    out.push_str("</svg>\n");
    Ok(out)
}

fn charts(groups: &[Group], panels: &[Panel]) -> Vec<Chart> {
    let mut known: Vec<Panel> = Vec::new();
    for panel in panels.iter().map(|panel| panel.known(groups)) {
        if !known.contains(&panel) {
            known.push(panel);
        }
    }
    known.into_iter().filter_map(|panel| Chart::of(panel.quantity(groups), groups)).collect()
}

/// Returns the epochs of all runs.
fn epochs(groups: &[Group]) -> impl Iterator<Item = &Epoch> {
    groups.iter().flat_map(|group| group.seeds.iter().flatten())
}

#[expect(clippy::cast_precision_loss, reason = "epochs, evaluations, seeds, operations and panels are few")]
fn count(number: usize) -> f64 {
    number as f64
}
