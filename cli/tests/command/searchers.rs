//! Tests of searches by a searcher in a table, and of what the other commands make of them.

use std::fs;
use std::path::Path;

use lambda_darts::benchmark::{Row, Table};
use lambda_darts::searcher::SearcherSettings;
use serde_json::{Value, json};

use crate::program::{run, text};

/// Runs the program in a folder; it must succeed.
fn done(args: &[&str], folder: &Path) -> String {
    let out = run(args, folder);
    assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
    text(&out.stdout)
}

/// Returns the JSON object that a command prints.
fn object(args: &[&str], folder: &Path) -> Value {
    serde_json::from_str(&done(args, folder)).unwrap()
}

/// Returns the events of a run of one kind.
fn events(run: &Path, kind: &str) -> Vec<Value> {
    let text = fs::read_to_string(run.join("events.jsonl")).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.filter(|event| event["event"] == kind).collect()
}

/// Writes the table of NAS-Bench-201, with a training of 2000 seconds for each cell: an evaluation costs 120.
fn write_timed(path: &Path) {
    let table = Table::nas_bench_201();
    let line = |(index, row): (usize, &Row)| {
        let [valid, test] = [row.accuracies.cifar10_valid.unwrap(), row.accuracies.cifar10_test];
        format!("{index},{},{},{},50,50,50,50,2000", row.arch, 100.0 * valid, 100.0 * test)
    };
    let header = "index,arch,c10_valid,c10_test,c100_valid,c100_test,in16_valid,in16_test,c10_train_s".to_owned();
    let lines: Vec<String> = std::iter::once(header).chain(table.rows().iter().enumerate().map(line)).collect();
    fs::write(path, lines.join("\n")).unwrap();
}

#[test]
fn a_searcher_leaves_a_run_that_every_command_reads() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let args = ["search", "--method", "evolution", "--evaluations", "60", "--seed", "3", "--json", "--tensorboard"];
    let found = object(&[&args[..], &["--out", "run"]].concat(), folder.path());
    assert_eq!((&found["method"], &found["evaluations"], &found["seed"]), (&json!("evolution"), &json!(60), &json!(3)));
    assert_eq!((&found["stopped"], &found["seconds_simulated"]), (&json!(false), &Value::Null));
    let steps = events(&at("run"), "searcher_step");
    assert_eq!((steps.len(), events(&at("run"), "searcher_epoch").len()), (60, 10));
    let best = steps.iter().map(|step| step["fitness"].as_f64().unwrap()).fold(0.0, f64::max);
    assert_eq!(found["benchmark"]["cifar10_valid"].as_f64(), Some(best));
    let cell = found["genotype"]["nas_bench_201"].as_str().unwrap();
    let json = |name: &str| -> Value { serde_json::from_slice(&fs::read(at("run").join(name)).unwrap()).unwrap() };
    assert_eq!(
        (&json("genotype.json")["nas_bench_201"], &json("environment.json")["data"]),
        (&json!(cell), &Value::Null)
    );
    assert!(at("run/tensorboard").is_dir());

    assert_eq!(done(&["derive", "run"], folder.path()), format!("{cell}\n"));
    assert_eq!(object(&["derive", "run", "--epoch", "2", "--json"], folder.path())["epoch"], 2);
    let known = object(&["benchmark", "run", "--json"], folder.path());
    assert_eq!(known["rank"], found["benchmark"]["rank"]);
    assert_eq!(known["accuracies"]["cifar10_test"], found["benchmark"]["cifar10_test"]);

    // The settings of the run are those of a searcher, without a method beside them; so is a run that has ended.
    let again = object(&["search", "--config", "run/config.toml", "--out", "again", "--json"], folder.path());
    let resumed = object(&["search", "--resume", "run", "--json"], folder.path());
    assert_eq!((&again["digest"], &resumed["digest"]), (&found["digest"], &found["digest"]));
    assert_eq!(resumed["evaluations"], 60);
    let other =
        object(&["search", "--config", "run/config.toml", "--seed", "4", "--out", "four", "--json"], folder.path());
    assert_ne!(other["digest"], found["digest"]);

    done(&["figure", "run", "four", "--out", "best.svg"], folder.path());
    let figure = fs::read_to_string(at("best.svg")).unwrap();
    assert!(figure.contains(">regularized evolution</text>") && figure.contains(">evaluation</text>"), "{figure}");
    assert_eq!((figure.matches("<polygon").count(), figure.contains(">epoch</text>")), (1, false));
    done(&["report", "run", "--csv", "curves.csv", "--dot", "cells.dot"], folder.path());
    let page = fs::read_to_string(at("report.html")).unwrap();
    let (_, rest) = page.split_once(r#"id="runs">"#).unwrap();
    let reported: Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    let shown = reported[0]["evaluations"].as_array().unwrap();
    assert_eq!((&reported[0]["name"], shown.len()), (&json!("run"), 60));
    assert!(shown.iter().zip(&steps).all(|(shown, step)| shown["best"] == step["best"]), "{reported}");
    let curves = fs::read_to_string(at("curves.csv")).unwrap();
    let rows: Vec<Vec<&str>> = curves.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|title| *title == name).unwrap();
    assert_eq!((rows.len(), rows[60][column("evaluation")], rows[60][column("method")]), (61, "60", "evolution"));
    assert_eq!(rows[60][column("best")].parse::<f64>(), Ok(best));
    assert_eq!(fs::read_to_string(at("cells.dot")).unwrap().matches("digraph").count(), 1);
}

#[cfg(unix)]
#[test]
fn a_searcher_that_is_interrupted_goes_on_exactly() {
    use crate::running::Search;

    let folder = tempfile::tempdir().unwrap();
    let args = ["search", "--method", "evolution", "--evaluations", "50000", "--seed", "5", "--json", "--out"];
    let whole = object(&[&args[..], &["whole"]].concat(), folder.path());
    let mut search = Search::start(folder.path(), &[&args[..], &["run"]].concat());
    search.until("run/events.jsonl", "\n", 500);
    search.send("INT");
    assert_eq!(search.end(), Some(130), "{}", search.read("stderr"));
    assert!(
        search.read("stderr").contains("go on with: lambda-darts search --resume run"),
        "{}",
        search.read("stderr")
    );
    let stopped: Value = serde_json::from_str(&search.read("stdout")).unwrap();
    let evaluations = stopped["evaluations"].as_u64().unwrap();
    assert!((1..50_000).contains(&evaluations) && stopped["stopped"] == true, "{stopped}");
    // The result is the fittest architecture so far.
    let cell = stopped["genotype"]["nas_bench_201"].as_str().unwrap();
    assert_eq!(done(&["derive", "run"], folder.path()), format!("{cell}\n"));
    let resumed = object(&["search", "--resume", "run", "--json"], folder.path());
    assert_eq!((&resumed["digest"], &resumed["genotype"]), (&whole["digest"], &whole["genotype"]));
}

#[test]
fn a_budget_of_seconds_is_spent_in_a_table_that_tells_them() {
    let folder = tempfile::tempdir().unwrap();
    write_timed(&folder.path().join("timed.csv"));
    let args = ["search", "--method", "random", "--table", "timed.csv", "--budget-seconds", "2950", "--out", "run"];
    let found = object(&[&args[..], &["--json"]].concat(), folder.path());
    assert_eq!(found["evaluations"], 25);
    assert!((found["seconds_simulated"].as_f64().unwrap() - 3000.0).abs() < 1e-6, "{found}");
    // The table is moved.
    fs::rename(folder.path().join("timed.csv"), folder.path().join("moved.csv")).unwrap();
    let missing = run(&["search", "--resume", "run"], folder.path());
    assert!(text(&missing.stderr).contains("timed.csv"), "{}", text(&missing.stderr));
    let resumed = object(&["search", "--resume", "run", "--table", "moved.csv", "--json"], folder.path());
    assert_eq!(resumed["digest"], found["digest"]);
    let compare = ["compare", "--methods", "random,local-search", "--seeds", "0", "--table", "moved.csv", "--json"];
    let compared = object(&[&compare[..], &["--budget-seconds", "1150"]].concat(), folder.path());
    for method in compared["methods"].as_array().unwrap() {
        assert_eq!(method["evaluations"]["values"], json!([10.0]));
        assert!((method["seconds"]["mean"].as_f64().unwrap() - 1200.0).abs() < 1e-6, "{method}");
    }
}

#[test]
fn searchers_are_compared_with_a_supernet() {
    let folder = tempfile::tempdir().unwrap();
    let all = folder.path().join("all");
    let mut args = vec!["compare", "--methods", "random,darts,evolution", "--seeds", "0..2", "--evaluations", "30"];
    args.extend(["--data", "digits", "--device", "cpu", "--channels", "2", "--batch", "8", "--images", "64"]);
    args.extend(["--epochs", "1", "--set", "searcher.population=5", "--out", "all", "--json"]);
    let result = object(&args, folder.path());
    let methods = result["methods"].as_array().unwrap();
    let names: Vec<&Value> = methods.iter().map(|method| &method["method"]).collect();
    assert_eq!(names, ["darts", "random", "evolution"]);
    for method in methods {
        let searcher = method["method"] != "darts";
        assert_eq!((method["alignment"].is_null(), method["evaluations"].is_null()), (searcher, !searcher), "{method}");
        assert_eq!(method["cifar10_test"]["values"].as_array().map(Vec::len), Some(2));
        assert!((1.0..=15_625.0).contains(&method["rank"]["mean"].as_f64().unwrap()), "{method}");
    }
    let evolved = events(&all.join("evolution-1"), "searcher_start");
    assert_eq!(evolved[0]["config"]["searcher"], json!({ "name": "evolution", "population": 5, "sample": 3 }));
    let last = events(&all.join("evolution-1"), "searcher_epoch").pop().unwrap();
    assert_eq!(methods[2]["cifar10_test"]["values"][1], last["benchmark"]["cifar10_test"]);

    let table = fs::read_to_string(all.join("table.md")).unwrap();
    assert!(table.starts_with("| method | seeds | n | Λ | entropy |"), "{table}");
    assert!(table.contains("| regularized evolution | 0–1 | 2 | | |"), "{table}");
    let figure = fs::read_to_string(all.join("figure.svg")).unwrap();
    assert!(figure.contains(">best fitness so far, %</text>") && figure.contains("layer alignment Λ"), "{figure}");
    assert_eq!(fs::read_to_string(all.join("curves.csv")).unwrap().lines().count(), 1 + 2 + 4 * 30);
    // Nothing is done twice.
    assert_eq!(object(&args, folder.path()), result);
}

#[test]
fn the_cell_of_a_searcher_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    let mut args = vec!["compare", "--methods", "random", "--seeds", "0", "--evaluations", "10", "--data", "digits"];
    args.extend(["--train", "1", "--train-set", "network.channels=2", "--train-set", "network.cells=1"]);
    args.extend(["--train-set", "batch=8", "--train-set", "data.images=64", "--out", "all", "--json"]);
    let result = object(&args, folder.path());
    let found = fs::read_to_string(folder.path().join("all/random-0/genotype.json")).unwrap();
    let cell = serde_json::from_str::<Value>(&found).unwrap()["nas_bench_201"].as_str().unwrap().to_owned();
    let config = fs::read_to_string(folder.path().join("all/random-0/trained/config.toml")).unwrap();
    assert!(config.contains(&cell) && config.contains("set = \"digits\""), "{config}");
    assert!(result["methods"][0]["test_accuracy"]["mean"].is_number(), "{result}");
    // A run of a searcher has a cell, but no images.
    let train = ["train", "all/random-0", "--epochs", "1", "--images", "64", "--channels", "2", "--batch", "8"];
    done(&[&train[..], &["--out", "trained"]].concat(), folder.path());
}

#[test]
fn what_a_searcher_does_not_have_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (args, part) in [
        (&["search", "--method", "evolution", "--epochs", "3"][..], "--epochs has no effect here: the method looks"),
        (&["search", "--method", "evolution", "--device", "vulkan"], "--device has no effect here"),
        (&["search", "--method", "darts", "--evaluations", "3"], "--evaluations has no effect here: the method trains"),
        (&["search", "--method", "random", "--budget-seconds", "100"], "`c10_train_s`"),
        (&["search", "--method", "random", "--evaluations", "0"], "`budget.evaluations` must be 1 to 100,000"),
        (&["search", "--method", "evolution", "--set", "searcher.population=0"], "`searcher.population` must be"),
        (&["search", "--method", "random", "--set", "searcher.population=5"], "population"),
        (&["search", "--method", "evolution", "--space", "s3"], "a table has cells"),
        (&["search", "--method", "evolution", "--table", "none.csv"], "none.csv"),
        (&["compare", "--methods", "darts,random", "--seeds", "0", "--space", "darts"], "a table has cells"),
        (
            &["compare", "--methods", "evolution", "--seeds", "0", "--sweep", "method.alignment.lambda=1,2"],
            "none of the",
        ),
        (&["compare", "--methods", "evolution", "--seeds", "0", "--lr", "1"], "--lr has no effect here"),
        (
            &["compare", "--methods", "evolution", "--seeds", "0", "--train", "1", "--lr", "1"],
            "--lr has no effect here",
        ),
        (&["bench", "--method", "evolution"], "invalid value 'evolution'"),
        (&["search", "--resume", "runs", "--evaluations", "9"], "cannot be used with"),
    ] {
        let refused = run(args, folder.path());
        assert!(!refused.status.success(), "{args:?}");
        assert!(text(&refused.stderr).contains(part), "{args:?}: {}", text(&refused.stderr));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    done(&["search", "--method", "random", "--evaluations", "10", "--out", "run"], folder.path());
    for (args, part) in [
        (
            &["train", "--resume", "run"][..],
            "the run is a black-box search; go on with: lambda-darts search --resume run",
        ),
        (&["search", "--resume", "run", "--epochs", "20"], "--epochs has no effect here: the search evaluates"),
        (&["evaluate", "run"], "the run is a search, which trains no network"),
        (&["export", "run", "--format", "onnx", "--out", "network.onnx"], "black-box search"),
        (
            &["search", "--method", "random", "--out", "run", "--resume-or-start"],
            "budget.evaluations is 10 there, and 100",
        ),
    ] {
        let refused = run(args, folder.path());
        assert_eq!(refused.status.code(), Some(1), "{args:?}");
        assert!(text(&refused.stderr).contains(part), "{args:?}: {}", text(&refused.stderr));
    }
}

#[test]
fn settings_and_methods_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let config = |more: &[&str]| -> toml::Table {
        let args = [&["config", "--method", "evolution"][..], more].concat();
        toml::from_str(&done(&args, folder.path())).unwrap()
    };
    let usual = config(&[]);
    assert_eq!(
        (usual["searcher"]["population"].as_integer(), usual["budget"]["evaluations"].as_integer()),
        (Some(10), Some(100))
    );
    let seconds = config(&["--budget-seconds", "12e3"]);
    assert_eq!((seconds["budget"]["seconds"].as_float(), seconds["budget"].get("evaluations")), (Some(12e3), None));
    let both = config(&["--budget-seconds", "5", "--evaluations", "7"]);
    assert_eq!(both["budget"].as_table().map(toml::Table::len), Some(2));

    let listed = object(&["methods", "--json"], folder.path());
    let methods = listed["methods"].as_array().unwrap();
    let searchers: Vec<&str> =
        methods.iter().filter(|one| one["kind"] == "searcher").map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(searchers, SearcherSettings::NAMES);
    let whole =
        |one: &Value| ["name", "kind", "paper"].iter().all(|key| one[key].is_string()) && one["parts"].is_array();
    assert!(methods.iter().all(whole), "{listed}");
    let enas = methods.iter().find(|one| one["name"] == "enas").unwrap();
    assert_eq!((&enas["kind"], &enas["parts"]), (&json!("supernet"), &json!(["controller", "best_of"])));
    let absent: Vec<&str> =
        listed["absent"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(absent, ["SMASH", "NEAT", "MetaQNN", "large-scale evolution", "learning-curve prediction"]);
    let darts = methods.iter().find(|one| one["name"] == "lambda-darts").unwrap();
    assert_eq!(
        (&darts["kind"], &darts["parts"], &darts["paper"]),
        (&json!("supernet"), &json!(["alignment"]), &json!("arXiv:2210.07998"))
    );
    let told = done(&["methods"], folder.path());
    for part in ["\nevolution ", "population = 10", "\nSMASH (arXiv:1708.05344): a hypernetwork", "\nalignment: "] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

/// The settings of one kind of method are not those of the other.
#[test]
fn a_file_and_a_method_of_two_kinds_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    for (of, with) in [("evolution", "darts"), ("darts", "evolution")] {
        let file = folder.path().join(format!("{of}.toml"));
        fs::write(&file, run(&["config", "--method", of], folder.path()).stdout).unwrap();
        let file = file.to_str().unwrap();
        let refused = text(&run(&["search", "--config", file, "--method", with], folder.path()).stderr);
        assert!(refused.contains("the file of --config is for") && refused.contains("--method"), "{refused}");
    }
}
