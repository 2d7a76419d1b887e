//! Tests of comparisons that many processes share: shards, claims, the signals of a scheduler, and the collection.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{contents, program, run, text};
use crate::running::{Search, events};

/// A comparison of four searches of a tenth of a second each.
const COMPARE: [&str; 18] = [
    "compare",
    "--methods",
    "darts,lambda-darts",
    "--seeds",
    "0..2",
    "--data",
    "digits",
    "--device",
    "cpu",
    "--channels",
    "2",
    "--batch",
    "8",
    "--images",
    "64",
    "--epochs=3",
    "--out",
    "all",
];

/// A comparison of one search of many steps.
const LONG: [&str; 16] = [
    "compare",
    "--methods",
    "darts",
    "--seeds",
    "0",
    "--data",
    "digits",
    "--device",
    "cpu",
    "--channels",
    "2",
    "--batch",
    "2",
    "--images",
    "200",
    "--out=all",
];

/// Rows of a table of the folder `all` without the columns of durations.
fn timeless(folder: &Path, name: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join("all").join(name)).unwrap();
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert!(head.iter().any(|column| column == "seconds"), "{head:?}");
    let kept = |row: &csv::StringRecord| {
        let fields = row.iter().zip(&head).filter(|(_, column)| !column.starts_with("seconds"));
        fields.map(|(field, _)| field.to_owned()).collect()
    };
    reader.records().map(|row| kept(&row.unwrap())).collect()
}

/// Events of a run of the folder `all` without their times.
fn untimed(folder: &Path, name: &str) -> Vec<Value> {
    let mut events = events(&folder.join("all").join(name));
    for event in &mut events {
        event.as_object_mut().unwrap().remove("seconds").unwrap();
    }
    events
}

fn assert_no_claim(folder: &Path) {
    let claims: Vec<_> =
        contents(folder).into_keys().filter(|path| path.to_string_lossy().contains("claim-")).collect();
    assert!(claims.is_empty(), "{claims:?}");
}

#[test]
fn two_shards_make_what_one_comparison_makes() {
    let [whole, parts] = [(), ()].map(|()| tempfile::tempdir().unwrap());
    assert!(run(&COMPARE, whole.path()).status.success());
    let compare = |more: &[&str]| {
        let out = run(&[&COMPARE[..], more].concat(), parts.path());
        assert!(out.status.success(), "{}", text(&out.stderr));
        (text(&out.stdout), text(&out.stderr))
    };

    let (table, said) = compare(&["--shard", "1/2"]);
    assert!(table.contains("| DARTS | 0–1 | 2 |") && !table.contains("Λ-DARTS"), "{table}");
    assert!(said.contains("of this shard, all 2 searches have ended; --collect makes the files"), "{said}");
    assert!(!parts.path().join("all/table.csv").exists() && !parts.path().join("all/lambda-darts-0").exists());
    let (_, said) = compare(&["--collect"]);
    assert!(said.contains("2 of 4 searches have ended"), "{said}");
    assert_eq!(timeless(parts.path(), "runs.csv").len(), 2);

    // The last shard sees that all have ended, and writes the files.
    let mut slurm = program(&[&COMPARE[..], &["--shard", "slurm"]].concat(), parts.path());
    let task = [("ID", "5"), ("MIN", "3"), ("COUNT", "2"), ("STEP", "2")];
    let slurm = slurm.envs(task.map(|(name, value)| (format!("SLURM_ARRAY_TASK_{name}"), value))).output().unwrap();
    assert!(slurm.status.success(), "{}", text(&slurm.stderr));
    for name in ["table.csv", "runs.csv"] {
        assert_eq!(timeless(parts.path(), name), timeless(whole.path(), name), "{name}");
    }
    for name in ["darts-0", "darts-1", "lambda-darts-0", "lambda-darts-1"] {
        assert_eq!(untimed(parts.path(), name), untimed(whole.path(), name), "{name}");
    }
    let made = fs::metadata(parts.path().join("all/report.html")).unwrap().len();
    fs::remove_file(parts.path().join("all/report.html")).unwrap();
    let (_, said) = compare(&["--collect"]);
    assert!(said.contains("all 4 searches have ended"), "{said}");
    assert_eq!(fs::metadata(parts.path().join("all/report.html")).unwrap().len(), made);
    assert_no_claim(parts.path());
}

#[test]
fn wrong_shards_are_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for (more, part) in [
        ("--shard 0/3", "`0/3` is not a valid value of --shard; write I/N with I from 1 to N"),
        ("--shard 4/3", "`4/3` is not a valid value of --shard"),
        ("--shard x", "`x` is not a valid value of --shard"),
        ("--shard slurm", "does not run in a job array"),
        ("--collect", "none of the 4 searches of the comparison has ended"),
    ] {
        let more: Vec<&str> = more.split(' ').collect();
        let out = run(&[&COMPARE[..], &more[..]].concat(), folder.path());
        let said = text(&out.stderr);
        assert_eq!((out.status.code(), said.lines().count()), (Some(1), 1), "{said}");
        assert!(said.contains(part) && out.stdout.is_empty(), "{said}");
    }
    assert!(!folder.path().join("all").exists());
}

/// Every way to end a shard: the same command goes on, and the search comes out the same.
#[test]
fn a_shard_that_was_ended_goes_on_with_the_same_command() {
    let [whole, parts] = [(), ()].map(|()| tempfile::tempdir().unwrap());
    let undisturbed = [&LONG[..], &["--epochs", "20"]].concat();
    assert!(run(&undisturbed, whole.path()).status.success());
    let shard = [&undisturbed[..], &["--shard", "1/1"]].concat();
    let ends = [
        ("KILL", None, 5),
        ("TERM", Some(75), 40),
        ("USR1", Some(75), 120),
        ("KILL", None, 200),
        ("INT", Some(130), 300),
    ];
    for (signal, code, steps) in ends {
        let mut search = Search::start(parts.path(), &shard);
        search.until("all/darts-0/events.jsonl", "\"event\":\"step\"", steps);
        search.until("stderr", "run all", 1);
        search.send(signal);
        let (ended, said) = (search.end(), search.read("stderr"));
        assert_eq!(ended, code, "{signal}: {said}");
        if signal == "KILL" {
            // The next process sees at once that this one is dead.
            assert!(search.read("all/darts-0/claim-1.json").contains("\"pid\":"));
        } else {
            assert!(said.contains("0 of 1 searches have ended; go on with the same command"), "{said}");
            assert_no_claim(parts.path());
        }
    }
    let last = run(&shard, parts.path());
    assert!(last.status.success(), "{}", text(&last.stderr));
    assert_eq!(untimed(parts.path(), "darts-0"), untimed(whole.path(), "darts-0"));
    assert_eq!(timeless(parts.path(), "runs.csv"), timeless(whole.path(), "runs.csv"));
    assert_no_claim(parts.path());
}

#[test]
fn a_search_of_a_living_process_is_left_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let long = [&LONG[..], &["--epochs", "5000", "--threads", "1"]].concat();
    let mut living = Search::start(folder.path(), &long);
    living.until("all/darts-0/events.jsonl", "\"event\":\"step\"", 1);
    let began = Instant::now();
    let other = run(&[&long[..], &["--shard", "1/1"]].concat(), folder.path());
    let said = text(&other.stderr);
    assert!(other.status.success() && other.stdout.is_empty(), "{said}");
    assert!(said.contains("1 search runs in another process"), "{said}");
    // The claim of a process that is dead would have been taken over.
    assert!(began.elapsed() < Duration::from_mins(2), "{said}");
    living.send("INT");
    assert_eq!(living.end(), Some(130), "{}", living.read("stderr"));
    assert_no_claim(folder.path());
}
