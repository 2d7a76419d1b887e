//! The paper's first figure at small scale: layer alignment and accuracy over the epochs, DARTS against Λ-DARTS.
//!
//! DARTS collapses in this setting: NAS-Bench-201 with few channels, on 20,000 images of CIFAR-10 that are shrunk to
//! 16×16. The command `lambda-darts compare` does all the work. The example can be stopped, and continues when it is
//! started again.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Parser;

const SEARCH: [&str; 27] = [
    "compare",
    "--methods=darts,lambda-darts",
    "--space",
    "nas-bench-201",
    "--channels",
    "8",
    "--cells",
    "1",
    "--data",
    "cifar10",
    "--size",
    "16",
    "--images",
    "20000",
    "--batch",
    "64",
    "--epochs",
    "12",
    "--lr",
    "0.025",
    "--arch-lr",
    "3e-3",
    "--order=weights-first",
    "--epsilon",
    "1e-2",
    "--lambda",
    "0.25",
];

const NO_DATA: &str = "\
The images of CIFAR-10 are needed. This gets them, 170 MB:
  cargo run --release -- data fetch cifar10 --data-dir data
Then:
  cargo run --release --example figure_one -- --data data";

/// The paper's first figure at small scale, DARTS against Λ-DARTS on NAS-Bench-201
#[derive(Parser)]
struct Arguments {
    /// Folder that `lambda-darts data fetch cifar10` wrote to
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Accuracies of the cells as CSV, instead of the built-in ones of NAS-Bench-201
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// The seeds: a range such as 0..4 (without 4), or numbers separated by commas
    #[arg(long, value_name = "A..B|N,…", default_value = "0..3")]
    seeds: String,
    /// Number of searches at a time
    #[arg(long, value_name = "N", default_value = "1")]
    jobs: String,
    /// Folder of the figure, the table and the runs
    #[arg(long, value_name = "DIR", default_value = "runs/figure-one")]
    out: PathBuf,
}

fn main() -> ExitCode {
    let Arguments { data, table, seeds, jobs, out } = Arguments::parse();
    let Some(data) = data else {
        eprintln!("{NO_DATA}");
        return ExitCode::FAILURE;
    };
    // Cargo does not build the command along with an example, so cargo starts it here.
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    command.args(["run", "--release", "--manifest-path"]).arg(Path::new(&package).join("Cargo.toml"));
    command.args(["--bin", "lambda-darts", "--"]);
    command.args(SEARCH).args(["--seeds", &seeds, "--jobs", &jobs]);
    command.arg("--data-dir").arg(data).arg("--out").arg(&out);
    if let Some(table) = table {
        command.arg("--benchmark").arg(table);
    }
    match command.status() {
        Ok(status) if status.success() => {
            println!("\nfigure  {}", out.join("compare.svg").display());
            println!("table   {}", out.join("table.md").display());
            println!("curves  {}", out.join("curves.csv").display());
            ExitCode::SUCCESS
        }
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("cargo cannot be started: {error}");
            ExitCode::FAILURE
        }
    }
}
