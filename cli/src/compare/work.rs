//! The searches of a comparison, one after another or several at a time, beside other processes that do the same.

use std::io::{Write, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::Duration;

use indicatif::MultiProgress;
use lambda_darts::black_box::BlackBoxSearch;
use lambda_darts::search::Search;
use lambda_darts::training::Train;

use super::plan::Job;
use super::queue::{Next, Queue};
use super::{done, training};
use crate::any_search::AnySearch;
use crate::args::CompareArgs;
use crate::claim::{Answer, Claim, Rhythm, Watch};
use crate::drive::{End, Rules, Run};
use crate::failure::Failure;
use crate::kind::Kind;
use crate::progress::Progress;
use crate::record::Record;
use crate::resume::{GoOn, resume};
use crate::run_dir::{Existing, Folder, is_run};
use crate::search::go_on;
use crate::search_kind::SearchKind;
use crate::start::{Start, rules, start};
use crate::stop::Stop;

/// Time between two looks at a claim of another process.
const PAUSE: Duration = Duration::from_secs(1);

/// End of a search of the comparison.
enum Outcome {
    Done,
    /// Another process is searching in this folder.
    Busy,
    Signal(u8),
}

/// Means of a job that is done.
#[derive(Clone, Copy)]
struct Means<'a> {
    args: &'a CompareArgs,
    claim: &'a Claim,
    /// Live lines of the jobs that are done at the same time.
    beside: Option<&'a MultiProgress>,
    /// Number of searches at a time, whose memory the first one is checked for.
    at_once: &'a Mutex<u16>,
    stop: &'a Stop,
}

/// Runs the searches that have not ended yet. Returns the exit code if a signal has ended them, and says what other
/// processes are still doing.
pub(super) fn search_all(
    args: &CompareArgs,
    jobs: &[&Job],
    stop: &Stop,
    notes: &mut Vec<String>,
) -> Result<Option<u8>, Failure> {
    let queue = Queue::new(jobs.iter().copied(), PAUSE);
    let watch = Watch::new(Rhythm::USUAL);
    // The first search is checked for the memory of all that will run beside it; those after it find what is left.
    let at_once = Mutex::new(args.jobs.min(u16::try_from(jobs.len()).unwrap_or(u16::MAX)));
    let busy = AtomicUsize::new(0);
    let told = Once::new();
    let lines = MultiProgress::new();
    let beside = (args.jobs > 1).then_some(&lines);
    let work = || -> Result<Option<u8>, Failure> {
        loop {
            let next = queue.next();
            if !matches!(next, Next::None)
                && let Some(code) = stop.asked()
            {
                return Ok(Some(code));
            }
            let job = match next {
                Next::Job(job) => job,
                Next::Later => {
                    told.call_once(|| wait(args.settings.run.quiet));
                    thread::sleep(PAUSE / 10);
                    continue;
                }
                Next::None => return Ok(None),
            };
            if done::is_whole(job)? {
                continue;
            }
            let claim = match watch.ask(&job.folder)? {
                Answer::Ours(claim) => claim,
                Answer::Silent => {
                    queue.put_back(job);
                    continue;
                }
                Answer::Living => {
                    busy.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
            };
            // Its last holder may have ended it before the claim was given.
            if done::is_whole(job)? {
                continue;
            }
            match job.work(Means { args, claim: &claim, beside, at_once: &at_once, stop })? {
                Outcome::Done => {}
                Outcome::Busy => {
                    busy.fetch_add(1, Ordering::Relaxed);
                }
                Outcome::Signal(code) => return Ok(Some(code)),
            }
        }
    };
    let code = if args.jobs == 1 { work() } else { on_threads(args.jobs, &work) };
    let busy = busy.into_inner();
    if busy > 0 {
        notes.push(format!("{} in another process; this command completes the table after that", running(busy)));
    }
    code
}

/// Says how many searches are running.
fn running(count: usize) -> String {
    if count == 1 { "1 search runs".to_owned() } else { format!("{count} searches run") }
}

/// Says why nothing happens for a while.
fn wait(quiet: bool) {
    if !quiet {
        // The search continues if stderr is closed.
        let _ = writeln!(stderr(), "waiting for a sign of life from the other processes that have claimed a search");
    }
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
    /// Searches if the search has not ended, and trains the cell if that is asked for.
    fn work(&self, with: Means<'_>) -> Result<Outcome, Failure> {
        if done::record(&self.folder)?.is_none() {
            let searched = match &self.config {
                AnySearch::Supernet(config) => self.search::<Search>(config, with),
                AnySearch::Searcher(config) => self.search::<BlackBoxSearch>(config, with),
            };
            match searched? {
                Outcome::Done => {}
                other => return Ok(other),
            }
        }
        let Some(training) = &self.training else { return Ok(Outcome::Done) };
        let record = done::record(&self.folder)?;
        let Some(genotype) = record.as_ref().and_then(Record::genotype) else { return Ok(Outcome::Done) };
        let config = training.config(&self.config, genotype.clone())?;
        let folder = training::folder(&self.folder);
        let args = &with.args.settings.run;
        let run = if is_run(&folder) {
            let go_on = GoOn { run: args, data_dir: None, table: None, epochs: None };
            resume::<Train>(&folder, go_on, with.stop)
        } else {
            let folder = Folder { out: Some(&folder), existing: Existing::ButRuns };
            let anew = Start { run: args, table: None, folder, at_once: 1, notes: Vec::new() };
            start(&config, anew, with.stop)
        };
        self.drive(run, with)
    }

    fn search<W: SearchKind>(&self, config: &W::Config, with: Means<'_>) -> Result<Outcome, Failure> {
        let mut at_once = with.at_once.lock().unwrap_or_else(PoisonError::into_inner);
        let run = if is_run(&self.folder) {
            resume::<W>(&self.folder, go_on(&self.settings, None), with.stop)
        } else {
            let folder = Folder { out: Some(&self.folder), existing: Existing::ButRuns };
            W::begin(&self.settings, config, folder, *at_once, with.stop)
        };
        if run.is_ok() {
            *at_once = 1;
        }
        drop(at_once);
        self.drive(run, with)
    }

    /// Drives a run to its end.
    fn drive<W: Kind>(&self, run: Result<Run<W>, Failure>, with: Means<'_>) -> Result<Outcome, Failure> {
        let Means { args, claim, beside, stop, .. } = with;
        let mut run = match run {
            Err(Failure::Busy { .. }) => return Ok(Outcome::Busy),
            run => run?,
        };
        let name = self.folder.file_name().unwrap_or(self.folder.as_os_str()).to_string_lossy().into_owned();
        let mut progress = match beside {
            None => Progress::new(&run.session, args.settings.run.quiet),
            Some(lines) => Progress::beside_others(&run.session, lines, &name, args.settings.run.quiet),
        };
        progress.line(&format!("run {}", run.dir.path().display()));
        let rules = Rules { held: claim.held(), ..rules(&args.settings.run) };
        match run.drive(&mut progress, &rules, stop) {
            Err(Failure::Busy { .. }) => Ok(Outcome::Busy),
            Ok(End::Signal(code)) => Ok(Outcome::Signal(code)),
            Ok(End::Whole | End::Collapse) => Ok(Outcome::Done),
            Err(failure) => Err(failure),
        }
    }
}
