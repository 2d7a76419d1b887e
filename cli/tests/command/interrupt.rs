//! Tests of Ctrl-C and SIGTERM, sent to a real search.

use std::fs;
use std::path::Path;

use lambda_darts::search::Checkpoint;
use serde_json::Value;

use crate::program::{run, text};
use crate::running::Search;

/// Starts a search that takes minutes if nothing stops it.
fn start(folder: &Path, settings: &[&str]) -> Search {
    let args = ["search", "--device", "cpu", "--epochs", "500", "--out", "run"];
    Search::start(folder, &[&args[..], settings].concat())
}

/// Returns the events of a kind.
fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == kind).collect()
}

/// Interrupts a search once its events contain `part` this number of times, and checks what it leaves.
fn stops_after_the_step(signal: &str, code: i32, settings: &[&str], part: &str, times: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut search = start(folder.path(), settings);
    search.until("run/events.jsonl", part, times);
    search.send(signal);
    assert_eq!(search.end(), Some(code), "{}", search.read("stderr"));
    assert!(search.read("stderr").contains("ending after this step"), "{}", search.read("stderr"));

    // The events are those of whole steps, one after the other, without the one that ends a whole search.
    let events = search.events();
    assert_eq!(events[0]["event"], "start");
    let steps = of_kind(&events, "step");
    let in_epoch = events[0]["steps"].as_u64().unwrap();
    for (number, step) in (0..).zip(&steps) {
        let place = (step["epoch"].as_u64().unwrap(), step["step"].as_u64().unwrap());
        assert_eq!(place, (1 + number / in_epoch, 1 + number % in_epoch));
        assert!(step["train_loss"].as_f64().unwrap().is_finite());
    }
    let epochs = of_kind(&events, "epoch");
    assert!(steps.len() + epochs.len() >= times, "{}", events.len());
    assert_eq!((steps.len() + epochs.len() + 1, of_kind(&events, "end").len()), (events.len(), 0));

    // The genotype is the one that was printed.
    let left: Value = serde_json::from_str(&search.read("run/genotype.json")).unwrap();
    let genotype = left["nas_bench_201"].as_str().unwrap();
    assert_eq!(search.read("stdout").trim_end(), genotype);
    let mut files: Vec<_> =
        fs::read_dir(folder.path().join("run")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    // Two checkpoints, since at least that of the beginning and that of the end were saved.
    let checkpoints = [Checkpoint::PREVIOUS, Checkpoint::NEWEST];
    assert_eq!(
        files,
        [&checkpoints[..], &["config.toml", "environment.json", "events.jsonl", "genotype.json"]].concat()
    );

    // `derive` prints the genotype of the last epoch, or the saved one if no epoch has ended.
    let derived = run(&["derive", "run", "--json"], folder.path());
    assert!(derived.status.success(), "{}", text(&derived.stderr));
    let derived: Value = serde_json::from_str(&text(&derived.stdout)).unwrap();
    if let Some(last) = epochs.last() {
        assert_eq!(derived["genotype"], last["genotype"]);
        assert_eq!(derived["epoch"].as_u64(), last["epoch"].as_u64());
    } else {
        assert_eq!((&derived["genotype"], &derived["epoch"]), (&left["genotype"], &Value::Null));
    }

    // The settings that were saved start another search.
    let settings = ["--config", "run/config.toml", "--epochs", "1", "--images", "40", "--out", "again"];
    let again = run(&[&["search", "--device", "cpu"][..], &settings].concat(), folder.path());
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert!(folder.path().join("again/genotype.json").exists());
}

#[test]
fn ctrl_c_within_the_first_epoch() {
    stops_after_the_step("INT", 130, &["--batch", "2"], "\"event\":\"step\"", 3);
}

#[test]
fn ctrl_c_later() {
    let settings = ["--batch", "16", "--images", "200", "--seed", "5"];
    stops_after_the_step("INT", 130, &settings, "\"event\":\"epoch\"", 2);
}

#[test]
fn sigterm() {
    let settings = ["--batch", "16", "--images", "200", "--method", "darts"];
    stops_after_the_step("TERM", 143, &settings, "\"event\":\"epoch\"", 1);
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_the_step() {
    let folder = tempfile::tempdir().unwrap();
    // A search of which one step takes seconds.
    let settings = ["--channels", "128", "--batch", "128", "--images", "256", "--unrolled"];
    let mut search = start(folder.path(), &settings);
    search.until("run/events.jsonl", "\"event\":\"start\"", 1);
    search.send("INT");
    search.until("stderr", "ending after this step", 1);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    search.send("INT");
    assert_eq!(search.end(), Some(130), "{}", search.read("stderr"));
    assert_eq!(search.events().len(), 1, "the step in hand was not waited for");
    assert!(!folder.path().join("run/genotype.json").exists());
    assert_eq!(search.read("stdout"), "");
}

/// `timeout` and the schedulers of clusters send a signal to a whole group, and so twice to some processes.
#[test]
fn a_signal_that_comes_twice_at_once_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut search = start(folder.path(), &["--batch", "2"]);
    search.until("run/events.jsonl", "\"event\":\"step\"", 3);
    search.send("TERM");
    search.send("TERM");
    search.send("INT");
    assert_eq!(search.end(), Some(143), "{}", search.read("stderr"));
    assert!(folder.path().join("run/genotype.json").exists());
    let said = search.read("stderr");
    assert!(said.trim_end().ends_with("go on with: lambda-darts search --resume run"), "{said}");
}

#[test]
fn a_checkpoint_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut search = start(folder.path(), &["--batch", "2"]);
    search.until("run/events.jsonl", "\"event\":\"step\"", 3);
    search.send("USR1");
    search.until("stderr", "a checkpoint was saved", 1);
    let before = search.events().len();
    search.until("run/events.jsonl", "\"event\":\"step\"", before + 2);
    search.send("INT");
    assert_eq!(search.end(), Some(130), "{}", search.read("stderr"));
}

#[test]
fn a_comparison_goes_on_with_the_same_command() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["compare", "--methods", "darts", "--seeds", "0,1", "--epochs", "2", "--batch", "2", "--images", "200"];
    let args = [&args[..], &["--device", "cpu", "--channels", "2", "--out", "all"]].concat();
    let mut search = Search::start(folder.path(), &args);
    search.until("all/darts-0/events.jsonl", "\"event\":\"step\"", 3);
    search.send("INT");
    assert_eq!(search.end(), Some(130), "{}", search.read("stderr"));
    let said = search.read("stderr");
    assert!(said.trim_end().ends_with("searches have ended; go on with the same command"), "{said}");
    let again = run(&args, folder.path());
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert!(folder.path().join("all/table.md").exists());
}
