//! The project's own tasks, run as `cargo xtask TASK`.

mod apt;
mod bench;
mod fuzz;
mod interchange;
mod run;
mod set_up;
mod tests;
mod vulkan;
mod web;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own tasks. Start with `cargo xtask test`.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Set this machine up, then run every check: formatting, lints, docs, build, tests, fuzzing, the page.
    #[command(long_about = tests::ABOUT, after_long_help = tests::MORE)]
    Test(tests::Choice),
    /// Fuzz everything that parses files.
    #[command(long_about = fuzz::ABOUT, after_long_help = fuzz::MORE)]
    Fuzz {
        /// How long to try each target.
        #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
        /// The targets, such as table; all of them if none is named.
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
    },
    /// Time our search step and PyTorch's, side by side.
    #[command(long_about = bench::ABOUT, after_long_help = bench::MORE)]
    Bench {
        /// Measure nothing here, and make this folder, which measures on another machine.
        #[arg(long, value_name = "DIR")]
        pack: Option<PathBuf>,
        /// A Python with PyTorch.
        #[arg(long, value_name = "FILE")]
        python: Option<PathBuf>,
        /// Options of benches/side_by_side.py.
        #[arg(value_name = "OPTION", trailing_var_arg = true, allow_hyphen_values = true, conflicts_with = "pack")]
        rest: Vec<String>,
    },
    /// Build the page, with both .wasm files.
    #[command(long_about = web::ABOUT, after_long_help = web::MORE)]
    Web {
        /// Then serve it, for this machine alone.
        #[arg(long)]
        serve: bool,
        /// The port to serve on; 0 for any that is free.
        #[arg(long, value_name = "N", default_value_t = 8000, requires = "serve")]
        port: u16,
    },
    /// Only the set-up: what the checks need besides Rust.
    #[command(long_about = set_up::ABOUT)]
    SetUp {
        /// Leave out what the page needs.
        #[arg(long)]
        no_web: bool,
        /// Leave out what fuzzing needs.
        #[arg(long)]
        no_fuzz: bool,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Test(choice) => tests::run_all(&choice),
        Task::Fuzz { seconds, targets } => fuzz::fuzz(seconds, &targets),
        Task::Bench { pack, python, rest } => bench::bench(pack.as_deref(), python, &rest),
        Task::Web { serve, port } => web::web(serve, port),
        Task::SetUp { no_web, no_fuzz } => set_up::set_up(!no_web, !no_fuzz),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => code,
    }
}

#[cfg(test)]
mod checks {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
