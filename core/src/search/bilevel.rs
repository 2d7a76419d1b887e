//! One bilevel step: the mathematics, without data sets, schedules or events.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::optimizer::{Adam, Sgd};
use super::phase::Stopwatch;
use super::{ArchitectureConfig, MethodConfig, Order, Phases, SearchError, WeightsConfig};
use crate::alignment::{Alignment, Estimator, Form, Regularized, differentiate, moves, regularize};
use crate::data::Batch;
use crate::device::{Place, read};
use crate::ops::{Branches, StepNoise};
use crate::space::Space;
use crate::supernet::{Architecture, DeviceBatch, Outcome, Size, Supernet, Wanted};

/// A supernet in training: weights, architecture parameters and both optimizers.
#[derive(Clone, Debug)]
pub struct Bilevel {
    /// The supernet.
    pub net: Supernet,
    /// The architecture parameters α.
    pub architecture: Architecture,
    pub(super) sgd: Sgd,
    adam: Adam,
    space: Space,
    seed: u64,
    /// Measured, not a part of the state.
    pub(super) phases: Phases,
}

/// What a step is to do.
#[derive(Clone, Copy, Debug)]
pub struct StepSettings<'a> {
    /// The number of the step over the whole search; the noise of the step is drawn from it.
    pub step: u64,
    /// The weights' learning rate now.
    pub lr: f64,
    /// λ now.
    pub strength: f64,
    /// Form, ε₀, estimator and kinds of the regularizer.
    pub method: &'a MethodConfig,
    /// SGD.
    pub weights: &'a WeightsConfig,
    /// Adam, order, unrolled or not.
    pub architecture: &'a ArchitectureConfig,
}

/// The loss and what a backward pass gives, on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// The mean cross-entropy.
    pub loss: f64,
    /// g_l = ∂L/∂p_l of every cell, flattened.
    pub cells: Vec<Vec<f64>>,
}

/// What a step did.
#[derive(Clone, Debug, PartialEq)]
pub struct StepReport {
    /// L_train and its cell gradients, before the step.
    pub train: Gradients,
    /// L_val and its cell gradients, before the step.
    pub valid: Gradients,
    /// ∂L_val/∂α, flattened, as given to Adam.
    pub alpha: Vec<f64>,
    /// The norm of the weights' gradient before clipping, regularizer included.
    pub gradient_norm: f64,
}

/// Everything that training changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BilevelState {
    weights: Vec<f64>,
    running: [Vec<f64>; 2],
    momentum: Option<Vec<f64>>,
    architecture: Architecture,
    adam: Adam,
}

impl BilevelState {
    /// The long vectors in it, by name.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn arrays(&mut self) -> impl Iterator<Item = (&'static str, &mut Vec<f64>)> {
        let [mean, variance] = &mut self.running;
        let always = [("weights", &mut self.weights), ("running_mean", mean), ("running_variance", variance)];
        always.into_iter().chain(self.momentum.as_mut().map(|momentum| ("momentum", momentum)))
    }
}

impl Bilevel {
    /// A fresh start under a seed.
    ///
    /// # Errors
    /// [`SearchError::Size`] where a size is out of range.
    pub fn new(space: &Space, size: Size, seed: u64, place: &Place) -> Result<Self, SearchError> {
        Ok(Self {
            net: Supernet::new(space, size, seed, place)?,
            architecture: Architecture::new(space, seed),
            sgd: Sgd { momentum: None },
            adam: Adam::default(),
            space: space.clone(),
            seed,
            phases: Phases::default(),
        })
    }

    /// Replaces all weights ω, in the order of [`Supernet::weight_names`].
    ///
    /// # Errors
    /// [`SearchError::State`] where the number of weights differs.
    pub fn set_weights(&mut self, weights: Vec<f64>) -> Result<(), SearchError> {
        let count = self.net.weight_count();
        if weights.len() != count {
            return Err(SearchError::State(format!("{} weights for a supernet of {count}", weights.len())));
        }
        self.net.weights = self.net.place().tensor(weights, [count], false);
        Ok(())
    }

    /// Replaces the momentum of all weights.
    ///
    /// # Errors
    /// [`SearchError::State`] where the number differs.
    pub fn set_momentum(&mut self, momentum: Vec<f64>) -> Result<(), SearchError> {
        let count = self.net.weight_count();
        if momentum.len() != count {
            return Err(SearchError::State(format!("{} momenta for a supernet of {count}", momentum.len())));
        }
        self.sgd.momentum = Some(self.net.place().tensor(momentum, [count], false));
        Ok(())
    }

    /// All weights ω.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device does not answer.
    pub async fn weights(&self) -> Result<Vec<f64>, SearchError> {
        Ok(read(self.net.weights.clone()).await?)
    }

    /// The loss, logits `[batch · classes]`, ∂L/∂ω and cell gradients of a batch in training mode; nothing changes.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device does not answer.
    pub async fn gradients(
        &self,
        batch: &Batch,
        noise: &[(String, Vec<f64>, [usize; 4])],
    ) -> Result<(Gradients, Vec<f64>, Vec<f64>), SearchError> {
        let batch = self.net.on_device(batch)?;
        let p = self.architecture.copies(self.net.cell_kinds());
        let wanted = Wanted { weights: true, cells: true, again: None };
        let mut outcome =
            self.net.pass(&self.net.weights, &p, &batch, wanted, Branches::Free, &mut self.noise(0, noise)).await?;
        let weights = outcome.take_weights()?;
        let count = outcome.logits.dims().iter().product::<usize>();
        let logits = read(outcome.logits.clone().reshape([count])).await?;
        Ok((self.read(outcome).await?, logits, read(weights).await?))
    }

    /// Logits `[batch · classes]` of a batch with running statistics, as in validation.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device does not answer.
    pub async fn predict(
        &self,
        batch: &Batch,
        noise: &[(String, Vec<f64>, [usize; 4])],
    ) -> Result<Vec<f64>, SearchError> {
        let p = self.architecture.copies(self.net.cell_kinds());
        let logits = self.net.evaluate(&p, &self.net.on_device(batch)?, &mut self.noise(0, noise)).await?;
        let count = logits.dims().iter().product::<usize>();
        Ok(read(logits.reshape([count])).await?)
    }

    /// Moves the running statistics by one pass without training: with new weights they belong to others.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device fails.
    pub async fn recalibrate(
        &mut self,
        batch: &Batch,
        noise: &[(String, Vec<f64>, [usize; 4])],
    ) -> Result<(), SearchError> {
        let p = self.architecture.copies(self.net.cell_kinds());
        let (batch, wanted) = (self.net.on_device(batch)?, Wanted::default());
        let outcome =
            self.net.pass(&self.net.weights, &p, &batch, wanted, Branches::Free, &mut self.noise(0, noise)).await?;
        self.net.follow(outcome.seen);
        Ok(())
    }

    /// ∂Λ/∂ω of a batch by `estimator`, with Λ itself; `None` where it is not defined or zero.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device does not answer.
    pub async fn regularizer(
        &self,
        batch: &Batch,
        form: Form,
        estimator: Estimator,
        epsilon0: f64,
        noise: &[(String, Vec<f64>, [usize; 4])],
    ) -> Result<Option<(f64, Vec<f64>)>, SearchError> {
        let batch = self.net.on_device(batch)?;
        let mut noise = self.noise(0, noise);
        let p = self.architecture.copies(self.net.cell_kinds());
        let branches = recording(estimator);
        let wanted = Wanted { weights: false, cells: true, again: None };
        let mut outcome = self.net.pass(&self.net.weights, &p, &batch, wanted, branches, &mut noise).await?;
        let (branches, number) = (std::mem::take(&mut outcome.branches), outcome.number);
        let found = self.read(outcome).await?;
        let alignments = self.alignments(form, &["normal".to_owned()], &found.cells);
        let Some((_, Alignment { value, .. })) = alignments.first().filter(|(_, alignment)| moves(alignment)) else {
            return Ok(None);
        };
        let main = Regularized { net: &self.net, p: &p, batch: &batch, branches: &branches, number };
        if self.differentiates(Some(form), estimator, &batch).await? {
            let gradient = differentiate(&main, &alignments, 0.0, 1.0).await?;
            return Ok(Some((*value, read(gradient).await?)));
        }
        match regularize(&main, &alignments, epsilon0, &mut noise).await? {
            Some(gradient) => Ok(Some((*value, read(gradient).await?))),
            None => Ok(None),
        }
    }

    /// One step on a training and a validation batch, in the configured order.
    ///
    /// # Errors
    /// [`SearchError::NotFinite`] (its place to be filled in by the caller) or [`SearchError::Device`]; then nothing
    /// has changed.
    pub async fn step(
        &mut self,
        train: &Batch,
        valid: &Batch,
        settings: &StepSettings<'_>,
    ) -> Result<StepReport, SearchError> {
        let mut watch = Stopwatch::start();
        let (train, valid) = (self.net.on_device(train)?, self.net.on_device(valid)?);
        watch.lap(&mut self.phases.data);
        let mut noise = self.noise(settings.step, &[]);
        let before = self.clone();
        let done = self.both(&train, &valid, settings, &mut noise).await;
        if done.is_err() {
            *self = before;
        }
        done
    }

    async fn both(
        &mut self,
        train: &DeviceBatch,
        valid: &DeviceBatch,
        settings: &StepSettings<'_>,
        noise: &mut StepNoise,
    ) -> Result<StepReport, SearchError> {
        if settings.architecture.order == Order::ArchitectureFirst {
            let (alpha, valid) = self.architecture_step(train, valid, settings, noise).await?;
            let (train, gradient_norm) = self.weight_step(train, settings, noise).await?;
            return Ok(StepReport { train, valid, alpha, gradient_norm });
        }
        let (found, gradient_norm) = self.weight_step(train, settings, noise).await?;
        let (alpha, valid) = self.architecture_step(train, valid, settings, noise).await?;
        Ok(StepReport { train: found, valid, alpha, gradient_norm })
    }

    /// The architecture gradient of a batch pair, first order or unrolled as `settings` say; nothing changes.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device does not answer.
    pub async fn architecture_gradient(
        &self,
        train: &Batch,
        valid: &Batch,
        settings: &StepSettings<'_>,
    ) -> Result<Vec<f64>, SearchError> {
        let (train, valid) = (self.net.on_device(train)?, self.net.on_device(valid)?);
        let mut noise = self.noise(settings.step, &[]);
        Ok(self.alpha_gradient(&train, &valid, settings, &mut noise).await?.0)
    }

    async fn alpha_gradient(
        &self,
        train: &DeviceBatch,
        valid: &DeviceBatch,
        settings: &StepSettings<'_>,
        noise: &mut StepNoise,
    ) -> Result<(Vec<f64>, Gradients), SearchError> {
        if settings.architecture.unrolled {
            return self.unrolled_gradient(train, valid, settings, noise).await;
        }
        let p = self.architecture.copies(self.net.cell_kinds());
        let wanted = Wanted { weights: false, cells: true, again: None };
        let outcome = self.net.pass(&self.net.weights, &p, valid, wanted, Branches::Free, noise).await?;
        let found = self.read(outcome).await?;
        Ok((self.architecture.gradient(self.net.cell_kinds(), &found.cells), found))
    }

    async fn architecture_step(
        &mut self,
        train: &DeviceBatch,
        valid: &DeviceBatch,
        settings: &StepSettings<'_>,
        noise: &mut StepNoise,
    ) -> Result<(Vec<f64>, Gradients), SearchError> {
        let mut watch = Stopwatch::start();
        let (alpha, found) = self.alpha_gradient(train, valid, settings, noise).await?;
        watch.lap(&mut self.phases.architecture);
        finite("validation loss", found.loss)?;
        finite("architecture gradient", alpha.iter().sum())?;
        let ArchitectureConfig { lr, betas, decay, .. } = *settings.architecture;
        let mut flat = self.architecture.flat();
        self.adam.step(&mut flat, &alpha, lr, betas, decay);
        self.architecture.set_flat(&flat);
        watch.lap(&mut self.phases.optimizers);
        Ok((alpha, found))
    }

    async fn weight_step(
        &mut self,
        train: &DeviceBatch,
        settings: &StepSettings<'_>,
        noise: &mut StepNoise,
    ) -> Result<(Gradients, f64), SearchError> {
        let mut watch = Stopwatch::start();
        let kinds = &settings.method.kinds;
        let form = settings.method.name.parts().weight_regularizer;
        let form = form.filter(|_| settings.strength != 0.0 && kinds.iter().any(|kind| self.cells_of(kind).len() > 1));
        let branches = if form.is_some() { recording(settings.method.estimator) } else { Branches::Free };
        let p = self.architecture.copies(self.net.cell_kinds());
        // Then ∂L/∂ω comes with that of Λ.
        let at_once = self.differentiates(form, settings.method.estimator, train).await?;
        let wanted = Wanted { weights: !at_once, cells: true, again: None };
        let mut outcome = self.net.pass(&self.net.weights, &p, train, wanted, branches, noise).await?;
        let (branches, number) = (std::mem::take(&mut outcome.branches), outcome.number);
        let (seen, gradient) = (std::mem::take(&mut outcome.seen), outcome.weights.take());
        let found = self.read(outcome).await?;
        watch.lap(&mut self.phases.weights);
        finite("training loss", found.loss)?;
        finite("cell gradient", found.cells.iter().flatten().sum())?;
        let alignments =
            form.map(|form| self.alignments(form, &settings.method.kinds, &found.cells)).unwrap_or_default();
        let main = Regularized { net: &self.net, p: &p, batch: train, branches: &branches, number };
        let mut gradient = match gradient {
            None => differentiate(&main, &alignments, 1.0, -settings.strength).await?,
            Some(gradient) => match regularize(&main, &alignments, settings.method.epsilon, noise).await? {
                Some(lambda) => gradient.sub(lambda.mul_scalar(settings.strength)),
                None => gradient,
            },
        };
        let norm = read(gradient.clone().square().sum().sqrt()).await?[0];
        if form.is_some() {
            watch.lap(&mut self.phases.regularizer);
        }
        finite("weight gradient", norm)?;
        // As torch.nn.utils.clip_grad_norm_ does.
        let scale = (settings.weights.clip / (norm + 1e-6)).min(1.0);
        if scale < 1.0 {
            gradient = gradient.mul_scalar(scale);
        }
        self.net.weights = self.sgd.step(&self.net.weights, gradient, settings.lr, settings.weights);
        self.net.follow(seen);
        watch.lap(&mut self.phases.optimizers);
        Ok((found, norm))
    }

    /// Whether ∂Λ/∂ω is to be a derivative instead of a difference.
    async fn differentiates(
        &self,
        form: Option<Form>,
        estimator: Estimator,
        batch: &DeviceBatch,
    ) -> Result<bool, SearchError> {
        Ok(form.is_some() && estimator == Estimator::Frozen && self.net.differentiates(batch).await?)
    }

    /// The places of all cells of a kind.
    fn cells_of(&self, kind: &str) -> Vec<usize> {
        let kind = self.space.kind(kind);
        let kinds = self.net.cell_kinds().iter().enumerate();
        kinds.filter(|&(_, &of)| Some(of) == kind).map(|(cell, _)| cell).collect()
    }

    /// The alignment of each kind in `kinds`, with the places of its cells; kinds with fewer than two cells are left out.
    fn alignments(&self, form: Form, kinds: &[String], cells: &[Vec<f64>]) -> Vec<(Vec<usize>, Alignment)> {
        let of_kind = |name: &String| {
            let places = self.cells_of(name);
            let gradients: Vec<_> = places.iter().map(|&cell| cells[cell].clone()).collect();
            Alignment::of(form, &gradients).map(|alignment| (places, alignment))
        };
        kinds.iter().filter_map(of_kind).collect()
    }

    /// Loss and cell gradients in one read.
    pub(super) async fn read(&self, mut outcome: Outcome) -> Result<Gradients, SearchError> {
        let cells = outcome.take_cells()?;
        let all = read(Tensor::cat(vec![outcome.loss, cells], 0)).await?;
        Ok(Gradients { loss: all[0], cells: self.by_cell(&all[1..]) })
    }

    /// The gradients of all cells, one after the other, as a list.
    pub(super) fn by_cell(&self, all: &[f64]) -> Vec<Vec<f64>> {
        let mut rest = all;
        let lengths: Vec<usize> =
            self.architecture.tables.iter().map(|table| table.iter().map(Vec::len).sum()).collect();
        let cells = self.net.cell_kinds().iter().map(|&kind| {
            let (own, others) = rest.split_at(lengths[kind]);
            rest = others;
            own.to_vec()
        });
        cells.collect()
    }

    pub(super) fn noise(&self, step: u64, known: &[(String, Vec<f64>, [usize; 4])]) -> StepNoise {
        let mut noise = StepNoise::new(self.seed, step);
        for (name, values, shape) in known {
            if let Some(slot) = self.net.layout().noises.iter().position(|slot| slot == name) {
                noise.set(slot, self.net.place().tensor(values.clone(), *shape, false));
            }
        }
        noise
    }

    /// The share of a batch that the supernet with running statistics gets right, and the number of its images.
    pub(super) async fn correct(&self, batch: &Batch) -> Result<f64, SearchError> {
        let p = self.architecture.copies(self.net.cell_kinds());
        let device = self.net.on_device(batch)?;
        let logits = self.net.evaluate(&p, &device, &mut StepNoise::apart(self.seed)).await?;
        let right = logits.argmax(1).flatten::<1>(0, 1).equal(device.labels).float().sum();
        Ok(read(right).await?[0])
    }

    /// Everything that training changes, on the host.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device does not answer.
    pub async fn state(&self) -> Result<BilevelState, SearchError> {
        let momentum = match &self.sgd.momentum {
            Some(momentum) => Some(read(momentum.clone()).await?),
            None => None,
        };
        Ok(BilevelState {
            weights: self.weights().await?,
            running: self.net.running().await?,
            momentum,
            architecture: self.architecture.clone(),
            adam: self.adam.clone(),
        })
    }

    /// Puts back what [`state`](Self::state) gave.
    ///
    /// # Errors
    /// [`SearchError::State`] where it belongs to another supernet.
    pub fn restore(&mut self, state: BilevelState) -> Result<(), SearchError> {
        let shape = |architecture: &Architecture| -> Vec<Vec<usize>> {
            architecture.tables.iter().map(|table| table.iter().map(Vec::len).collect()).collect()
        };
        if shape(&state.architecture) != shape(&self.architecture) || !self.net.set_running(state.running) {
            return Err(SearchError::State("its sizes are those of another supernet".to_owned()));
        }
        self.set_weights(state.weights)?;
        if let Some(momentum) = state.momentum {
            self.set_momentum(momentum)?;
        }
        self.architecture = state.architecture;
        self.adam = state.adam;
        Ok(())
    }
}

fn recording(estimator: Estimator) -> Branches {
    match estimator {
        Estimator::Central => Branches::Free,
        Estimator::Frozen => Branches::Record(crate::ops::Recorded::default()),
    }
}

fn finite(what: &str, value: f64) -> Result<(), SearchError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(SearchError::NotFinite { epoch: 0, step: 0, what: what.to_owned() })
}
