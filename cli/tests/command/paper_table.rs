//! Tests of `compare --train`, `--spaces` and several data sets: the table of a paper by one command.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::program::{contents, run, text};

/// Two methods on two spaces and two data sets, one seed each, with two epochs of training.
fn table(folder: &Path, more: &[&str]) -> Output {
    let mut args = vec!["compare", "--methods", "darts,lambda-darts", "--seeds", "0", "--device", "cpu"];
    args.extend(["--spaces", "nas-bench-201,s2", "--data", "digits,fashion", "--channels", "2", "--cells", "3"]);
    args.extend(["--batch", "8", "--images", "64", "--epochs", "1", "--out", "all", "--quiet"]);
    args.extend(["--train", "2", "--train-set", "network.channels=2", "--train-set", "data.images=64"]);
    args.extend(["--train-set", "network.cells=3", "--train-set", "batch=8"]);
    args.extend(more);
    run(&args, folder)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn spaces_and_data_sets_have_tables_of_their_own_with_trained_cells() {
    let folder = tempfile::tempdir().unwrap();
    let all = folder.path().join("all");
    let first = table(folder.path(), &["--json"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let result: Value = serde_json::from_slice(&first.stdout).unwrap();
    let tables = result["tables"].as_array().unwrap();
    let names: Vec<_> = tables.iter().map(|table| table["group"].as_str().unwrap()).collect();
    assert_eq!(names, ["nas-bench-201, digits", "nas-bench-201, fashion", "s2, digits", "s2, fashion"]);
    for table in tables {
        let group = all.join(table["group"].as_str().unwrap().replace(", ", "-"));
        for method in table["methods"].as_array().unwrap() {
            let run = group.join(format!("{}-0", method["method"].as_str().unwrap()));
            let trained = json(&run.join("trained/result.json"));
            assert_eq!(trained["epochs"], 2);
            assert_eq!(method["test_accuracy"]["values"], serde_json::json!([trained["test_accuracy"]]));
            // The cell that was trained is the one that was found.
            let [config, found] = ["trained/config.toml", "genotype.json"].map(|name| contents_of(&run.join(name)));
            let found: Value = serde_json::from_str(&found).unwrap();
            let notation = found["nas_bench_201"].as_str().or(found["darts"].as_str()).unwrap();
            assert!(config.contains(notation), "{config}: {notation}");
        }
        let runs = fs::read_to_string(group.join("runs.csv")).unwrap();
        let column = runs.lines().next().unwrap().split(',').position(|name| name == "test_accuracy").unwrap();
        for (line, method) in runs.lines().skip(1).zip(table["methods"].as_array().unwrap()) {
            let value: f64 = line.split(',').nth(column).unwrap().parse().unwrap();
            assert_eq!(method["test_accuracy"]["values"][0], value, "{line}");
        }
        assert!(contents_of(&group.join("table.md")).contains("trained: test, %"));
    }

    // Nothing is done twice, and the tables can be made without a search.
    let before = contents(&all);
    for more in [&["--json"][..], &["--json", "--collect"]] {
        let again = table(folder.path(), more);
        assert!(again.status.success(), "{}", text(&again.stderr));
        assert_eq!(text(&again.stdout), text(&first.stdout));
    }
    let events = |files: BTreeMap<PathBuf, (u64, Vec<u8>)>| {
        let of_runs = files.into_iter().filter(|(path, _)| path.ends_with("events.jsonl"));
        of_runs.map(|(_, (_, text))| text).collect::<Vec<_>>()
    };
    let before = events(before);
    assert_eq!(before.len(), 16);
    assert_eq!(before, events(contents(&all)));
    // Other settings of the training are not those of the finished ones.
    let other = table(folder.path(), &["--train-set", "weights.lr=0.05"]);
    assert_eq!(other.status.code(), Some(1));
    assert!(text(&other.stderr).contains("the settings do not match: weights.lr"), "{}", text(&other.stderr));
}

#[test]
fn settings_of_the_training_are_checked_before_the_first_search() {
    let folder = tempfile::tempdir().unwrap();
    for (more, part) in [
        (&["--train-set", "weights.rate=1"][..], "weights.rate"),
        (&["--recipe", "best"], "invalid value 'best'"),
        (&["--space", "s2"], "cannot be used with"),
        (&["--train", "0"], "cannot be used multiple times"),
        (&["--train-set", "batch=0"], "`batch`"),
        (&["--train-set", "genotype=|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"], "the one that was found"),
        (&["--train-set", "seed=3"], "that of the search"),
        (&["--recipe", "darts", "--size", "14"], "a square of 16 pixels"),
        (&["--set", "supernet.cells=1"], "a cell of type"),
    ] {
        let refused = table(folder.path(), more);
        assert!(!refused.status.success());
        assert!(text(&refused.stderr).contains(part), "{part}: {}", text(&refused.stderr));
        assert!(!folder.path().join("all").exists());
    }
}

fn contents_of(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
