//! Bilevel step: the mathematics of a search, without data sets, schedules or events.

use std::collections::BTreeMap;

use super::cells::{divided, gradients};
use super::freezing::Freezing;
use super::phase::Stopwatch;
use super::state::BilevelState;
use super::{ArchitectureConfig, Order, Phases, SessionError, WeightsConfig};
use crate::adam::Adam;
use crate::alignment::Estimator;
use crate::data::Batch;
use crate::device::Device;
use crate::engine::{self, Draws, Engine, Input, Loss, Pass, Probes, SgdStep, State, Statistics, TangentWant, Want};
use crate::graph::{Graph, NetworkSize};
use crate::method::{EpochEnd, Method, Moment, NextStage, Regularization, Relaxed, StageAlpha, rounded};
use crate::session::tensors;
use crate::space::{Architecture, EdgeCandidate, Space};
use crate::vector::{argmax, filled};

/// Supernet in training: an engine with the weights, the architecture parameters, and the method that moves both.
#[derive(Debug)]
pub struct Bilevel {
    /// Architecture parameters α.
    pub architecture: Architecture,
    pub(super) engine: Box<dyn Engine>,
    pub(super) method: Method,
    adam: Adam,
    /// Candidate operations whose weights no step moves.
    freezing: Freezing,
    pub(super) space: Space,
    /// Type of every searched cell.
    pub(super) cell_types: Vec<usize>,
    /// Size of the supernet.
    size: NetworkSize,
    /// Number of cells of the first supernet.
    first_cells: usize,
    /// Device that the supernets of further stages are opened on.
    device: Device,
    /// Number of kernels that the supernets before have launched.
    launched: u64,
    seed: u64,
    /// Seconds by phase; measured, and no part of the state.
    pub(super) phases: Phases,
}

/// Settings of a step.
#[derive(Clone, Copy, Debug)]
pub struct StepSettings<'a> {
    /// Moment of the search: all schedules and random draws follow from it.
    pub moment: Moment,
    /// Learning rate of the weights.
    pub lr: f64,
    /// Settings of SGD.
    pub weights: &'a WeightsConfig,
    /// Settings of Adam, order of the steps, and order of the gradient.
    pub architecture: &'a ArchitectureConfig,
}

/// Loss and cell gradients of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// Mean cross-entropy.
    pub loss: f64,
    /// g_l = ∂L/∂p_l of every cell, flattened; absent for candidates that the pass did not run, unless an output of ones
    /// stands in for theirs: see [`Probes`].
    pub cells: Vec<Vec<Option<f64>>>,
    /// ∂L/∂s_l of every cell, for the weights s_l of the channels that pass by the candidates of each edge; without
    /// entries if none do.
    pub edges: Vec<Vec<Option<f64>>>,
}

/// Operation weights of the architecture step, cell by cell.
#[derive(Debug)]
pub(super) struct Copies {
    p: Vec<Vec<f64>>,
    /// Candidates whose ∂L/∂p the gradient of α reads; absent if an output of ones stands in for those with p = 0.
    reads: Option<Vec<Vec<bool>>>,
}

impl Copies {
    /// Input of a training pass over a batch.
    pub(super) fn input<'a>(&'a self, batch: (&'a Batch, &'a Draws)) -> Input<'a> {
        let probes = self.reads.as_deref().map_or(Probes::Ones, Probes::Marked);
        Input { probes, ..input(batch, &self.p) }
    }
}

/// Results of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepReport {
    /// L_train and its cell gradients, at the weights before the weight step.
    pub train: Gradients,
    /// L_val and its cell gradients, at the weights of the architecture step: those after the weight step where it
    /// comes first, and the virtual ones where the gradient is unrolled. Where α rests, there are no cell gradients.
    pub valid: Gradients,
    /// Gradient of α, flattened, and then of β, if there is one, as given to Adam; where a method holds α, it moves
    /// nothing. Where α rests, it is 0.
    pub alpha: Vec<f64>,
    /// Norms of the weights' gradient before clipping.
    pub norms: GradientNorms,
}

/// Norms of the weights' gradient before clipping, and of its two terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientNorms {
    /// Norm of the whole gradient, regularizer included.
    pub total: f64,
    /// Norm of ∇L_train, if it was measured.
    pub loss: Option<f64>,
    /// Norm of the regularizers' gradient, such as that of λ·Λ; absent without one, and where it was not measured.
    pub regularizer: Option<f64>,
}

/// Gradient of α, and what else the passes that lead to it give.
pub(super) struct ArchitectureGradient {
    /// Gradient of α, flattened, and then of β, if there is one.
    pub(super) alpha: Vec<f64>,
    /// L_val and its cell gradients.
    pub(super) valid: Gradients,
    /// ∂L_val/∂ω, if a part of the method compares it with the training gradient.
    pub(super) weights: Option<Vec<f64>>,
}

/// Copy of the weights before a step, by its place.
enum Backup {
    Unneeded,
    Engine,
    Host(Box<BilevelState>),
}

/// α before the first step: drawn, or 0 where the method holds it.
fn first_alpha(space: &Space, seed: u64, method: &Method) -> Architecture {
    let mut architecture = Architecture::new(space, seed);
    if method.holds_alpha() {
        architecture.tables.iter_mut().flatten().for_each(|row| row.fill(0.0));
    }
    architecture
}

/// Number of the pass of the weight step and of the architecture step, by which their random draws differ.
pub(super) const WEIGHT_PASS: u8 = 0;
const ARCHITECTURE_PASS: u8 = 1;

/// Steps from one measurement of the regularizer's gradient to the next where the gradient is a tangent's.
const TANGENT_NORM_EVERY: u64 = 10;

impl Bilevel {
    /// Fresh start under a seed.
    ///
    /// # Errors
    /// [`SessionError::Size`] if a size is out of range; [`SessionError::Setting`] if the method does not fit the
    /// space.
    pub async fn new(
        space: &Space,
        size: NetworkSize,
        mut method: Method,
        seed: u64,
        device: &Device,
    ) -> Result<Self, SessionError> {
        method.check(space)?;
        method.start(space, seed, None);
        let graph = method.supernet(space, size)?;
        let cell_types = types(&graph);
        let mut engine = engine::open(graph, device).await?;
        engine::initialize(engine.as_mut(), seed).await?;
        let architecture = first_alpha(space, seed, &method);
        Ok(Self {
            engine,
            architecture,
            method,
            adam: Adam::default(),
            freezing: Freezing::default(),
            space: space.clone(),
            cell_types,
            size,
            first_cells: size.cells,
            device: device.clone(),
            launched: 0,
            seed,
            phases: Phases::default(),
        })
    }

    /// Engine with the weights.
    pub fn engine(&mut self) -> &mut dyn Engine {
        self.engine.as_mut()
    }

    /// Graph of the supernet.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        self.engine.graph()
    }

    /// Size of the supernet.
    #[must_use]
    pub fn size(&self) -> NetworkSize {
        self.size
    }

    /// Number of kernels that all supernets have launched; absent if this one launches none.
    pub(super) fn launches(&self) -> Option<u64> {
        self.engine.launches().map(|launches| self.launched + launches)
    }

    /// Name of the device.
    #[must_use]
    pub fn device_name(&self) -> &str {
        self.engine.device_name()
    }

    /// Type of every searched cell, from stem to classifier.
    #[must_use]
    pub fn cell_types(&self) -> &[usize] {
        &self.cell_types
    }

    /// Seed of all draws.
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// Method with its own state: β, and that of a policy.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Parameters β of the weights of edges by type of cell, which are trained with α; none if the method weights no edges.
    #[must_use]
    pub fn beta(&self) -> &[Vec<f64>] {
        self.method.beta()
    }

    /// Places of the parameters β, one type of cell after the other.
    pub fn beta_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.method.beta_mut()
    }

    /// Parameters α and β, flattened.
    fn parameters(&self) -> Vec<f64> {
        [self.architecture.flat(), self.method.flat_beta()].concat()
    }

    /// Sets the parameters α and β, in the order of [`parameters`](Self::parameters).
    fn set_parameters(&mut self, parameters: &[f64]) {
        self.architecture.set_flat(parameters);
        self.method.set_flat_beta(&parameters[self.architecture.flat().len()..]);
    }

    /// Takes another method. Weights thaw if none of its parts freezes them, and a policy and weights of edges go on if
    /// they are the same. With `fresh`, α is that of a new search.
    pub(super) fn set_method(&mut self, mut method: Method, fresh: bool) {
        if fresh && method.holds_alpha() != self.method.holds_alpha() {
            let drawn = first_alpha(&self.space, self.seed, &method);
            self.architecture.set_flat(&drawn.flat());
        }
        if method.edge_weighting() != self.method.edge_weighting() {
            self.adam.resize(self.architecture.flat().len());
        }
        method.start(&self.space, self.seed, Some(&self.method));
        self.method = method;
        self.adam.resize(self.parameters().len());
        if self.method.freezing().is_none() {
            self.set_freezing(Freezing::default());
        }
    }

    fn set_freezing(&mut self, freezing: Freezing) {
        self.freezing = freezing;
        let ranges = self.freezing.ranges(self.engine.graph());
        self.engine.freeze(&ranges);
    }

    /// Measures of the parts of the method at the end of an epoch.
    pub(super) fn measures(&self, moment: &Moment) -> BTreeMap<String, f64> {
        let stage = &self.method.stage(moment.epoch, moment.epochs);
        self.method.measures(&EpochEnd { alpha: &self.architecture, moment, stage, frozen: self.freezing.share() })
    }

    /// Ends the epoch of a moment: with it, a stage of the method may end. Returns the candidates that leave.
    ///
    /// A new supernet of the next stage has weights that are drawn under the seed for the epoch after the moment's, no
    /// momentum, new running statistics, and nothing frozen.
    ///
    /// # Errors
    /// [`SessionError::Size`] if the new supernet cannot be built, and [`SessionError::Engine`] if the device fails;
    /// then nothing has changed.
    pub async fn end_stage(&mut self, moment: &Moment) -> Result<Vec<EdgeCandidate>, SessionError> {
        let next = self.method.end_stage(&self.architecture, &self.space, moment);
        let Some(NextStage { leaving, alpha, supernet }) = next else { return Ok(Vec::new()) };
        let mut architecture = self.architecture.clone();
        let mut left = architecture.left();
        left.extend(&leaving);
        if architecture.set_left(&self.space, &left).is_none() {
            return Ok(Vec::new());
        }
        let number = moment.epoch as u64 + 1;
        if let Some(supernet) = supernet {
            let size = NetworkSize { cells: rounded(supernet.depth, self.first_cells), ..self.size };
            let graph = self.method.supernet(&self.space, size)?;
            let mut engine = engine::open(graph, &self.device).await?;
            engine::draw(engine.as_mut(), self.seed, number).await?;
            self.replace_engine(engine, size);
            self.set_freezing(Freezing::default());
        }
        self.architecture = architecture;
        let first = match alpha {
            StageAlpha::Kept => return Ok(leaving),
            StageAlpha::Drawn => Architecture::drawn(&self.space, self.seed, number).flat(),
            StageAlpha::Zero => vec![0.0; self.architecture.flat().len()],
        };
        self.architecture.set_flat(&first);
        self.adam = Adam::default();
        Ok(leaving)
    }

    /// Takes the engine of another supernet.
    fn replace_engine(&mut self, engine: Box<dyn Engine>, size: NetworkSize) {
        self.launched += self.engine.launches().unwrap_or(0);
        self.cell_types = types(engine.graph());
        (self.engine, self.size) = (engine, size);
    }

    /// Checks that the supernets of the stages of a method can be built.
    pub(super) fn check_supernets(&self, method: &Method, epochs: usize) -> Result<(), SessionError> {
        for cells in method.cells(self.first_cells, epochs) {
            method.supernet(&self.space, NetworkSize { cells, ..self.size })?;
        }
        Ok(())
    }

    /// Gradient of ω that the engine holds, on the host.
    pub(super) async fn weight_gradient(&mut self) -> Result<Vec<f64>, SessionError> {
        Ok(self.engine.read(State::Gradient).await?.to_f64())
    }

    /// True if the architecture step compares its gradient of ω with that of the last weight step.
    pub(super) fn compares_gradients(&self) -> bool {
        self.method.freezing().is_some() && self.freezing.train.is_some()
    }

    pub(super) fn relax(&self, moment: &Moment, pass: u8) -> Relaxed {
        self.method.relax(&self.architecture, &self.space, moment, pass)
    }

    /// Checks a batch and draws what its passes need.
    pub(super) fn draws(&self, batch: &Batch, step: u64) -> Result<Draws, SessionError> {
        batch.check(self.size.image_channels, self.size.classes)?;
        Ok(Draws::new(self.engine.graph(), batch.shape, self.seed, step))
    }

    /// Draws of the two batches of a step, each with masks of its own. All passes over a batch share them.
    fn draws_of_step(
        &self,
        train: &Batch,
        valid: &Batch,
        settings: &StepSettings<'_>,
    ) -> Result<[Draws; 2], SessionError> {
        let (moment, graph) = (&settings.moment, self.engine.graph());
        let rates = self.method.drop_rates(moment);
        let of = |batch: &Batch, pass: u8| -> Result<Draws, SessionError> {
            let step = 2 * moment.step + u64::from(pass);
            let draws = self.draws(batch, moment.step)?;
            Ok(draws.dropped(graph, batch.shape[0], self.seed, step, rates))
        };
        Ok([of(train, WEIGHT_PASS)?, of(valid, ARCHITECTURE_PASS)?])
    }

    /// One step on a training and a validation batch, in the configured order.
    ///
    /// # Errors
    /// [`SessionError::NotFinite`] (the caller fills in epoch and step) or [`SessionError::Engine`]; then nothing has
    /// changed, unless the device is lost.
    pub async fn step(
        &mut self,
        train: &Batch,
        valid: &Batch,
        settings: &StepSettings<'_>,
    ) -> Result<StepReport, SessionError> {
        let mut watch = Stopwatch::start();
        let [train_draws, valid_draws] = self.draws_of_step(train, valid, settings)?;
        watch.lap(&mut self.phases.data);
        let before = (self.architecture.clone(), self.adam.clone());
        let beta = self.method.flat_beta();
        let (freezing, policy) = (self.freezing.clone(), self.method.policy().cloned());
        let backup = self.backup(settings.architecture).await?;
        let done = self.both((train, &train_draws), (valid, &valid_draws), settings).await;
        if done.is_err() {
            (self.architecture, self.adam) = before;
            self.method.set_policy(policy);
            self.method.set_flat_beta(&beta);
            self.set_freezing(freezing);
            // Only the first error is reported: after the loss of a device, these calls fail, too.
            let _ = self.engine.clear_gradient().await;
            let _ = match backup {
                Backup::Unneeded => Ok(()),
                Backup::Engine => self.engine.restore().await.map_err(SessionError::from),
                Backup::Host(state) => self.restore(*state).await,
            };
        }
        done
    }

    /// Keeps the weights for the case that a step fails. Only a weight step that an architecture step follows may have
    /// to be undone, and an architecture step of second order needs the engine's own copy for itself.
    async fn backup(&mut self, architecture: &ArchitectureConfig) -> Result<Backup, SessionError> {
        match (architecture.order, self.is_second_order(architecture)) {
            (Order::ArchitectureFirst, _) => Ok(Backup::Unneeded),
            (Order::WeightsFirst, false) => {
                self.engine.save().await?;
                Ok(Backup::Engine)
            }
            (Order::WeightsFirst, true) => Ok(Backup::Host(Box::new(self.state().await?))),
        }
    }

    /// True if the gradient of α has a term with second derivatives.
    fn is_second_order(&self, architecture: &ArchitectureConfig) -> bool {
        architecture.unrolled || self.method.neumann_terms().is_some()
    }

    async fn both(
        &mut self,
        train: (&Batch, &Draws),
        valid: (&Batch, &Draws),
        settings: &StepSettings<'_>,
    ) -> Result<StepReport, SessionError> {
        if settings.architecture.order == Order::ArchitectureFirst {
            let (alpha, valid) = self.architecture_step(train, valid, settings).await?;
            let (train, norms) = self.weight_step(train, settings).await?;
            return Ok(StepReport { train, valid, alpha, norms });
        }
        let (found, norms) = self.weight_step(train, settings).await?;
        let (alpha, valid) = self.architecture_step(train, valid, settings).await?;
        Ok(StepReport { train: found, valid, alpha, norms })
    }

    /// Gradient of α on a pair of batches, of the order that method and settings say; nothing changes.
    ///
    /// # Errors
    /// [`SessionError::Engine`] if the device fails.
    pub async fn architecture_gradient(
        &mut self,
        train: &Batch,
        valid: &Batch,
        settings: &StepSettings<'_>,
    ) -> Result<Vec<f64>, SessionError> {
        let [train_draws, valid_draws] = self.draws_of_step(train, valid, settings)?;
        Ok(self.alpha_gradient((train, &train_draws), (valid, &valid_draws), settings).await?.alpha)
    }

    async fn alpha_gradient(
        &mut self,
        train: (&Batch, &Draws),
        valid: (&Batch, &Draws),
        settings: &StepSettings<'_>,
    ) -> Result<ArchitectureGradient, SessionError> {
        let relaxed = self.relax(&settings.moment, ARCHITECTURE_PASS);
        let reads = (!relaxed.ones).then(|| self.marks(&relaxed.jacobian.reads(&relaxed.p)));
        let copies = Copies { p: self.copies(&relaxed.p), reads };
        if self.is_second_order(settings.architecture) {
            return self.second_order_gradient(train, valid, &relaxed, &copies, settings).await;
        }
        let compares = self.compares_gradients();
        let want = Want { weights: if compares { 1.0 } else { 0.0 }, cells: true, ..Want::default() };
        let pass = self.engine.pass(copies.input(valid), want).await?;
        let valid = gradients(&pass, &self.space, &self.cell_types);
        let mut weights = None;
        if compares {
            weights = Some(self.weight_gradient().await?);
            self.engine.clear_gradient().await?;
        }
        let alpha = self.gradient_of_alpha(&relaxed, &valid, &settings.moment);
        Ok(ArchitectureGradient { alpha, valid, weights })
    }

    /// Gradient of α and β from cell gradients, regularizers included. Those that are absent are not read.
    pub(super) fn gradient_of_alpha(&self, relaxed: &Relaxed, found: &Gradients, moment: &Moment) -> Vec<f64> {
        let cells = self.whole_gradients(found);
        self.method.alpha_gradient(&self.architecture, relaxed, &self.space, &self.cell_types, &cells, moment)
    }

    async fn architecture_step(
        &mut self,
        train: (&Batch, &Draws),
        valid: (&Batch, &Draws),
        settings: &StepSettings<'_>,
    ) -> Result<(Vec<f64>, Gradients), SessionError> {
        if self.method.rests(settings.moment.epoch, settings.moment.epochs) {
            return self.resting_step(valid, settings).await;
        }
        if self.method.policy().is_some() {
            return self.policy_step(valid, settings).await;
        }
        let mut watch = Stopwatch::start();
        let ArchitectureGradient { alpha, valid, weights } = self.alpha_gradient(train, valid, settings).await?;
        watch.lap(&mut self.phases.architecture);
        finite("validation loss", valid.loss)?;
        finite("architecture gradient", alpha.iter().sum())?;
        if !self.method.holds_alpha() {
            let ArchitectureConfig { lr, betas, decay, .. } = *settings.architecture;
            let mut parameters = self.parameters();
            self.adam.step(&mut parameters, &alpha, lr, betas, decay);
            finite("architecture", parameters.iter().sum())?;
            self.set_parameters(&parameters);
        }
        if let (Some(rule), Some(weights)) = (self.method.freezing(), weights) {
            finite("validation gradient", weights.iter().sum())?;
            if self.freezing.compare(&rule, self.engine.graph(), &weights) {
                self.set_freezing(self.freezing.clone());
            }
        }
        watch.lap(&mut self.phases.optimizers);
        Ok((alpha, valid))
    }

    /// Architecture step while α rests: the validation loss alone.
    async fn resting_step(
        &mut self,
        valid: (&Batch, &Draws),
        settings: &StepSettings<'_>,
    ) -> Result<(Vec<f64>, Gradients), SessionError> {
        let mut watch = Stopwatch::start();
        let p = self.copies(&self.relax(&settings.moment, ARCHITECTURE_PASS).p);
        let loss = self.engine.pass(input(valid, &p), Want::default()).await?.loss();
        watch.lap(&mut self.phases.architecture);
        finite("validation loss", loss)?;
        let absent: Vec<Vec<Option<f64>>> = p.iter().map(|p| vec![None; p.len()]).collect();
        Ok((vec![0.0; self.parameters().len()], divided(loss, &absent, &self.space, &self.cell_types)))
    }

    /// Architecture step of a method with a policy, which learns from the accuracy of an architecture that it has
    /// drawn.
    async fn policy_step(
        &mut self,
        valid: (&Batch, &Draws),
        settings: &StepSettings<'_>,
    ) -> Result<(Vec<f64>, Gradients), SessionError> {
        let mut watch = Stopwatch::start();
        let p = self.copies(&self.relax(&settings.moment, ARCHITECTURE_PASS).p);
        // The reward needs the forward pass alone; the measures of an epoch read ∂L/∂p, of the path only.
        let input = Input { probes: Probes::None, ..input(valid, &p) };
        let pass = self.engine.pass(input, Want { cells: true, ..Want::default() }).await?;
        let found = gradients(&pass, &self.space, &self.cell_types);
        let right = right(pass.logits(), &valid.0.labels, self.size.classes);
        watch.lap(&mut self.phases.architecture);
        finite("validation loss", found.loss)?;
        #[expect(clippy::cast_precision_loss, reason = "images are few")]
        let reward = right as f64 / valid.0.labels.len().max(1) as f64;
        let alpha = self.method.learn(&self.architecture, &settings.moment, ARCHITECTURE_PASS, reward);
        let flat = alpha.map_or_else(|| self.architecture.flat(), |alpha| alpha.concat().concat());
        finite("architecture", flat.iter().sum())?;
        self.architecture.set_flat(&flat);
        watch.lap(&mut self.phases.optimizers);
        Ok((vec![0.0; flat.len()], found))
    }

    async fn weight_step(
        &mut self,
        train: (&Batch, &Draws),
        settings: &StepSettings<'_>,
    ) -> Result<(Gradients, GradientNorms), SessionError> {
        let mut watch = Stopwatch::start();
        let moment = settings.moment;
        let p = self.ascended(train, &moment).await?;
        let regularizes = self.method.regularizes_weights(&moment);
        let tangent = self.method.holds_pattern(&moment);
        let want = Want { weights: 1.0, cells: true, statistics: true, tangent, ..Want::default() };
        // Only regularizers read the gradients of candidates with p = 0 here, and none those of candidates that are
        // not admitted.
        let admitted = self.architecture.admitted().map(|admitted| self.marks(admitted));
        let probes = match &admitted {
            _ if !self.method.may_regularize_weights() => Probes::None,
            Some(admitted) => Probes::Marked(admitted),
            None => Probes::All,
        };
        let mut pass = self.engine.pass(Input { probes, ..input(train, &p) }, want).await?;
        let mut found = gradients(&pass, &self.space, &self.cell_types);
        if let Some(admitted) = &admitted {
            let absent =
                found.cells.iter_mut().zip(admitted).flat_map(|(cell, admitted)| cell.iter_mut().zip(admitted));
            absent.filter(|(_, admitted)| !**admitted).for_each(|(gradient, _)| *gradient = None);
        }
        watch.lap(&mut self.phases.weights);
        finite("training loss", found.loss)?;
        finite("cell gradient", found.cells.iter().flatten().flatten().sum())?;
        // The CPU computes a tangent's gradient together with that of the loss; to tell them apart, it takes the weights'
        // part of a backward pass once more.
        let apart = regularizes && (!tangent || moment.step.is_multiple_of(TANGENT_NORM_EVERY));
        let mut norms = GradientNorms { total: 0.0, loss: None, regularizer: None };
        if regularizes {
            let cells = filled(&found.cells);
            let terms = self.method.regularize_weights(&self.space, &self.cell_types, &cells, &moment);
            if apart {
                norms.loss = Some(pass.mark_gradient().await?);
            }
            regularize(&mut pass, &p, &terms).await?;
            if apart {
                norms.regularizer = Some(self.engine.gradient_norm_since_mark().await?);
            }
        }
        let norm = self.engine.gradient_norm().await?;
        norms.total = norm;
        if regularizes {
            watch.lap(&mut self.phases.regularizer);
        } else {
            norms.loss = Some(norm);
        }
        if self.method.freezing().is_some() {
            let gradient = self.weight_gradient().await?;
            self.freezing.keep(gradient, SgdStep::clip_scale(norm, settings.weights.clip));
        }
        let weights = WeightsConfig { decay: self.decay(settings), ..*settings.weights };
        self.descend(norm, settings.lr, &weights).await?;
        watch.lap(&mut self.phases.optimizers);
        Ok((found, norms))
    }

    /// Takes the step of SGD with the engine's gradient, which has this norm.
    pub(super) async fn descend(&mut self, norm: f64, lr: f64, weights: &WeightsConfig) -> Result<(), SessionError> {
        finite("weight gradient", norm)?;
        let WeightsConfig { momentum, decay, clip, .. } = *weights;
        let scale = SgdStep::clip_scale(norm, clip);
        self.engine.step(SgdStep { lr, momentum, decay, scale, nesterov: false }).await?;
        self.engine.update_running().await?;
        Ok(())
    }

    /// L2 decay of the weights in a step.
    pub(super) fn decay(&self, settings: &StepSettings<'_>) -> f64 {
        self.method.weight_decay(&settings.moment).unwrap_or(settings.weights.decay)
    }

    /// Flattened p of every cell in evaluation.
    pub(super) fn evaluation_weights(&self, moment: &Moment) -> Vec<Vec<f64>> {
        self.copies(&self.method.relax_for_evaluation(&self.architecture, &self.space, moment))
    }

    /// Number of images of a batch that the supernet classifies correctly.
    pub(super) async fn correct(
        &mut self,
        batch: &Batch,
        p: &[Vec<f64>],
        statistics: Statistics,
    ) -> Result<usize, SessionError> {
        let logits = self.logits(batch, p, statistics).await?;
        Ok(right(&logits, &batch.labels, self.size.classes))
    }

    /// Logits of a batch, `[batch · classes]`.
    pub(super) async fn logits(
        &mut self,
        batch: &Batch,
        p: &[Vec<f64>],
        statistics: Statistics,
    ) -> Result<Vec<f64>, SessionError> {
        batch.check(self.size.image_channels, self.size.classes)?;
        let draws = Draws::apart(self.engine.graph(), batch.shape, self.seed);
        let input = Input { loss: Loss::None, statistics, ..input((batch, &draws), p) };
        let pass = self.engine.pass(input, Want::default()).await?;
        Ok(pass.into_found().output)
    }

    /// Returns the state that training changes, on the host.
    ///
    /// # Errors
    /// [`SessionError::Engine`] if the device fails.
    pub async fn state(&mut self) -> Result<BilevelState, SessionError> {
        let tensors = tensors::read(self.engine.as_mut()).await?;
        let (adam, freezing) = (self.adam.clone(), self.freezing.clone());
        let graph = self.engine.graph();
        let state = BilevelState::new(tensors, graph, &self.space, &self.architecture, adam, freezing, &self.method);
        let cells = (self.size.cells != self.first_cells).then_some(self.size.cells);
        Ok(BilevelState { cells, ..state })
    }

    /// Restores a state, with the supernet of its stage.
    ///
    /// # Errors
    /// [`SessionError::State`] if it belongs to another supernet, and [`SessionError::Engine`] if the device fails.
    pub async fn restore(&mut self, state: BilevelState) -> Result<(), SessionError> {
        let size = NetworkSize { cells: state.cells.unwrap_or(self.first_cells), ..self.size };
        let other = if size == self.size { None } else { Some(self.supernet_of_state(size)?) };
        let graph = other.as_ref().unwrap_or_else(|| self.engine.graph());
        let architecture = state.architecture(&self.space, &self.architecture)?;
        let vectors = tensors::vectors(&state.tensors, graph)?;
        let beta = state.beta(&self.space, self.method.beta())?;
        state.check_count(graph, &self.space, self.method.beta())?;
        let freezing = state.freezing(graph)?;
        if self.method.freezing().is_none() && !freezing.is_new() {
            return Err(SessionError::State("its frozen operations are those of another method".to_owned()));
        }
        if !self.method.has_stages() && !state.left.is_empty() {
            return Err(SessionError::State("its candidates have left in stages of another method".to_owned()));
        }
        let known = match (&state.policy, self.method.policy()) {
            (Some(saved), Some(own)) => saved.fits(own),
            (saved, own) => saved.is_none() && own.is_none(),
        };
        if !known {
            return Err(SessionError::State("its policy is that of another method".to_owned()));
        }
        if !state.adam.fits(architecture.flat().len() + beta.len()) {
            return Err(SessionError::State(
                "its means of the architecture gradient are those of no search".to_owned(),
            ));
        }
        if let Some(graph) = other {
            let mut engine = engine::open(graph, &self.device).await?;
            tensors::write(engine.as_mut(), &vectors).await?;
            self.replace_engine(engine, size);
        } else {
            tensors::write(self.engine.as_mut(), &vectors).await?;
        }
        self.architecture = architecture;
        self.adam = state.adam;
        self.method.set_policy(state.policy);
        self.method.set_flat_beta(&beta);
        self.set_freezing(freezing);
        Ok(())
    }

    /// Supernet of the size that a state has.
    fn supernet_of_state(&self, size: NetworkSize) -> Result<Graph, SessionError> {
        let built = self.space.check_cells(size.cells).and_then(|()| self.method.supernet(&self.space, size));
        built.map_err(|error| SessionError::State(error.to_string()))
    }
}

/// Type of every searched cell of a supernet.
fn types(graph: &Graph) -> Vec<usize> {
    graph.cells().iter().map(|cell| cell.cell_type).collect()
}

/// Number of images whose largest logit is that of their label.
fn right(logits: &[f64], labels: &[i64], classes: usize) -> usize {
    let predictions = logits.chunks_exact(classes).map(argmax);
    predictions.zip(labels).filter(|(class, label)| i64::try_from(*class) == Ok(**label)).count()
}

/// Adds the terms of weight regularizers to the gradient of a pass at p. Weights of edges, which follow the operation
/// weights in p, stay as they are.
pub(super) async fn regularize(
    pass: &mut Pass<'_>,
    p: &[Vec<f64>],
    terms: &[Regularization],
) -> Result<(), SessionError> {
    let held: Vec<&Regularization> = terms.iter().filter(|term| term.estimator == Estimator::Frozen).collect();
    if let Some(epsilon) = held.first().map(|term| term.epsilon) {
        // A tangent is linear in its direction: one along the sum is enough.
        let mut direction: Vec<Vec<f64>> = p.iter().map(|p| vec![0.0; p.len()]).collect();
        for term in held {
            let cells = direction.iter_mut().zip(&term.directions);
            cells.flat_map(|(sum, d)| sum.iter_mut().zip(d)).for_each(|(sum, d)| *sum -= term.coefficient * d);
        }
        pass.tangent(&direction, TangentWant { weights: 1.0, cells: false, epsilon }).await?;
    }
    for term in terms.iter().filter(|term| term.estimator == Estimator::Central) {
        let norm = term.directions.iter().flatten().map(|d| d * d).sum::<f64>().sqrt();
        let epsilon = term.epsilon / norm;
        for sign in [1.0, -1.0] {
            let moved = |(p, d): (&Vec<f64>, &Vec<f64>)| {
                let d = d.iter().chain(std::iter::repeat(&0.0));
                p.iter().zip(d).map(|(p, d)| p + sign * epsilon * d).collect()
            };
            let p: Vec<Vec<f64>> = p.iter().zip(&term.directions).map(moved).collect();
            let weights = -sign * term.coefficient / (2.0 * epsilon);
            pass.again(&p, Want { weights, ..Want::default() }).await?;
        }
    }
    Ok(())
}

/// Input of a training pass over a batch.
pub(super) fn input<'a>((batch, draws): (&'a Batch, &'a Draws), p: &'a [Vec<f64>]) -> Input<'a> {
    Input {
        images: &batch.images,
        shape: batch.shape,
        loss: Loss::Labels(&batch.labels),
        p,
        probes: Probes::All,
        statistics: Statistics::Batch,
        draws,
    }
}

pub(super) fn finite(what: &str, value: f64) -> Result<(), SessionError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(SessionError::NotFinite { epoch: 0, step: 0, what: what.to_owned() })
}
