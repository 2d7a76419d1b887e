//! A search from its first step to its last.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use web_time::Instant;

use super::phase::Stopwatch;
use super::{
    Bilevel, BilevelState, EpochEvent, Event, EventKind, KindReport, Phases, SearchConfig, SearchError, StepEvent,
    StepReport, StepSettings,
};
use crate::benchmark::Table;
use crate::data::{Batches, SearchData};
use crate::device::Place;
use crate::saturation::Saturation;
use crate::space::{Genotype, Space};
use crate::supernet::Size;

/// Of the power iteration: the eigenvalue is wanted for its growth, not for its digits.
const ITERATIONS: usize = 10;

/// A search that is driven one event at a time.
///
/// Nothing happens between two calls of [`next`](Self::next): to pause, do not call it; to stop, drop the session. The
/// same loop runs in a terminal, an application and a browser, so reads of the device are asynchronous.
pub struct Session {
    config: SearchConfig,
    space: Space,
    bilevel: Bilevel,
    batches: Batches,
    table: Option<Arc<Table>>,
    began: Instant,
    /// Seconds that passed before this session, where it goes on from a state.
    before: f64,
    progress: Progress,
}

/// Where a session stands, and the sums of the epoch so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Progress {
    started: bool,
    ended: bool,
    epoch: usize,
    step: usize,
    train_loss: f64,
    valid_loss: f64,
    /// Sum and count of Λ, a kind of cell.
    alignment: Vec<(f64, usize)>,
    /// Sums of the cell gradients of L_val.
    gradients: Vec<Vec<f64>>,
}

/// The whole state of a session: put back, it goes on as if it had never stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionState {
    config: SearchConfig,
    bilevel: BilevelState,
    progress: Progress,
    seconds: f64,
}

impl SessionState {
    /// The configuration of the session.
    #[must_use]
    pub fn config(&self) -> &SearchConfig {
        &self.config
    }

    /// The long vectors in it, by name.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn arrays(&mut self) -> impl Iterator<Item = (&'static str, &mut Vec<f64>)> {
        self.bilevel.arrays()
    }
}

impl Progress {
    /// Whether it can be that of a search over `cells`, gradients of so many numbers each, of so many kinds.
    fn fits(&self, cells: &[usize], kinds: usize, epochs: usize, steps: usize) -> bool {
        let whole = |gradients: &[Vec<f64>]| gradients.iter().map(Vec::len).eq(cells.iter().copied());
        self.epoch <= epochs
            && self.step <= steps
            && (self.gradients.is_empty() || whole(&self.gradients))
            && [0, kinds].contains(&self.alignment.len())
            && (self.step == 0 || (!self.gradients.is_empty() && self.alignment.len() == kinds))
    }
}

impl Session {
    /// Prepares a search; nothing is trained yet.
    ///
    /// # Errors
    /// [`SearchError`] where a setting is out of range or the batch larger than a part of the data.
    pub fn new(config: SearchConfig, data: Arc<SearchData>, place: &Place) -> Result<Self, SearchError> {
        config.check()?;
        let space = config.search_space()?;
        let size = Size {
            channels: config.supernet.channels,
            cells: config.supernet.cells,
            image_channels: data.channels(),
            classes: data.classes().len(),
        };
        let batches = Batches::new(data, config.batch, config.seed)?;
        let bilevel = Bilevel::new(&space, size, config.seed, place)?;
        Ok(Self {
            config,
            space,
            bilevel,
            batches,
            table: None,
            began: Instant::now(),
            before: 0.0,
            progress: Progress::default(),
        })
    }

    /// Looks the architecture of every epoch up in a table of known results.
    #[must_use]
    pub fn with_table(mut self, table: Arc<Table>) -> Self {
        self.table = Some(table);
        self
    }

    /// The table of known results, if there is one.
    #[must_use]
    pub fn table(&self) -> Option<&Table> {
        self.table.as_deref()
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &SearchConfig {
        &self.config
    }

    /// The supernet in training.
    #[must_use]
    pub fn bilevel(&self) -> &Bilevel {
        &self.bilevel
    }

    /// Steps in an epoch.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.batches.steps()
    }

    /// The architecture that α stands for now.
    #[must_use]
    pub fn genotype(&self) -> Genotype {
        self.bilevel.architecture.derive(&self.space)
    }

    /// Does the next thing (start, a bilevel step, the end of an epoch) and tells what it was; `None` after the end.
    ///
    /// # Errors
    /// [`SearchError::NotFinite`] or [`SearchError::Device`]; the session is as it was before the call.
    pub async fn next(&mut self) -> Result<Option<Event>, SearchError> {
        if self.progress.ended {
            return Ok(None);
        }
        let kind = if !self.progress.started {
            self.progress.started = true;
            EventKind::Start {
                config: Box::new(self.config.clone()),
                device: self.bilevel.net.place().name().to_owned(),
                steps: self.steps(),
                weights: self.bilevel.net.weight_count(),
            }
        } else if self.progress.epoch == self.config.epochs {
            self.progress.ended = true;
            EventKind::End { genotype: self.genotype() }
        } else if self.progress.step == self.steps() {
            EventKind::Epoch(Box::new(self.end_epoch().await?))
        } else {
            EventKind::Step(self.step().await?)
        };
        Ok(Some(Event { version: 1, seconds: self.seconds(), kind }))
    }

    /// Seconds since the search began, those of earlier sessions included.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.before + self.began.elapsed().as_secs_f64()
    }

    /// Seconds that the steps of this session have spent in each phase.
    #[must_use]
    pub fn phases(&self) -> Phases {
        self.bilevel.phases
    }

    /// Kernels that this process has launched on the session's device so far; `None` where nothing is launched, as on
    /// the CPU.
    #[must_use]
    pub fn launches(&self) -> Option<u64> {
        crate::kernels::launches(self.bilevel.net.place())
    }

    fn strength(&self) -> f64 {
        let method = &self.config.method;
        match method.name.parts().weight_regularizer {
            Some(_) => method.schedule.strength(method.strength, self.progress.epoch, self.config.epochs),
            None => 0.0,
        }
    }

    async fn step(&mut self) -> Result<StepEvent, SearchError> {
        let (epoch, step) = (self.progress.epoch, self.progress.step);
        let mut watch = Stopwatch::start();
        let pair = self.batches.pair(epoch, step);
        watch.lap(&mut self.bilevel.phases.data);
        let settings = StepSettings {
            step: (epoch * self.steps() + step) as u64,
            lr: self.config.learning_rate(epoch),
            strength: self.strength(),
            method: &self.config.method,
            weights: &self.config.weights,
            architecture: &self.config.architecture,
        };
        let report = self.bilevel.step(&pair.train, &pair.valid, &settings).await.map_err(|error| match error {
            SearchError::NotFinite { what, .. } => SearchError::NotFinite { epoch, step, what },
            other => other,
        })?;
        let alignment: Vec<_> =
            Saturation::of_kinds(&self.bilevel.architecture, self.bilevel.net.cell_kinds(), &report.train.cells)
                .iter()
                .map(|kind| kind.alignment)
                .collect();
        self.add_up(&report, &alignment);
        self.progress.step += 1;
        Ok(StepEvent {
            epoch,
            step,
            train_loss: report.train.loss,
            valid_loss: report.valid.loss,
            alignment,
            gradient_norm: report.gradient_norm,
        })
    }

    fn add_up(&mut self, report: &StepReport, alignment: &[Option<f64>]) {
        let progress = &mut self.progress;
        progress.train_loss += report.train.loss;
        progress.valid_loss += report.valid.loss;
        progress.alignment.resize(alignment.len(), (0.0, 0));
        for ((sum, count), value) in progress.alignment.iter_mut().zip(alignment) {
            if let Some(value) = value {
                *sum += value;
                *count += 1;
            }
        }
        if progress.gradients.is_empty() {
            progress.gradients.clone_from(&report.valid.cells);
        } else {
            let places = progress.gradients.iter_mut().flatten();
            places.zip(report.valid.cells.iter().flatten()).for_each(|(sum, g)| *sum += g);
        }
    }

    async fn end_epoch(&mut self) -> Result<EpochEvent, SearchError> {
        let supernet_accuracy = self.validate().await?;
        let curvature = match self.batches.validation(0) {
            Some(batch) if self.config.measures.curvature => Some(self.bilevel.curvature(&batch, ITERATIONS).await?),
            _ => None,
        };
        #[expect(clippy::cast_precision_loss, reason = "steps are few")]
        let steps = self.steps() as f64;
        let progress = &self.progress;
        let gradients: Vec<Vec<f64>> =
            progress.gradients.iter().map(|cell| cell.iter().map(|g| g / steps).collect()).collect();
        let architecture = &self.bilevel.architecture;
        let saturations = Saturation::of_kinds(architecture, self.bilevel.net.cell_kinds(), &gradients);
        let kinds = self.space.kinds.iter().zip(saturations).zip(architecture.probabilities()).zip(&progress.alignment);
        let kinds = kinds.map(|(((kind, saturation), probabilities), &(sum, count))| KindReport {
            name: kind.name.clone(),
            #[expect(clippy::cast_precision_loss, reason = "steps are few")]
            alignment: (count > 0).then(|| sum / count as f64),
            probabilities,
            saturation,
        });
        let genotype = self.genotype();
        let event = EpochEvent {
            epoch: progress.epoch,
            strength: self.strength(),
            lr: self.config.learning_rate(progress.epoch),
            train_loss: progress.train_loss / steps,
            valid_loss: progress.valid_loss / steps,
            supernet_accuracy,
            kinds: kinds.collect(),
            curvature,
            skip_connections: genotype.skip_connections(),
            benchmark: self.table.as_ref().and_then(|table| table.look_up(&genotype)).map(|found| found.accuracies),
            genotype,
        };
        self.progress = Progress { started: true, epoch: self.progress.epoch + 1, ..Progress::default() };
        Ok(event)
    }

    async fn validate(&self) -> Result<f64, SearchError> {
        let (mut right, mut all) = (0.0, 0.0);
        for index in 0..self.batches.validation_batches() {
            let Some(batch) = self.batches.validation(index) else { break };
            right += self.bilevel.correct(&batch).await?;
            #[expect(clippy::cast_precision_loss, reason = "images are few")]
            let images = batch.labels.len() as f64;
            all += images;
        }
        Ok(right / f64::max(all, 1.0))
    }

    /// The whole state, on the host.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device does not answer.
    pub async fn state(&self) -> Result<SessionState, SearchError> {
        Ok(SessionState {
            config: self.config.clone(),
            bilevel: self.bilevel.state().await?,
            progress: self.progress.clone(),
            seconds: self.seconds(),
        })
    }

    /// A session that goes on where `state` was taken, on the same data.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`SearchError::State`] where the state does not fit.
    pub fn restore(state: SessionState, data: Arc<SearchData>, place: &Place) -> Result<Self, SearchError> {
        let mut session = Self::new(state.config, data, place)?;
        session.bilevel.restore(state.bilevel)?;
        let tables = &session.bilevel.architecture.tables;
        let size = |&kind: &usize| tables[kind].iter().map(Vec::len).sum();
        let cells: Vec<usize> = session.bilevel.net.cell_kinds().iter().map(size).collect();
        if !state.progress.fits(&cells, tables.len(), session.config.epochs, session.steps()) {
            return Err(SearchError::State("its progress is that of another search".to_owned()));
        }
        if !(state.seconds.is_finite() && state.seconds >= 0.0) {
            return Err(SearchError::State("its time is no number of seconds".to_owned()));
        }
        session.progress = state.progress;
        session.before = state.seconds;
        Ok(session)
    }
}
