//! `compare`: searches with several methods and seeds, each in a folder of its own, and a comparison of their results.

mod figure;
mod summary;

use std::io::{Write, stderr};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

use indicatif::MultiProgress;
use lambda_darts::method::Preset;
use lambda_darts::search::{EpochEvent, EventKind, SearchConfig};

use crate::args::CompareArgs;
use crate::drive::{End, Run};
use crate::events::read_events;
use crate::failure::Failure;
use crate::output::print;
use crate::progress::Progress;
use crate::report;
use crate::resume::resume;
use crate::run_dir::{is_run, same_settings};
use crate::search::{Folder, begin, configuration, named, rules, start_threads};
use crate::stop::Stop;
use crate::text_file::write_new;

/// Maximum number of searches; a larger number is probably a typing error.
const MOST_SEARCHES: usize = 1000;

/// One search of the comparison.
struct Job {
    method: String,
    config: SearchConfig,
    folder: PathBuf,
}

/// A finished search.
pub(crate) struct Done {
    pub(crate) method: String,
    pub(crate) seed: u64,
    pub(crate) epochs: Vec<EpochEvent>,
}

pub(crate) fn run(args: &CompareArgs) -> Result<ExitCode, Failure> {
    let stop = Stop::listen()?;
    start_threads(&args.settings)?;
    let jobs = jobs(args)?;
    stop.begin();
    if let Some(code) = search_all(args, &jobs, &stop)? {
        // If stderr is closed, the sentence cannot be shown.
        let _ = writeln!(stderr(), "go on with the same command: it completes what is there");
        return Ok(ExitCode::from(code));
    }
    let done = jobs.iter().map(Job::done).collect::<Result<Vec<_>, _>>()?;
    let compared = summary::summarize(&done);
    let table = summary::table(&compared);
    write_new(&args.out.join("table.md"), &table, true)?;
    let folders: Vec<_> = jobs.iter().map(|job| job.folder.clone()).collect();
    write_new(&args.out.join("curves.csv"), &report::curves(&folders)?, true)?;
    let figure = args.out.join("compare.svg");
    let drawn = figure::draw(&done).map_err(|what| Failure::inside(&figure, what))?;
    write_new(&figure, &drawn, true)?;
    print(&if args.json { summary::json(&compared).to_string() } else { table.trim_end().to_owned() })?;
    Ok(ExitCode::SUCCESS)
}

fn jobs(args: &CompareArgs) -> Result<Vec<Job>, Failure> {
    let wrong = |expected| Failure::Value { setting: "--seeds", value: args.seeds.clone(), expected };
    let seeds = seeds(&args.seeds).ok_or_else(|| wrong("write a range such as 0..3, or numbers with commas"))?;
    let mut methods = args.methods.clone();
    let mut seen = Vec::new();
    methods.retain(|method| {
        !seen.contains(method) && {
            seen.push(method.clone());
            true
        }
    });
    if seeds.len() * methods.len() > MOST_SEARCHES {
        return Err(wrong("a comparison has at most 1000 searches"));
    }
    let mut jobs = Vec::new();
    for &seed in &seeds {
        for method in &methods {
            let name: Option<Preset> = named("--methods", Some(method))?;
            let config = configuration(&args.settings, name, Some(seed))?;
            config.check()?;
            let folder = args.out.join(format!("{method}-{seed}"));
            let job = Job { method: method.clone(), config, folder };
            // Errors are found before the first search starts.
            same_settings(&job.folder, &job.config)?;
            jobs.push(job);
        }
    }
    Ok(jobs)
}

/// Parses seeds: a range such as `0..4`, or numbers separated by commas. Duplicates are removed.
fn seeds(text: &str) -> Option<Vec<u64>> {
    let mut seeds: Vec<u64> = match text.split_once("..") {
        Some((from, to)) => {
            let (from, to): (u64, u64) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
            if to.saturating_sub(from) > MOST_SEARCHES as u64 {
                return None;
            }
            (from..to).collect()
        }
        None => text.split(',').map(|seed| seed.trim().parse().ok()).collect::<Option<_>>()?,
    };
    seeds.sort_unstable();
    seeds.dedup();
    (!seeds.is_empty()).then_some(seeds)
}

/// Runs the searches that have not ended yet. Returns the exit code if a signal has ended them.
fn search_all(args: &CompareArgs, jobs: &[Job], stop: &Stop) -> Result<Option<u8>, Failure> {
    let queue = Mutex::new(jobs.iter());
    // The first search is checked for the memory of all that will run beside it; those after it find what is left.
    let at_once = Mutex::new(args.jobs.min(u16::try_from(jobs.len()).unwrap_or(u16::MAX)));
    let lines = MultiProgress::new();
    let beside = (args.jobs > 1).then_some(&lines);
    let work = || -> Result<Option<u8>, Failure> {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(job) = next else { return Ok(None) };
            if let Some(code) = stop.asked() {
                return Ok(Some(code));
            }
            if job.is_done()? {
                continue;
            }
            if let Some(code) = job.search(args, beside, &at_once, stop)? {
                return Ok(Some(code));
            }
        }
    };
    if args.jobs == 1 {
        return work();
    }
    thread::scope(|scope| {
        let workers: Vec<_> = (0..args.jobs).map(|_| scope.spawn(work)).collect();
        let mut code = None;
        for worker in workers {
            let ended = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            code = code.or(ended?);
        }
        Ok(code)
    })
}

impl Job {
    fn is_done(&self) -> Result<bool, Failure> {
        if !self.folder.join("genotype.json").exists() {
            return Ok(false);
        }
        let mut ended = false;
        read_events(&self.folder, |event| {
            ended = matches!(event.kind, EventKind::End { .. });
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(ended)
    }

    fn search(
        &self,
        args: &CompareArgs,
        beside: Option<&MultiProgress>,
        at_once: &Mutex<u16>,
        stop: &Stop,
    ) -> Result<Option<u8>, Failure> {
        let mut at_once = at_once.lock().unwrap_or_else(PoisonError::into_inner);
        let mut run: Run = if is_run(&self.folder) {
            resume(&args.settings, &self.folder, None, stop)?
        } else {
            let folder = Folder { out: Some(&self.folder), force: true };
            begin(&args.settings, &self.config, folder, *at_once, stop)?
        };
        *at_once = 1;
        drop(at_once);
        let name = self.folder.file_name().unwrap_or(self.folder.as_os_str()).to_string_lossy().into_owned();
        let mut progress = match beside {
            None => Progress::new(&run.session, args.settings.quiet),
            Some(lines) => Progress::beside_others(&run.session, lines, &name, args.settings.quiet),
        };
        progress.line(&format!("run {}", self.folder.display()));
        match run.drive(&mut progress, &rules(&args.settings), stop)? {
            End::Signal(code) => Ok(Some(code)),
            End::Whole | End::Collapse => Ok(None),
        }
    }

    fn done(&self) -> Result<Done, Failure> {
        let mut epochs = Vec::new();
        read_events(&self.folder, |event| {
            if let EventKind::Epoch(epoch) = event.kind {
                epochs.push(*epoch);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if epochs.is_empty() {
            return Err(Failure::no_epoch(&self.folder.join("events.jsonl")));
        }
        Ok(Done { method: self.method.clone(), seed: self.config.seed, epochs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range_or_a_list() {
        assert_eq!(seeds("0..4"), Some(vec![0, 1, 2, 3]));
        assert_eq!(seeds("7, 3,7"), Some(vec![3, 7]));
        for wrong in ["", "4..4", "4..0", "a..b", "1,,2", "-1", "0..18446744073709551615"] {
            assert_eq!(seeds(wrong), None, "{wrong}");
        }
    }
}
