//! Tests of evaluations: they agree with the training, with the library and with one another.

use std::fs;
use std::path::Path;

use lambda_darts::data::Images;
use lambda_darts::device::Device;
use lambda_darts::training::Trained;
use serde_json::Value;

use crate::bad_input::refused;
use crate::program::{run, text};

const CELL: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
/// Network of the training, and its images.
const NETWORK: [&str; 7] = [CELL, "--data", "digits", "--images", "200", "--channels", "4"];

/// Trains a small network in the folder `run`.
pub(crate) fn train(folder: &Path) {
    let rest = ["--device", "cpu", "--epochs", "2", "--batch", "16", "--quiet", "--out", "run"];
    let out = run(&[&["train"][..], &NETWORK[..], &rest].concat(), folder);
    assert!(out.status.success(), "{}", text(&out.stderr));
}

/// Searches for a moment in the folder `search`.
pub(crate) fn search(folder: &Path) {
    let args = ["search", "--data", "digits", "--images", "64", "--epochs", "1", "--channels", "2", "--batch", "8"];
    let out = run(&[&args[..], &["--device", "cpu", "--quiet", "--out", "search"]].concat(), folder);
    assert!(out.status.success(), "{}", text(&out.stderr));
}

/// Evaluates with `--json`.
fn evaluated(args: &[&str], folder: &Path) -> Value {
    let out = run(&[&["evaluate", "--json"][..], args].concat(), folder);
    assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn an_evaluation_agrees_with_the_training() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    let found = evaluated(&["run", "--predictions", "all.csv", "--out", "found.json"], folder.path());
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let events = read("run/events.jsonl");
    let mut epochs = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let last = epochs.rfind(|event| event["event"] == "training_epoch").unwrap();
    let result: Value = serde_json::from_str(&read("run/result.json")).unwrap();
    assert_eq!([&found["top1"], &found["top5"]], [&last["test_accuracy"], &last["test_top5"]]);
    assert_eq!(found["top1"], result["test_accuracy"]);
    let loss = |value: &Value| value.as_f64().unwrap();
    assert!((loss(&found["loss"]) - loss(&last["test_loss"])).abs() < 1e-12, "{found}");
    assert_eq!(serde_json::from_str::<Value>(&read("found.json")).unwrap(), found);

    let table = read("all.csv");
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["image", "label", "prediction", "confidence", "probability_of_label"]);
    assert_eq!(Some(rows.len() as u64 - 1), found["images"].as_u64());
    let correct = rows.iter().filter(|row| row[1] == row[2]).count();
    let matrix = found["confusion"].as_array().unwrap();
    let diagonal: u64 = (0..10).map(|class| matrix[class][class].as_u64().unwrap()).sum();
    assert_eq!(correct as u64, diagonal);
    #[expect(clippy::cast_precision_loss, reason = "images are few")]
    let share = correct as f64 / (rows.len() - 1) as f64;
    assert!((share - loss(&found["top1"])).abs() < 1e-12, "{share}");
    for row in rows.iter().filter(|row| row[1] == row[2]) {
        assert_eq!(row[3], row[4]);
    }
    let said = run(&["evaluate", "run"], folder.path());
    let line = format!("top 1 {:.2} %", 100.0 * share);
    assert!(text(&said.stdout).starts_with(&line), "{}", text(&said.stdout));
}

#[test]
fn exported_weights_have_the_same_predictions() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    let exported = run(&["export", "run", "--format", "safetensors", "--out", "w.safetensors"], folder.path());
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    let own = evaluated(&["run", "--predictions", "own.csv"], folder.path());
    let weights = ["--weights", "w.safetensors", "--predictions", "weights.csv"];
    let found = evaluated(&[&weights[..], &NETWORK].concat(), folder.path());
    assert_eq!((&found["top1"], &found["confusion"]), (&own["top1"], &own["confusion"]));
    let [own, weights] = ["own.csv", "weights.csv"].map(|name| fs::read(folder.path().join(name)).unwrap());
    assert!(own == weights);
}

/// Classes of a folder are found by their names, and images have any size.
#[test]
fn a_folder_of_images_is_classified() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    let digits = Images::digits();
    let chosen: Vec<usize> = (0..60).filter(|&i| [3, 7].contains(&digits.labels[i])).collect();
    for &i in &chosen {
        let class = folder.path().join("photos").join(digits.labels[i].to_string());
        fs::create_dir_all(&class).unwrap();
        image::GrayImage::from_raw(8, 8, digits.image(i).to_vec())
            .unwrap()
            .save(class.join(format!("{i}.png")))
            .unwrap();
    }
    let found = evaluated(&["run", "--data", "folder", "--data-dir", "photos"], folder.path());
    let images = Images {
        pixels: chosen.iter().flat_map(|&i| digits.image(i)).copied().collect(),
        labels: chosen.iter().map(|&i| digits.labels[i]).collect(),
        ..digits.clone()
    };
    let mut trained = pollster::block_on(Trained::read(&folder.path().join("run"), &Device::cpu())).unwrap();
    let expected = pollster::block_on(trained.evaluate(&images)).unwrap();
    assert_eq!(found["images"], chosen.len());
    assert_eq!(found["confusion"], serde_json::to_value(&expected.confusion).unwrap());
    assert_eq!(found["by_class"]["0"], Value::Null);
    let wide = image::GrayImage::from_pixel(13, 13, image::Luma([90]));
    wide.save(folder.path().join("photos/3/wide.png")).unwrap();
    let more = evaluated(&["run", "--data", "folder", "--data-dir", "photos"], folder.path());
    assert_eq!(more["images"], chosen.len() + 1);
    fs::rename(folder.path().join("photos/7"), folder.path().join("photos/seven")).unwrap();
    refused(
        folder.path(),
        &["evaluate", "run", "--data", "folder", "--data-dir", "photos"],
        &["the class `seven`", "0, 1, 2, 3"],
    );
}

#[test]
fn evaluations_that_cannot_be_made_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    search(folder.path());
    fs::write(folder.path().join("there.csv"), "").unwrap();
    let cases: &[(&[&str], &[&str])] = &[
        (&["nowhere"], &["nowhere", "not the folder of a run"]),
        (&["|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_1x1~2|"], &["add --weights FILE"]),
        (&["search"], &["search: the run is a search", "lambda-darts train"]),
        (&["run", "--channels", "4"], &["--weights"]),
        (&["run", "--recipe", "small"], &["required arguments"]),
        (&["run", "--data-dir", "photos"], &["photos", "--data-dir"]),
        (&["run", "--data", "folder"], &["--data-dir"]),
        (&["run", "--predictions", "there.csv"], &["there.csv", "--force"]),
        (&["run", "--predictions", "run"], &["run: a folder"]),
        (&["run", "--out", "no/found.json"], &["no/found.json", "No such file"]),
        (&["run", "--out", "twice", "--predictions", "twice"], &["twice"]),
        (&["--weights", "no.pt", CELL], &["no.pt", "No such file"]),
        (&["--weights", "run/config.toml", CELL], &["run/config.toml: not a file of weights"]),
        (&["--weights", "run/checkpoint.safetensors", CELL, "--data", "digits"], &["`", "has the shape [4, "]),
    ];
    for (args, parts) in cases {
        refused(folder.path(), &[&["evaluate"][..], *args].concat(), parts);
    }
}
