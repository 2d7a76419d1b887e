//! Tests of comparisons that share a folder: sweeps, smaller ones, several processes, and an interruption; of the figure,
//! and of what a run says of its program and images.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::program::{run, text};

/// Settings of a search of a tenth of a second.
const TINY: [&str; 12] =
    ["--data", "digits", "--device", "cpu", "--channels", "2", "--batch", "8", "--images", "64", "--epochs", "3"];

/// Compares in the folder `all`.
fn compare(folder: &Path, methods: &str, seeds: &str, more: &[&str]) -> Output {
    compare_in("all", folder, methods, seeds, more)
}

fn compare_in(out: &str, folder: &Path, methods: &str, seeds: &str, more: &[&str]) -> Output {
    let args = [&["compare", "--methods", methods, "--seeds", seeds, "--out", out][..], &TINY, more].concat();
    let out = run(&args, folder);
    assert!(out.status.success(), "{}", text(&out.stderr));
    out
}

/// Names of the folders inside a folder.
fn folders(folder: &Path) -> Vec<String> {
    let inside = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<_> = inside
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Rows of a table in CSV, by the name in their first column.
fn rows(path: &Path) -> Vec<String> {
    let table = fs::read_to_string(path).unwrap();
    table
        .lines()
        .skip(1)
        .map(|line| line.rsplit_once("\",").unwrap_or_else(|| line.split_once(',').unwrap()).0.to_owned())
        .collect()
}

#[test]
fn a_sweep_shares_its_baseline_and_a_smaller_comparison_takes_nothing_away() {
    let folder = tempfile::tempdir().unwrap();
    let all = folder.path().join("all");
    let sweep = ["--sweep", "method.alignment.epsilon=1e-2,1e-1", "--json"];
    let swept = compare(folder.path(), "darts,lambda-darts", "0..=1", &sweep);
    let labels = ["darts", "lambda-darts,epsilon=0.01", "lambda-darts,epsilon=0.1"];
    let expected: Vec<_> = labels.iter().flat_map(|label| [0, 1].map(|seed| format!("{label}-{seed}"))).collect();
    assert_eq!(folders(&all), expected);
    let json: Value = serde_json::from_slice(&swept.stdout).unwrap();
    let method = |at: usize| &json["methods"][at];
    assert_eq!([0, 1, 2].map(|at| method(at)["method"].as_str().unwrap()), labels);
    assert!(method(0)["alignment"]["p"].is_null() && method(1)["n"] == 2);
    let share = method(1)["cifar10_test"]["mean"].as_f64().unwrap();
    assert!((0.1..1.0).contains(&share), "{share}");
    assert!(method(2)["parameters"]["mean"].as_f64().unwrap() > 1e4);
    // One more seed of one method: the files keep the rest, and the table on stdout is the small one.
    let small = compare(folder.path(), "darts", "2", &[]);
    assert!(text(&small.stdout).contains("| DARTS | 2 | 1 |") && !text(&small.stdout).contains("Λ-DARTS"));
    assert!(text(&small.stderr).contains("have 6 more searches of the folder"), "{}", text(&small.stderr));
    let table = fs::read_to_string(all.join("table.md")).unwrap();
    assert!(table.contains("| DARTS | 0–2 | 3 |") && table.contains("| Λ-DARTS, ε₀ = 0.01 | 0–1 | 2 |"), "{table}");
    let latex = fs::read_to_string(all.join("table.tex")).unwrap();
    assert!(latex.contains("\\toprule") && latex.contains("$\\Lambda$-DARTS, $\\varepsilon_0$ = 0.01"), "{latex}");
    assert_eq!(rows(&all.join("table.csv")).len(), 3);
    assert_eq!(fs::read_to_string(all.join("runs.csv")).unwrap().lines().count(), 8);

    // Figures and a report of the whole folder.
    for (name, begin) in [("a.pdf", &b"%PDF"[..]), ("a.svg", b"<svg"), ("a.png", b"\x89PNG")] {
        let out = run(&["figure", "all", "--panels", "alignment,entropy", "--out", name], folder.path());
        assert!(out.status.success(), "{}", text(&out.stderr));
        assert!(fs::read(folder.path().join(name)).unwrap().starts_with(begin), "{name}");
    }
    let svg = fs::read_to_string(folder.path().join("a.svg")).unwrap();
    assert!(svg.contains(">Λ-DARTS, ε₀ = 0.01</text>") && svg.contains("width=\"5.5in\""), "{svg}");
    let wrong = run(&["figure", "all", "--out", "a.eps"], folder.path());
    assert!(text(&wrong.stderr).contains(".svg, .png or .pdf"), "{}", text(&wrong.stderr));
    let report = run(&["report", "all"], folder.path());
    assert!(report.status.success(), "{}", text(&report.stderr));
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert_eq!(page.matches(r#""event":"start""#).count(), 7);

    // A setting of a part does not add the part to a method without it.
    let set = ["--set", "method.alignment.lambda=0.5"];
    compare_in("set", folder.path(), "darts,lambda-darts", "0", &set);
    let darts = fs::read_to_string(folder.path().join("set/darts-0/config.toml")).unwrap();
    assert!(!darts.contains("alignment"), "{darts}");
    let found = run(&["benchmark", "set/darts-0", "--json"], folder.path());
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert!((0.1..1.0).contains(&found["accuracies"]["cifar10_test"].as_f64().unwrap()), "{found}");
    let named = run(&["benchmark", "set/darts-0/genotype.json", "--json"], folder.path());
    assert_eq!(serde_json::from_slice::<Value>(&named.stdout).unwrap(), found);
}

#[test]
fn settings_that_no_method_has_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (methods, more, parts) in [
        ("darts,lambda-darts", ["--set", "method.aligment.lambda=0.5"], ["--set", "none of the methods"]),
        ("darts", ["--sweep", "method.alignment.epsilon=1,2"], ["--sweep", "none of the methods"]),
        ("darts", ["--set", "seed=7"], ["--set", "--seeds"]),
        ("darts", ["--sweep", "method.name=darts,gdas"], ["--sweep", "--methods"]),
        ("darts", ["--epochs", "three"], ["--epochs", "write a whole number"]),
        ("darts", ["--lr", "-0.1"], ["weights.lr", "a positive number"]),
    ] {
        let args = [&["compare", "--methods", methods, "--seeds", "0"][..], &more].concat();
        let out = run(&args, folder.path());
        assert!(!out.status.success());
        let said = text(&out.stderr);
        assert!(parts.iter().all(|part| said.contains(part)), "{args:?}: {said}");
    }
    assert!(folders(folder.path()).is_empty());
}

#[test]
fn a_search_of_another_process_is_left_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("all/darts-0");
    fs::create_dir_all(&taken).unwrap();
    let events = File::create(taken.join("events.jsonl")).unwrap();
    events.lock().unwrap();
    let out = compare(folder.path(), "darts", "0,1", &[]);
    assert!(text(&out.stderr).contains("1 search runs in another process"), "{}", text(&out.stderr));
    assert!(text(&out.stdout).contains("| DARTS | 1 | 1 |"), "{}", text(&out.stdout));
    drop(events);
    assert!(text(&compare(folder.path(), "darts", "0,1", &[]).stdout).contains("| DARTS | 0–1 | 2 |"));
}

/// The program's own commit, not that of the repository that the command runs in.
#[test]
fn a_run_tells_what_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| Command::new("git").args(args).current_dir(folder.path()).output();
    let Ok(_) = git(&["init", "--quiet"]) else {
        println!("skipped: no git");
        return;
    };
    let commit = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "-m", "other"];
    git(&commit).unwrap();
    let other = text(&git(&["rev-parse", "HEAD"]).unwrap().stdout);
    assert_eq!(other.trim().len(), 40);
    let out = run(&[&["search", "--seed", "3", "--out", "all"][..], &TINY].concat(), folder.path());
    assert!(out.status.success(), "{}", text(&out.stderr));
    let environment: Value =
        serde_json::from_slice(&fs::read(folder.path().join("all/environment.json")).unwrap()).unwrap();
    assert!(!environment.to_string().contains(other.trim()), "{environment}");
    let version = text(&run(&["--version"], folder.path()).stdout);
    let program = &environment["program"];
    assert!(version.contains(program["version"].as_str().unwrap()), "{version}");
    assert!(program["commit"].as_str().is_none_or(|commit| version.contains(commit)), "{version}");
    assert_eq!(environment["command"].as_array().unwrap()[1..4], ["search", "--seed", "3"].map(Value::from));
    let date = environment["date"].as_str().unwrap();
    assert!(date.len() == 20 && date.starts_with("20") && date.ends_with('Z'), "{date}");
    let data = &environment["data"];
    assert_eq!((&data["images"], &data["training"], &data["validation"]), (&64.into(), &32.into(), &32.into()));
    assert_eq!((&data["classes"][9], &data["size"]), (&"9".into(), &serde_json::json!([8, 8])));
    assert_eq!(data["fingerprint"].as_str().unwrap().len(), 64);
    assert!(environment["cpu"]["threads"].as_u64().unwrap() >= 1);

    // The accuracies of events are shares, and epochs count from 1.
    let events = fs::read_to_string(folder.path().join("all/events.jsonl")).unwrap();
    let epochs = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let epochs: Vec<Value> = epochs.filter(|event| event["event"] == "epoch").collect();
    assert_eq!(epochs.iter().map(|epoch| epoch["epoch"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    for epoch in &epochs {
        assert!((0.1..1.0).contains(&epoch["benchmark"]["cifar10_test"].as_f64().unwrap()), "{epoch}");
        let counts = epoch["operations"].as_object().unwrap().values().map(|count| count.as_u64().unwrap());
        assert_eq!(counts.sum::<u64>(), 6);
        assert!(epoch["loss_gradient_norm"].as_f64().unwrap() > 0.0, "{epoch}");
    }
    // λ is 0 in the first epoch, which has no regularizer.
    assert!(epochs[0]["regularizer_gradient_norm"].is_null() && epochs[2]["regularizer_gradient_norm"].is_number());
}

#[cfg(unix)]
#[test]
fn an_interrupted_comparison_shows_what_is_there() {
    use crate::running::Search;

    let folder = tempfile::tempdir().unwrap();
    let tiny =
        ["--data", "digits", "--device", "cpu", "--channels", "2", "--batch", "8", "--images", "64", "--out", "run"];
    let many = ["compare", "--methods", "darts,lambda-darts", "--seeds", "0..500", "--epochs", "3"];
    let mut search = Search::start(folder.path(), &[&many[..], &tiny].concat());
    search.until("run/lambda-darts-1/genotype.json", "genotype", 1);
    search.send("INT");
    assert_eq!(search.end(), Some(130), "{}", search.read("stderr"));
    assert!(search.read("stderr").contains("go on with the same command"), "{}", search.read("stderr"));
    let table = search.read("stdout");
    assert!(table.contains("| DARTS | 0–") && table.contains("| Λ-DARTS | 0–"), "{table}");
    assert_eq!(fs::read_to_string(folder.path().join("run/table.md")).unwrap().trim_end(), table.trim_end());

    // Other settings are named.
    let other = ["compare", "--methods", "darts", "--seeds", "0", "--epochs", "4"];
    let refused = run(&[&other[..], &tiny].concat(), folder.path());
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("darts-0/config.toml") && said.contains("epochs is 3 there, and 4 is asked for"), "{said}");
}
