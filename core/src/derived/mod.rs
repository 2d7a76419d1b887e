//! The discrete network that a genotype stands for: what is trained from scratch once a search is over.
//!
//! Its cells have the one operation on every edge that was derived, its batch norms have scale and shift, and DARTS's
//! pooling stands alone, as in the references. Weights carry the references' names. DARTS's auxiliary classifier and
//! drop path, which only training has, are not there.

use crate::data::Batch;
use crate::device::{DeviceError, Place, read};
use crate::ops::{Branches, StepNoise};
use crate::space::{Genotype, Layout, Space};
use crate::supernet::{Blueprint, DeviceBatch, Size, SizeError, Supernet, Wanted, plan};

/// Why a network could not be derived, or not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DerivedError {
    /// The genotype is not one of the space's layout.
    #[error("{what}")]
    Genotype {
        /// What does not fit.
        what: String,
    },
    /// A size is out of range.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// Weights of another network.
    #[error("{found} weights for a network of {expected}")]
    Weights {
        /// How many there were.
        found: usize,
        /// How many there are.
        expected: usize,
    },
    /// The device did not answer.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// What a network takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Cost {
    /// How many weights are trained. Running statistics are none.
    pub parameters: u64,
    /// Multiplications of the convolutions and the classifier for one image, each with an addition: what papers call
    /// multiply-adds, MACs or, loosely, FLOPs.
    pub multiply_adds: u64,
}

impl Cost {
    /// Counts a network without building it; images have `image` = (height, width).
    ///
    /// # Errors
    /// [`DerivedError::Genotype`] and [`DerivedError::Size`].
    ///
    /// ```
    /// use lambda_darts::derived::Cost;
    /// use lambda_darts::space::{Genotype, Space};
    /// use lambda_darts::supernet::Size;
    ///
    /// // The second cell of the DARTS paper, which gives its network 3.3 million parameters.
    /// let cell = Genotype::parse(
    ///     "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), \
    ///      ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], \
    ///      normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), \
    ///      ('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), \
    ///      ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])",
    /// )?;
    /// let space = Space::named("darts")?;
    /// let cost = Cost::of(&space, &cell, Size::published(space.layout, 3, 10), [32, 32])?;
    /// assert_eq!((cost.parameters, cost.multiply_adds), (3_349_342, 528_359_040));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(space: &Space, genotype: &Genotype, size: Size, image: [usize; 2]) -> Result<Self, DerivedError> {
        let plan = plan(&blueprint(space, genotype)?, size)?;
        let multiply_adds = u64::try_from(plan.multiply_adds(image)).unwrap_or(u64::MAX);
        Ok(Self { parameters: plan.weights as u64, multiply_adds })
    }
}

impl Size {
    /// The sizes at which the papers train what they found: 36 channels and 20 cells where cells are stacked (DARTS),
    /// 16 channels and 5 cells a stage where they are staged (NAS-Bench-201).
    #[must_use]
    pub fn published(layout: Layout, image_channels: usize, classes: usize) -> Self {
        let (channels, cells) = match layout {
            Layout::Stacked { .. } => (36, 20),
            Layout::Staged => (16, 5),
        };
        Self { channels, cells, image_channels, classes }
    }
}

fn blueprint(space: &Space, genotype: &Genotype) -> Result<Blueprint, DerivedError> {
    Blueprint::derived(space, genotype).map_err(|what| DerivedError::Genotype { what })
}

/// A derived network with its weights. A training loop of one's own owns the optimizer: see the example
/// `train_what_was_found`.
#[derive(Clone, Debug)]
pub struct DerivedNetwork {
    net: Supernet,
    seed: u64,
}

/// What a training pass found.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingPass {
    /// The mean cross-entropy of the batch.
    pub loss: f64,
    /// `[batch · classes]`.
    pub logits: Vec<f64>,
    /// ∂L/∂ω, in the order of [`DerivedNetwork::weight_names`].
    pub gradient: Vec<f64>,
}

impl DerivedNetwork {
    /// Builds the network of a genotype, stacked as `space` stacks its cells, with PyTorch's default initialization
    /// under `seed`.
    ///
    /// # Errors
    /// [`DerivedError::Genotype`] where the genotype has other kinds of cell than the space, or other inputs or outputs
    /// than its layout can stack; [`DerivedError::Size`] where a size is out of range.
    pub fn new(space: &Space, genotype: &Genotype, size: Size, seed: u64, place: &Place) -> Result<Self, DerivedError> {
        Ok(Self { net: Supernet::of(&blueprint(space, genotype)?, size, seed, place)?, seed })
    }

    /// How many weights there are.
    #[must_use]
    pub fn weight_count(&self) -> usize {
        self.net.weight_count()
    }

    /// The name, shape and offset within ω of every weight, in the order of the PyTorch references' parameters.
    pub fn weight_names(&self) -> impl Iterator<Item = (&str, &[usize], usize)> {
        self.net.weight_names()
    }

    /// All weights ω.
    ///
    /// # Errors
    /// [`DerivedError::Device`] where the device does not answer.
    pub async fn weights(&self) -> Result<Vec<f64>, DerivedError> {
        Ok(read(self.net.weights.clone()).await?)
    }

    /// Replaces all weights ω. Running statistics stay as they are: those of other weights come with training passes.
    ///
    /// # Errors
    /// [`DerivedError::Weights`] where their number differs.
    pub fn set_weights(&mut self, weights: Vec<f64>) -> Result<(), DerivedError> {
        let (found, expected) = (weights.len(), self.weight_count());
        if found != expected {
            return Err(DerivedError::Weights { found, expected });
        }
        self.net.weights = self.net.place().tensor(weights, [found], false);
        Ok(())
    }

    /// Loss and gradients of a batch in training mode. Running statistics move a tenth of the way to the batch's. Where
    /// a cell has the operation `noise`, `step` is what it is drawn from.
    ///
    /// # Errors
    /// [`DerivedError::Device`] where the device fails.
    pub async fn train(&mut self, batch: &Batch, step: u64) -> Result<TrainingPass, DerivedError> {
        let wanted = Wanted { weights: true, cells: false, again: None };
        let (batch, mut noise) = (self.on_device(batch), StepNoise::new(self.seed, step));
        let mut outcome = self.net.pass(&self.net.weights, &[], &batch, wanted, Branches::Free, &mut noise).await?;
        let gradient = read(outcome.take_weights()?).await?;
        self.net.follow(outcome.seen);
        let count = outcome.logits.dims().iter().product::<usize>();
        let logits = read(outcome.logits.reshape([count])).await?;
        Ok(TrainingPass { loss: read(outcome.loss).await?[0], logits, gradient })
    }

    /// Logits `[batch · classes]` with running statistics, as a trained network is used.
    ///
    /// # Errors
    /// [`DerivedError::Device`] where the device fails.
    pub async fn predict(&self, batch: &Batch) -> Result<Vec<f64>, DerivedError> {
        let logits = self.net.evaluate(&[], &self.on_device(batch), &mut StepNoise::new(self.seed, 0)).await?;
        let count = logits.dims().iter().product::<usize>();
        Ok(read(logits.reshape([count])).await?)
    }

    fn on_device(&self, batch: &Batch) -> DeviceBatch {
        DeviceBatch::of(self.net.place(), batch)
    }
}
