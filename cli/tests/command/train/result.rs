//! Tests of the result of a training: its files, its digest, and the cell that it takes from a search.

use std::fs;
use std::path::Path;

use lambda_darts::graph::{Cost, NetworkSize};
use lambda_darts::space::{Genotype, Space};
use serde_json::{Value, json};

use super::{CELL, TRAIN, settings, trained};
use crate::program::{run, text};

/// Returns the JSON of a file.
fn json_of(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_training_leaves_its_result_and_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let result = trained(folder.path(), &[&TRAIN[..], &["--out", "run"]].concat());
    let path = folder.path().join("run");
    let mut files: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    let checkpoints = ["checkpoint-previous.safetensors", "checkpoint.safetensors"];
    assert_eq!(files, [&checkpoints[..], &["config.toml", "environment.json", "events.jsonl", "result.json"]].concat());

    let expected = [
        ("epochs", json!(2)),
        ("recipe", json!("small")),
        ("space", json!("nas-bench-201")),
        ("seed", json!(0)),
        ("stopped", json!(false)),
        ("run", json!("run")),
    ];
    for (name, value) in expected {
        assert_eq!(result[name], value, "{name}");
    }
    assert!(result["seconds"].as_f64().unwrap() > 0.0 && result["peak_rss_mib"].as_f64().unwrap() > 1.0, "{result}");
    let (space, cell) = (Space::named("nas-bench-201").unwrap(), Genotype::parse(CELL).unwrap());
    let size = NetworkSize { channels: 4, cells: 1, image_channels: 1, classes: 10 };
    let cost = Cost::derived(&space, &cell, size, [14, 14]).unwrap();
    assert_eq!(result["parameters"], cost.parameters);
    assert_eq!(result["multiply_adds"], cost.multiply_adds);

    // The images that were asked for train, and the whole test set tests.
    let images = &json_of(&path.join("environment.json"))["data"];
    assert_eq!((&images["training"], &images["validation"]), (&json!(256), &json!(1000)));
    let events: Vec<Value> = fs::read_to_string(path.join("events.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let epoch = [&["training_step"; 4][..], &["training_epoch"]].concat();
    assert_eq!(kinds, [&["training_start"][..], &epoch, &epoch, &["training_end"]].concat());
    assert_eq!(events[0]["weights"], cost.parameters, "there is no auxiliary head");

    // Its cell can be taken from it.
    let derived = run(&["derive", "run"], folder.path());
    assert_eq!(text(&derived.stdout).lines().next(), Some(CELL), "{}", text(&derived.stderr));
    let config = run(&["config", "train", "run"], folder.path());
    assert!(text(&config.stdout).contains(&format!("genotype = \"{CELL}\"")), "{}", text(&config.stderr));

    // All records tell the same of the last epoch.
    let last = &events[10];
    for name in ["test_accuracy", "test_top5", "test_loss", "train_loss"] {
        let value = last[name].as_f64().unwrap();
        assert!(value.is_finite() && value > 0.0, "{name}: {value}");
        assert_eq!(result[name].as_f64(), Some(value), "{name}");
        assert_eq!(json_of(&path.join("result.json"))[name].as_f64(), Some(value), "{name}");
    }
    assert_eq!(result["train_accuracy"], last["train_accuracy"]);
    assert_eq!(events[11]["test_accuracy"], last["test_accuracy"]);
    let steps: f64 = events[6..10].iter().map(|step| step["train_loss"].as_f64().unwrap()).sum();
    assert!((steps / 4.0 - last["train_loss"].as_f64().unwrap()).abs() < 1e-9, "{last}");
    let right = 1000.0 * last["test_accuracy"].as_f64().unwrap();
    assert!((right - right.round()).abs() < 1e-9, "a share of 1,000 images: {right}");

    // The last line says the digest, that of a training which was resumed, too.
    let resumed = run(&["train", "--resume", "run"], folder.path());
    let said = text(&resumed.stderr);
    assert_eq!(said.lines().last(), Some(format!("digest {}", result["digest"].as_str().unwrap()).as_str()), "{said}");
    assert!(text(&resumed.stdout).starts_with("test accuracy "), "{}", text(&resumed.stdout));
}

#[test]
fn a_training_has_one_digest_for_any_number_of_threads_and_one_for_each_seed() {
    let folder = tempfile::tempdir().unwrap();
    let digest = |more: &[&str]| {
        let result = trained(folder.path(), &[&TRAIN[..], more].concat());
        result["digest"].as_str().unwrap().to_owned()
    };
    // Drop paths, augmentation and an order of the images: all that is drawn.
    let drawn = ["--drop-path", "0.3", "--cutout", "3", "--set", "data.augment=published"];
    let first = digest(&[&drawn[..], &["--threads", "1"]].concat());
    assert_eq!((first.len(), first.chars().all(|digit| digit.is_ascii_hexdigit())), (64, true));
    for more in [&["--threads", "2"][..], &["--seed", "0"]] {
        assert_eq!(digest(&[&drawn[..], more].concat()), first, "{more:?}");
    }
    assert_ne!(digest(&[&drawn[..], &["--seed", "1"]].concat()), first);
    assert_ne!(digest(&["--cutout", "3", "--set", "data.augment=published"]), first, "drop paths were not drawn");
}

/// A network that has seen 2,000 images twice knows most of the others.
#[test]
fn a_training_learns() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["train", CELL, "--device", "cpu", "--epochs", "2", "--images", "2000", "--channels", "8"];
    let result = trained(folder.path(), &args);
    assert!(result["test_accuracy"].as_f64().unwrap() > 0.5, "{result}");
    assert_eq!(result["run"], "runs/nas-bench-201-train-0");
}

/// The cell, the space and the data set are those of the search; the images are all of that set.
#[test]
fn the_cell_of_a_search_is_trained_on_its_images() {
    let folder = tempfile::tempdir().unwrap();
    for (space, notation) in [("nas-bench-201", "nas_bench_201"), ("s2", "darts")] {
        let mut args = vec!["search", "--device", "cpu", "--data", "digits", "--images", "100", "--epochs", "2"];
        args.extend(["--batch", "16", "--channels", "2", "--space", space, "--out", space]);
        let searched = run(&args, folder.path());
        assert!(searched.status.success(), "{}", text(&searched.stderr));
        let (found, out) = (json_of(&folder.path().join(space).join("genotype.json")), format!("{space}-trained"));
        let args = ["train", space, "--device", "cpu", "--epochs", "1", "--channels", "2", "--out", &out];
        let result = trained(folder.path(), &args);
        assert_eq!((&result["space"], &result["recipe"]), (&json!(space), &json!("small")));
        let settings = settings(&folder.path().join(&out));
        assert_eq!(settings["genotype"].as_str(), found[notation].as_str());
        assert_eq!(settings["space"].as_str(), Some(space));
        let data = settings["data"].as_table().unwrap();
        assert_eq!((data["set"].as_str(), data.get("images")), (Some("digits"), None));
        assert_eq!(json_of(&folder.path().join(&out).join("environment.json"))["data"]["images"], 1797);
    }
}
