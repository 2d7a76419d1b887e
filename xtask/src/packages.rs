//! `cargo xtask packages`: the published crates, built from the files in their packages.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use flate2::read::GzDecoder;
use tar::Archive;

use crate::run::{built, cargo, refuse, root, run};

pub(crate) const ABOUT: &str = "\
Make the packages of the crates that are published, and check the libraries from the files in them.

Steps:
  package  cargo package for each crate, without cargo's own verification, which would build Burn anew for each
  unpack   beside the other builds, as a workspace of its own with this workspace's Cargo.lock; each package must have
           a README.md and the texts of both licences
  check    cargo check --no-default-features of the libraries in there

Uncommitted changes are packaged too. Nothing is published.";

/// Version of every published crate.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Published libraries, each after those that it depends on.
const LIBRARIES: [&str; 2] = ["lambda-darts-shaders", "lambda-darts"];
const COMMAND: &str = "lambda-darts-cli";

/// Files of every package.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];
const README: &str = "README.md";

/// Makes all packages and checks the libraries from them.
pub(crate) fn check() -> Result<(), ExitCode> {
    // Beside the other builds, so that neither makes the other build again.
    let target = built().join("../packages");
    let mut package = cargo(&["package", "--no-verify", "--allow-dirty", "--exclude-lockfile", "--target-dir"]);
    run(package.arg(&target).args(published().flat_map(|name| ["--package", name])))?;
    let unpacked = target.join("unpacked");
    if let Err(error) = unpack(&target.join("package"), &unpacked) {
        return refuse(&format!("the packages cannot be unpacked into {}: {error}", unpacked.display()));
    }
    let faults = faults(&unpacked, &root());
    if !faults.is_empty() {
        return refuse(&faults.join("\n   "));
    }
    let mut check = cargo(&["check", "--release", "--offline", "--no-default-features"]);
    check.args(LIBRARIES.into_iter().flat_map(|name| ["--package", name]));
    run(check.arg("--target-dir").arg(&target).arg("--manifest-path").arg(unpacked.join("Cargo.toml")))
}

fn published() -> impl Iterator<Item = &'static str> {
    LIBRARIES.into_iter().chain([COMMAND])
}

/// Returns the name of the folder that a package unpacks into.
fn folder(name: &str) -> String {
    format!("{name}-{VERSION}")
}

/// Unpacks all packages into an empty folder and makes it a workspace.
fn unpack(packages: &Path, unpacked: &Path) -> io::Result<()> {
    match fs::remove_dir_all(unpacked) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(unpacked)?,
    }
    for name in published() {
        let file = File::open(packages.join(format!("{}.crate", folder(name))))?;
        let mut archive = Archive::new(GzDecoder::new(file));
        // All files in packages are of one day in 2006, by which cargo would take changed ones for known.
        archive.set_preserve_mtime(false);
        archive.unpack(unpacked)?;
    }
    fs::write(unpacked.join("Cargo.toml"), manifest())?;
    // With the versions of all other checks.
    fs::copy(root().join("Cargo.lock"), unpacked.join("Cargo.lock"))?;
    Ok(())
}

/// Returns the manifest of a workspace in which the unpacked crates depend on one another.
fn manifest() -> String {
    let members: Vec<_> = published().map(|name| format!("\"{}\"", folder(name))).collect();
    let patches = LIBRARIES.map(|name| format!("{name} = {{ path = \"{}\" }}\n", folder(name)));
    let (members, patches) = (members.join(", "), patches.concat());
    format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n\n[patch.crates-io]\n{patches}")
}

/// Returns what is wrong with the files that every package has, one fault a line.
fn faults(unpacked: &Path, root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for name in published() {
        let package = unpacked.join(folder(name));
        if !package.join(README).is_file() {
            faults.push(format!("the package of {name} has no {README}"));
        }
        for licence in LICENCES {
            match (fs::read(package.join(licence)), fs::read(root.join(licence))) {
                (Ok(own), Ok(original)) if own == original => {}
                (Ok(_), _) => faults.push(format!("{licence} of {name} is not a copy of the workspace's")),
                (Err(_), _) => faults.push(format!("the package of {name} has no {licence}")),
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_crate_is_packaged() {
        let mut crates = Vec::new();
        for entry in fs::read_dir(root()).unwrap() {
            let Ok(manifest) = fs::read_to_string(entry.unwrap().path().join("Cargo.toml")) else { continue };
            let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
            if !manifest.contains("publish = false") {
                crates.push(name.unwrap().to_owned());
            }
        }
        crates.sort_unstable();
        let mut published: Vec<_> = published().collect();
        published.sort_unstable();
        assert_eq!(crates, published);
    }

    #[test]
    fn unpacked_crates_depend_on_one_another() {
        let text = manifest();
        assert_eq!(text.matches(&format!("\"lambda-darts-{VERSION}\"")).count(), 2, "{text}");
        assert!(text.ends_with(&format!("\nlambda-darts = {{ path = \"lambda-darts-{VERSION}\" }}\n")), "{text}");
        assert_eq!(text.matches(COMMAND).count(), 1, "{text}");
    }

    #[test]
    fn a_package_without_its_licence_is_a_fault() {
        let workspace = tempfile::tempdir().unwrap();
        let unpacked = workspace.path().join("unpacked");
        for licence in LICENCES {
            fs::write(workspace.path().join(licence), licence).unwrap();
        }
        for package in published().map(|name| unpacked.join(folder(name))) {
            fs::create_dir_all(&package).unwrap();
            fs::write(package.join(README), "").unwrap();
            for licence in LICENCES {
                fs::copy(workspace.path().join(licence), package.join(licence)).unwrap();
            }
        }
        assert_eq!(faults(&unpacked, workspace.path()), [""; 0]);
        fs::write(unpacked.join(folder(COMMAND)).join("LICENSE-MIT"), "another").unwrap();
        fs::remove_file(unpacked.join(folder(LIBRARIES[0])).join("LICENSE-APACHE")).unwrap();
        fs::remove_file(unpacked.join(folder(LIBRARIES[1])).join(README)).unwrap();
        assert_eq!(
            faults(&unpacked, workspace.path()),
            [
                "the package of lambda-darts-shaders has no LICENSE-APACHE",
                "the package of lambda-darts has no README.md",
                "LICENSE-MIT of lambda-darts-cli is not a copy of the workspace's",
            ]
        );
    }
}
