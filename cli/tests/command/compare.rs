//! Tests of `compare` and `report` on real searches.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::program::{contents, run, text};

/// The arguments of a comparison of two methods with two seeds each.
const COMPARE: [&str; 17] = [
    "compare",
    "--methods",
    "darts,lambda-darts",
    "--seeds",
    "0..2",
    "--device",
    "cpu",
    "--channels",
    "2",
    "--batch",
    "8",
    "--images",
    "64",
    "--epochs",
    "3",
    "--out",
    "all",
];

fn compare(folder: &Path, more: &[&str]) -> Output {
    run(&[&COMPARE[..], more].concat(), folder)
}

/// Returns the events of a run that tell the end of an epoch.
fn epochs(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("events.jsonl")).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.filter(|event| event["event"] == "epoch").collect()
}

#[test]
fn methods_and_seeds_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let all = folder.path().join("all");
    let first = compare(folder.path(), &["--json"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let result: Value = serde_json::from_slice(&first.stdout).unwrap();
    let methods = result["methods"].as_array().unwrap();
    assert_eq!(methods.len(), 2);
    for method in methods {
        let name = method["method"].as_str().unwrap();
        assert_eq!(method["seeds"], serde_json::json!([0, 1]));
        let last: Vec<_> = [0, 1].map(|seed| epochs(&all.join(format!("{name}-{seed}"))).pop().unwrap()).into();
        for (key, place, factor) in
            [("alignment", "/cell_types/0/alignment", 1.0), ("supernet_accuracy", "/supernet_accuracy", 1.0)]
        {
            let [a, b] = [0, 1].map(|seed| factor * last[seed].pointer(place).unwrap().as_f64().unwrap());
            assert_eq!(method[key]["values"], serde_json::json!([a, b]), "{name}, {key}");
            let close = |found: &Value, expected: f64| {
                (found.as_f64().unwrap() - expected).abs() < 1e-12 * expected.abs().max(1.0)
            };
            assert!(close(&method[key]["mean"], f64::midpoint(a, b)), "{name}, {key}: {}", method[key]);
            assert!(
                close(&method[key]["standard_deviation"], (a - b).abs() / 2_f64.sqrt()),
                "{name}, {key}: {}",
                method[key]
            );
        }
        // The built-in table knows the cells.
        let accuracies = method["cifar10_test"]["values"].as_array().unwrap();
        assert!(
            accuracies.len() == 2 && accuracies.iter().all(|known| (0.1..1.0).contains(&known.as_f64().unwrap())),
            "{method}"
        );
    }
    let table = fs::read_to_string(all.join("table.md")).unwrap();
    assert!(
        table.starts_with("| method | seeds | n | Λ | entropy |") && table.contains("| DARTS | 0–1 | 2 |"),
        "{table}"
    );
    let figure = fs::read_to_string(all.join("figure.svg")).unwrap();
    assert!(figure.starts_with("<svg") && figure.contains("layer alignment Λ") && figure.contains("Λ-DARTS"));
    // A band and a line for each method, in each of two panels.
    assert_eq!(figure.matches("<polygon").count(), 4);

    // The curves have a row for every run and epoch, with the numbers of the events.
    let curves = fs::read_to_string(all.join("curves.csv")).unwrap();
    let rows: Vec<Vec<&str>> = curves.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 1 + 4 * 3);
    let column = |name| rows[0].iter().position(|title| *title == name).unwrap();
    let (run_at, alignment) = (column("run"), column("alignment"));
    for name in ["darts-1", "lambda-darts-0"] {
        let found: Vec<f64> = rows
            .iter()
            .filter(|row| row[run_at] == format!("all/{name}"))
            .map(|row| row[alignment].parse().unwrap())
            .collect();
        let expected: Vec<f64> =
            epochs(&all.join(name)).iter().map(|epoch| epoch["cell_types"][0]["alignment"].as_f64().unwrap()).collect();
        assert_eq!(found, expected, "{name}");
    }

    // The same comparison again, two searches at a time: only what is missing is made, and it comes out the same.
    let before = contents(&all);
    fs::remove_dir_all(all.join("darts-1")).unwrap();
    fs::remove_dir_all(all.join("lambda-darts-0")).unwrap();
    let again = compare(folder.path(), &["--jobs", "2"]);
    assert!(again.status.success(), "{}", text(&again.stderr));
    let said = text(&again.stderr);
    assert!(said.contains("darts-1  run all") && !said.contains("darts-0/"), "{said}");
    let timeless = |table: &str| -> Vec<String> {
        table.lines().map(|line| line.rsplit_once(" | ").map_or(line, |(before, _)| before).to_owned()).collect()
    };
    assert_eq!(timeless(&text(&again.stdout)), timeless(&table));
    let after = contents(&all);
    for name in ["darts-0", "lambda-darts-1"] {
        let of = |files: &BTreeMap<PathBuf, (u64, Vec<u8>)>| -> Vec<_> {
            let own = files.iter().filter(|(path, _)| path.starts_with(all.join(name)));
            own.map(|(path, file)| (path.clone(), file.clone())).collect()
        };
        assert!(of(&before).len() > 4 && of(&before) == of(&after), "{name} was touched");
    }

    // A run whose file lacks a setting that an older version did not have is the same run.
    let file = all.join("darts-0/config.toml");
    let settings = fs::read_to_string(&file).unwrap();
    let without = settings.replace("temperature = 1.0\n", "");
    assert_ne!(without, settings);
    fs::write(&file, without).unwrap();
    let older = compare(folder.path(), &[]);
    assert!(older.status.success(), "{}", text(&older.stderr));

    // Other settings do not go into the same folder.
    let other = compare(folder.path(), &["--lr", "0.5"]);
    assert_eq!(other.status.code(), Some(1));
    assert!(
        text(&other.stderr)
            .contains("darts-0/config.toml: the settings do not match: weights.lr is 0.025 there, and 0.5 is"),
        "{}",
        text(&other.stderr)
    );
}

#[test]
fn a_report_holds_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let args =
        ["search", "--device", "cpu", "--channels", "2", "--batch", "8", "--images", "64", "--epochs", "2", "--out"];
    // The second name would end the script in the page that holds it.
    for name in ["one", "</script>"] {
        let name = name.replace('/', "");
        let searched = run(&[&args[..], &[&name]].concat(), folder.path());
        assert!(searched.status.success(), "{}", text(&searched.stderr));
    }
    let report = ["report", "one", "<script>", "--csv", "curves.csv", "--dot", "cells.dot"];
    let made = run(&report, folder.path());
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert_eq!(text(&made.stdout), "report.html\n");
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    let start = page.find(r#"id="runs">"#).unwrap() + r#"id="runs">"#.len();
    let json = &page[start..start + page[start..].find("</script>").unwrap()];
    let runs: Value = serde_json::from_str(json).unwrap();
    assert_eq!(runs[0]["name"], "one");
    assert_eq!(runs[1]["name"], "<script>");
    let shown: Vec<_> =
        runs[0]["events"].as_array().unwrap().iter().filter(|event| event["event"] == "epoch").collect();
    let expected = epochs(&folder.path().join("one"));
    assert_eq!(shown, expected.iter().collect::<Vec<_>>());
    assert_eq!(runs[0]["notations"].as_array().unwrap().len(), 2);

    let dot = fs::read_to_string(folder.path().join("cells.dot")).unwrap();
    assert_eq!(dot.matches("digraph").count(), 2);
    let cell = &expected[1]["genotype"]["cells"][0];
    for (node, reads) in (1..).zip(cell["nodes"].as_array().unwrap()) {
        for read in reads.as_array().unwrap() {
            let edge = format!("  {} -> {node} [label=\"{}\"];", read[1], read[0].as_str().unwrap());
            assert!(dot.contains(&edge), "{edge}: {dot}");
        }
    }
    assert_eq!(fs::read_to_string(folder.path().join("curves.csv")).unwrap().lines().count(), 5);

    // A report that is there is not overwritten, and damaged events give none.
    let again = run(&report, folder.path());
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("report.html: the file exists already"), "{}", text(&again.stderr));
    let events = folder.path().join("one/events.jsonl");
    let broken = fs::read_to_string(&events).unwrap().replacen("\"epoch\":1,", "\"epoch\":true,", 1);
    fs::write(&events, broken).unwrap();
    let refused = run(&["report", "one", "--out", "other.html"], folder.path());
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("one/events.jsonl: line 2"), "{}", text(&refused.stderr));
    assert!(!folder.path().join("other.html").exists());
}
