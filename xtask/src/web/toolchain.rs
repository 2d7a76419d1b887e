//! A Rust that builds for WebAssembly.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

use crate::apt;
use crate::run::{cargo, refuse, root, run, succeeds};

pub(super) const TARGET: &str = "wasm32-unknown-unknown";

pub(super) const MISSING: &str = "\
no Rust that builds for WebAssembly. Install its target: rustup target add wasm32-unknown-unknown; or, on Debian \
without it: apt-get install rustc-web cargo-web rust-web-src lld-19. To leave the page out, give --no-web to the task";

/// Debian's packages. They do not interfere with a rustup in a home folder.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// Paths of the tools in Debian's packages.
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/Cargo.lock";
const DEBIAN_LINKER: &str = "/usr/bin/wasm-ld-19";

/// A way to build for WebAssembly.
pub(super) enum Toolchain {
    /// The Rust that runs this task, which has the target's standard library.
    Own,
    /// Debian's packages, which have only the sources of the standard library, so that the build includes it.
    Debian,
}

impl Toolchain {
    /// Searches for a toolchain, without installing anything.
    pub(super) fn find() -> Option<Self> {
        if own() {
            Some(Self::Own)
        } else if debian() {
            Some(Self::Debian)
        } else {
            None
        }
    }

    /// Makes a command of the toolchain's cargo, to be started in the root of the workspace. Its first argument is
    /// `build`.
    ///
    /// With both toolchains, a panic aborts, which is this target's default: the instance traps for good, and the page
    /// starts another one. Unwinding would need exception handling in every function and a nightly standard library.
    pub(super) fn build(&self, arguments: &[&str]) -> Command {
        let mut command = match self {
            Self::Own => cargo(&["build", "--target", TARGET]),
            Self::Debian => {
                let mut command = Command::new(DEBIAN_CARGO);
                command.args(["build", "--target", TARGET, "-Zbuild-std=std,panic_abort"]).current_dir(root());
                command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
                command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_LINKER);
                // The cargo that runs this task has set these variables for its own compiler.
                command.env_remove("LD_LIBRARY_PATH").env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTDOC");
                command
            }
        };
        command.args(arguments);
        command
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Own => "the target wasm32-unknown-unknown is installed",
            Self::Debian => "Debian's rustc-web",
        }
    }
}

/// Ensures that there is a toolchain.
pub(super) fn set_up() -> Result<(), ExitCode> {
    if Toolchain::find().is_none() && succeeds(Command::new("rustup").arg("--version")) {
        // If rustup cannot install the target, Debian's packages may be available.
        let _ = run(Command::new("rustup").args(["target", "add", TARGET]));
    }
    if Toolchain::find().is_none() && apt::can_install() {
        apt::install(&PACKAGES);
    }
    match Toolchain::find() {
        Some(found) => {
            println!("   WebAssembly: {}", found.name());
            Ok(())
        }
        None => refuse(MISSING),
    }
}

/// Returns true if the compiler in use has the target's standard library.
fn own() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    let Some(folder) = folder.ok().filter(|output| output.status.success()) else { return false };
    // The compiler prints the folder even if it does not exist.
    let Ok(entries) = fs::read_dir(String::from_utf8_lossy(&folder.stdout).trim()) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd"))
}

fn debian() -> bool {
    let there =
        [DEBIAN_CARGO, DEBIAN_RUSTC, DEBIAN_SOURCES, DEBIAN_LINKER].into_iter().all(|path| Path::new(path).exists());
    // Debian's other packages of Rust have the same paths and are older.
    there && {
        let version = Command::new(DEBIAN_RUSTC).arg("--version").env_remove("LD_LIBRARY_PATH").output();
        let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        minor(version.trim_start_matches("rustc ")) >= minor(env!("CARGO_PKG_RUST_VERSION"))
    }
}

/// Returns the second number of a version of Rust.
fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("1.")?.split(['.', ' ', '\n']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(minor("1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)\n"), Some(96));
        assert_eq!(minor("1.95"), Some(95));
        assert!(minor("1.100.0") > minor("1.95") && minor("1.63.0") < minor("1.95"));
        assert_eq!(minor(""), None);
        assert!(minor("") < minor("1.95"));
    }
}
