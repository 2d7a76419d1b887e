//! A Python with PyTorch.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::run::{built, refuse, run, succeeds};

const VARIABLE: &str = "LAMBDA_DARTS_PYTHON";

/// Returns the Python that was named, or else one beside the builds, which is made if there is none yet.
pub(super) fn with_pytorch(named: Option<PathBuf>) -> Result<PathBuf, ExitCode> {
    if let Some(python) = named.or_else(|| env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)) {
        return if has_pytorch(&python) {
            Ok(python)
        } else {
            refuse(&format!(
                "{} has no PyTorch: name another with --python or {VARIABLE}, or none to have one made",
                python.display()
            ))
        };
    }
    let folder = built().join("../pytorch");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !has_pytorch(&python) {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "torch", "numpy"]))?;
    }
    Ok(python)
}

fn has_pytorch(python: &Path) -> bool {
    succeeds(Command::new(python).args(["-c", "import torch"]))
}
