//! Execution of stages one after another, with the time of each.

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::time::Instant;

/// The stages that have passed, with their seconds.
pub(crate) struct Stages {
    started: Instant,
    passed: Vec<(&'static str, f64)>,
}

impl Stages {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), passed: Vec::new() }
    }

    /// Runs one stage. Its name is printed before it and its seconds after it, whether it passes or fails.
    pub(crate) fn stage(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<(), ExitCode>,
    ) -> Result<(), ExitCode> {
        println!("\n== {name}");
        let started = Instant::now();
        let outcome = work();
        let seconds = started.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => {
                println!("== {name}: passed in {seconds:.1} s");
                self.passed.push((name, seconds));
            }
            Err(_) => eprintln!("== {name}: failed after {seconds:.1} s"),
        }
        outcome
    }

    /// Prints a table of the stages that have passed.
    pub(crate) fn summary(&self) {
        println!("\n   seconds  stage");
        for (name, seconds) in &self.passed {
            println!("{seconds:>10.1}  {name}");
        }
        println!("{:>10.1}  all, every one passed", self.started.elapsed().as_secs_f64());
    }
}

/// Returns the root folder of the workspace.
pub(crate) fn root() -> PathBuf {
    // The variable is read at run time, as several checkouts may share a target folder.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).join("..")
}

/// Returns the folder of the release builds, which also contains this program.
pub(crate) fn built() -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    own.parent().map(Path::to_owned).unwrap_or_default()
}

/// Makes a command of the cargo that runs this task, to be started in the root of the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command to its end. The error is the command's exit code.
pub(crate) fn run(command: &mut Command) -> Result<(), ExitCode> {
    println!("   {}", shown(command));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            Err(code.map_or(ExitCode::FAILURE, ExitCode::from))
        }
        Err(error) => {
            eprintln!("   cannot start {}: {error}", command.get_program().to_string_lossy());
            Err(ExitCode::FAILURE)
        }
    }
}

/// Runs a command to its end and returns its output, even if it fails.
pub(crate) fn captured(command: &mut Command) -> Result<Output, ExitCode> {
    println!("   {}", shown(command));
    let output = command.output();
    output.or_else(|error| refuse(&format!("cannot start {}: {error}", command.get_program().to_string_lossy())))
}

/// Runs a command without showing its output. Returns true if it could be started and succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Formats the command as a user would type it.
fn shown(command: &Command) -> String {
    let mut line = String::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = write!(line, "{}='{}' ", name.to_string_lossy(), value.to_string_lossy());
        }
    }
    let program = Path::new(command.get_program());
    line.push_str(&program.file_stem().unwrap_or(program.as_os_str()).to_string_lossy());
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

/// Ends a task with a message.
pub(crate) fn refuse<T>(message: &str) -> Result<T, ExitCode> {
    eprintln!("   {message}");
    Err(ExitCode::FAILURE)
}
