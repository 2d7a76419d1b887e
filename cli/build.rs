//! Gives the command the commit that it is built from.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rustc-env=LAMBDA_DARTS_COMMIT={}", commit().unwrap_or_default());
}

/// Returns the commit of a packaged crate, or else that of the repository.
fn commit() -> Option<String> {
    // A file that is not there would have the crate built anew each time.
    println!("cargo:rerun-if-changed=build.rs");
    if let Ok(info) = std::fs::read_to_string(".cargo_vcs_info.json") {
        return info.split('"').skip_while(|part| *part != "sha1").nth(2).map(str::to_owned);
    }
    // A copy of the sources in another repository is not that repository's commit.
    git(&["ls-files", "--error-unmatch", "Cargo.toml"])?;
    for name in ["HEAD", "logs/HEAD"] {
        let file = git(&["rev-parse", "--git-path", name])?;
        if Path::new(&file).exists() {
            println!("cargo:rerun-if-changed={file}");
        }
    }
    git(&["rev-parse", "HEAD"])
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
