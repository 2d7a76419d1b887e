//! Tests of trainings that are killed, interrupted, damaged and made longer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use safetensors::SafeTensors;
use serde_json::Value;

use super::{CELL, settings, trained};
use crate::chance::Chance;
use crate::program::{run, text};
use crate::running::{copy, disturb, events, timeless};

/// Arguments of a training of seconds with all that is drawn in a step: order, augmentation and drop paths.
const TRAIN: [&str; 22] = [
    "train",
    CELL,
    "--device",
    "cpu",
    "--data",
    "digits",
    "--images",
    "320",
    "--batch",
    "16",
    "--seed",
    "3",
    "--drop-path",
    "0.2",
    "--cutout",
    "2",
    "--set",
    "data.augment=published",
    "--set",
    "network.label_smoothing=0.1",
    "--out",
    "run",
];
/// Arguments that go on with it.
const RESUME: [&str; 3] = ["train", "--resume", "run"];

/// Arguments of the training with some more.
fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&TRAIN[..], more].concat()
}

/// Runs the training to its end without a disturbance, moves its run to `whole`, and returns its result.
fn undisturbed(folder: &Path, args: &[&str]) -> Value {
    let result = trained(folder, args);
    fs::rename(folder.join("run"), folder.join("whole")).unwrap();
    result
}

/// Returns shapes and bytes of the tensors in a run's newest checkpoint: weights, momentum and running statistics.
fn tensors(run: &Path) -> BTreeMap<String, (Vec<usize>, Vec<u8>)> {
    let bytes = fs::read(run.join("checkpoint.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    file.tensors().into_iter().map(|(name, view)| (name, (view.shape().to_vec(), view.data().to_vec()))).collect()
}

/// Goes on with `run`, and checks that it ends as `whole` did, bit for bit.
fn ends_as_undisturbed(folder: &Path, result: &Value) {
    let last = trained(folder, &RESUME);
    for name in ["digest", "test_accuracy", "test_loss", "train_loss", "epochs", "stopped"] {
        assert_eq!(last[name], result[name], "{name}");
    }
    let (whole, other) = (folder.join("whole"), folder.join("run"));
    let (expected, found) = (timeless(&whole), timeless(&other));
    let differs = expected.iter().zip(&found).position(|(a, b)| a != b);
    assert_eq!((expected.len(), differs), (found.len(), None), "the events differ");
    let (expected, found) = (tensors(&whole), tensors(&other));
    assert!(expected.keys().any(|name| name.starts_with("momentum.")), "{:?}", expected.keys());
    assert!(expected == found, "the tensors differ");
    let saved = |run: &Path| fs::read(run.join("result.json")).unwrap();
    assert_eq!(saved(&whole), saved(&other));
}

#[test]
fn thirty_kills_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let args = train(&["--epochs", "12"]);
    let result = undisturbed(folder.path(), &args);
    let moments = Chance::of(30).moments(30, events(&folder.path().join("whole")).len());
    disturb(folder.path(), [&args, &RESUME], &moments, ("KILL", None), |_| ());
    ends_as_undisturbed(folder.path(), &result);
}

#[test]
fn ctrl_c_changes_nothing_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let args = train(&["--epochs", "8"]);
    let result = undisturbed(folder.path(), &args);
    let whole = timeless(&folder.path().join("whole"));
    let moments = Chance::of(3).moments(3, whole.len());
    disturb(folder.path(), [&args, &RESUME], &moments, ("INT", Some(130)), |run| {
        let said = run.read("stderr");
        assert!(said.contains("ending after this step"), "{said}");
        assert!(said.trim_end().ends_with("go on with: lambda-darts train --resume run"), "{said}");
        // The events so far are the beginning of the undisturbed ones: no step was done twice.
        let before = run.events().len();
        assert!(timeless(&folder.path().join("run")) == whole[..before]);
        // The result is that of the last whole epoch.
        let saved: Value = serde_json::from_str(&run.read("run/result.json")).unwrap();
        let ended = whole[..before].iter().rev().find(|event| event["event"] == "training_epoch");
        assert_eq!(saved["epochs"].as_u64(), Some(ended.map_or(0, |epoch| epoch["epoch"].as_u64().unwrap())));
        assert_eq!(saved["test_accuracy"], ended.map_or(Value::Null, |epoch| epoch["test_accuracy"].clone()));
    });
    ends_as_undisturbed(folder.path(), &result);
}

#[test]
fn one_command_starts_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let args = train(&["--epochs", "1", "--resume-or-start"]);
    let digests = [0, 1].map(|_| trained(folder.path(), &args)["digest"].clone());
    assert!(digests[0].is_string() && digests[0] == digests[1], "{digests:?}");
    let before = fs::read(folder.path().join("run/events.jsonl")).unwrap();
    let other = run(&[&args[..], &["--lr", "0.3"]].concat(), folder.path());
    assert_eq!(other.status.code(), Some(1));
    let said = text(&other.stderr);
    assert!(said.contains("weights.lr is 0.1 there, and 0.3 is asked for"), "{said}");
    assert!(fs::read(folder.path().join("run/events.jsonl")).unwrap() == before, "the refused training has written");
}

/// A training with more epochs goes on from its last weights, with the schedules of the longer one.
#[test]
fn a_training_is_made_longer() {
    let folder = tempfile::tempdir().unwrap();
    trained(folder.path(), &train(&["--epochs", "2"]));
    let path = folder.path().join("run");
    let short = timeless(&path);
    let longer = trained(folder.path(), &[&RESUME[..], &["--epochs", "3"]].concat());
    assert_eq!((longer["epochs"].as_u64(), settings(&path)["epochs"].as_integer()), (Some(3), Some(3)));
    let all = timeless(&path);
    // The end of the shorter one is gone, and the start of the longer one stands in its place.
    let kept = short.len() - 1;
    assert!(all[..kept] == short[..kept]);
    assert_eq!((&all[kept]["event"], &all[kept]["config"]["epochs"]), (&"training_start".into(), &3.into()));
    let epoch = &all[all.len() - 2];
    // 0.05 · (1 + cos ⅔π), and two thirds of the drop paths' probability.
    assert!((epoch["lr"].as_f64().unwrap() - 0.025).abs() < 1e-12, "{epoch}");
    assert!((epoch["drop_path"].as_f64().unwrap() - 0.4 / 3.0).abs() < 1e-12, "{epoch}");
    let refused = run(&[&RESUME[..], &["--epochs", "3"]].concat(), folder.path());
    let said = text(&refused.stderr);
    assert!(
        refused.status.code() == Some(1) && said.contains("`epochs`") && said.contains("more than the 3"),
        "{said}"
    );
}

#[test]
fn a_truncated_checkpoint_falls_back_to_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let result = undisturbed(folder.path(), &train(&["--epochs", "3"]));
    let (whole, path) = (folder.path().join("whole"), folder.path().join("run"));
    let truncate = |name: &str, part: usize| {
        let bytes = fs::read(path.join(name)).unwrap();
        fs::write(path.join(name), &bytes[..bytes.len() / part]).unwrap();
    };
    copy(&whole, &path);
    truncate("checkpoint.safetensors", 2);
    let resumed = run(&RESUME, folder.path());
    let said = text(&resumed.stderr);
    assert!(resumed.status.success(), "{said}");
    assert!(said.contains("checkpoint.safetensors: the checkpoint is damaged"), "{said}");
    assert!(said.contains("going on from the checkpoint before it"), "{said}");
    assert!(path.join("checkpoint.safetensors.damaged").exists());
    ends_as_undisturbed(folder.path(), &result);

    copy(&whole, &path);
    truncate("checkpoint.safetensors", 3);
    truncate("checkpoint-previous.safetensors", 1000);
    let refused = run(&RESUME, folder.path());
    let said = text(&refused.stderr);
    assert_eq!((refused.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.starts_with("error: neither checkpoint can be used"), "{said}");
}
