//! `cargo xtask fuzz`: fuzzing of all parsers of files.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs, io};

use crate::apt;
use crate::run::{built, captured, cargo, refuse, root, run, succeeds};

pub(crate) const ABOUT: &str = "\
Try the fuzz targets in fuzz/ with libFuzzer, each for some seconds. It begins with the inputs in fuzz/corpus, makes \
others of them and keeps those that reach code that was not reached before. Each has at most 10 s and 512 MiB.

This builds with the Rust that is there, by the flags of `cargo fuzz --sanitizer none`, in a folder beside the other \
builds; libFuzzer is built with a C++ compiler, which is installed on Debian as root if there is none. New inputs do \
not get into fuzz/corpus. A finding is an error; its input is kept, and its path printed.";

pub(crate) const MORE: &str = "\
Examples:
  cargo xtask fuzz                              every target for a minute
  cargo xtask fuzz --seconds 300 table svhn     two of them for five minutes each

Environment:
  CARGO_TARGET_DIR   where cargo puts what it builds; this is in its folder `fuzz`
  CXX                the C++ compiler; c++ if it is not set";

/// Compiler flags of `cargo fuzz --sanitizer none`; the others are in the profile in fuzz/Cargo.toml.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Limits of the time and memory for an input.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=512", "-malloc_limit_mb=256"];
/// Limit of the address space in bytes. Without a sanitizer, libFuzzer does not see single allocations, and a huge one
/// has to fail by this limit.
const ADDRESSES: u64 = 1 << 30;

/// Seconds for each target as part of the checks.
const BRIEFLY: u32 = 3;

/// Maximum number of lines of a failed run that are shown.
const SHOWN: usize = 40;

/// Fuzzes the wanted targets, or all.
pub(crate) fn fuzz(seconds: u32, wanted: &[String]) -> Result<(), ExitCode> {
    set_up()?;
    try_all(&targets(wanted)?, seconds, &[])
}

/// Fuzzes every target briefly, always with the same random numbers, so that a failure comes from a change of the code.
pub(crate) fn check() -> Result<(), ExitCode> {
    try_all(&targets(&[])?, BRIEFLY, &["-seed=1"])
}

/// Ensures that libFuzzer can be built.
pub(crate) fn set_up() -> Result<(), ExitCode> {
    if !has_compiler() && apt::can_install() {
        apt::install(&["g++"]);
    }
    if has_compiler() {
        println!("   C++ compiler found");
        Ok(())
    } else {
        refuse(
            "no C++ compiler, which libFuzzer is built with: install one, on Debian with apt-get install g++, or name \
             it in the environment variable CXX.",
        )
    }
}

fn has_compiler() -> bool {
    // The variable may contain arguments besides a program, so it is not checked.
    env::var_os("CXX").is_some_and(|compiler| !compiler.is_empty()) || succeeds(Command::new("c++").arg("--version"))
}

/// Returns the names of the wanted targets, or of all.
fn targets(wanted: &[String]) -> Result<Vec<String>, ExitCode> {
    let known = known();
    match wanted.iter().find(|name| !known.contains(name)) {
        Some(other) => refuse(&format!("no fuzz target `{other}`; there are {}", known.join(", "))),
        None if known.is_empty() => refuse("there is nothing in fuzz/fuzz_targets"),
        None if wanted.is_empty() => Ok(known),
        None => Ok(wanted.to_vec()),
    }
}

fn known() -> Vec<String> {
    let files = fs::read_dir(root().join("fuzz/fuzz_targets")).into_iter().flatten().flatten();
    let mut names: Vec<_> = files.filter_map(|file| name(&file.path())).collect();
    names.sort_unstable();
    names
}

/// Returns the name of the target with this source.
fn name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_suffix(".rs")?;
    Some(name.to_owned())
}

/// Fuzzes all targets, even after a finding in one of them.
fn try_all(targets: &[String], seconds: u32, more: &[&str]) -> Result<(), ExitCode> {
    let binaries = build()?;
    let mut outcome = Ok(());
    for target in targets {
        outcome = try_one(target, &binaries.join(target), seconds, more).and(outcome);
    }
    outcome
}

/// Returns the target folder, which lies beside that of the other builds so that neither invalidates the other.
fn folder() -> PathBuf {
    built().join("../fuzz")
}

/// Builds all targets and returns the folder of the programs.
fn build() -> Result<PathBuf, ExitCode> {
    let Some(host) = host() else { return refuse("rustc does not say what it builds for") };
    let folder = folder();
    // With an explicit --target, the flags do not apply to build scripts.
    let mut command = cargo(&["build", "--manifest-path", "fuzz/Cargo.toml", "--release", "--target", &host]);
    command.arg("--target-dir").arg(&folder).env_remove("CARGO_ENCODED_RUSTFLAGS").env("RUSTFLAGS", FLAGS);
    run(&mut command)?;
    Ok(folder.join(host).join("release"))
}

/// Returns the host target of the compiler in use.
fn host() -> Option<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

fn try_one(target: &str, binary: &Path, seconds: u32, more: &[&str]) -> Result<(), ExitCode> {
    let (found, artifacts) = (folder().join("corpus").join(target), folder().join("artifacts"));
    if let Err(error) = emptied(&found).and_then(|()| fs::create_dir_all(&artifacts)) {
        return refuse(&format!("{}: cannot be written: {error}", folder().display()));
    }
    let mut command = limited(binary);
    command.current_dir(root()).args(LIMITS).arg(format!("-max_total_time={seconds}")).args(more);
    command.arg(format!("-artifact_prefix={}/{target}-", artifacts.display()));
    let dictionary = format!("fuzz/dictionaries/{target}.dict");
    if root().join(&dictionary).exists() {
        command.arg(format!("-dict={dictionary}"));
    }
    // New inputs go into the first folder; the other one is only read.
    command.arg(&found).arg(format!("fuzz/corpus/{target}"));
    println!("   {target}: for {seconds} s");
    let output = captured(&mut command)?;
    let log = String::from_utf8_lossy(&output.stderr);
    if let Some(summary) = summary(&log).filter(|_| output.status.success()) {
        println!("   {target}: {summary}");
        return Ok(());
    }
    let lines: Vec<_> = log.lines().collect();
    for line in &lines[lines.len().saturating_sub(SHOWN)..] {
        eprintln!("   {line}");
    }
    match finding(&log) {
        Some(path) => refuse(&format!("{target}: found {path}; to see it again: {} {path}", binary.display())),
        None => refuse(&format!("{target}: libFuzzer did not come to its end")),
    }
}

/// Returns a command that starts the program with limited memory, if the system can do that.
fn limited(binary: &Path) -> Command {
    if cfg!(target_os = "linux") && succeeds(Command::new("prlimit").arg("--version")) {
        let mut command = Command::new("prlimit");
        command.arg(format!("--as={ADDRESSES}")).arg(binary);
        command
    } else {
        Command::new(binary)
    }
}

fn emptied(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
}

/// Returns the number of runs and the coverage, from the last lines of libFuzzer.
fn summary(log: &str) -> Option<String> {
    let (runs, rest) = log.lines().rev().find_map(|line| line.strip_prefix('#')?.split_once("DONE"))?;
    Some(format!("{} runs, {}", runs.trim(), rest.trim()))
}

/// Returns the file with the input of a finding.
fn finding(log: &str) -> Option<&str> {
    log.lines().find_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_corpus_and_is_built() {
        let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
        let known = known();
        assert_eq!(manifest.matches("[[bin]]").count(), known.len());
        for target in known {
            assert!(
                manifest.contains(&format!("name = \"{target}\"\npath = \"fuzz_targets/{target}.rs\"")),
                "{target}"
            );
            assert!(fs::read_dir(root().join("fuzz/corpus").join(&target)).unwrap().count() > 2, "{target}");
        }
    }

    #[test]
    fn a_target_that_is_not_there_is_refused() {
        let named = |name: &str| targets(&[name.to_owned()]);
        assert_eq!(named("table").ok(), Some(vec!["table".to_owned()]));
        assert!(named("tabel").is_err());
        assert!(targets(&[]).is_ok_and(|all| all.len() > 1));
    }

    #[test]
    fn the_end_of_a_run_is_read() {
        let whole = "INFO: seed corpus: files: 7\n#8\tINITED cov: 3 ft: 4\n\
                     #4194\tDONE   cov: 412 ft: 903 corp: 60/5Kb lim: 4096 exec/s: 1398 rss: 41Mb\n\
                     Done 4194 runs in 3 second(s)\n";
        let said = "4194 runs, cov: 412 ft: 903 corp: 60/5Kb lim: 4096 exec/s: 1398 rss: 41Mb";
        assert_eq!((summary(whole).as_deref(), finding(whole)), (Some(said), None));
        let broken = "==7== ERROR: libFuzzer: deadly signal\n\
                      artifact_prefix='/t/a/table-'; Test unit written to /t/a/table-crash-0a1b\nBase64: IQ==\n";
        assert_eq!((summary(broken), finding(broken)), (None, Some("/t/a/table-crash-0a1b")));
    }
}
