//! Network of a genotype with its weights.

use crate::data::Batch;
use crate::device::Device;
use crate::engine::{self, Draws, DropRates, Engine, Input, Loss, Numbers, Probes, State, Statistics, Traffic, Want};
use crate::graph::{Graph, NetworkOptions, NetworkSize};
use crate::session::SessionError;
use crate::space::{Genotype, Space};

/// Derived network with its weights. A training loop of one's own owns the optimizer, or uses the engine's SGD.
///
/// ```
/// use lambda_darts::data::{Batch, DataConfig, ImageData, TrainingBatches};
/// use lambda_darts::device::Device;
/// use lambda_darts::engine::SgdStep;
/// use lambda_darts::graph::{NetworkOptions, NetworkSize};
/// use lambda_darts::space::{Genotype, Space};
/// use lambda_darts::training::DerivedNetwork;
/// use pollster::block_on;
///
/// let space = Space::named("nas-bench-201")?;
/// let cell = Genotype::parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|")?;
/// let size = NetworkSize { channels: 4, cells: 1, image_channels: 1, classes: 10 };
/// let mut network = block_on(DerivedNetwork::new(&space, &cell, size, NetworkOptions::default(), 0, &Device::cpu()))?;
/// let data = ImageData::load_whole(&DataConfig::training(), 0, &|_, _| {})?;
/// let batch: Batch = TrainingBatches::new(data.into(), 32, 0)?.batch(0, 0);
/// let mut losses = Vec::new();
/// for step in 0..10 {
///     // Loss and gradient stay on the device; the step takes the gradient from there.
///     let (loss, _logits) = block_on(network.accumulate(&batch, step))?;
///     losses.push(loss);
///     let sgd = SgdStep { lr: 0.1, momentum: 0.9, decay: 3e-4, scale: 1.0, nesterov: false };
///     block_on(network.engine().step(sgd))?;
/// }
/// assert!(losses[9] < losses[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// [`SessionError::Genotype`] if the genotype does not fit the space, [`SessionError::Size`] if a size is out of range.
    pub async fn new(
        space: &Space,
        genotype: &Genotype,
        size: NetworkSize,
        options: NetworkOptions,
        seed: u64,
        device: &Device,
    ) -> Result<Self, SessionError> {
        Self::of_graph(Graph::derived(space, genotype, size, options)?, size, seed, device).await
    }

    /// Network of a graph, with PyTorch's initial weights under `seed`.
    pub(super) async fn of_graph(
        graph: Graph,
        size: NetworkSize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, SessionError> {
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

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Name of the device.
    #[must_use]
    pub fn device_name(&self) -> &str {
        self.engine.device_name()
    }

    /// Number of kernels launched on the device so far; absent on the CPU.
    #[must_use]
    pub fn launches(&self) -> Option<u64> {
        self.engine.launches()
    }

    /// Traffic with the GPU so far; absent on the CPU.
    #[must_use]
    pub fn traffic(&self) -> Option<Traffic> {
        self.engine.traffic()
    }

    /// Sets the probability with which drop paths drop an image in training mode; 0 at first.
    pub fn set_drop_path(&mut self, probability: f64) {
        self.drop_path = probability;
    }

    /// Loss of a batch in training mode, and its gradient, which is also the engine's gradient afterwards. Running
    /// statistics move a tenth of the way to the batch's. Noise operations and drop paths are drawn for `step`.
    ///
    /// # Errors
    /// [`SessionError::Data`] if the batch has other channels or classes than the network, or not as many numbers as
    /// its shape; [`SessionError::Engine`] if the device fails.
    pub async fn loss_and_gradient(&mut self, batch: &Batch, step: u64) -> Result<LossAndGradient, SessionError> {
        self.engine.clear_gradient().await?;
        let (loss, logits) = self.accumulate(batch, step).await?;
        Ok(LossAndGradient { loss, logits, gradient: self.engine.read(State::Gradient).await? })
    }

    /// Loss and logits of a batch in training mode; the gradient is added to the engine's, and stays on the device. Running
    /// statistics move a tenth of the way to the batch's.
    ///
    /// # Errors
    /// As [`loss_and_gradient`](Self::loss_and_gradient).
    pub async fn accumulate(&mut self, batch: &Batch, step: u64) -> Result<(f64, Vec<f64>), SessionError> {
        let found = self.pass(batch, step).await?;
        self.engine.update_running().await?;
        Ok(found)
    }

    /// Loss and logits of a batch in training mode; the gradient is added to the engine's, and running statistics stay.
    pub(super) async fn pass(&mut self, batch: &Batch, step: u64) -> Result<(f64, Vec<f64>), SessionError> {
        batch.check(self.image_channels, self.classes)?;
        let graph = self.engine.graph();
        let draws = Draws::new(graph, batch.shape, self.seed, step);
        let rates = DropRates { drop_path: self.drop_path, ..DropRates::default() };
        let draws = draws.dropped(graph, batch.shape[0], self.seed, step, rates);
        let input = Input {
            images: &batch.images,
            shape: batch.shape,
            loss: Loss::Labels(&batch.labels),
            p: &[],
            probes: Probes::All,
            statistics: Statistics::Batch,
            draws: &draws,
        };
        let want = Want { weights: 1.0, statistics: true, ..Want::default() };
        let found = self.engine.pass(input, want).await?.into_found();
        Ok((found.loss, found.output))
    }

    /// Logits `[batch · classes]` with running statistics, as a trained network is used.
    ///
    /// # Errors
    /// As [`loss_and_gradient`](Self::loss_and_gradient).
    pub async fn predict(&mut self, batch: &Batch) -> Result<Vec<f64>, SessionError> {
        batch.check(self.image_channels, self.classes)?;
        let draws = Draws::apart(self.engine.graph(), batch.shape, self.seed);
        let input = Input {
            images: &batch.images,
            shape: batch.shape,
            loss: Loss::None,
            p: &[],
            probes: Probes::All,
            statistics: Statistics::Running,
            draws: &draws,
        };
        Ok(self.engine.pass(input, Want::default()).await?.into_found().output)
    }
}
