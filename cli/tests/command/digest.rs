//! Tests of the digest of a run: the same search or training has the same events to the bit on every processor and number
//! of threads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::program::{PROGRAM, run, text};

const SEARCH: [&str; 10] =
    ["search", "--data", "digits", "--json", "--device", "cpu", "--epochs", "2", "--images", "256"];

/// A training whose network has convolutions in tiles, and direct ones.
const TRAINING: [&str; 19] = [
    "train",
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|+|none~0|none~1|nor_conv_3x3~2|",
    "--recipe",
    "small",
    "--data",
    "fashion",
    "--set",
    "data.images=64",
    "--size",
    "16",
    "--channels",
    "8",
    "--cells",
    "1",
    "--epochs",
    "1",
    "--device",
    "cpu",
    "--json",
];

/// Runs a command and returns its digest, and its events without their clock.
fn digest(folder: &Path, name: &str, command: &mut Command, arguments: &[&str]) -> (String, String) {
    let out: Output = command.args(arguments).args(["--out", name]).current_dir(folder).output().unwrap();
    assert!(out.status.success(), "{name}: {}", text(&out.stderr));
    let result: Value = serde_json::from_slice(&out.stdout).unwrap();
    let events = fs::read_to_string(folder.join(name).join("events.jsonl")).unwrap();
    (result["digest"].as_str().unwrap().to_owned(), events.lines().map(timeless).collect())
}

/// Line of an event log without the field `seconds`, which is the second one.
fn timeless(line: &str) -> String {
    let start = line.find("\"seconds\":").unwrap();
    let end = start + line[start..].find(',').unwrap() + 1;
    format!("{}{}\n", &line[..start], &line[end..])
}

/// Asserts that a run has the same events on every processor and number of threads, and others with another seed.
fn one_digest(folder: &Path, arguments: &[&str]) {
    let (native, events) = digest(folder, "native", &mut Command::new(PROGRAM), arguments);
    let computed: Vec<u8> = Sha256::digest(&events).to_vec();
    let named: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&native[2 * at..2 * at + 2], 16).unwrap()).collect();
    assert_eq!(named, computed, "the digest is not that of the event log");
    let mut others = BTreeSet::new();
    for threads in ["1", "2"] {
        let mut program = Command::new(PROGRAM);
        others.insert(digest(folder, threads, program.env("RAYON_NUM_THREADS", threads), arguments).1);
    }
    // Haswell has vectors of 8 numbers and no more; Nehalem has none that the kernels use, and rounds twice without them.
    for processor in ["Haswell", "Nehalem"] {
        let mut emulator = Command::new("qemu-x86_64");
        if !cfg!(target_arch = "x86_64") || Command::new("qemu-x86_64").arg("--version").output().is_err() {
            let needed = cfg!(all(target_os = "linux", target_arch = "x86_64")) && std::env::var_os("CI").is_some();
            assert!(!needed, "no qemu-x86_64");
            println!("skipped: no qemu-x86_64 (on Debian: apt-get install qemu-user)");
            break;
        }
        others.insert(digest(folder, processor, emulator.args(["-cpu", processor, PROGRAM]), arguments).1);
    }
    assert!(others == BTreeSet::from([events]), "the events differ");
    let reseeded = [arguments, &["--seed", "1"]].concat();
    let (other, _) = digest(folder, "other", &mut Command::new(PROGRAM), &reseeded);
    assert_ne!(other, native, "another seed has the same digest");
}

#[test]
fn a_training_has_one_digest_on_every_processor_and_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    one_digest(folder.path(), &TRAINING);
}

#[test]
fn a_search_has_one_digest_on_every_processor_and_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    one_digest(folder.path(), &SEARCH);
}

/// A search that was stopped and resumed has the digest of one that was not.
#[test]
fn the_last_line_of_a_search_says_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let (native, _) = digest(folder.path(), "first", &mut Command::new(PROGRAM), &SEARCH);
    let resumed = run(&["search", "--device", "cpu", "--resume", "first"], folder.path());
    let last = text(&resumed.stderr).lines().last().unwrap_or_default().to_owned();
    assert_eq!(last, format!("digest {native}"));
}
