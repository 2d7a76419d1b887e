//! The other programs that the interchange tests read our files with.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::run::{built, run};

/// The variable by which the tests are told where they are.
pub(crate) const VARIABLE: &str = "LAMBDA_DARTS_PYTHON";

/// Installs them into a folder beside the builds, and gives its Python.
pub(crate) fn set_up() -> Result<PathBuf, ExitCode> {
    let folder = built().join("../interchange");
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "tensorboard==2.21.0"]))?;
    Ok(python)
}
