//! Tests of what a search writes for other programs, read by those programs. `cargo xtask test --interchange` installs
//! them.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{run, text};

/// The program that prints the scalars which TensorBoard finds in a folder.
const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/command/read_tensorboard.py");

/// Steps and values by the name of the scalar.
type Scalars = BTreeMap<String, Vec<(i64, f64)>>;

/// Returns the numbers of a run's events, under the names and at the steps that the help promises.
fn expected(run: &Path) -> Scalars {
    let text = fs::read_to_string(run.join("events.jsonl")).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let steps = events[0]["steps"].as_i64().unwrap();
    let mut scalars = Scalars::new();
    for event in &events {
        let kind = event["event"].as_str().unwrap();
        let epoch = event["epoch"].as_i64().unwrap_or_default();
        let (at, names): (i64, &[(&str, &str)]) = match kind {
            "step" => (
                epoch * steps + event["step"].as_i64().unwrap(),
                &[
                    ("train_loss", "/train_loss"),
                    ("gradient_norm", "/gradient_norm"),
                    ("alignment/normal", "/alignment/0"),
                ],
            ),
            "epoch" => (
                (epoch + 1) * steps - 1,
                &[
                    ("supernet_accuracy", "/supernet_accuracy"),
                    ("skip_connections", "/skip_connections"),
                    ("learning_rate", "/lr"),
                    ("lambda", "/lambda"),
                    ("alignment/normal", "/cell_types/0/alignment"),
                ],
            ),
            _ => continue,
        };
        for (name, place) in names {
            let value = event.pointer(place).and_then(Value::as_f64).unwrap();
            scalars.entry(format!("{kind}/{name}")).or_default().push((at, value));
        }
    }
    scalars
}

/// Returns the scalars that TensorBoard finds in a folder.
fn found(python: &Path, folder: &Path) -> Scalars {
    let output = Command::new(python).arg(READER).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Checks that TensorBoard finds the numbers of a run's events.
fn assert_listed(python: &Path, run: &Path) {
    let found = found(python, &run.join("tensorboard"));
    let expected = expected(run);
    assert!(expected.len() >= 8, "{:?}", expected.keys());
    for (tag, values) in expected {
        #[expect(clippy::cast_possible_truncation, reason = "TensorBoard's scalars are 32 bits wide")]
        let values: Vec<_> = values.iter().map(|&(step, value)| (step, f64::from(value as f32))).collect();
        assert_eq!(found.get(&tag), Some(&values), "{tag}");
    }
    for tag in ["step/valid_loss", "epoch/train_loss", "epoch/valid_loss", "epoch/entropy/normal"] {
        assert!(found.contains_key(tag), "{tag}");
    }
}

#[test]
fn tensorboard_lists_the_scalars() {
    let Some(python) = env::var_os("LAMBDA_DARTS_PYTHON") else {
        println!("skipped: LAMBDA_DARTS_PYTHON names no Python with TensorBoard; cargo xtask test --interchange does");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut args = vec!["search", "--device", "cpu", "--channels", "2", "--batch", "8", "--images", "64"];
    args.extend(["--epochs", "3", "--out", "run", "--tensorboard"]);
    let searched = run(&args, folder.path());
    assert!(searched.status.success(), "{}", text(&searched.stderr));
    assert_listed(Path::new(&python), &folder.path().join("run"));

    // A resumed run still has each number once, in one file.
    let resumed = run(&["search", "--resume", "run"], folder.path());
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    assert_listed(Path::new(&python), &folder.path().join("run"));
    assert_eq!(fs::read_dir(folder.path().join("run/tensorboard")).unwrap().count(), 1);
}
