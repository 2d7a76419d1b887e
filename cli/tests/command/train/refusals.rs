//! Tests of trainings that cannot start or go on: one clear line each, and nothing is written.

use std::fs;

use super::{CELL, DARTS, TRAIN, trained};
use crate::bad_input::{Case, all_refused, refused};
use crate::program::{run, text};

const START: [&str; 5] = ["train", "--device", "cpu", "--out", "run"];

#[test]
fn cells_that_make_no_network() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("no-cell.toml"), "epochs = 3\n").unwrap();
    fs::write(folder.path().join("bad-cell.toml"), "epochs = 3\ngenotype = \"|warp~0|\"\n").unwrap();
    fs::write(folder.path().join("search.toml"), "[method]\nname = \"darts\"\n").unwrap();
    all_refused(
        folder.path(),
        &START,
        &[
            (&[], &["required"]),
            (&[CELL, "--space", "darts"], &["the genotype has 1", "darts has 2"]),
            (&[DARTS, "--space", "nas-bench-201"], &["the genotype has 2", "nas-bench-201 has 1"]),
            (&[CELL, "--space", "s9"], &["search space `s9`"]),
            (&["|warp~0|"], &["operation `warp`"]),
            (&["missing"], &["missing: not the folder of a run"]),
            (&[CELL, "--recipe", "sgd"], &["--recipe", "sgd"]),
            (&[CELL, "--config", "no.toml"], &["no.toml", "No such file"]),
            (&[CELL, "--config", "no-cell.toml", "--recipe", "darts"], &["--recipe", "--config"]),
            (&["--config", "no-cell.toml"], &["`genotype`", "not none"]),
            (&["--config", "bad-cell.toml"], &["bad-cell.toml", "line 2", "operation `warp`"]),
            (&["--config", "search.toml"], &["search.toml", "line 1", "method"]),
        ],
    );
}

#[test]
fn settings_out_of_range() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [Case<'_>; 19] = [
        (&["--epochs", "0"], &["`epochs`", "not 0"]),
        (&["--batch", "1"], &["`batch`", "not 1"]),
        (&["--batch", "41", "--images", "40"], &["batch of 41", "40"]),
        (&["--images", "5000"], &["`images`", "5000", "4000"]),
        (&["--channels", "0"], &["channels", "not 0"]),
        (&["--cells", "99999"], &["cells", "99999"]),
        (&["--cutout", "14"], &["`cutout`", "14 pixels", "14×14"]),
        (&["--size", "0"], &["`size`", "not 0"]),
        (&["--lr", "nan"], &["`weights.lr`", "NaN"]),
        (&["--drop-path", "nan"], &["`network.drop_path`", "NaN"]),
        (&["--drop-path", "1"], &["`network.drop_path`", "not 1"]),
        (&["--auxiliary-weight", "-1"], &["`network.auxiliary_weight`", "not -1"]),
        (&["--set", "network.label_smoothing=nan"], &["`network.label_smoothing`", "NaN"]),
        (&["--set", "weights.clip=nan"], &["`weights.clip`", "NaN"]),
        (&["--set", "weights.lr_min=inf"], &["`weights.lr_min`", "inf"]),
        (&["--set", "weights.momentum=1"], &["`weights.momentum`", "not 1"]),
        (&["--set", "weights.rate=1"], &["weights.rate"]),
        (&["--set", "data.split=parts.json"], &["`split`", "a training takes its parts from the data set"]),
        (&["--data", "cifar10"], &["`dir`", "cifar10"]),
    ];
    all_refused(folder.path(), &[&START[..], &[CELL]].concat(), &cases);
    // An auxiliary head reads the output of the cell at ⅔, where images of 14 pixels have 4.
    let published = ["--recipe", "darts", "--cutout", "4", "--channels", "2", "--batch", "8"];
    refused(
        folder.path(),
        &[&START[..], &[DARTS], &published].concat(),
        &["images of 14 pixels are too small", "29", "network.auxiliary_weight"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_place_that_nobody_can_write_to() {
    let folder = tempfile::tempdir().unwrap();
    let args = [&TRAIN[..], &["--out", "/proc/lambda-darts"]].concat();
    refused(folder.path(), &args, &["/proc/lambda-darts"]);
}

/// A run goes on with the command that it began with.
#[test]
fn runs_of_the_other_kind() {
    let folder = tempfile::tempdir().unwrap();
    let train = [&TRAIN[..], &["--out", "trained"]].concat();
    trained(folder.path(), &train);
    let search =
        ["search", "--device", "cpu", "--epochs", "1", "--images", "100", "--batch", "50", "--out", "searched"];
    let searched = run(&search, folder.path());
    assert!(searched.status.success(), "{}", text(&searched.stderr));
    for (command, begun, noun, name) in
        [("train", "search", "search", "searched"), ("search", "train", "training", "trained")]
    {
        let advice = format!("{name}: the run is a {noun}; go on with: lambda-darts {begun} --resume {name}");
        refused(folder.path(), &[command, "--resume", name], &[&advice]);
    }
    refused(folder.path(), &train, &["trained: the folder is not empty", "--force"]);
}
