//! `compare`: searches with several methods, settings and seeds, each in a folder of its own, and a comparison of their
//! results.

mod done;
mod measure;
mod plan;
mod results;
mod seeds;
mod summary;
mod sweep;
mod table;

use std::io::{Write, stderr};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

use indicatif::MultiProgress;
use lambda_darts::search::EventKind;

use crate::args::CompareArgs;
use crate::drive::{End, Run};
use crate::events::read_events;
use crate::failure::Failure;
use crate::output::print;
use crate::progress::Progress;
use crate::resume::resume;
use crate::run_dir::{Existing, Folder, is_run};
use crate::search::{begin, rules, start_threads};
use crate::stop::Stop;

use plan::Job;

/// Maximum number of searches; a larger number is probably a typing error.
const MOST_SEARCHES: usize = 1000;

pub(crate) fn run(args: &CompareArgs) -> Result<ExitCode, Failure> {
    let stop = Stop::listen()?;
    start_threads(&args.settings)?;
    let jobs = plan::jobs(args)?;
    stop.begin();
    let mut missing = Vec::new();
    let code = search_all(args, &jobs, &stop, &mut missing)?;
    let done = done::of_jobs(&jobs)?;
    let ended = done.len();
    if !done.is_empty() {
        let methods = summary::summarize(&done::baseline_first(&done));
        print(&if args.json {
            table::json(&methods).to_string()
        } else {
            table::markdown(&methods).trim_end().to_owned()
        })?;
        let (asked, all) = (done.len(), done::in_folder(&args.out, done, &mut missing)?);
        results::write(args, &done::baseline_first(&all))?;
        if all.len() > asked {
            let others = all.len() - asked;
            missing.push(format!("the files in {} have {others} more searches of the folder", args.out.display()));
        }
    }
    if code.is_some() {
        missing.push(format!("{ended} of {} searches have ended; go on with the same command", jobs.len()));
    }
    for line in missing {
        // If stderr is closed, the sentence cannot be shown.
        let _ = writeln!(stderr(), "{line}");
    }
    Ok(code.map_or(ExitCode::SUCCESS, ExitCode::from))
}

/// End of a search of the comparison.
enum Outcome {
    Done,
    /// Another process is searching in this folder.
    Busy,
    Signal(u8),
}

/// Runs the searches that have not ended yet. Returns the exit code if a signal has ended them, and says what other
/// processes are still doing.
fn search_all(args: &CompareArgs, jobs: &[Job], stop: &Stop, missing: &mut Vec<String>) -> Result<Option<u8>, Failure> {
    let queue = Mutex::new(jobs.iter());
    // The first search is checked for the memory of all that will run beside it; those after it find what is left.
    let at_once = Mutex::new(args.jobs.min(u16::try_from(jobs.len()).unwrap_or(u16::MAX)));
    let busy = Mutex::new(0_usize);
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
            match job.search(args, beside, &at_once, stop)? {
                Outcome::Done => {}
                Outcome::Busy => *busy.lock().unwrap_or_else(PoisonError::into_inner) += 1,
                Outcome::Signal(code) => return Ok(Some(code)),
            }
        }
    };
    let code = if args.jobs == 1 { work() } else { on_threads(args.jobs, &work) };
    let busy = busy.into_inner().unwrap_or_else(PoisonError::into_inner);
    if busy > 0 {
        missing.push(format!("{busy} searches run in another process; this command completes the table after them"));
    }
    code
}

/// Does the same work on several threads; returns the first exit code.
fn on_threads(count: u16, work: &(impl Fn() -> Result<Option<u8>, Failure> + Sync)) -> Result<Option<u8>, Failure> {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
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
    ) -> Result<Outcome, Failure> {
        let mut at_once = at_once.lock().unwrap_or_else(PoisonError::into_inner);
        let run = if is_run(&self.folder) {
            resume(&args.settings, &self.folder, None, stop)
        } else {
            let folder = Folder { out: Some(&self.folder), existing: Existing::ButRuns };
            begin(&args.settings, &self.config, folder, *at_once, stop)
        };
        let mut run: Run = match run {
            Err(Failure::Busy { .. }) => return Ok(Outcome::Busy),
            run => run?,
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
            End::Signal(code) => Ok(Outcome::Signal(code)),
            End::Whole | End::Collapse => Ok(Outcome::Done),
        }
    }
}
