//! `compare`: searches with several methods, settings and seeds, each in a folder of its own, and a comparison of their
//! results.

mod done;
mod measure;
mod plan;
mod queue;
mod results;
mod seeds;
mod shard;
mod show;
mod summary;
mod sweep;
mod table;
mod training;
mod work;

use std::env;
use std::io::{Write, stderr};
use std::process::ExitCode;

use crate::args::CompareArgs;
use crate::failure::Failure;
use crate::start::start_threads;
use crate::stop::{Sender, Stop};

use plan::{Group, Job};
use shard::Shard;

/// Maximum number of searches; a larger number is probably a typing error.
const MOST_SEARCHES: usize = 1000;

pub(crate) fn run(args: &CompareArgs) -> Result<ExitCode, Failure> {
    let stop = Stop::listen_to(if args.shard.is_some() { Sender::Scheduler } else { Sender::Person })?;
    let shard = args.shard.as_deref().map(|text| Shard::parse(text, |name| env::var(name).ok())).transpose()?;
    start_threads(&args.settings.run)?;
    let groups = plan::groups(args)?;
    let jobs: Vec<&Job> = groups.iter().flat_map(|group| &group.jobs).collect();
    let mut notes = Vec::new();
    let code = if args.collect {
        show::collect(&groups, &mut notes)?;
        None
    } else {
        stop.begin();
        let part: Vec<&Job> = shard.unwrap_or(Shard::WHOLE).of(&jobs).into_iter().copied().collect();
        let code = work::search_all(args, &part, &stop, &mut notes)?;
        let own = |group: &Group| {
            done::of_jobs(group.jobs.iter().filter(|job| part.iter().any(|own| own.folder == job.folder)))
        };
        let found = groups.iter().map(own).collect::<Result<Vec<_>, _>>()?;
        let ended = show::progress(&groups, done::count_whole(part.iter().copied())?, part.len());
        show::print_tables(&groups, &found, args.json)?;
        let mut written = true;
        if shard.is_some() {
            written = show::write_if_whole(&groups, &mut notes)?;
        } else {
            for (group, done) in groups.iter().zip(found).filter(|(_, done)| !done.is_empty()) {
                show::write_files(&group.args, done, &mut notes)?;
            }
        }
        if code.is_some() {
            notes.push(format!("{ended}; go on with the same command"));
        } else if !written {
            notes.push(format!("of this shard, {ended}; --collect makes the files"));
        }
        code
    };
    for line in notes {
        // If stderr is closed, the sentence cannot be shown.
        let _ = writeln!(stderr(), "{line}");
    }
    Ok(code.map_or(ExitCode::SUCCESS, ExitCode::from))
}
