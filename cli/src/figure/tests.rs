use lambda_darts::search::EpochEvent;
use lambda_darts::training::TrainingEpochEvent;
use serde_json::json;

use super::*;
use crate::evaluation::Evaluation;
use crate::picture::testing::{inches, smallest_type};
use crate::picture::{Format, bytes};

/// Epoch of a run with some of its numbers; the accuracy in the table may be missing.
fn epoch(alignment: Option<f64>, entropy: f64, supernet: f64, table: Option<f64>) -> Epoch {
    let saturation = json!({
        "entropy": [entropy], "jacobian": [], "cells": [], "cosines": [],
        "mean_cosine": null, "mean_sign_agreement": null,
    });
    let known = table.map(|accuracy| json!({ "cifar10_test": accuracy, "rank": 1, "cells": 15_625 }));
    let event = json!({
        "epoch": 1, "lambda": 0.0, "lr": 0.1, "train_loss": 1.5, "valid_loss": 1.5, "supernet_accuracy": supernet,
        "gradient_norm": 2.5, "clipped": 0.0,
        "cell_types": [
            { "name": "normal", "alignment": alignment, "probabilities": [], "saturation": saturation },
        ],
        "genotype": { "cells": [] }, "operations": {}, "parameter_free": 3, "skip_connections": 2, "benchmark": known,
    });
    serde_json::from_value::<EpochEvent>(event).unwrap().into()
}

/// Epoch of a training with some of its numbers.
fn training_epoch(test_accuracy: f64) -> Epoch {
    let [lr, drop_path, gradient_norm, clipped] = [0.0; 4];
    Epoch::Training(TrainingEpochEvent {
        epoch: 1,
        lr,
        drop_path,
        train_loss: 2.0 - test_accuracy,
        train_accuracy: 0.5,
        test_loss: 1.0,
        test_accuracy,
        test_top5: 1.0,
        gradient_norm,
        clipped,
    })
}

/// Group of two seeds with four epochs each.
fn group(label: &str) -> Group {
    let run = |supernet: f64| (1..=4).map(|number| epoch(Some(0.1 * f64::from(number)), 0.5, supernet, None)).collect();
    Group { label: label.to_owned(), seeds: vec![run(1.0), run(0.9)] }
}

/// Returns the numbers in the attribute of the first element of a kind.
fn numbers(svg: &str, start: &str) -> Vec<f64> {
    let (_, rest) = svg.split_once(start).unwrap();
    let (value, _) = rest.split_once('"').unwrap();
    value.split([' ', ',']).map(|number| number.parse().unwrap()).collect()
}

#[test]
fn a_figure_has_its_width_and_type_of_8_points() {
    let groups = [group("DARTS"), group("Λ-DARTS, ε₀ = 1e-1")];
    for (width, panels) in
        [("5.5in", &Panel::OF_SEARCHES[..]), ("3.25in", &[Panel::Alignment]), ("12cm", &[Panel::Loss])]
    {
        let width: Inches = width.parse().unwrap();
        let svg = draw(&groups, panels, width).unwrap();
        let [across, down] = inches(&svg).map(f64::from);
        assert!((across - width.inches()).abs() < 1e-3 && down > 1.5, "{across} × {down}");
        assert!((smallest_type(&svg) - 8.0).abs() < 0.01);
    }
}

#[test]
fn a_pdf_has_a_page_of_the_width() {
    let svg = draw(&[group("Λ-DARTS")], &[Panel::Alignment, Panel::Accuracy], Inches::default()).unwrap();
    let pdf = bytes(&svg, Format::Pdf).unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    assert!(String::from_utf8_lossy(&pdf).contains("/MediaBox [0 0 396 "));
}

#[test]
fn every_panel_has_a_line_and_a_band_for_every_group() {
    let groups = [group("DARTS"), group("Λ-DARTS")];
    let svg = draw(&groups, &[Panel::Alignment, Panel::Supernet, Panel::Loss], Inches::default()).unwrap();
    let number = |part: &str| svg.matches(part).count();
    // The legend has a sample of every line.
    assert_eq!((number("<polygon"), number("<polyline"), number("<path")), (6, 8, 8));
    assert!(svg.contains(">layer alignment Λ</text>") && svg.contains(">Λ-DARTS</text>"));
    // A single seed has no band.
    let mut alone = group("GDAS");
    alone.seeds.truncate(1);
    assert!(!draw(&[alone], &[Panel::Loss], Inches::default()).unwrap().contains("<polygon"));
}

#[test]
fn a_band_ends_at_100_percent() {
    // 95 ± 7.07 %
    let svg = draw(&[group("DARTS")], &[Panel::Supernet], Inches::default()).unwrap();
    let band = numbers(&svg, "<polygon points=\"");
    let top = band.iter().skip(1).step_by(2).copied().fold(f64::INFINITY, f64::min);
    let (before, _) = svg.split_once(">100</text>").unwrap();
    let (_, label) = before.rsplit_once(" y=\"").unwrap();
    let label: f64 = label.split('"').next().unwrap().parse().unwrap();
    assert!((label - top - 0.35 * 8.0).abs() < 0.02, "{label} and {top}");
}

#[test]
fn the_legend_is_below_all_plots() {
    let groups: Vec<_> = (0..9).map(|number| group(&format!("method number {number}"))).collect();
    let svg = draw(&groups, &Panel::OF_SEARCHES, Inches::default()).unwrap();
    let axis = svg.match_indices(">epoch</text>").map(|(at, _)| {
        let (_, y) = svg[..at].rsplit_once(" y=\"").unwrap();
        y.split('"').next().unwrap().parse::<f64>().unwrap()
    });
    let lowest = axis.fold(0.0, f64::max);
    for number in 0..9 {
        let (before, _) = svg.split_once(&format!(">method number {number}</text>")).unwrap();
        let (_, y) = before.rsplit_once(" y=\"").unwrap();
        assert!(y.split('"').next().unwrap().parse::<f64>().unwrap() > lowest + 4.0, "{number}");
    }
}

#[test]
fn accuracies_are_those_of_the_table_where_all_runs_have_one() {
    let run = |tables: [Option<f64>; 2]| tables.map(|table| epoch(None, 0.5, 0.3, table)).to_vec();
    let of = |tables| {
        let groups = [Group { label: String::new(), seeds: vec![run([Some(0.9), Some(0.94)]), run(tables)] }];
        draw(&groups, &[Panel::Accuracy, Panel::Supernet], Inches::default()).unwrap()
    };
    let (all, some) = (of([Some(0.5), Some(0.6)]), of([Some(0.5), None]));
    assert!(all.contains(">CIFAR-10 test accuracy in the table, %<") && all.contains(">supernet accuracy, %<"));
    assert!(!some.contains("CIFAR-10") && some.matches(">supernet accuracy, %</text>").count() == 1);
}

#[test]
fn an_entropy_near_1_is_drawn_as_its_distance() {
    for (entropies, title, first) in [
        ([0.95, 0.5], "edge entropy h", 0.95),
        ([0.95, 0.92], "saturation, 1 − h in %", 5.0),
        ([0.999, 0.91], "saturation, 1 − h in % (log scale)", 0.1),
        ([0.999_7, 0.999_8], "saturation, 1 − h in ppm", 300.0),
        ([0.999_7, 0.999_99], "saturation, 1 − h in ppm (log scale)", 300.0),
        ([1.0, 0.91], "saturation, 1 − h in %", 0.0),
    ] {
        let run = entropies.map(|entropy| epoch(None, entropy, 0.3, None)).to_vec();
        let groups = [Group { label: String::new(), seeds: vec![run] }];
        let quantity = Panel::Entropy.quantity(&groups);
        assert_eq!(quantity.title, title);
        let value = (quantity.of)(&groups[0].seeds[0][0]).unwrap();
        assert!((value - first).abs() < 1e-6, "{title}: {value}");
    }
}

#[test]
fn titles_fit_the_narrowest_panel() {
    let table = [Group { label: String::new(), seeds: vec![vec![epoch(None, 0.999_7, 0.3, Some(0.9))]] }];
    for panel in Panel::all() {
        let title = panel.quantity(&table).title;
        assert!(ink::text_width(title) <= layout::NARROWEST, "{title}");
        assert_eq!(Panel::named(panel.name()), Some(panel));
    }
    assert!(ink::text_width("saturation, 1 − h in ppm (log scale)") <= layout::NARROWEST);
    assert_eq!(Panel::named("Λ"), None);
}

#[test]
fn panels_without_values_are_left_out() {
    let groups = [Group { label: "one cell".to_owned(), seeds: vec![vec![epoch(None, 0.5, 0.3, None)]] }];
    let svg = draw(&groups, &[Panel::Alignment, Panel::Loss, Panel::Loss], Inches::default()).unwrap();
    assert!(!svg.contains("alignment") && svg.matches(">training loss</text>").count() == 1);
    assert!(draw(&groups, &[Panel::Alignment], Inches::default()).unwrap_err().starts_with("there is nothing"));
    assert!(draw(&[], &Panel::OF_SEARCHES, Inches::default()).is_err());
}

#[test]
fn searchers_have_a_panel_over_their_evaluations() {
    let run = |bests: [f64; 3]| {
        let of = |(number, best)| Evaluation { number, fitness: 0.5, best, seconds_simulated: None, seconds: 0.0 };
        (1..).zip(bests).map(|found| Epoch::Evaluation(of(found))).collect()
    };
    let evolution = Group { label: "evolution".to_owned(), seeds: vec![run([0.5, 0.5, 0.9]), run([0.5, 0.7, 0.9])] };
    let groups = [evolution, group("DARTS")];
    assert_eq!(Panel::usual(&groups), [Panel::Alignment, Panel::Accuracy, Panel::Best]);
    assert_eq!(Panel::usual(&groups[..1]), [Panel::Best]);
    let [_, second, third] = curve::curve(&groups[0].seeds, Panel::Best.quantity(&groups).of)[..] else {
        panic!("not three evaluations")
    };
    assert!((second.mean - 60.0).abs() < 1e-9 && (third.mean - 90.0).abs() < 1e-9, "{second:?} {third:?}");
    let svg = draw(&groups, Panel::usual(&groups), Inches::default()).unwrap();
    let number = |part: &str| svg.matches(part).count();
    assert_eq!((number(">evaluation</text>"), number(">epoch</text>"), number("<polygon")), (1, 2, 3));
    assert!(draw(&groups[1..], &[Panel::Best], Inches::default()).is_err());
}

#[test]
fn trainings_have_panels_of_their_own() {
    let run = |accuracies: [f64; 2]| accuracies.map(training_epoch).into();
    let trained =
        |label: &str, last: f64| Group { label: label.to_owned(), seeds: vec![run([0.4, last]), run([0.5, last])] };
    let groups = [trained("DARTS", 0.8), trained("Λ-DARTS", 0.9)];
    assert_eq!(Panel::usual(&groups), Panel::OF_TRAININGS);
    let values = |panel: Panel| curve::curve(&groups[1].seeds, panel.quantity(&groups).of);
    let [first, last] = values(Panel::TestAccuracy)[..] else { panic!("not two epochs") };
    assert!((first.mean - 45.0).abs() < 1e-9 && (first.deviation.unwrap() - 50_f64.sqrt()).abs() < 1e-9, "{first:?}");
    assert!((last.mean - 90.0).abs() < 1e-9 && (values(Panel::TrainLoss)[1].mean - 1.1).abs() < 1e-9, "{last:?}");

    let svg = draw(&groups, &Panel::OF_TRAININGS, Inches::default()).unwrap();
    assert!(svg.contains(">test accuracy, %</text>") && svg.contains(">training loss of the derived network</text>"));
    assert_eq!(svg.matches("<polygon").count(), 4);
    // No training has an alignment, and no search a test accuracy.
    assert!(draw(&groups, &[Panel::Alignment, Panel::Loss], Inches::default()).is_err());
    assert!(draw(&[group("DARTS")], &[Panel::TestAccuracy], Inches::default()).is_err());
    let both = [group("DARTS"), trained("trained", 0.8)];
    assert_eq!(Panel::usual(&both), [Panel::Alignment, Panel::Accuracy]);
    assert!(draw(&both, &Panel::OF_TRAININGS, Inches::default()).is_ok());
}
