//! Work of a search without a supernet: evaluations until the budget is spent.

use std::future::ready;
use std::sync::Arc;

use super::state::{BlackBoxState, Progress};
use super::{
    Evaluation, Evaluator, EventKind, SearcherConfig, SearcherEpochEvent, SearcherStepEvent, Session, SessionError,
    TableEvaluator,
};
use crate::benchmark::Table;
use crate::device::Device;
use crate::engine::{Later, Memory, Traffic};
use crate::searcher::{RandomNumbers, Searcher};
use crate::session::{Position, SessionMemory, Settings, TableReport, Tensors, Work};
use crate::space::{Genotype, Space};

/// Search of a space by a searcher, in a table of known results.
#[derive(Debug)]
pub struct BlackBoxSearch {
    config: SearcherConfig,
    space: Space,
    device: String,
    table: Arc<Table>,
    searcher: Box<dyn Searcher>,
    evaluator: Box<dyn Evaluator>,
    progress: Progress,
}

impl BlackBoxSearch {
    fn new(config: SearcherConfig, table: Arc<Table>, device: &Device) -> Result<Self, SessionError> {
        config.check()?;
        let space = config.search_space()?;
        let searcher = config.searcher.build(&space)?;
        let evaluator = TableEvaluator::new(Arc::clone(&table), &space)?;
        if config.budget.seconds.is_some() && !evaluator.has_costs() {
            let what = "the budget is in seconds, and the table lacks the training's time of its cells, `c10_train_s`; take \
                        a table with this column, or a budget of evaluations";
            return Err(SessionError::Evaluation(what.to_owned()));
        }
        let (device, evaluator) = (device.name().to_owned(), Box::new(evaluator));
        Ok(Self { config, space, device, table, searcher, evaluator, progress: Progress::default() })
    }

    /// Share of the budget that is spent.
    fn spent(&self) -> f64 {
        let Progress { evaluations, seconds, .. } = self.progress;
        self.config.budget.spent(evaluations, seconds.unwrap_or_default())
    }

    /// Share of the budget that some epochs spend.
    fn share(&self, epochs: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "epochs are few")]
        let share = epochs as f64 / self.config.epochs() as f64;
        share
    }

    async fn evaluation(&mut self, at: Position) -> Result<SearcherStepEvent, SessionError> {
        let progress = &mut self.progress;
        let genotype = progress.proposed.get_or_insert_with(|| {
            self.searcher.ask(&mut RandomNumbers::new(self.config.seed, progress.evaluations as u64))
        });
        let Evaluation { fitness, seconds } = self.evaluator.evaluate(genotype).await?;
        for (what, number) in [("fitness", fitness), ("cost", seconds.unwrap_or_default())] {
            if !number.is_finite() {
                let (epoch, step, what) = (at.epoch + 1, at.step + 1, what.to_owned());
                return Err(SessionError::NotFinite { epoch, step, what });
            }
        }
        let genotype = genotype.clone();
        progress.proposed = None;
        self.searcher.tell(&genotype, fitness);
        if progress.evaluations == 0 || fitness > progress.fitness {
            (progress.genotype, progress.fitness) = (genotype.clone(), fitness);
        }
        progress.evaluations += 1;
        progress.seconds = seconds.map(|seconds| progress.seconds.unwrap_or_default() + seconds);
        Ok(SearcherStepEvent {
            evaluation: progress.evaluations,
            genotype,
            fitness,
            best: progress.fitness,
            seconds_simulated: progress.seconds,
        })
    }

    fn summary(&self, at: Position) -> SearcherEpochEvent {
        let Progress { evaluations, seconds, genotype, fitness, .. } = &self.progress;
        SearcherEpochEvent {
            epoch: at.epoch + 1,
            evaluations: *evaluations,
            seconds_simulated: *seconds,
            genotype: genotype.clone(),
            fitness: *fitness,
            benchmark: TableReport::of(&self.table, genotype),
        }
    }

    /// True if a progress is one of this search at a position.
    fn fits(&self, progress: &Progress, at: Position) -> bool {
        let Progress { evaluations, seconds, genotype, fitness, proposed } = progress;
        let spent = self.config.budget.spent(*evaluations, seconds.unwrap_or_default());
        let of_space = |genotype: &Genotype| genotype.fits(&self.space).is_ok();
        (*evaluations == 0 || of_space(genotype))
            && proposed.as_ref().is_none_or(of_space)
            && fitness.is_finite()
            && seconds.is_none_or(|seconds| seconds.is_finite() && seconds >= 0.0)
            && (at.step..=self.steps()).contains(evaluations)
            && spent >= self.share(at.epoch)
    }

    fn resumed(&mut self, state: BlackBoxState, at: Position) -> Result<(), SessionError> {
        let wrong = |what: &str| SessionError::State(what.to_owned());
        if !state.tensors.is_empty() || !self.fits(&state.progress, at) {
            return Err(wrong("its progress is that of another search"));
        }
        self.searcher.restore(state.searcher).map_err(|fault| wrong(&fault.to_string()))?;
        self.progress = state.progress;
        Ok(())
    }
}

impl Work for BlackBoxSearch {
    const KIND: &'static str = "black-box search";
    type Config = SearcherConfig;
    type Data = Table;
    type State = BlackBoxState;

    fn load(config: &SearcherConfig, _: &(dyn Fn(usize, usize) + Sync)) -> Result<Table, SessionError> {
        Ok(match &config.table {
            Some(path) => Table::read(path)?,
            None => Table::nas_bench_201(),
        })
    }

    fn memory(_: &SearcherConfig, _: &Table, _: &Device) -> Result<SessionMemory, SessionError> {
        Ok(SessionMemory { engine: Memory::default(), images: 0, batches: 0, gradients: 0, checkpoint: 0 })
    }

    fn prepare(config: SearcherConfig, table: Arc<Table>, device: &Device) -> Later<'_, Self, SessionError> {
        Box::pin(ready(Self::new(config, table, device)))
    }

    fn config(&self) -> &SearcherConfig {
        &self.config
    }

    fn data(&self) -> &Arc<Table> {
        &self.table
    }

    fn device_name(&self) -> &str {
        &self.device
    }

    fn steps(&self) -> usize {
        self.config.budget.max_evaluations()
    }

    fn is_end_of_epoch(&self, at: Position) -> bool {
        self.spent() >= self.share(at.epoch + 1)
    }

    fn weights(&self) -> usize {
        0
    }

    fn start(&self) -> EventKind {
        EventKind::SearcherStart { config: Box::new(self.config.clone()), cells: self.table.len() }
    }

    fn step(&mut self, at: Position) -> Later<'_, EventKind, SessionError> {
        Box::pin(async move { Ok(EventKind::SearcherStep(self.evaluation(at).await?)) })
    }

    fn end_epoch(&mut self, at: Position) -> Later<'_, (EventKind, bool), SessionError> {
        let event = EventKind::SearcherEpoch(Box::new(self.summary(at)));
        Box::pin(ready(Ok((event, self.spent() >= 1.0))))
    }

    fn end(&self) -> EventKind {
        let genotype = self.progress.genotype.clone();
        let accuracies = self.table.row(&genotype).map(|row| row.accuracies);
        EventKind::SearcherEnd { genotype, accuracies }
    }

    fn state(&mut self) -> Later<'_, BlackBoxState, SessionError> {
        let (searcher, progress) = (self.searcher.state(), self.progress.clone());
        Box::pin(ready(Ok(BlackBoxState { tensors: Tensors::new(), searcher, progress })))
    }

    fn restore(&mut self, state: BlackBoxState, at: Position) -> Later<'_, (), SessionError> {
        Box::pin(ready(self.resumed(state, at)))
    }

    fn launches(&self) -> Option<u64> {
        None
    }

    fn traffic(&self) -> Option<Traffic> {
        None
    }
}

impl Session {
    /// Fittest architecture so far; without cells before the first evaluation.
    #[must_use]
    pub fn genotype(&self) -> &Genotype {
        &self.work.progress.genotype
    }

    /// Number of evaluations so far.
    #[must_use]
    pub fn evaluations(&self) -> usize {
        self.work.progress.evaluations
    }

    /// Sum of the evaluations' costs so far in seconds, if they have one.
    #[must_use]
    pub fn seconds_simulated(&self) -> Option<f64> {
        self.work.progress.seconds
    }
}
