//! Search driven from outside: one event a call.

#[cfg(not(target_family = "wasm"))]
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use web_time::Instant;

use super::bilevel::{Bilevel, StepSettings};
use super::phase::Stopwatch;
use super::progress::Progress;
use super::state::BilevelState;
#[cfg(not(target_family = "wasm"))]
use super::state::Tensor;
use super::{
    CellTypeReport, EpochEvent, Event, EventKind, Phases, SearchConfig, SearchError, StepEvent, TableReport, memory,
    warning,
};
use crate::alignment::{AlignmentMeasure, LayerAlignment};
use crate::benchmark::Table;
use crate::data::{Batch, Batches, ImageData};
use crate::device::Device;
use crate::engine::Traffic;
use crate::graph::NetworkSize;
use crate::method::{EpochSummary, Moment, Part};
use crate::saturation::Saturation;
use crate::space::{Genotype, Space};

/// Maximum number of power iterations: the eigenvalue is wanted for its growth, not for its digits.
const ITERATIONS: usize = 10;

/// Search that is driven one event at a time.
///
/// Nothing happens between two calls of [`next_event`](Self::next_event): to pause, do not call it; to stop, drop the
/// session; to save, ask for the [`state`](Self::state). The same loop runs in a terminal, an application and a
/// browser, so reads of the device are asynchronous. Outside of browsers, [`run`](Self::run) and
/// [`events`](Self::events) are the blocking forms.
#[derive(Debug)]
pub struct Session {
    pub(super) config: SearchConfig,
    space: Space,
    pub(super) bilevel: Bilevel,
    batches: Batches,
    table: Option<Arc<Table>>,
    began: Instant,
    /// Seconds that passed before this session, if it goes on from a state.
    before: f64,
    pub(super) progress: Progress,
}

/// Whole state of a session, which goes on from there as if it had never stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionState {
    config: SearchConfig,
    bilevel: BilevelState,
    progress: Progress,
    seconds: f64,
    /// Fingerprint of the images.
    data: String,
}

impl SessionState {
    /// Configuration of the session.
    #[must_use]
    pub fn config(&self) -> &SearchConfig {
        &self.config
    }

    /// Gives the search more epochs. It announces its settings again, and the schedules of the learning rate and of λ
    /// are those of the longer search from here on.
    ///
    /// A search that a sign of a collapse has ended goes on, until there is another one.
    ///
    /// # Errors
    /// [`SearchError::Setting`] if it has as many epochs already.
    pub fn lengthened(mut self, epochs: usize) -> Result<Self, SearchError> {
        self.config = self.config.lengthened(epochs)?;
        (self.progress.started, self.progress.ended, self.progress.stopped) = (false, false, false);
        Ok(self)
    }

    /// Tensors of the state by name.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn tensors(&mut self) -> &mut BTreeMap<String, Tensor> {
        &mut self.bilevel.tensors
    }
}

impl Session {
    /// Prepares a search; nothing is trained yet.
    ///
    /// # Errors
    /// [`SearchError`] if a setting is out of range, the batch larger than a part of the data, or a type of cell has no
    /// cell.
    pub async fn new(config: SearchConfig, data: Arc<ImageData>, device: &Device) -> Result<Self, SearchError> {
        Self::with_parts(config, data, device, Vec::new()).await
    }

    /// Prepares a search whose method has parts of an application besides those of the configuration.
    ///
    /// A saved state does not hold them: give them again to [`restore_with_parts`](Self::restore_with_parts).
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`SearchError::Setting`] if the parts do not go together.
    pub async fn with_parts(
        config: SearchConfig,
        data: Arc<ImageData>,
        device: &Device,
        parts: Vec<(&'static str, Arc<dyn Part>)>,
    ) -> Result<Self, SearchError> {
        config.check()?;
        let space = config.search_space()?;
        let mut method = config.method.build(&space)?;
        for (name, part) in parts {
            method.push(name, part);
        }
        let size = NetworkSize {
            channels: config.supernet.channels,
            cells: config.supernet.cells,
            image_channels: data.channels(),
            classes: data.classes().len(),
        };
        size.check_types(&space)?;
        let needed = config.memory_with(&method, &data, device)?.host();
        let batches = Batches::new(data, config.batch, config.seed)?;
        memory::reserve(needed)?;
        let bilevel = Bilevel::new(&space, size, method, config.seed, device).await?;
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

    /// Table of known results, if there is one.
    #[must_use]
    pub fn table(&self) -> Option<&Table> {
        self.table.as_deref()
    }

    /// Configuration.
    #[must_use]
    pub fn config(&self) -> &SearchConfig {
        &self.config
    }

    /// Supernet in training.
    #[must_use]
    pub fn bilevel(&self) -> &Bilevel {
        &self.bilevel
    }

    /// Name of the device.
    #[must_use]
    pub fn device_name(&self) -> &str {
        self.bilevel.device_name()
    }

    /// Steps in an epoch.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.batches.steps()
    }

    /// Architecture that α stands for now.
    #[must_use]
    pub fn genotype(&self) -> Genotype {
        self.bilevel.architecture.derive(&self.space)
    }

    /// Advances the search to its next event (start, a bilevel step, the end of an epoch); `None` after the end.
    ///
    /// # Errors
    /// [`SearchError::NotFinite`] or [`SearchError::Engine`]; the session is as it was before the call, unless the
    /// device is lost.
    pub async fn next_event(&mut self) -> Result<Option<Event>, SearchError> {
        if self.progress.ended {
            return Ok(None);
        }
        let kind = if !self.progress.started {
            self.progress.started = true;
            EventKind::Start {
                config: Box::new(self.config.clone()),
                device: self.device_name().to_owned(),
                steps: self.steps(),
                weights: self.bilevel.graph().parameter_count(),
            }
        } else if self.progress.epoch == self.config.epochs || self.progress.stopped {
            self.progress.ended = true;
            EventKind::End { genotype: self.genotype() }
        } else if self.progress.step == self.steps() {
            EventKind::Epoch(Box::new(self.end_epoch().await?))
        } else {
            EventKind::Step(self.step().await?)
        };
        Ok(Some(Event { version: Event::VERSION, seconds: self.seconds(), kind }))
    }

    /// Runs the search and gives every event to `observe`, until `observe` breaks or the search ends.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event).
    #[cfg(not(target_family = "wasm"))]
    pub fn run(&mut self, mut observe: impl FnMut(&Event) -> ControlFlow<()>) -> Result<(), SearchError> {
        for event in self.events() {
            if observe(&event?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Iterator over the events of the search; it takes a step when its event is requested. An error is the last item.
    #[cfg(not(target_family = "wasm"))]
    pub fn events(&mut self) -> impl Iterator<Item = Result<Event, SearchError>> {
        let mut failed = false;
        std::iter::from_fn(move || {
            let event = if failed { Ok(None) } else { pollster::block_on(self.next_event()) };
            failed = event.is_err();
            event.transpose()
        })
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

    /// True if a sign of a collapse has ended the search, or ends it next.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.progress.stopped
    }

    /// Number of kernels that the session has launched on its device so far; absent if it launches none, as on the CPU.
    #[must_use]
    pub fn launches(&self) -> Option<u64> {
        self.bilevel.engine.launches()
    }

    /// Traffic with the GPU so far; absent on the CPU.
    #[must_use]
    pub fn traffic(&self) -> Option<Traffic> {
        self.bilevel.engine.traffic()
    }

    fn moment(&self) -> Moment {
        let Progress { epoch, step, .. } = self.progress;
        let step = (epoch * self.steps() + step) as u64;
        Moment { epoch, epochs: self.config.epochs, step, seed: self.config.seed }
    }

    /// λ in this epoch: the coefficient of the layer alignment.
    fn lambda(&self) -> f64 {
        let method = self.config.method.clone().complete();
        method.alignment.map_or(0.0, |alignment| alignment.lambda_at(&self.moment()))
    }

    pub(super) async fn step(&mut self) -> Result<StepEvent, SearchError> {
        let (epoch, step) = (self.progress.epoch, self.progress.step);
        let mut watch = Stopwatch::start();
        let pair = self.batches.pair(epoch, step);
        watch.lap(&mut self.bilevel.phases.data);
        let settings = StepSettings {
            moment: self.moment(),
            lr: self.config.learning_rate(epoch),
            weights: &self.config.weights,
            architecture: &self.config.architecture,
        };
        let report = self
            .bilevel
            .step(&pair.train, &pair.valid, &settings)
            .await
            .map_err(|error| error.at(epoch + 1, step + 1))?;
        let alignment: Vec<_> =
            (0..self.space.cell_types.len()).map(|cell_type| self.alignment(cell_type, &report.train.cells)).collect();
        self.progress.add_up(&report, &alignment, self.config.weights.clip);
        Ok(StepEvent {
            epoch: epoch + 1,
            step: step + 1,
            train_loss: report.train.loss,
            valid_loss: report.valid.loss,
            alignment,
            gradient_norm: report.norms.total,
            loss_gradient_norm: report.norms.loss,
            regularizer_gradient_norm: report.norms.regularizer,
        })
    }

    /// Λ of the cells of a type.
    fn alignment(&self, cell_type: usize, cells: &[Vec<f64>]) -> Option<f64> {
        let own = cells.iter().zip(&self.bilevel.cell_types).filter(|(_, of)| **of == cell_type);
        let own: Vec<&[f64]> = own.map(|(cell, _)| cell.as_slice()).collect();
        LayerAlignment::measure(AlignmentMeasure::Cosine, &own).map(|alignment| alignment.value)
    }

    async fn end_epoch(&mut self) -> Result<EpochEvent, SearchError> {
        let supernet_accuracy = self.validate().await?;
        let (epoch, step, moment) = (self.progress.epoch, self.progress.step, self.moment());
        let curvature = match self.batches.validation(0) {
            Some(batch) if self.config.measures.curvature => {
                let found = self.bilevel.curvature(&batch, &moment, ITERATIONS).await;
                Some(found.map_err(|error| error.at(epoch + 1, step))?)
            }
            _ => None,
        };
        #[expect(clippy::cast_precision_loss, reason = "steps are few")]
        let (steps, share) = (self.steps() as f64, |count: usize| count as f64 / self.steps() as f64);
        let progress = &self.progress;
        let gradients: Vec<Vec<f64>> =
            progress.gradients.iter().map(|cell| cell.iter().map(|g| g / steps).collect()).collect();
        let architecture = &self.bilevel.architecture;
        let saturations = Saturation::by_cell_type(architecture, &self.bilevel.cell_types, &gradients);
        let reports =
            self.space.cell_types.iter().zip(saturations).zip(architecture.probabilities()).zip(&progress.alignment);
        let reports = reports.map(|(((cell_type, saturation), probabilities), alignment)| CellTypeReport {
            name: cell_type.name.clone(),
            alignment: alignment.value(),
            probabilities,
            saturation,
        });
        let genotype = self.genotype();
        let mut history = progress.history.clone();
        history.push(EpochSummary {
            epoch: progress.epoch,
            genotype: genotype.clone(),
            curvature,
            regularizer_gradient_norm: progress.regularizer_gradient_norm.value(),
        });
        let (mut warnings, stopped) = self.bilevel.method.warnings(&history, self.config.epochs);
        warnings.extend(warning::of_regularizer(&history, self.config.weights.clip));
        let event = EpochEvent {
            epoch: progress.epoch + 1,
            lambda: self.lambda(),
            lr: self.config.learning_rate(progress.epoch),
            train_loss: progress.train_loss / steps,
            valid_loss: progress.valid_loss / steps,
            supernet_accuracy,
            gradient_norm: progress.gradient_norm / steps,
            loss_gradient_norm: progress.loss_gradient_norm.value(),
            regularizer_gradient_norm: progress.regularizer_gradient_norm.value(),
            clipped: share(progress.clipped),
            cell_types: reports.collect(),
            curvature,
            operations: genotype.operations(),
            parameter_free: genotype.parameter_free(),
            skip_connections: genotype.skip_connections(),
            benchmark: self.table.as_ref().and_then(|table| {
                let found = table.look_up(&genotype)?;
                Some(TableReport { accuracies: found.accuracies, rank: found.rank, cells: table.len() })
            }),
            genotype,
            warnings,
        };
        self.progress =
            Progress { started: true, epoch: self.progress.epoch + 1, history, stopped, ..Progress::default() };
        Ok(event)
    }

    /// Logits of the supernet for a batch, `[batch · classes]`, with running statistics.
    ///
    /// # Errors
    /// [`SearchError::Data`] if the batch is not one of the search's shape; [`SearchError::Engine`] if the device fails.
    pub async fn logits(&mut self, batch: &Batch) -> Result<Vec<f64>, SearchError> {
        let moment = self.moment();
        self.bilevel.logits(batch, &moment).await
    }

    /// Share of the validation images that the supernet classifies correctly.
    async fn validate(&mut self) -> Result<f64, SearchError> {
        let moment = self.moment();
        let (mut right, mut all) = (0, 0);
        for index in 0..self.batches.validation_batches() {
            let Some(batch) = self.batches.validation(index) else { break };
            right += self.bilevel.correct(&batch, &moment).await?;
            all += batch.labels.len();
        }
        #[expect(clippy::cast_precision_loss, reason = "images are few")]
        let share = right as f64 / all.max(1) as f64;
        Ok(share)
    }

    /// True if the search has not begun: no step was taken.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.progress.epoch == 0 && self.progress.step == 0
    }

    /// Whole state, on the host.
    ///
    /// # Errors
    /// [`SearchError::Engine`] if the device fails.
    pub async fn state(&mut self) -> Result<SessionState, SearchError> {
        Ok(SessionState {
            config: self.config.clone(),
            bilevel: self.bilevel.state().await?,
            progress: self.progress.clone(),
            seconds: self.seconds(),
            data: self.batches.data().fingerprint().to_owned(),
        })
    }

    /// Session that goes on where `state` was taken, on the same data.
    ///
    /// # Errors
    /// As [`new`](Self::new), [`SearchError::State`] if the state does not fit, and [`SearchError::OtherImages`] if it was
    /// taken on other images.
    pub async fn restore(state: SessionState, data: Arc<ImageData>, device: &Device) -> Result<Self, SearchError> {
        Self::restore_with_parts(state, data, device, Vec::new()).await
    }

    /// Session that goes on where `state` was taken, with parts of an application besides those of the configuration.
    ///
    /// # Errors
    /// As [`restore`](Self::restore).
    pub async fn restore_with_parts(
        state: SessionState,
        data: Arc<ImageData>,
        device: &Device,
        parts: Vec<(&'static str, Arc<dyn Part>)>,
    ) -> Result<Self, SearchError> {
        if state.data != data.fingerprint() {
            return Err(SearchError::OtherImages);
        }
        let mut session = Self::with_parts(state.config, data, device, parts).await?;
        session.bilevel.restore(state.bilevel).await?;
        let cells: Vec<usize> = session.bilevel.graph().cells().iter().map(|cell| cell.weights).collect();
        let cell_types = session.space.cell_types.len();
        if !state.progress.fits(&cells, cell_types, session.config.epochs, session.steps()) {
            return Err(SearchError::State("its progress is that of another search".to_owned()));
        }
        if !(state.seconds.is_finite() && state.seconds >= 0.0) {
            return Err(SearchError::State("its time is not a number of seconds".to_owned()));
        }
        session.progress = state.progress;
        session.before = state.seconds;
        Ok(session)
    }
}

/// Sessions move between threads, and so do the futures of their steps.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;

    /// A measured step leaves no trace.
    #[test]
    fn a_step_that_is_timed_is_taken_back() {
        let mut config = SearchConfig::digits("nas-bench-201");
        (config.supernet.channels, config.batch, config.data.images) = (1, 4, Some(40));
        let data = Arc::new(ImageData::load(&config.data, 0).unwrap());
        let mut session = pollster::block_on(Session::new(config, data, &Device::cpu())).unwrap();
        for _ in 0..3 {
            let [before, after] = [(); 2].map(|()| {
                let state = pollster::block_on(session.state()).unwrap();
                assert!(pollster::block_on(session.time_step()).unwrap().as_secs_f64() > 0.0);
                SessionState { seconds: 0.0, ..state }
            });
            assert_eq!(before, after);
            pollster::block_on(session.next_event()).unwrap();
        }
    }

    fn is_send<T: Send>(_: T) {}

    #[expect(dead_code, reason = "it is compiled")]
    fn sessions_and_their_futures_are_send(mut session: Session, data: Arc<ImageData>, device: &Device) {
        is_send(Session::new(session.config.clone(), data, device));
        is_send(session.next_event());
        is_send(session.state());
        is_send(session);
    }
}
