//! Network of a genotype with its weights.

use crate::data::{Batch, DataError};
use crate::device::Device;
use crate::engine::{self, Draws, Engine, EngineError, Input, Loss, Numbers, State, Statistics, Want};
use crate::graph::{Graph, NetworkError, NetworkOptions, NetworkSize};
use crate::space::{Genotype, Space};

/// Network that cannot be built or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A batch does not fit the network.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The device failed, or numbers of another network were written.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Derived network with its weights. A training loop of one's own owns the optimizer, or uses the engine's SGD: see the
/// example `train_what_was_found`.
#[derive(Debug)]
pub struct DerivedNetwork {
    engine: Box<dyn Engine>,
    seed: u64,
    image_channels: usize,
    classes: usize,
    /// Probability of its drop paths.
    drop_path: f64,
}

/// Results of a training pass.
#[derive(Clone, Debug, PartialEq)]
pub struct LossAndGradient {
    /// Mean cross-entropy of the batch, the auxiliary head's included.
    pub loss: f64,
    /// Logits `[batch · classes]` of the network's own head.
    pub logits: Vec<f64>,
    /// ∂L/∂ω in the order of the graph's parameters.
    pub gradient: Numbers,
}

impl DerivedNetwork {
    /// Network of a genotype, its cells arranged as `space` arranges them, with PyTorch's initial weights under `seed`.
    ///
    /// # Errors
    /// [`TrainingError::Network`] if the genotype does not fit the space, or a size is out of range.
    pub async fn new(
        space: &Space,
        genotype: &Genotype,
        size: NetworkSize,
        options: NetworkOptions,
        seed: u64,
        device: &Device,
    ) -> Result<Self, TrainingError> {
        let graph = Graph::derived(space, genotype, size, options)?;
        let mut engine = engine::open(graph, device).await?;
        engine::initialize(engine.as_mut(), seed).await?;
        let NetworkSize { image_channels, classes, .. } = size;
        Ok(Self { engine, seed, image_channels, classes, drop_path: 0.0 })
    }

    /// Engine with the weights: [`Engine::read`] and [`Engine::write`] give and take weights and running statistics,
    /// [`Engine::step`] is SGD.
    pub fn engine(&mut self) -> &mut dyn Engine {
        self.engine.as_mut()
    }

    /// Graph of the network.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        self.engine.graph()
    }

    /// Sets the probability with which drop paths drop an image in training mode; 0 at first.
    pub fn set_drop_path(&mut self, probability: f64) {
        self.drop_path = probability;
    }

    /// Loss of a batch in training mode, and its gradient, which is also the engine's gradient afterwards. Running
    /// statistics move a tenth of the way to the batch's. Noise operations and drop paths are drawn for `step`.
    ///
    /// # Errors
    /// [`TrainingError::Data`] if the batch has other channels or classes than the network, or not as many numbers as
    /// its shape; [`TrainingError::Engine`] if the device fails.
    pub async fn loss_and_gradient(&mut self, batch: &Batch, step: u64) -> Result<LossAndGradient, TrainingError> {
        self.engine.clear_gradient().await?;
        let (loss, logits) = self.accumulate(batch, step).await?;
        Ok(LossAndGradient { loss, logits, gradient: self.engine.read(State::Gradient).await? })
    }

    /// Loss and logits of a batch in training mode; the gradient is added to the engine's, and stays on the device.
    ///
    /// # Errors
    /// As [`loss_and_gradient`](Self::loss_and_gradient).
    pub async fn accumulate(&mut self, batch: &Batch, step: u64) -> Result<(f64, Vec<f64>), TrainingError> {
        batch.check(self.image_channels, self.classes)?;
        let graph = self.engine.graph();
        let draws = Draws::new(graph, batch.shape, self.seed, step);
        let draws = draws.drop_path(graph, batch.shape[0], self.seed, step, self.drop_path);
        let input = Input {
            images: &batch.images,
            shape: batch.shape,
            loss: Loss::Labels(&batch.labels),
            p: &[],
            statistics: Statistics::Batch,
            draws: &draws,
        };
        let want = Want { weights: 1.0, statistics: true, ..Want::default() };
        let found = self.engine.pass(input, want).await?.into_found();
        self.engine.update_running().await?;
        Ok((found.loss, found.output))
    }

    /// Logits `[batch · classes]` with running statistics, as a trained network is used.
    ///
    /// # Errors
    /// As [`loss_and_gradient`](Self::loss_and_gradient).
    pub async fn predict(&mut self, batch: &Batch) -> Result<Vec<f64>, TrainingError> {
        batch.check(self.image_channels, self.classes)?;
        let draws = Draws::apart(self.engine.graph(), batch.shape, self.seed);
        let input = Input {
            images: &batch.images,
            shape: batch.shape,
            loss: Loss::None,
            p: &[],
            statistics: Statistics::Running,
            draws: &draws,
        };
        Ok(self.engine.pass(input, Want::default()).await?.into_found().output)
    }
}
