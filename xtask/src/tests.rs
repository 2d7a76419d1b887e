//! `cargo xtask test`: every check of the project, in one command.

use std::process::{Command, ExitCode};

use clap::Args;

use crate::run::{Stages, cargo, root, run, succeeds};
use crate::{fuzz, interchange, packages, rules, set_up, slurm, sources, vulkan, web};

pub(crate) const ABOUT: &str = "\
Set this machine up, then run every check of the project.

Stages, in this order; the first that fails stops with its exit code:
  set-up      looks for what the checks need besides Rust and installs it if it can; see `cargo xtask set-up --help`
  formatting  cargo fmt --all --check; the same for the parts of methods and the fuzz targets
  rules       cargo xtask rules: arrows between the modules of the library, beginnings of doc comments
  clippy      cargo clippy --release --workspace --all-targets -- -D warnings
  docs        cargo doc --release --workspace --no-deps, with warnings denied
  build       cargo build --release --workspace --all-targets
  packages    cargo xtask packages: the libraries, checked from the packages of the published crates
  tests       cargo nextest run --release --workspace, or cargo test without nextest
  doc tests   cargo test --release --workspace --doc
  slurm       with --slurm alone: a comparison by the tasks of a job array, on a Slurm cluster of this machine
  fuzz        cargo xtask fuzz, a few seconds a target and always with the same random numbers; not on Windows
  web         cargo xtask web, without its set-up
  web checks  npm run check in web/; that cli/assets/report.html is what npm run build:report makes
  browser     npm run e2e in web/, in Chromium, with a run that the built command line makes
  npm package npm run test:npm in web/: the package in npm/ is built, packed, installed offline and used

The last four are left out with --no-web, fuzz with --no-fuzz. With --interchange, the tests also read what a search \
writes with TensorBoard and PyTorch, which need python3 and are installed from PyPI, beside the builds. With --slurm, \
Slurm is installed on Debian as root, and its daemons run for the time of the stage. Each stage prints the \
command that it runs, so that you can run it alone. All of them use the release profile, and the .wasm files one of \
their own.";

pub(crate) const MORE: &str = "\
Examples:
  cargo xtask test                 everything
  cargo xtask test --no-set-up     the same, but install nothing
  cargo xtask test --interchange   everything, and TensorBoard and PyTorch read what a search writes
  cargo xtask test --slurm         everything, and the script of docs/many-machines.md on a Slurm cluster of one node
  cargo xtask test --no-web        without the page: no Node.js, no browser
  cargo xtask test --no-fuzz       without the fuzz targets, for which the library is built a second time
  cargo test --release --workspace golden
                                   only the tests whose name contains `golden`

Environment:
  VK_ICD_FILENAMES      the Vulkan driver to test with; left as it is if set, else SwiftShader where it is found
  LAMBDA_DARTS_GOLDEN   a folder with further golden numbers to hold the code against
  CI                    if set, a missing Vulkan driver or emulator is an error instead of a note
  CHROMIUM              the browser to test the page in; the first one on the path if it is not set
  CARGO_TARGET_DIR      where cargo puts what it builds";

// The choice of stages. (A doc comment here could become the help of the task.)
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Choice {
    /// Leave out the set-up and install nothing.
    #[arg(long)]
    no_set_up: bool,
    /// Leave out the page and its tests in a browser.
    #[arg(long)]
    no_web: bool,
    /// Leave out the fuzz targets.
    #[arg(long)]
    no_fuzz: bool,
    /// Also read the files of a search with the programs that they are made for, from PyPI.
    #[arg(long)]
    interchange: bool,
    /// Also share a comparison among the tasks of a job array, on a Slurm cluster of one node; on Linux.
    #[arg(long)]
    slurm: bool,
}

/// Runs all stages. Formatting, lints and docs come first, since they fail soonest.
pub(crate) fn run_all(choice: &Choice) -> Result<(), ExitCode> {
    let with_web = !choice.no_web;
    // The flags and limits of fuzzing are known to work on Unix.
    let with_fuzz = !choice.no_fuzz && cfg!(unix);
    let mut stages = Stages::start();
    if !choice.no_set_up {
        stages.stage("set-up", || set_up::set_up(with_web, with_fuzz))?;
    }
    stages.stage("formatting", || {
        run(&mut cargo(&["fmt", "--all", "--check"]))?;
        run(&mut parts_of_methods()?)?;
        run(&mut cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))
    })?;
    stages.stage("rules", rules::check)?;
    // Clippy and the docs only need checked dependencies, and share them.
    stages.stage("clippy", || {
        run(&mut cargo(&["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    })?;
    stages.stage("docs", || {
        run(cargo(&["doc", "--release", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    // Some tests of the command line start the examples, which the test runners alone do not build.
    stages.stage("build", || run(&mut cargo(&["build", "--release", "--workspace", "--all-targets"])))?;
    stages.stage("packages", packages::check)?;
    stages.stage("tests", || {
        let mut tests = tests();
        if choice.interchange {
            tests.env(interchange::VARIABLE, interchange::set_up()?);
        }
        run(tests.envs(vulkan::choice()))
    })?;
    stages.stage("doc tests", || run(cargo(&["test", "--release", "--workspace", "--doc"]).envs(vulkan::choice())))?;
    if choice.slurm {
        stages.stage("slurm", slurm::test)?;
    }
    if with_fuzz {
        stages.stage("fuzz", fuzz::check)?;
    }
    if with_web {
        stages.stage("web", web::build)?;
        stages.stage("web checks", web::check)?;
        stages.stage("browser", web::browser::test)?;
        stages.stage("npm package", web::browser::test_package)?;
    }
    stages.summary();
    Ok(())
}

/// Makes the command that checks the parts of methods: their modules come from a macro, in which `cargo fmt` sees none.
fn parts_of_methods() -> Result<Command, ExitCode> {
    let mut command = Command::new("rustfmt");
    command.args(["--edition", "2024", "--check"]).current_dir(root());
    command.args(sources::sources("core/src/method")?.iter().map(|source| &source.path));
    Ok(command)
}

/// Makes the command of the available test runner. Neither runner runs doc tests: with `--all-targets`, cargo leaves
/// them out too.
fn tests() -> Command {
    if succeeds(&mut cargo(&["nextest", "--version"])) {
        cargo(&["nextest", "run", "--release", "--workspace"])
    } else {
        cargo(&["test", "--release", "--workspace", "--all-targets"])
    }
}
