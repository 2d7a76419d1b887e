//! The project's own tasks, run as `cargo xtask TASK`.

mod apt;
mod interchange;
mod run;
mod set_up;
mod tests;
mod vulkan;
mod web;

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
    /// Set this machine up, then run every check: formatting, lints, docs, build, tests, the page.
    #[command(long_about = tests::ABOUT, after_long_help = tests::MORE)]
    Test {
        /// Leave out the set-up; install nothing.
        #[arg(long)]
        no_set_up: bool,
        /// Leave out the page and its tests in a browser.
        #[arg(long)]
        no_web: bool,
        /// Also read what a search writes with the programs it is for, from PyPI.
        #[arg(long)]
        interchange: bool,
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
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Test { no_set_up, no_web, interchange } => tests::run_all(no_set_up, !no_web, interchange),
        Task::Web { serve, port } => web::web(serve, port),
        Task::SetUp { no_web } => set_up::set_up(!no_web),
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
