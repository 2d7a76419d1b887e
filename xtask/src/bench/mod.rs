//! `cargo xtask bench`: our step and PyTorch's, side by side.

mod pack;
mod python;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::run::{built, cargo, root, run};

pub(crate) const ABOUT: &str = "\
Time our step and PyTorch's in turn, and print one table: the step of a search, or with --what train that of the \
training of a derived network.

Steps:
  build    cargo build --release --workspace --all-targets
  PyTorch  the Python given with --python or LAMBDA_DARTS_PYTHON; else one is made beside the builds and PyTorch
           installed into it from PyPI, which is a download of gigabytes the first time
  table    benches/side_by_side.py, which also writes everything that was measured into side_by_side_search.json or
           side_by_side_train.json, beside the builds

With --pack, nothing is measured here: all that the comparison needs on another machine is put into a folder of at most \
40 MB. There, `run.sh` in it runs the comparison, ours on Vulkan and PyTorch on CUDA. The machine needs x86-64 Linux \
with a glibc as new as this one's, an NVIDIA driver and PyTorch.";

pub(crate) const MORE: &str = "\
All further options go to benches/side_by_side.py, whose --help has them in full; they come after those listed above:
  --cases NAME,… --regularizers off,central,frozen --threads N,… --rounds N --steps N --warmup N
  --device cpu|vulkan|… --torch-device cpu|cuda --limit SECONDS --out FILE

Examples:
  cargo xtask bench                                            all cases on the CPU, with 1 and 2 threads: about an hour
  cargo xtask bench --cases nb201-c8 --threads 2 --rounds 1    one case
  cargo xtask bench --what train                               the training of derived networks, with 2 threads
  cargo xtask bench --device vulkan --cases b64                ours on a GPU, PyTorch on CUDA where it is
  cargo xtask bench --pack ../lambda-darts-bench               for another machine

Environment:
  LAMBDA_DARTS_PYTHON   a Python with PyTorch
  CARGO_TARGET_DIR      where cargo puts what it builds, and where that Python is made";

/// Step that is compared.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(crate) enum What {
    /// Step of a search.
    #[default]
    Search,
    /// Step of the training of a derived network.
    Train,
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Train => "train",
        }
    }
}

/// Builds the command and then measures or packs.
pub(crate) fn bench(
    what: What,
    folder: Option<&Path>,
    python: Option<PathBuf>,
    rest: &[String],
) -> Result<(), ExitCode> {
    // This is the same build as that of the checks: a build of a part of the workspace would select other features and
    // build all dependencies again.
    run(&mut cargo(&["build", "--release", "--workspace", "--all-targets"]))?;
    let binary = built().join(format!("lambda-darts{}", std::env::consts::EXE_SUFFIX));
    if let Some(folder) = folder {
        return pack::pack(&binary, folder);
    }
    let python = python::with_pytorch(python)?;
    let mut comparison = Command::new(&python);
    comparison.arg(root().join("benches/side_by_side.py"));
    let what = what.name();
    comparison.args(["--what", what]).arg("--binary").arg(&binary).arg("--python").arg(&python);
    comparison.arg("--out").arg(built().join(format!("../side_by_side_{what}.json"))).args(rest);
    run(&mut comparison)
}
