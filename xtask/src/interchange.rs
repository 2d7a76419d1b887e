//! The other programs with which the interchange tests read the project's files.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::run::{built, run};

/// Environment variable with the path of that Python, for the tests.
pub(crate) const VARIABLE: &str = "LAMBDA_DARTS_PYTHON";

/// Installs the programs into a folder beside the builds, and returns its Python.
pub(crate) fn set_up() -> Result<PathBuf, ExitCode> {
    let folder = built().join("../interchange");
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let packages = [
        "tensorboard==2.21.0",
        "torch==2.15.0",
        "safetensors==0.8.0",
        "numpy==2.4.6",
        "onnx==1.23.2",
        "onnxruntime==1.32.0",
    ];
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    Ok(python)
}
