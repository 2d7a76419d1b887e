//! Tests of bad input: the program fails with one clear line and changes nothing.

use std::fs::{self, File};
use std::path::Path;

use serde_json::{Value, json};

use crate::program::{contents, run, text};

/// The arguments that a case adds to a command, and the parts that its message must contain.
pub(crate) type Case<'a> = (&'a [&'a str], &'a [&'a str]);

const SEARCH: [&str; 5] = ["search", "--device", "cpu", "--out", "run"];
/// The columns of a benchmark table.
const COLUMNS: &str = "index,arch,c10_valid,c10_test,c100_valid,c100_test,in16_valid,in16_test,params_m,c10_train_s";
/// The one cell that the tables here list.
const CELL: &str = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";

/// Runs a command that must fail with one line which contains `parts`, and must change nothing in its folder.
pub(crate) fn refused(folder: &Path, args: &[&str], parts: &[&str]) {
    let shown: Vec<String> = args.iter().map(|arg| arg.chars().take(60).collect()).collect();
    let before = contents(folder);
    let out = run(args, folder);
    let message = text(&out.stderr);
    // Code 2 comes from clap, which adds a hint at `--help`. A panic would have 101, a signal no code.
    match out.status.code() {
        Some(1) => assert_eq!(message.lines().count(), 1, "{shown:?}: {message}"),
        Some(2) => assert!(message.contains("--help"), "{shown:?}: {message}"),
        other => panic!("{shown:?}: exit code {other:?}: {message}"),
    }
    let line = message.lines().next().unwrap_or_default();
    assert!(line.starts_with("error: "), "{shown:?}: {message}");
    for part in parts {
        assert!(line.contains(part), "{shown:?} does not name {part}: {message}");
    }
    assert!(!message.contains("panicked"), "{shown:?}: {message}");
    assert_eq!(text(&out.stdout), "", "{shown:?}");
    assert!(contents(folder) == before, "{shown:?} changed the folder");
}

/// Checks with [`refused`] each of the cases of a command.
pub(crate) fn all_refused(folder: &Path, command: &[&str], cases: &[Case<'_>]) {
    for (args, parts) in cases {
        refused(folder, &[command, *args].concat(), parts);
    }
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Writes a file of this length that takes no space on the disk.
fn write_long(folder: &Path, name: &str, length: u64) {
    write(folder, name, "");
    File::options().write(true).open(folder.join(name)).unwrap().set_len(length).unwrap();
}

fn write_image(folder: &Path, name: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::RgbImage::from_pixel(4, 4, image::Rgb([10, 200, 30])).save(path).unwrap();
}

#[test]
fn names_that_nothing_has() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), &["search", "--out", "run", "--device", "abacus"], &["--device", "abacus"]);
    all_refused(
        folder.path(),
        &SEARCH,
        &[
            (&["--space", "s9"], &["search space `s9`", "nas-bench-201"]),
            (&["--data", "stl10"], &["--data", "stl10"]),
            (&["--method", "sgd"], &["--method", "sgd"]),
            (&["--estimator", "wild"], &["--estimator", "wild"]),
            (&["--order", "random"], &["--order", "random"]),
            (&["--spaces", "s1"], &["--spaces"]),
            (&["--config", "no.toml"], &["no.toml", "No such file"]),
            (&["--space", "no.toml"], &["no.toml", "No such file"]),
            (&["--table", "no.csv"], &["no.csv", "No such file"]),
            (&["--config", "."], &[".: not a file"]),
            (&["--space", ""], &["search space ``"]),
        ],
    );
    refused(folder.path(), &["serach"], &["serach"]);
}

#[test]
fn a_device_that_is_not_here() {
    let foreign = if cfg!(target_os = "macos") { "vulkan" } else { "metal" };
    let folder = tempfile::tempdir().unwrap();
    let out = run(&["search", "--out", "run", "--device", foreign], folder.path());
    let message = text(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{message}");
    // Only the last line counts: drivers of other devices may have printed some before it.
    let last = message.lines().last().unwrap_or_default();
    assert!(last.starts_with("error: ") && last.contains(foreign), "{message}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn numbers_out_of_range() {
    let folder = tempfile::tempdir().unwrap();
    all_refused(
        folder.path(),
        &SEARCH,
        &[
            (&["--batch", "5000"], &["batch of 5000", "2000"]),
            (&["--batch", "101", "--images", "200"], &["batch of 101", "100"]),
            (&["--batch", "0"], &["`batch`", "not 0"]),
            (&["--batch", "1"], &["`batch`", "not 1"]),
            (&["--images", "0"], &["`images`", "not 0"]),
            (&["--images", "1"], &["`images`", "not 1"]),
            (&["--images", "99999999"], &["`images`", "99999999", "4000"]),
            (&["--channels", "0"], &["channels", "not 0"]),
            (&["--channels", "9999999999"], &["channels", "9999999999"]),
            (&["--cells", "0"], &["cells", "not 0"]),
            (&["--cells", "99999999"], &["cells", "99999999"]),
            (&["--epochs", "0"], &["`epochs`", "not 0"]),
            (&["--epochs", "4000000000"], &["`epochs`", "4000000000"]),
            (&["--size", "0"], &["`size`", "not 0"]),
            (&["--size", "1000000000"], &["`size`", "1000000000"]),
            (&["--lr", "nan"], &["`weights.lr`", "NaN"]),
            (&["--lr", "inf"], &["`weights.lr`", "inf"]),
            (&["--lr", "0"], &["`weights.lr`", "not 0"]),
            (&["--lr", "-1"], &["`weights.lr`", "-1"]),
            (&["--lr", "fast"], &["--lr", "fast"]),
            (&["--arch-lr", "nan"], &["`architecture.lr`", "NaN"]),
            (&["--arch-lr", "-0.5"], &["`architecture.lr`", "-0.5"]),
            (&["--epsilon", "nan"], &["`method.alignment.epsilon`", "NaN"]),
            (&["--epsilon", "0"], &["`method.alignment.epsilon`", "not 0"]),
            (&["--epsilon", "-0.0001"], &["`method.alignment.epsilon`", "-0.0001"]),
            (&["--lambda", "nan"], &["`method.alignment.lambda`", "NaN"]),
            (&["--lambda", "-1"], &["`method.alignment.lambda`", "-1"]),
            (&["--strength", "inf"], &["`method.alignment.lambda`", "inf"]),
            (&["--seed", "tomorrow"], &["--seed", "tomorrow"]),
            (&["--seed", "-1"], &["--seed", "-1"]),
            (&["--epochs", "many"], &["--epochs", "many"]),
        ],
    );
}

#[test]
fn descriptions_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let space = "name = \"x\"\nlayout = \"staged\"\nnodes = 2\n[cells.normal]\noperations = [\"skip_connect\"]\n";
    for (name, text) in [
        ("warp.toml", space.replace("skip_connect", "warp")),
        ("nodes.toml", space.replace("nodes = 2", "nodes = 0")),
        ("twice.toml", space.replace("[\"skip", "[\"skip_connect\", \"skip")),
        ("open.toml", space.replace("\"staged\"", "\"staged")),
        ("deep.toml", format!("a = {}", "[".repeat(200_000))),
        ("key.toml", "epochs = 3\nbatsh = 2\n".to_owned()),
        ("type.toml", "\nepochs = \"three\"\n".to_owned()),
        ("negative.toml", "seed = -1\n".to_owned()),
        ("nan.toml", "[method.alignment]\nlambda = nan\n".to_owned()),
        ("method.toml", "[method]\nname = \"sgd\"\n".to_owned()),
        ("data.toml", "[data]\nset = \"stl10\"\n".to_owned()),
        ("space.toml", "epochs = 3\nspace = \"s9\"\n".to_owned()),
        (
            "own.toml",
            format!(
                "epochs = 3\n\n[custom_space]\n{}",
                space.replace("[cells", "[custom_space.cells").replace("nodes = 2", "nodes = 99")
            ),
        ),
    ] {
        write(folder.path(), name, text);
    }
    write(folder.path(), "binary.toml", b"epochs = 3\n\xff\xfe\0");
    // A file that is too long to be read.
    write_long(folder.path(), "long.toml", 17 << 20);
    all_refused(
        folder.path(),
        &SEARCH,
        &[
            (&["--space", "warp.toml"], &["warp.toml: line 5", "operation `warp`"]),
            (&["--space", "nodes.toml"], &["nodes.toml: line 3", "not 0"]),
            (&["--space", "twice.toml"], &["twice.toml: line 5", "listed twice"]),
            (&["--space", "open.toml"], &["open.toml: line 2"]),
            (&["--space", "deep.toml"], &["deep.toml: line 1", "recur"]),
            (&["--space", "binary.toml"], &["binary.toml: line 2", "UTF-8"]),
            (&["--space", "long.toml"], &["long.toml: too large"]),
            (&["--config", "open.toml"], &["open.toml", "line 2"]),
            (&["--config", "deep.toml"], &["deep.toml", "line 1", "recur"]),
            (&["--config", "key.toml"], &["key.toml", "line 2", "batsh"]),
            (&["--config", "type.toml"], &["type.toml", "line 2", "three"]),
            (&["--config", "negative.toml"], &["negative.toml", "line 1", "-1"]),
            (&["--config", "nan.toml"], &["`method.alignment.lambda`", "NaN"]),
            (&["--config", "method.toml"], &["method.toml", "line 2", "sgd"]),
            (&["--config", "data.toml"], &["data.toml", "line 2", "stl10"]),
            (&["--config", "space.toml"], &["space.toml", "line 2", "`s9`"]),
            (&["--config", "own.toml"], &["own.toml", "99"]),
            (&["--config", "binary.toml"], &["binary.toml: line 2", "UTF-8"]),
            (&["--config", "long.toml"], &["long.toml: too large"]),
        ],
    );
}

#[test]
fn cifar_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let record = |labels: &[u8]| [labels, &[0; 3072]].concat();
    write(folder.path(), "short/cifar-10-batches-bin/data_batch_1.bin", &record(&[3])[..3000]);
    write_long(folder.path(), "long/cifar-10-batches-bin/data_batch_1.bin", 10_000 * 3073 + 1);
    write(folder.path(), "label/cifar-10-batches-bin/data_batch_1.bin", [record(&[9]), record(&[10])].concat());
    write(folder.path(), "gone/cifar-10-batches-bin/data_batch_1.bin", record(&[9]));
    write(folder.path(), "label/cifar-100-binary/train.bin", record(&[3, 100]));
    write(folder.path(), "label/train_32x32.mat", "not from MATLAB");
    write(folder.path(), "label/train_data_batch_1", "cos\nsystem\n(S'echo'\ntR.");
    all_refused(
        folder.path(),
        &[&SEARCH[..], &["--data-dir"]].concat(),
        &[
            (&["short", "--data", "cifar10"], &["data_batch_1.bin", "3000 bytes", "truncated"]),
            (&["long", "--data", "cifar10"], &["data_batch_1.bin", "30730001 bytes", "too large"]),
            (&["label", "--data", "cifar10"], &["data_batch_1.bin", "record 1", "label 10"]),
            (&["gone", "--data", "cifar10"], &["data_batch_2.bin", "not found"]),
            (&["label", "--data", "cifar100"], &["train.bin", "record 0", "label 100"]),
            (&["missing", "--data", "cifar10"], &["missing: not found", "data fetch cifar10"]),
            (&["missing", "--data", "svhn"], &["missing", "data fetch svhn"]),
            (&["label", "--data", "svhn"], &["train_32x32.mat"]),
            (&["label", "--data", "imagenet16-120"], &["train_data_batch_1", "pickle"]),
        ],
    );
    refused(folder.path(), &[&SEARCH[..], &["--data", "cifar10"]].concat(), &["`dir`", "cifar10"]);
}

#[test]
fn folders_of_images_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["empty", "text", "rare", "sizes", "one"] {
        write_image(folder.path(), &format!("{name}/a/1.png"));
        write_image(folder.path(), &format!("{name}/a/2.png"));
    }
    fs::create_dir(folder.path().join("empty/b")).unwrap();
    write_image(folder.path(), "text/b/3.png");
    write(folder.path(), "text/b/4.png", "a text\nof two lines\n");
    write_image(folder.path(), "rare/b/3.png");
    write_image(folder.path(), "sizes/b/3.png");
    image::RgbImage::new(5, 4).save(folder.path().join("sizes/b/4.png")).unwrap();
    fs::create_dir(folder.path().join("nothing")).unwrap();
    write(folder.path(), "file", "x");
    all_refused(
        folder.path(),
        &[&SEARCH[..], &["--data", "folder", "--batch", "2", "--data-dir"]].concat(),
        &[
            (&["empty"], &["b: no images in this class folder"]),
            (&["text"], &["1 of 4 images cannot be read", "4.png", "not an image", "--skip-unreadable"]),
            (&["rare"], &["the class `b` has 1 of the images", "validation part"]),
            (&["sizes"], &["5×4", "4×4", "size"]),
            (&["one"], &["one: 1 class folder", "at least 2"]),
            (&["nothing"], &["nothing: 0 class folder"]),
            (&["file"], &["file: not a folder"]),
            (&["missing"], &["missing: not found"]),
        ],
    );
}

#[test]
fn tables_and_genotypes_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let row = format!("7,{CELL},1,2,3,4,5,6,0.5,100");
    for (name, text) in [
        ("good.csv", format!("{COLUMNS}\n{row}\n")),
        ("columns.csv", "index,arch\n7,x\n".to_owned()),
        ("number.csv", format!("{COLUMNS}\n{}\n", row.replace(",2,", ",two,"))),
        ("nan.csv", format!("{COLUMNS}\n{}\n", row.replace(",2,", ",nan,"))),
        ("cell.csv", format!("{COLUMNS}\n{row}\n{}\n", row.replacen("none", "warp", 1))),
        ("twice.csv", format!("{COLUMNS}\n{row}\n{row}\n")),
        ("fields.csv", format!("{COLUMNS}\n{row},1\n")),
        ("rows.csv", format!("{COLUMNS}\n")),
        ("nothing.csv", String::new()),
    ] {
        write(folder.path(), name, text);
    }
    write(folder.path(), "binary.csv", [COLUMNS.as_bytes(), b"\n\xff\xfe\0,1\n"].concat());
    write_long(folder.path(), "long.csv", (64 << 20) + 1);
    let tables: [Case<'_>; 10] = [
        (&["no.csv"], &["no.csv", "No such file"]),
        (&["columns.csv"], &["columns.csv", "`c10_valid`"]),
        (&["number.csv"], &["number.csv: line 2", "`c10_test`", "`two`"]),
        (&["nan.csv"], &["nan.csv: line 2", "`c10_test`", "`nan`"]),
        (&["cell.csv"], &["cell.csv: line 3", "operation `warp`"]),
        (&["twice.csv"], &["twice.csv: line 3", "line 2"]),
        (&["fields.csv"], &["fields.csv: line 2", "11 fields"]),
        (&["rows.csv"], &["rows.csv"]),
        (&["nothing.csv"], &["nothing.csv", "`arch`"]),
        (&["long.csv"], &["long.csv: too large"]),
    ];
    all_refused(folder.path(), &[&SEARCH[..], &["--table"]].concat(), &tables);
    for (table, parts) in tables {
        refused(folder.path(), &["benchmark", table[0], CELL], parts);
    }
    refused(folder.path(), &["benchmark", "binary.csv", CELL], &["binary.csv: line 2"]);

    let cell = |operation: &str, from: usize| {
        json!({ "cells": [{ "kind": "normal", "inputs": 1, "nodes": [[[operation, from]]], "output": [1] }] })
            .to_string()
    };
    let (warp, forward) = (cell("warp", 0), cell("none", 1));
    let deep = format!("{{\"cells\":{}", "[".repeat(50_000));
    let pipes = "|".repeat(50_000);
    let long = "|".repeat(70_000);
    all_refused(
        folder.path(),
        &["benchmark", "good.csv"],
        &[
            (&["|warp~0|"], &["character 2", "operation `warp`"]),
            (&["|none~0"], &["character 8", "`|`"]),
            (&["|none~1|"], &["character 7", "node 1 cannot read node 1"]),
            (
                &["Genotype(normal=[('warp', 0), ('none', 1)], normal_concat=[2])"],
                &["character 20", "operation `warp`"],
            ),
            (&["Genotype(normal=[('none', 2), ('none', 1)], normal_concat=[2])"], &["character 27", "node 2"]),
            (&["Genotype(normal=[('none', 0)"], &["character 29", "`]`"]),
            (&[&warp], &["operation `warp`"]),
            (&[&forward], &["node 1"]),
            (&[&deep], &["character 11"]),
            (&[&pipes], &["character 3", "expected an operation"]),
            (&[&long], &["longer than 65536 bytes"]),
            (&["{}"], &["`cells`"]),
            (&["none"], &["character 1", "Genotype"]),
            (&[""], &["not a genotype"]),
            // A well-formed genotype of another space.
            (&["|none~0|"], &["good.csv", "|none~0|"]),
        ],
    );
}

/// Runs a short search with its run in `run`.
fn short_run(folder: &Path) {
    let args = [&SEARCH[..], &["--epochs", "1", "--images", "100", "--batch", "50"]].concat();
    let out = run(&args, folder);
    assert!(out.status.success(), "{}", text(&out.stderr));
}

#[test]
fn a_run_that_is_there_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    short_run(folder.path());
    write(folder.path(), "other/notes.txt", "mine");
    write(folder.path(), "file", "mine");
    let search = ["search", "--device", "cpu", "--epochs", "1", "--images", "100", "--batch", "50", "--out"];
    all_refused(
        folder.path(),
        &search,
        &[
            (&["run"], &["run: the folder is not empty", "--force"]),
            (&["other"], &["other: the folder is not empty", "--force"]),
            (&["file"], &["file"]),
            // A folder below a file, which not even root can make.
            (&["file/run"], &["run"]),
        ],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_place_that_nobody_can_write_to() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), &["search", "--device", "cpu", "--out", "/proc/lambda-darts"], &["/proc/lambda-darts"]);
    refused(folder.path(), &["data", "fetch", "svhn", "--data-dir", "/proc/lambda-darts"], &["/proc/lambda-darts"]);
}

#[cfg(unix)]
#[test]
fn a_place_without_permission() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(locked.join("probe"), "").is_ok() {
        println!("skipped: permissions do not bind this user");
        return;
    }
    let search = ["search", "--device", "cpu", "--out"];
    refused(folder.path(), &[&search[..], &["locked/run"]].concat(), &["locked/run", "ermission"]);
    refused(folder.path(), &[&search[..], &["locked"]].concat(), &["locked", "ermission"]);
}

#[test]
fn runs_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    short_run(folder.path());
    let events = fs::read_to_string(folder.path().join("run/events.jsonl")).unwrap();
    let lines: Vec<&str> = events.lines().collect();
    let place = lines.iter().position(|line| line.contains("\"event\":\"epoch\"")).unwrap();
    // Returns the events after a change of the cell that the first epoch found.
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut epoch: Value = serde_json::from_str(lines[place]).unwrap();
        change(&mut epoch["genotype"]["cells"][0]);
        let epoch = epoch.to_string();
        [&lines[..place], &[epoch.as_str()]].concat().join("\n")
    };
    let warp = changed(&|cell| cell["nodes"][0][0][0] = json!("warp"));
    let open = changed(&|cell| {
        cell["inputs"] = json!(2);
        cell["nodes"] = json!([[["none", 0], ["none", 1]]]);
        cell["output"] = json!([]);
    });
    // A cell that is valid but too large for a network of many.
    let many = changed(&|cell| cell["nodes"][0] = json!(vec![("nor_conv_3x3", 0); 3000]));
    let version = events.replace("\"version\":3", "\"version\":4");
    for (name, text) in [
        ("many", many.as_str()),
        ("cut", &events[..300]),
        ("torn", &events[..events.len() - 20]),
        ("version", version.as_str()),
        ("warp", warp.as_str()),
        ("open", open.as_str()),
        ("none", lines[0]),
        ("blank", ""),
    ] {
        write(folder.path(), &format!("{name}/events.jsonl"), text);
    }
    write(folder.path(), "binary/events.jsonl", b"\xff\xfe\0\n");
    write(folder.path(), "left/events.jsonl", lines[0]);
    write(folder.path(), "left/genotype.json", "{\"genotype\": 3}");
    fs::create_dir(folder.path().join("empty")).unwrap();
    write(folder.path(), "file", "x");
    let epoch = format!("line {}", place + 1);
    let last = format!("line {}", lines.len());
    all_refused(
        folder.path(),
        &["derive"],
        &[
            (&["run", "--epoch", "2"], &["no epoch 2", "1 to 1"]),
            (&["run", "--epoch", "0"], &["no epoch 0"]),
            (&["run", "--epoch", "first"], &["--epoch", "first"]),
            (&["run", "--channels", "0"], &["1 to 4096 channels", "0"]),
            (&["run", "--cells", "99999"], &["1 to 1024 cells", "99999"]),
            (&["run", "--size", "0"], &["--size", "0"]),
            (&["empty"], &["empty: not the folder of a run"]),
            (&["missing"], &["missing: not the folder of a run"]),
            (&["file"], &["file: not a genotype: at character 1"]),
            (&["cut"], &["cut", "line 1", "EOF"]),
            (&["torn"], &["torn", &last, "EOF"]),
            (&["version"], &["version", "line 1", "version 4"]),
            (&["warp"], &["warp", &epoch, "operation `warp`"]),
            (&["open"], &["open", &epoch, "output"]),
            (&["many", "--cells", "1024"], &["32768 operations", "fewer cells"]),
            (&["none"], &["none", "no epoch has ended"]),
            (&["none", "--epoch", "1"], &["none", "no epoch has ended"]),
            (&["blank"], &["blank", "no epoch has ended"]),
            (&["binary"], &["binary", "line 1"]),
            (&["left"], &["genotype.json"]),
        ],
    );
}
