//! The program under test: its path, starting it, and what it printed and left in a folder.

use std::collections::BTreeMap;
use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The path of the program, which Cargo builds for these tests.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_lambda-darts");

/// Environment variables that change what the program does. Whoever runs the tests may have set them; the program does
/// not get them.
const SETTINGS: [&str; 9] = [
    "RUST_LOG",
    "RUST_BACKTRACE",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "SLURM_ARRAY_TASK_ID",
];

/// Runs an example to its end. Examples lie in a folder beside the program. Cargo does not build them for a single test
/// target (`--test command`).
#[must_use]
pub(crate) fn run_example(name: &str) -> Output {
    let binary = Path::new(PROGRAM).with_file_name("examples").join(format!("{name}{EXE_SUFFIX}"));
    Command::new(binary).output().expect("build the examples first: cargo build --release --all-targets")
}

/// Returns the program with these arguments, to be started in the folder `within`.
#[must_use]
pub(crate) fn program(args: &[&str], within: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(args).current_dir(within);
    for setting in SETTINGS {
        command.env_remove(setting);
    }
    command
}

/// Runs the program to its end.
#[must_use]
pub(crate) fn run(args: &[&str], within: &Path) -> Output {
    program(args, within).output().expect("the binary runs")
}

/// Returns what was printed, as text.
#[must_use]
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The length in bytes above which files are compared by their length alone.
const LONG: u64 = 1 << 20;

/// Lists every file and folder below a folder, with its length and, unless it is long, its content.
#[must_use]
pub(crate) fn contents(folder: &Path) -> BTreeMap<PathBuf, (u64, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            found.extend(contents(&path));
            found.insert(path, (0, Vec::new()));
        } else {
            let length = path.metadata().expect("the file is readable").len();
            let bytes = if length > LONG { Vec::new() } else { fs::read(&path).expect("the file is readable") };
            found.insert(path, (length, bytes));
        }
    }
    found
}
