//! The loop of a run: it writes the events to the folder and the terminal, saves checkpoints and stops if it has to.

use std::time::{Duration, Instant};

use lambda_darts::search::{EpochEvent, EventKind, Search};
use lambda_darts::session::{Session, SessionError};
use lambda_darts::space::Genotype;
use lambda_darts::training::{Train, TrainingEpochEvent};

use crate::claim::Held;
use crate::estimate;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::log;
use crate::progress::Progress;
use crate::run_dir::RunDir;
use crate::stop::Stop;

/// A session and its folder.
pub(crate) struct Run<W: Kind> {
    pub(crate) session: Session<W>,
    pub(crate) dir: RunDir,
    /// End of the last finished epoch.
    pub(crate) last: Option<EventKind>,
    /// Messages to print before the session starts or continues.
    pub(crate) notes: Vec<String>,
}

/// Rules of the loop: conditions that are not settings of the work.
pub(crate) struct Rules {
    /// Claim on the folder, if several processes share the searches.
    pub(crate) held: Held,
    /// Maximum time between two checkpoints.
    pub(crate) every: Duration,
}

/// Reason for which a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Completion of all epochs.
    Whole,
    Collapse,
    /// Signal, with the exit code that belongs to it.
    Signal(u8),
}

impl<W: Kind> Run<W> {
    /// Runs the session until it ends or has to stop, and writes its result.
    pub(crate) fn drive(&mut self, progress: &mut Progress, rules: &Rules, stop: &Stop) -> Result<End, Failure> {
        for note in &self.notes {
            if note.starts_with("warning") { progress.warn(note) } else { progress.line(note) }
        }
        if let Some(estimate) = estimate::of(&mut self.session) {
            progress.line(&estimate);
        }
        let end = self.go(progress, rules, stop);
        progress.clear();
        if let Err(Failure::File { .. } | Failure::Checkpoint(_) | Failure::Session(SessionError::Engine(_))) = end {
            progress.warn(&format!("the last checkpoint is kept; {}", self.next()));
        }
        let end = end?;
        self.dir.finish(W::RESULT, &W::result(self, end))?;
        Ok(end)
    }

    /// Says how the run goes on after it was interrupted.
    pub(crate) fn next(&self) -> String {
        format!("go on with: lambda-darts {} --resume {}", W::COMMAND, self.dir.path().display())
    }

    /// Returns a warning of an epoch, with the command that prints the architecture it names.
    fn warning(&self, warning: &str) -> String {
        let Some((_, earlier)) = warning.rsplit_once("architecture of epoch ") else {
            return format!("warning: {warning}");
        };
        let path = self.dir.path().display();
        format!("warning: {warning}, which `lambda-darts derive {path} --epoch {earlier}` prints")
    }

    fn go(&mut self, progress: &mut Progress, rules: &Rules, stop: &Stop) -> Result<End, Failure> {
        let mut saved = Instant::now();
        loop {
            rules.held.check()?;
            if let Some(code) = stop.asked() {
                self.dir.save(&mut self.session)?;
                return Ok(End::Signal(code));
            }
            if stop.wants_checkpoint() {
                self.dir.save(&mut self.session)?;
                saved = Instant::now();
                progress.line("a checkpoint was saved");
            }
            let event = match pollster::block_on(self.session.next_event()) {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(End::Whole),
                Err(error) => {
                    // The step was not applied, so the state before it is saved. If that fails too, the first error is
                    // reported.
                    if let SessionError::NotFinite { .. } = error {
                        let _ = self.dir.save(&mut self.session);
                    }
                    return Err(error.into());
                }
            };
            self.dir.append(&event)?;
            progress.show(&event);
            log::event(&event);
            let ended = match event.kind {
                EventKind::Epoch(ref epoch) => {
                    for warning in &epoch.warnings {
                        progress.warn(&self.warning(warning));
                    }
                    self.last = Some(event.kind);
                    true
                }
                EventKind::TrainingEpoch(_) => {
                    self.last = Some(event.kind);
                    true
                }
                EventKind::SearcherEpoch(_) => true,
                EventKind::End { .. } if self.session.stopped() => {
                    progress.warn(
                        "the search ends at this sign, as its settings ask: `ends` of a part, or --stop-on-collapse",
                    );
                    return Ok(End::Collapse);
                }
                EventKind::End { .. } | EventKind::TrainingEnd { .. } | EventKind::SearcherEnd { .. } => {
                    return Ok(End::Whole);
                }
                _ => false,
            };
            if ended || saved.elapsed() >= rules.every {
                self.dir.save(&mut self.session)?;
                saved = Instant::now();
            }
        }
    }
}

impl Run<Search> {
    /// Returns the last finished epoch.
    pub(crate) fn last_epoch(&self) -> Option<&EpochEvent> {
        if let Some(EventKind::Epoch(epoch)) = &self.last { Some(epoch) } else { None }
    }

    /// Returns the architecture that was found; of an interrupted search, that of its last finished epoch, which all
    /// measures belong to.
    pub(crate) fn genotype(&self, end: End) -> Genotype {
        match (end, self.last_epoch()) {
            (End::Signal(_), Some(last)) => last.genotype.clone(),
            _ => self.session.genotype(),
        }
    }
}

impl Run<Train> {
    /// Returns the last finished epoch.
    pub(crate) fn last_epoch(&self) -> Option<&TrainingEpochEvent> {
        if let Some(EventKind::TrainingEpoch(epoch)) = &self.last { Some(epoch) } else { None }
    }
}
