//! Tests of `report` and `figure` on trainings, alone and beside a search.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::program::{run, text};

const CELL: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";

/// Settings of a training that takes a moment.
const TINY: [&str; 10] = ["--device", "cpu", "--epochs", "2", "--images", "64", "--channels", "4", "--batch", "16"];

/// Runs the program in a folder; it must succeed.
fn done(args: &[&str], folder: &Path) -> String {
    let out = run(args, folder);
    assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
    text(&out.stdout)
}

/// Trains the cell in two folders, with different seeds.
fn train(folder: &Path) {
    for seed in ["0", "1"] {
        let out = format!("trained-{seed}");
        done(&[&["train", CELL, "--seed", seed, "--out", &out][..], &TINY].concat(), folder);
    }
}

/// Returns the runs in a page.
fn runs_in(page: &Path) -> Value {
    let page = fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once(r#"id="runs">"#).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// Returns the events of a run of one kind.
fn events(run: &Path, kind: &str) -> Vec<Value> {
    let text = fs::read_to_string(run.join("events.jsonl")).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.filter(|event| event["event"] == kind).collect()
}

#[test]
fn trainings_are_reported_beside_a_search() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    train(folder.path());
    done(&[&["search", "--out", "searched"][..], &TINY].concat(), folder.path());
    let report = ["report", "trained-0", "searched", "trained-1", "--csv", "curves.csv", "--dot", "cells.dot"];
    assert_eq!(done(&report, folder.path()), "report.html\n");

    let runs = runs_in(&at("report.html"));
    for (place, name, kind) in
        [(0, "trained-0", "training_epoch"), (1, "searched", "epoch"), (2, "trained-1", "training_epoch")]
    {
        assert_eq!(runs[place]["name"], name);
        let shown = runs[place]["events"].as_array().unwrap().iter().filter(|event| event["event"] == kind);
        let expected = events(&at(name), kind);
        assert_eq!(shown.collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>(), "{name}");
        assert_eq!(expected.len(), 2);
    }
    let training = &runs[0];
    assert_eq!(training["notations"]["nas_bench_201"], CELL);
    assert_eq!(training["genotype"]["cells"][0]["nodes"][2][0], json!(["avg_pool_3x3", 0]));
    let weights = &events(&at("trained-0"), "training_start")[0]["weights"];
    assert!(weights.as_u64() > Some(0) && training["parameters"] == *weights, "{weights}: no auxiliary head");
    assert_eq!((training["evaluation"].is_null(), runs[1].get("evaluation")), (true, None));

    let curves = fs::read_to_string(at("curves.csv")).unwrap();
    let rows: Vec<Vec<&str>> = curves.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|title| *title == name).unwrap();
    assert_eq!(rows.len(), 1 + 3 * 2);
    for (row, epoch) in rows[5..].iter().zip(events(&at("trained-1"), "training_epoch")) {
        assert_eq!((row[column("run")], row[column("recipe")], row[column("method")]), ("trained-1", "small", ""));
        for name in ["train_accuracy", "test_loss", "test_accuracy", "train_loss", "seconds"] {
            let value: f64 = row[column(name)].parse().unwrap();
            assert_eq!(json!(value), json!(epoch[name].as_f64().unwrap()), "{name}");
        }
    }
    assert_eq!(fs::read_to_string(at("cells.dot")).unwrap().matches("digraph").count(), 3);

    // Two seeds of a training are one line with a band in each panel.
    done(&["figure", "trained-0", "trained-1", "--out", "trained.svg"], folder.path());
    let figure = fs::read_to_string(at("trained.svg")).unwrap();
    assert!(figure.contains(">test accuracy, %</text>") && figure.contains(">trained</text>"), "{figure}");
    assert_eq!(figure.matches("<polygon").count(), 2);
    let refused = run(&["figure", "searched", "--panels", "test-accuracy", "--out", "none.svg"], folder.path());
    assert!(text(&refused.stderr).contains("there is nothing to draw"), "{}", text(&refused.stderr));
    assert!(!at("none.svg").exists());
}

#[test]
fn an_evaluation_shows_what_a_training_takes_for_what() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    done(&["report", "trained-0", "trained-1", "--evaluate"], folder.path());
    let runs = runs_in(&folder.path().join("report.html"));
    for (place, name) in ["trained-0", "trained-1"].into_iter().enumerate() {
        let found = &runs[place]["evaluation"];
        let last = &events(&folder.path().join(name), "training_epoch")[1];
        assert_eq!((&found["top1"], &found["top5"]), (&last["test_accuracy"], &last["test_top5"]));
        let loss = [found, last].map(|of| of.get("loss").unwrap_or(&of["test_loss"]).as_f64().unwrap());
        assert!((loss[0] - loss[1]).abs() < 1e-9, "{loss:?}");
        assert_eq!((&found["images"], found["classes"].as_array().unwrap().len()), (&json!(1000), 10));
        let counts = found["confusion"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
        assert_eq!(counts.map(|count| count.as_u64().unwrap()).sum::<u64>(), 1000);

        let mistakes = found["mistakes"].as_array().unwrap();
        assert_eq!(mistakes.len(), 24);
        let confidences: Vec<f64> = mistakes.iter().map(|one| one["confidence"].as_f64().unwrap()).collect();
        assert!(confidences.is_sorted_by(|a, b| a >= b), "{confidences:?}");
        assert!(mistakes.iter().all(|one| one["label"] != one["class"]));
        let picture = mistakes[0]["picture"].as_str().unwrap();
        assert!(picture.starts_with("data:image/png;base64,iVBORw0KGgo"), "{picture}");
    }

    // Errors are known before the work, and leave no file.
    let again = run(&["report", "trained-0", "--evaluate"], folder.path());
    assert!(text(&again.stderr).contains("report.html: the file exists already"), "{}", text(&again.stderr));
    for name in ["checkpoint.safetensors", "checkpoint-previous.safetensors"] {
        fs::remove_file(folder.path().join("trained-0").join(name)).unwrap();
    }
    for (args, part) in [
        (&["report", "trained-0", "--evaluate", "--out", "other.html"][..], "trained-0/checkpoint.safetensors"),
        (&["report", "trained-1", "--device", "cpu", "--out", "other.html"], "--evaluate"),
    ] {
        let refused = run(args, folder.path());
        assert!(!refused.status.success() && text(&refused.stderr).contains(part), "{}", text(&refused.stderr));
        assert!(!folder.path().join("other.html").exists());
    }
}
