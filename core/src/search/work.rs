//! Work of a search: bilevel steps, and the measures at the end of an epoch.

use std::sync::Arc;

use super::bilevel::{Bilevel, StepSettings};
use super::cells::candidates;
use super::phase::Stopwatch;
use super::progress::Progress;
use super::state::SearchState;
use super::{
    ArchitectureConfig, CellTypeReport, EpochEvent, EventKind, LeftCandidate, Phases, Position, SearchConfig, Session,
    SessionError, SessionMemory, SessionState, StepEvent, TableReport, warning,
};
use crate::alignment::{AlignmentMeasure, LayerAlignment};
use crate::benchmark::Table;
use crate::data::{Batch, Batches, ImageData};
use crate::device::Device;
use crate::engine::{Later, Statistics, Traffic};
use crate::method::{EpochSummary, Method, Moment, Part, SelectionRecord, ranking};
use crate::saturation::Saturation;
use crate::session::{Work, reserve};
use crate::space::{EdgeCandidate, Genotype, Space};
use crate::vector::filled;

/// Maximum number of power iterations: the eigenvalue is wanted for its growth, not for its digits.
const ITERATIONS: usize = 10;

/// Bilevel search of a space.
#[derive(Debug)]
pub struct Search {
    pub(super) config: SearchConfig,
    pub(super) space: Space,
    pub(super) bilevel: Bilevel,
    pub(super) batches: Batches,
    table: Option<Arc<Table>>,
    progress: Progress,
    /// Pieces of the selection after the last epoch.
    pub(super) record: SelectionRecord,
    /// Parts of the method besides those of the configuration.
    parts: Parts,
}

/// Parts of a method from an application, by name.
type Parts = Vec<(&'static str, Arc<dyn Part>)>;

/// Method of a configuration, with further parts.
fn method(config: &SearchConfig, space: &Space, parts: &Parts) -> Result<Method, SessionError> {
    let mut method = config.method.build(space)?;
    for (name, part) in parts {
        method.push(name, Arc::clone(part));
    }
    Ok(method)
}

impl Search {
    /// Takes other settings, which leave network and images as they are. `fresh` says that no step was taken.
    pub(super) fn set(&mut self, config: SearchConfig, fresh: bool) -> Result<(), SessionError> {
        let method = method(&config, &self.space, &self.parts)?;
        method.check(&self.space)?;
        if let Some(part) = method.other_supernet(&self.bilevel.method) {
            return Err(SessionError::Fixed { setting: format!("method.{part}") });
        }
        self.bilevel.check_supernets(&method, config.epochs)?;
        let ArchitectureConfig { temperature, constraints, .. } = &config.architecture;
        let mut architecture = self.bilevel.architecture.clone();
        if !method.has_stages() {
            architecture.readmit();
        }
        architecture.confine(&self.space, *temperature, constraints)?;
        self.bilevel.architecture = architecture;
        self.bilevel.set_method(method, fresh);
        self.config = config;
        Ok(())
    }

    async fn prepared(
        config: SearchConfig,
        data: Arc<ImageData>,
        device: &Device,
        parts: Parts,
    ) -> Result<Self, SessionError> {
        config.check()?;
        let space = config.search_space()?;
        let method = method(&config, &space, &parts)?;
        let size = config.first_size(&data);
        let needed = config.memory_with(&method, &data, device)?.host();
        let batches = Batches::new(data, config.batch, config.seed)?;
        reserve(needed)?;
        let mut bilevel = Bilevel::new(&space, size, method, config.seed, device).await?;
        let ArchitectureConfig { temperature, constraints, .. } = &config.architecture;
        bilevel.architecture.confine(&space, *temperature, constraints)?;
        let (progress, record) = (Progress::default(), SelectionRecord::default());
        Ok(Self { config, space, bilevel, batches, table: None, progress, record, parts })
    }

    /// Architecture that α stands for.
    pub(super) fn derived(&self) -> Genotype {
        self.bilevel.method.derive(&self.bilevel.architecture, &self.space)
    }

    fn moment(&self, at: Position) -> Moment {
        let (step, epochs) = (at.total(self.batches.steps()), self.config.epochs);
        // After the last epoch, all schedules stay at their end.
        Moment { epoch: at.epoch.min(epochs.saturating_sub(1)), epochs, step, seed: self.config.seed }
    }

    /// λ in this epoch: the coefficient of the layer alignment.
    fn lambda(&self, at: Position) -> f64 {
        let method = self.config.method.clone().complete();
        method.alignment.map_or(0.0, |alignment| alignment.lambda_at(&self.moment(at)))
    }

    /// Learning rate of the weights in an epoch.
    fn learning_rate(&self, epoch: usize) -> f64 {
        let cosine = self.bilevel.method.cosine(epoch, self.config.epochs);
        self.config.weights.learning_rate(epoch, &cosine)
    }

    async fn bilevel_step(&mut self, at: Position) -> Result<StepEvent, SessionError> {
        let Position { epoch, step, .. } = at;
        let mut watch = Stopwatch::start();
        let pair = self.batches.pair(epoch, step);
        watch.lap(&mut self.bilevel.phases.data);
        let settings = StepSettings {
            moment: self.moment(at),
            lr: self.learning_rate(epoch),
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

    /// Λ of the cells of a type. Candidates that were not run, which are the same in all of them, have no part in it.
    fn alignment(&self, cell_type: usize, cells: &[Vec<Option<f64>>]) -> Option<f64> {
        let cells = filled(cells);
        let own = cells.iter().zip(&self.bilevel.cell_types).filter(|(_, of)| **of == cell_type);
        let own: Vec<&[f64]> = own.map(|(cell, _)| cell.as_slice()).collect();
        LayerAlignment::measure(AlignmentMeasure::Cosine, &own).map(|alignment| alignment.value)
    }

    async fn summary(&mut self, at: Position) -> Result<(EpochEvent, bool), SessionError> {
        let p = self.bilevel.evaluation_weights(&self.moment(at));
        let supernet_accuracy = self.accuracy(&p, Statistics::Running, None).await?;
        let (Position { epoch, step, .. }, moment) = (at, self.moment(at));
        let curvature = match self.batches.validation(0) {
            Some(batch) if self.config.measures.curvature => {
                let found = self.bilevel.curvature(&batch, &moment, ITERATIONS).await;
                Some(found.map_err(|error| error.at(epoch + 1, step))?)
            }
            _ => None,
        };
        #[expect(clippy::cast_precision_loss, reason = "steps are few")]
        let (steps, share) = (step as f64, |count: usize| count as f64 / step as f64);
        let progress = &self.progress;
        let gradients: Vec<Vec<Option<f64>>> =
            progress.gradients.iter().map(|cell| cell.iter().map(|mean| mean.value()).collect()).collect();
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
        let genotype = self.derived();
        let mut history = progress.history.clone();
        history.push(EpochSummary {
            epoch,
            genotype: genotype.clone(),
            curvature,
            regularizer_gradient_norm: progress.regularizer_gradient_norm.value(),
            ranking: ranking(&architecture.confined(), &self.space),
        });
        let (mut warnings, stopped) = self.bilevel.method.warnings(&history, self.config.epochs);
        warnings.extend(warning::of_regularizer(&history, self.config.weights.clip));
        let event = EpochEvent {
            epoch: epoch + 1,
            lambda: self.lambda(at),
            lr: self.learning_rate(epoch),
            train_loss: progress.train_loss / steps,
            valid_loss: progress.valid_loss / steps,
            supernet_accuracy,
            gradient_norm: progress.gradient_norm / steps,
            loss_gradient_norm: progress.loss_gradient_norm.value(),
            regularizer_gradient_norm: progress.regularizer_gradient_norm.value(),
            clipped: share(progress.clipped),
            cell_types: reports.collect(),
            curvature,
            measures: self.bilevel.measures(&moment),
            operations: genotype.operations(),
            parameter_free: genotype.parameter_free(),
            skip_connections: genotype.skip_connections(),
            benchmark: self.known(&genotype),
            genotype,
            warnings,
            left: if stopped { Vec::new() } else { self.end_stage(&moment).await? },
        };
        self.progress = Progress { history, ..Progress::default() };
        Ok((event, stopped))
    }

    /// Ends a stage of the method, if one ends with this epoch; returns the candidates that leave.
    async fn end_stage(&mut self, moment: &Moment) -> Result<Vec<LeftCandidate>, SessionError> {
        let leaving = self.bilevel.end_stage(moment).await?;
        let named = |at: EdgeCandidate| {
            let kind = &self.space.cell_types[at.cell_type];
            LeftCandidate {
                cell: kind.name.clone(),
                edge: at.edge,
                operation: kind.edges[at.edge].operations[at.candidate],
            }
        };
        Ok(leaving.into_iter().map(named).collect())
    }

    /// Accuracies and rank of a genotype, if there is a table that has it.
    fn known(&self, genotype: &Genotype) -> Option<TableReport> {
        TableReport::of(self.table.as_ref()?, genotype)
    }

    /// Share of the validation images that the supernet classifies correctly under operation weights: of all, or of
    /// those in a number of batches from one on, which begin anew after the last.
    pub(super) async fn accuracy(
        &mut self,
        p: &[Vec<f64>],
        statistics: Statistics,
        batches: Option<[usize; 2]>,
    ) -> Result<f64, SessionError> {
        let count = self.batches.validation_batches();
        let [first, taken] = batches.unwrap_or([0, count]);
        let (mut right, mut all) = (0, 0);
        for index in (0..count).cycle().skip(first % count.max(1)).take(taken.min(count)) {
            let Some(batch) = self.batches.validation(index) else { break };
            right += self.bilevel.correct(&batch, p, statistics).await?;
            all += batch.labels.len();
        }
        #[expect(clippy::cast_precision_loss, reason = "images are few")]
        let share = right as f64 / all.max(1) as f64;
        Ok(share)
    }

    async fn saved(&mut self) -> Result<SearchState, SessionError> {
        let bilevel = self.bilevel.state().await?;
        Ok(SearchState { bilevel, progress: self.progress.clone(), selection: self.record.clone() })
    }

    async fn resumed(&mut self, state: SearchState, at: Position) -> Result<(), SessionError> {
        if !state.selection.fits(&self.space) {
            return Err(SessionError::State("its selection is that of another search".to_owned()));
        }
        // The supernet of the state has the cells of its progress.
        self.bilevel.restore(state.bilevel).await?;
        let counts = candidates(&self.space);
        let cells: Vec<usize> = self.bilevel.cell_types.iter().map(|&cell_type| counts[cell_type]).collect();
        if !state.progress.fits(&cells, self.space.cell_types.len(), at) {
            return Err(SessionError::State("its progress is that of another search".to_owned()));
        }
        self.progress = state.progress;
        // A search that was given more epochs selects anew after them.
        let is_over = at.stopped || at.epoch == self.config.epochs;
        self.record = if is_over { state.selection } else { SelectionRecord::default() };
        Ok(())
    }
}

impl Work for Search {
    const KIND: &'static str = "search";
    type Config = SearchConfig;
    type Data = ImageData;
    type State = SearchState;

    fn load(config: &SearchConfig, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<ImageData, SessionError> {
        Ok(ImageData::load_with(&config.data, config.seed, progress)?)
    }

    fn memory(config: &SearchConfig, data: &ImageData, device: &Device) -> Result<SessionMemory, SessionError> {
        config.memory(data, device)
    }

    fn prepare(config: SearchConfig, data: Arc<ImageData>, device: &Device) -> Later<'_, Self, SessionError> {
        Box::pin(Self::prepared(config, data, device, Parts::new()))
    }

    fn config(&self) -> &SearchConfig {
        &self.config
    }

    fn data(&self) -> &Arc<ImageData> {
        self.batches.data()
    }

    fn device_name(&self) -> &str {
        self.bilevel.device_name()
    }

    fn steps(&self) -> usize {
        self.batches.steps()
    }

    fn weights(&self) -> usize {
        self.bilevel.graph().parameter_count()
    }

    fn start(&self) -> EventKind {
        EventKind::Start {
            config: Box::new(self.config.clone()),
            device: self.device_name().to_owned(),
            steps: self.steps(),
            weights: self.weights(),
        }
    }

    fn step(&mut self, at: Position) -> Later<'_, EventKind, SessionError> {
        Box::pin(async move { Ok(EventKind::Step(self.bilevel_step(at).await?)) })
    }

    fn end_epoch(&mut self, at: Position) -> Later<'_, (EventKind, bool), SessionError> {
        Box::pin(async move {
            let (event, stopped) = self.summary(at).await?;
            Ok((EventKind::Epoch(Box::new(event)), stopped))
        })
    }

    fn finish(&mut self, at: Position) -> Later<'_, Option<EventKind>, SessionError> {
        Box::pin(async move { Ok(self.select(at).await?.map(EventKind::Selection)) })
    }

    fn end(&self) -> EventKind {
        let genotype = self.genotype();
        let benchmark = if self.record.is_empty() { None } else { self.known(&genotype) };
        EventKind::End { genotype, benchmark }
    }

    fn state(&mut self) -> Later<'_, SearchState, SessionError> {
        Box::pin(self.saved())
    }

    fn restore(&mut self, state: SearchState, at: Position) -> Later<'_, (), SessionError> {
        Box::pin(self.resumed(state, at))
    }

    fn launches(&self) -> Option<u64> {
        self.bilevel.launches()
    }

    fn traffic(&self) -> Option<Traffic> {
        self.bilevel.engine.traffic()
    }
}

impl Session {
    /// Prepares a search whose method has parts of an application besides those of the configuration.
    ///
    /// A saved state does not hold them: give them again to [`restore_with_parts`](Self::restore_with_parts).
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`SessionError::Setting`] if the parts do not go together.
    pub async fn with_parts(
        config: SearchConfig,
        data: Arc<ImageData>,
        device: &Device,
        parts: Vec<(&'static str, Arc<dyn Part>)>,
    ) -> Result<Self, SessionError> {
        Ok(Self::of(Search::prepared(config, data, device, parts).await?))
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
    ) -> Result<Self, SessionError> {
        state.check_data(&data)?;
        let session = Self::with_parts(state.config.clone(), data, device, parts).await?;
        session.continued(state).await
    }

    /// Looks the architecture of every epoch up in a table of known results.
    #[must_use]
    pub fn with_table(mut self, table: Arc<Table>) -> Self {
        self.work.table = Some(table);
        self
    }

    /// Table of known results, if there is one.
    #[must_use]
    pub fn table(&self) -> Option<&Table> {
        self.work.table.as_deref()
    }

    /// Supernet in training.
    #[must_use]
    pub fn bilevel(&self) -> &Bilevel {
        &self.work.bilevel
    }

    /// Architecture that α stands for now; once the selection of the method has ended, the one that it chose.
    #[must_use]
    pub fn genotype(&self) -> Genotype {
        self.work.genotype()
    }

    /// Seconds that the steps of this session have spent in each phase.
    #[must_use]
    pub fn phases(&self) -> Phases {
        self.work.bilevel.phases
    }

    /// Operation weights p of every cell in evaluation, flattened, and the weights of its edges, if it reads these: those
    /// that [`logits`](Self::logits) takes.
    #[must_use]
    pub fn operation_weights(&self) -> Vec<Vec<f64>> {
        self.work.bilevel.evaluation_weights(&self.work.moment(self.position))
    }

    /// Logits of the supernet for a batch, `[batch · classes]`, with running statistics.
    ///
    /// # Errors
    /// [`SessionError::Data`] if the batch is not one of the search's shape; [`SessionError::Engine`] if the device fails.
    pub async fn logits(&mut self, batch: &Batch) -> Result<Vec<f64>, SessionError> {
        let p = self.operation_weights();
        self.work.bilevel.logits(batch, &p, Statistics::Running).await
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
        is_send(Session::new(session.config().clone(), data, device));
        is_send(session.next_event());
        is_send(session.state());
        is_send(session);
    }
}
