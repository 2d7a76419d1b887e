//! Driving a search to its end: its events into the folder and the terminal, checkpoints, and reasons to stop.

use std::time::{Duration, Instant};

use lambda_darts::search::{EpochEvent, EventKind, SearchError, Session};

use crate::collapse::Watch;
use crate::failure::Failure;
use crate::log;
use crate::progress::Progress;
use crate::run_dir::RunDir;
use crate::stop::Stop;

/// A search and its folder.
pub(crate) struct Run {
    pub(crate) session: Session,
    pub(crate) dir: RunDir,
    /// The epochs that have ended.
    pub(crate) epochs: Vec<EpochEvent>,
    /// What there is to tell before it goes on.
    pub(crate) notes: Vec<String>,
}

/// What a search is driven by, beside its settings.
pub(crate) struct Rules {
    /// The longest time between two checkpoints.
    pub(crate) every: Duration,
    /// The share of skip connections that is warned of.
    pub(crate) share: f64,
    /// Whether a warning ends the search.
    pub(crate) stop_on_collapse: bool,
}

/// Why a search has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All epochs are done.
    Whole,
    Collapse,
    /// With the exit code that goes with the signal.
    Signal(u8),
}

impl Run {
    /// Drives the search to its end, or to where it has to stop, and writes what it has found.
    pub(crate) fn drive(&mut self, progress: &mut Progress, rules: &Rules, stop: &Stop) -> Result<End, Failure> {
        for note in &self.notes {
            progress.line(note);
        }
        let end = self.go(progress, rules, stop);
        progress.clear();
        if let Err(Failure::File { .. } | Failure::Checkpoint(_) | Failure::Search(SearchError::Device(_))) = end {
            let path = self.dir.path().display();
            progress.line(&format!("the last checkpoint is kept; go on with: lambda-darts search --resume {path}"));
        }
        let end = end?;
        self.dir.finish(&self.session.genotype())?;
        Ok(end)
    }

    fn go(&mut self, progress: &mut Progress, rules: &Rules, stop: &Stop) -> Result<End, Failure> {
        let mut watch = Watch::new(rules.share);
        for epoch in &self.epochs {
            watch.see(epoch);
        }
        let mut saved = Instant::now();
        loop {
            if let Some(code) = stop.asked() {
                self.dir.save(&self.session)?;
                return Ok(End::Signal(code));
            }
            let event = match pollster::block_on(self.session.next()) {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(End::Whole),
                Err(error) => {
                    // The step was refused, so what came before it is worth keeping; the fault itself is told first.
                    if let SearchError::NotFinite { .. } = error {
                        let _ = self.dir.save(&self.session);
                    }
                    return Err(error.into());
                }
            };
            self.dir.append(&event)?;
            progress.show(&event);
            log::event(&event);
            let mut collapse = None;
            let ended = match event.kind {
                EventKind::Epoch(epoch) => {
                    collapse = watch.see(&epoch);
                    self.epochs.push(*epoch);
                    true
                }
                EventKind::End { .. } => return Ok(End::Whole),
                EventKind::Start { .. } | EventKind::Step(_) => false,
            };
            if ended || saved.elapsed() >= rules.every {
                self.dir.save(&self.session)?;
                saved = Instant::now();
            }
            if let Some(warning) = collapse {
                progress.line(&warning);
                if rules.stop_on_collapse {
                    return Ok(End::Collapse);
                }
            }
        }
    }
}
