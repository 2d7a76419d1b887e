//! Tests of `train`: the network of a cell, trained from scratch.

mod recipes;
mod refusals;
mod result;
#[cfg(unix)]
mod resume;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{run, text};

/// Cell of NAS-Bench-201 with convolutions, a pool and a skip connection.
const CELL: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
/// Cells of the DARTS space.
const DARTS: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ('dil_conv_3x3', 2), \
                     ('max_pool_3x3', 0), ('sep_conv_5x5', 1), ('skip_connect', 0), ('avg_pool_3x3', 0), \
                     ('dil_conv_5x5', 2)], normal_concat=range(2, 6), reduce=[('max_pool_3x3', 0), \
                     ('skip_connect', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('sep_conv_3x3', 1), \
                     ('skip_connect', 2), ('max_pool_3x3', 0), ('skip_connect', 2)], reduce_concat=range(2, 6))";

/// Arguments of a training of a second, without its folder.
const TRAIN: [&str; 12] =
    ["train", CELL, "--device", "cpu", "--epochs", "2", "--images", "256", "--channels", "4", "--batch", "64"];

/// Runs a training to its end, which must succeed, and returns its result.
fn trained(folder: &Path, args: &[&str]) -> Value {
    let out = run(&[args, &["--json"]].concat(), folder);
    assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// Returns the settings of a run.
fn settings(run: &Path) -> toml::Table {
    toml::from_str(&fs::read_to_string(run.join("config.toml")).unwrap()).unwrap()
}
