//! The `lambda-darts` command.

#[cfg(unix)]
mod abort;
mod any_search;
mod architecture;
mod args;
mod bar;
mod bench;
mod benchmark;
mod board;
mod claim;
mod compare;
mod completions;
mod config;
mod csv_text;
mod data;
mod data_flags;
mod defaults;
mod derive;
mod devices;
mod drawing;
mod drive;
mod effect;
mod environment;
mod estimate;
mod evaluate;
mod evaluation;
mod events;
mod export;
mod failure;
mod fetch;
mod figure;
mod first;
mod fit;
mod images;
mod kind;
mod known;
mod log;
mod memory;
mod methods;
mod network;
mod output;
mod picture;
mod progress;
mod record;
mod report;
mod resume;
mod run_data;
mod run_dir;
mod runs;
mod search;
mod search_kind;
mod searcher;
mod setting_paths;
mod start;
mod statistics;
mod stop;
mod tensorboard;
mod text_file;
mod train;
mod undriven;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Command, DataCommand};
use failure::Failure;

fn main() -> ExitCode {
    // Without the handler, the system ends the program and says so.
    #[cfg(unix)]
    let _ = abort::exit_on_abort();
    let matches = defaults::shown(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match log::begin(&cli.log).and_then(|()| run(cli.command)) {
        Ok(code) => code,
        Err(failure) => {
            report(&failure);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Option<Command>) -> Result<ExitCode, Failure> {
    match command {
        None => return first::run(),
        Some(Command::Search(args)) => return search::run(&args),
        Some(Command::Train(args)) => return train::run(&args),
        Some(Command::Compare(args)) => return compare::run(&args),
        Some(Command::Evaluate(args)) => evaluate::run(&args)?,
        Some(Command::Export(args)) => export::run(&args)?,
        Some(Command::Derive(args)) => derive::run(&args)?,
        Some(Command::Report(args)) => report::run(&args)?,
        Some(Command::Figure(args)) => figure::run(&args)?,
        Some(Command::Benchmark(args)) => benchmark::run(&args)?,
        Some(Command::Bench(args)) => bench::run(&args)?,
        Some(Command::Config(args)) => config::run(&args)?,
        Some(Command::Methods(args)) => methods::run(&args)?,
        Some(Command::Devices(args)) => devices::run(&args)?,
        Some(Command::Data(DataCommand::Fetch(args))) => data::run(&args)?,
        Some(Command::Completions(args)) => completions::run(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints an error with its causes in one line, the outermost first, and what to do about it.
fn report(failure: &Failure) {
    let mut text = format!("error: {failure}");
    let mut last = failure.to_string();
    let mut source = failure.source();
    while let Some(error) = source {
        let message = error.to_string();
        if message != last {
            text.push_str(": ");
            text.push_str(&message);
        }
        last = message;
        source = error.source();
    }
    if let Some(advice) = failure.advice() {
        text.push_str("; ");
        text.push_str(&advice);
    }
    // The names and contents of files may contain control characters.
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.push('\n');
    // If stderr is closed, the error cannot be shown.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
