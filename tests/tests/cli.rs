//! The command line as a whole: the built binary on real files, and the examples.

use std::process::Command;

use lambda_darts_tests::program::{built, run, text};

const SMALL: [&str; 7] = ["search", "--device", "cpu", "--epochs", "2", "--images", "300"];

#[test]
fn a_search_leaves_a_run_that_derive_reads() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(&[&SMALL[..], &["--batch", "32", "--out", "run", "--json"]].concat(), folder.path());
    assert!(out.status.success(), "{}", text(&out.stderr));
    let stdout = text(&out.stdout);
    let result: serde_json::Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    let genotype = result["genotype"]["nas_bench_201"].as_str().unwrap();
    assert!(result["alignment"]["normal"].as_f64().unwrap().abs() <= 1.0);
    assert!((0.0..=1.0).contains(&result["entropy"]["normal"].as_f64().unwrap()));
    let run_folder = folder.path().join("run");
    for file in ["config.toml", "events.jsonl", "genotype.json", "environment.json"] {
        assert!(run_folder.join(file).exists(), "{file}");
    }
    let derived = run(&["derive", "run"], folder.path());
    assert!(text(&derived.stdout).contains(genotype), "{}", text(&derived.stdout));

    // The configuration that was written back gives the same search again.
    let again = run(&["search", "--device", "cpu", "--config", "run/config.toml", "--out", "again"], folder.path());
    assert!(again.status.success(), "{}", text(&again.stderr));
    let events = |run: &str| -> Vec<serde_json::Value> {
        let lines = std::fs::read_to_string(folder.path().join(run).join("events.jsonl")).unwrap();
        let event = |line: &str| {
            let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
            event["seconds"] = 0.into();
            event
        };
        lines.lines().map(event).collect()
    };
    assert_eq!(events("run"), events("again"));

    // What is there is not overwritten.
    let refused = run(&[&SMALL[..], &["--batch", "32", "--out", "run"]].concat(), folder.path());
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("--force"));
}

#[test]
fn the_examples_run() {
    for (example, part) in
        [("first_search", "epoch 2"), ("step_by_step", "resumed with"), ("own_space_and_images", "\"cells\"")]
    {
        let binary = built().join("examples").join(format!("{example}{}", std::env::consts::EXE_SUFFIX));
        let out = Command::new(binary).output().expect("build the examples first: cargo build --release --all-targets");
        assert!(out.status.success() && text(&out.stdout).contains(part), "{example}: {}", text(&out.stderr));
    }
}
