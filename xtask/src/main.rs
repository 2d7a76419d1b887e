//! The project's own tasks, run as `cargo xtask TASK`.

mod run;
mod tests;
mod vulkan;

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
    /// Set this machine up, then run every check: formatting, lints, docs, build, tests.
    #[command(long_about = tests::ABOUT, after_long_help = tests::MORE)]
    Test {
        /// Leave out the set-up; install nothing.
        #[arg(long)]
        no_set_up: bool,
    },
    /// Only the set-up: a software Vulkan driver for the tests that compare a GPU with the CPU.
    #[command(long_about = vulkan::ABOUT)]
    SetUp,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Test { no_set_up } => tests::run_all(no_set_up),
        Task::SetUp => vulkan::set_up(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => code,
    }
}
