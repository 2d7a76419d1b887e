//! The loop of a search: it writes the events to the folder and the terminal, saves checkpoints and stops if it has to.

use std::time::{Duration, Instant};

use lambda_darts::search::{EpochEvent, EventKind, SearchError, Session};
use lambda_darts::space::Genotype;

use crate::estimate;
use crate::failure::Failure;
use crate::log;
use crate::progress::Progress;
use crate::run_dir::RunDir;
use crate::stop::Stop;

/// A search and its folder.
pub(crate) struct Run {
    pub(crate) session: Session,
    pub(crate) dir: RunDir,
    /// Finished epochs.
    pub(crate) epochs: Vec<EpochEvent>,
    /// Messages to print before the search starts or continues.
    pub(crate) notes: Vec<String>,
}

/// Rules of the loop: options that are not settings of the search.
pub(crate) struct Rules {
    /// Maximum time between two checkpoints.
    pub(crate) every: Duration,
}

/// Reason for which a search has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Completion of all epochs.
    Whole,
    Collapse,
    /// Signal, with the exit code that belongs to it.
    Signal(u8),
}

impl Run {
    /// Runs the search until it ends or has to stop, and writes the resulting genotype.
    pub(crate) fn drive(&mut self, progress: &mut Progress, rules: &Rules, stop: &Stop) -> Result<End, Failure> {
        for note in &self.notes {
            if note.starts_with("warning") { progress.warn(note) } else { progress.line(note) }
        }
        if let Some(estimate) = estimate::of(&mut self.session) {
            progress.line(&estimate);
        }
        let end = self.go(progress, rules, stop);
        progress.clear();
        if let Err(Failure::File { .. } | Failure::Checkpoint(_) | Failure::Search(SearchError::Engine(_))) = end {
            progress.warn(&format!("the last checkpoint is kept; {}", self.next()));
        }
        let end = end?;
        self.dir.finish(&self.genotype(end))?;
        Ok(end)
    }

    /// Returns the architecture that was found; of an interrupted search, that of its last finished epoch, which all
    /// measures belong to.
    pub(crate) fn genotype(&self, end: End) -> Genotype {
        match (end, self.epochs.last()) {
            (End::Signal(_), Some(last)) => last.genotype.clone(),
            _ => self.session.genotype(),
        }
    }

    /// Says how the search goes on after it was interrupted.
    pub(crate) fn next(&self) -> String {
        format!("go on with: lambda-darts search --resume {}", self.dir.path().display())
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
                    if let SearchError::NotFinite { .. } = error {
                        let _ = self.dir.save(&mut self.session);
                    }
                    return Err(error.into());
                }
            };
            self.dir.append(&event)?;
            progress.show(&event);
            log::event(&event);
            let ended = match event.kind {
                EventKind::Epoch(epoch) => {
                    for warning in &epoch.warnings {
                        progress.warn(&self.warning(warning));
                    }
                    self.epochs.push(*epoch);
                    true
                }
                EventKind::End { .. } if self.session.stopped() => {
                    progress.warn("the search ends at this sign of a collapse, as --stop-on-collapse asks");
                    return Ok(End::Collapse);
                }
                EventKind::End { .. } => return Ok(End::Whole),
                EventKind::Start { .. } | EventKind::Step(_) => false,
            };
            if ended || saved.elapsed() >= rules.every {
                self.dir.save(&mut self.session)?;
                saved = Instant::now();
            }
        }
    }
}
