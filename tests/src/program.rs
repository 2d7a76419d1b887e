//! The built program, run as a user runs it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the user of these tests may have set, and what would change what the program does.
const SETTINGS: [&str; 8] =
    ["RUST_LOG", "RUST_BACKTRACE", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The folder of the built binaries: the tests stand in its `deps`.
///
/// # Panics
/// Where the test does not stand in a folder that Cargo made.
#[must_use]
pub fn built() -> PathBuf {
    let own = std::env::current_exe().expect("a test has a path");
    own.parent().and_then(Path::parent).expect("tests stand in target/PROFILE/deps").to_owned()
}

/// The program with these arguments, to be started in the folder `within`.
///
/// # Panics
/// Where the program has not been built.
#[must_use]
pub fn program(args: &[&str], within: &Path) -> Command {
    let binary = built().join(format!("lambda-darts{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.exists(), "build it first: cargo build --release --workspace");
    let mut command = Command::new(binary);
    command.args(args).current_dir(within);
    for setting in SETTINGS {
        command.env_remove(setting);
    }
    command
}

/// Runs the program to its end.
///
/// # Panics
/// Where it cannot be started.
#[must_use]
pub fn run(args: &[&str], within: &Path) -> Output {
    program(args, within).output().expect("the binary runs")
}

/// What was printed.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Longer files are compared by their length alone.
const LONG: u64 = 1 << 20;

/// Every file and folder below a folder: its length and, unless it is long, what is in it.
///
/// # Panics
/// Where something cannot be read.
#[must_use]
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, (u64, Vec<u8>)> {
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
