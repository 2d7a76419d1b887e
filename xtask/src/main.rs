//! The project's own tasks, run as `cargo xtask TASK`.

mod apt;
mod arrows;
mod bench;
mod fashion;
mod fuzz;
mod interchange;
mod pack;
mod packages;
mod prose;
mod qemu;
mod rules;
mod run;
mod set_up;
mod slurm;
mod sources;
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
    /// Set up this machine, then run every check: formatting, rules, lints, docs, build, packages, tests, fuzzing, page.
    #[command(long_about = tests::ABOUT, after_long_help = tests::MORE)]
    Test(tests::Choice),
    /// Fuzz all parsers of files.
    #[command(long_about = fuzz::ABOUT, after_long_help = fuzz::MORE)]
    Fuzz {
        /// Number of seconds for each target.
        #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
        /// Targets, such as table; all by default.
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
    },
    /// Check the rules of the sources: arrows between modules, beginnings of doc comments.
    #[command(long_about = rules::ABOUT)]
    Rules,
    /// Package the published crates, and check the libraries from their packages.
    #[command(long_about = packages::ABOUT)]
    Packages,
    /// Pack published data into the files that the library embeds.
    #[command(long_about = pack::ABOUT)]
    Pack {
        #[command(subcommand)]
        data: pack::Data,
    },
    /// Time our step and PyTorch's, side by side.
    #[command(long_about = bench::ABOUT, after_long_help = bench::MORE)]
    Bench {
        /// Step to compare: of a search, or of the training of a derived network.
        #[arg(long, value_enum, default_value_t, conflicts_with = "pack")]
        what: bench::What,
        /// Do not measure here, but make this folder for a measurement on another machine.
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
        /// Serve the page after the build, for this machine alone.
        #[arg(long)]
        serve: bool,
        /// Port to serve on; 0 for any free port.
        #[arg(long, value_name = "N", default_value_t = 8000, requires = "serve")]
        port: u16,
    },
    /// Install only the tools that the checks need besides Rust.
    #[command(long_about = set_up::ABOUT)]
    SetUp {
        /// Leave out the tools for the page.
        #[arg(long)]
        no_web: bool,
        /// Leave out the tools for fuzzing.
        #[arg(long)]
        no_fuzz: bool,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Test(choice) => tests::run_all(&choice),
        Task::Fuzz { seconds, targets } => fuzz::fuzz(seconds, &targets),
        Task::Rules => rules::check(),
        Task::Packages => packages::check(),
        Task::Pack { data } => pack::pack(&data),
        Task::Bench { what, pack, python, rest } => bench::bench(what, pack.as_deref(), python, &rest),
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
