//! Figure of the results, like the first one of the paper: over the epochs, a line for each method and a band of one
//! standard deviation.

use std::error::Error;

use lambda_darts::search::EpochEvent;
use plotters::prelude::*;

use super::Done;
use super::summary::{accuracy, alignment, mean_and_deviation};

const SIZE: (u32, u32) = (960, 400);
/// Colours of the methods: the two of the page, and one that colour-blind people can distinguish from both.
const COLOURS: [RGBColor; 3] = [RGBColor(108, 69, 181), RGBColor(0, 114, 106), RGBColor(213, 94, 0)];

/// A point of a curve: the epoch, counted from 1, the mean over the seeds, and half the height of the band.
type Point = (f64, f64, f64);

struct Panel {
    title: &'static str,
    of: fn(&EpochEvent) -> Option<f64>,
    /// Corner for the legend, which the curves leave free.
    legend: SeriesLabelPosition,
}

/// Draws the figure as SVG.
pub(super) fn draw(done: &[Done]) -> Result<String, String> {
    let mut svg = String::new();
    panels(done, &mut svg).map_err(|error| error.to_string())?;
    Ok(svg)
}

fn panels(done: &[Done], svg: &mut String) -> Result<(), Box<dyn Error>> {
    let mut methods: Vec<&str> = Vec::new();
    for one in done {
        if !methods.contains(&one.method.as_str()) {
            methods.push(&one.method);
        }
    }
    let known = done.iter().all(|one| one.epochs.iter().all(|epoch| accuracy(epoch).is_some()));
    let right = if known {
        Panel { title: "CIFAR-10 test accuracy in the table, %", of: accuracy, legend: SeriesLabelPosition::LowerLeft }
    } else {
        let of = |epoch: &EpochEvent| Some(100.0 * epoch.supernet_accuracy);
        Panel { title: "supernet accuracy, %", of, legend: SeriesLabelPosition::LowerRight }
    };
    let whole = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    whole.fill(&WHITE)?;
    let areas = whole.split_evenly((1, 2));
    let left = Panel { title: "layer alignment Λ", of: alignment, legend: SeriesLabelPosition::UpperLeft };
    for (area, panel) in areas.iter().zip([left, right]) {
        let curves: Vec<_> = methods.iter().map(|method| curve(done, method, panel.of)).collect();
        let all = || curves.iter().flatten();
        let low = all().map(|(_, mean, half)| mean - half).fold(f64::INFINITY, f64::min);
        let high = all().map(|(_, mean, half)| mean + half).fold(f64::NEG_INFINITY, f64::max);
        let last = all().map(|(epoch, ..)| *epoch).fold(1.0, f64::max);
        let epochs = curves.iter().map(Vec::len).max().unwrap_or_default();
        if low > high {
            // There are no values: with fewer than two cells, Λ is not defined.
            continue;
        }
        let air = ((high - low) * 0.06).max(1e-3);
        let mut chart = ChartBuilder::on(area)
            .caption(panel.title, ("sans-serif", 17))
            .margin(14)
            .x_label_area_size(38)
            .y_label_area_size(48)
            .build_cartesian_2d(1.0..f64::max(last, 2.0), (low - air)..(high + air))?;
        let digits = if high - low < 2.0 { 2 } else { 0 };
        chart
            .configure_mesh()
            .x_desc("epoch")
            .x_labels(epochs.min(12))
            .x_label_formatter(&|epoch| format!("{epoch:.0}"))
            // The sum turns −0 into 0.
            .y_label_formatter(&|value| format!("{:.digits$}", value + 0.0))
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .draw()?;
        for ((points, method), colour) in curves.iter().zip(&methods).zip(COLOURS.iter().cycle()) {
            let above = points.iter().map(|(epoch, mean, half)| (*epoch, mean + half));
            let below = points.iter().rev().map(|(epoch, mean, half)| (*epoch, mean - half));
            let band: Vec<_> = above.chain(below).collect();
            chart.draw_series([Polygon::new(band, colour.mix(0.18))])?;
            let line = points.iter().map(|(epoch, mean, _)| (*epoch, *mean));
            let colour = *colour;
            chart
                .draw_series(LineSeries::new(line, colour.stroke_width(2)))?
                .label(*method)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(panel.legend.clone())
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.2))
            .draw()?;
    }
    whole.present()?;
    Ok(())
}

/// Returns the curve of a method over the epochs that all of its seeds have.
fn curve(done: &[Done], method: &str, of: fn(&EpochEvent) -> Option<f64>) -> Vec<Point> {
    let seeds: Vec<_> = done.iter().filter(|one| one.method == method).map(|one| one.epochs.as_slice()).collect();
    let epochs = seeds.iter().map(|epochs| epochs.len()).min().unwrap_or_default();
    let at = |epoch: usize| {
        let values = seeds.iter().map(|epochs| of(&epochs[epoch])).collect::<Option<Vec<_>>>()?;
        let (mean, deviation) = mean_and_deviation(&values);
        #[expect(clippy::cast_precision_loss, reason = "epochs are few")]
        Some((epoch as f64 + 1.0, mean, deviation.unwrap_or_default()))
    };
    (0..epochs).filter_map(at).collect()
}
