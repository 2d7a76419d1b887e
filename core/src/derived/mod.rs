//! The discrete network that a genotype stands for: what is trained from scratch once a search is over.
//!
//! Its cells have the one operation on every edge that was derived, its batch norms have scale and shift, and DARTS's
//! pooling stands alone, as in the references. Weights carry the references' names. DARTS's auxiliary classifier and
//! drop path, which only training has, are not there.

use crate::data::{Batch, DataError};
use crate::device::{DeviceError, Place, read};
use crate::ops::{Branches, StepNoise};
use crate::space::{Genotype, Layout, Space};
use crate::supernet::{Blueprint, Size, SizeError, Supernet, Wanted, plan};

/// Why a network could not be derived, or not run.
#[derive(Debug, thiserror::Error)]
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
    /// Weights or running statistics of another network.
    #[error("{found} {what} for a network of {expected}")]
    Count {
        /// What was given.
        what: &'static str,
        /// How many there were.
        found: usize,
        /// How many there are.
        expected: usize,
    },
    /// A batch is none for this network.
    #[error(transparent)]
    Data(#[from] DataError),
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

    /// Running means and unbiased variances of all batch norms, as the training passes have left them: with the weights,
    /// all that predictions depend on.
    ///
    /// # Errors
    /// [`DerivedError::Device`] where the device does not answer.
    pub async fn running(&self) -> Result<[Vec<f64>; 2], DerivedError> {
        Ok(self.net.running().await?)
    }

    /// Replaces the running means and variances.
    ///
    /// # Errors
    /// [`DerivedError::Count`] where their number differs.
    pub fn set_running(&mut self, running: [Vec<f64>; 2]) -> Result<(), DerivedError> {
        let expected = self.net.layout().normalized();
        let found = running.iter().map(Vec::len).find(|&found| found != expected).unwrap_or(expected);
        if self.net.set_running(running) {
            return Ok(());
        }
        Err(DerivedError::Count { what: "running statistics", found, expected })
    }

    /// Replaces all weights ω. Running statistics stay as they are.
    ///
    /// # Errors
    /// [`DerivedError::Count`] where their number differs.
    pub fn set_weights(&mut self, weights: Vec<f64>) -> Result<(), DerivedError> {
        let (found, expected) = (weights.len(), self.weight_count());
        if found != expected {
            return Err(DerivedError::Count { what: "weights", found, expected });
        }
        self.net.weights = self.net.place().tensor(weights, [found], false);
        Ok(())
    }

    /// Loss and gradients of a batch in training mode. Running statistics move a tenth of the way to the batch's. Where
    /// a cell has the operation `noise`, `step` is what it is drawn from.
    ///
    /// # Errors
    /// [`DerivedError::Data`] where the batch has other channels or classes than the network, or not as many numbers as
    /// its shape; [`DerivedError::Device`] where the device fails.
    pub async fn train(&mut self, batch: &Batch, step: u64) -> Result<TrainingPass, DerivedError> {
        let wanted = Wanted { weights: true, cells: false, again: None };
        let (batch, mut noise) = (self.net.on_device(batch)?, StepNoise::new(self.seed, step));
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
    /// [`DerivedError::Data`] as in [`train`](Self::train), [`DerivedError::Device`] where the device fails.
    pub async fn predict(&self, batch: &Batch) -> Result<Vec<f64>, DerivedError> {
        let logits = self.net.evaluate(&[], &self.net.on_device(batch)?, &mut StepNoise::apart(self.seed)).await?;
        let count = logits.dims().iter().product::<usize>();
        Ok(read(logits.reshape([count])).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> (Space, Genotype, Size) {
        let cell = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
        let size = Size { channels: 2, cells: 1, image_channels: 3, classes: 7 };
        (Space::named("nas-bench-201").unwrap(), Genotype::parse(cell).unwrap(), size)
    }

    /// Of a cell without any operation, the fixed parts remain, counted here by hand on images of 5, 3 and 2 pixels.
    #[test]
    fn the_fixed_parts_of_nas_bench_201_are_counted() {
        let (space, genotype, size) = nothing();
        let stem = [54 + 4, 25 * 54];
        let first = [72 + 8 + 144 + 8 + 8, 9 * (72 + 144 + 8)];
        let second = [288 + 16 + 576 + 16 + 32, 4 * (288 + 576 + 32)];
        let head = [16 + 56 + 7, 56];
        let [parameters, multiply_adds] = [0, 1].map(|at| stem[at] + first[at] + second[at] + head[at]);
        assert_eq!(Cost::of(&space, &genotype, size, [5, 5]).unwrap(), Cost { parameters, multiply_adds });
    }

    /// 1,288,506 weights and 184,730,240 multiply-adds are what the reference's network of Λ-DARTS's best cell has.
    #[test]
    fn a_published_cell_of_nas_bench_201_costs_what_it_does() {
        let (space, ..) = nothing();
        let cell = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|";
        let size = Size::published(space.layout, 3, 10);
        let cost = Cost::of(&space, &Genotype::parse(cell).unwrap(), size, [32, 32]).unwrap();
        assert_eq!(cost, Cost { parameters: 1_288_506, multiply_adds: 184_730_240 });
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let (space, genotype, size) = nothing();
        let mut net = DerivedNetwork::new(&space, &genotype, size, 1, &Place::cpu()).unwrap();
        let good = Batch { images: vec![0.5; 2 * 3 * 16], labels: vec![0, 6], shape: [2, 3, 4, 4] };
        pollster::block_on(net.train(&good, 0)).unwrap();
        for (batch, what) in [
            (Batch { shape: [6, 1, 4, 4], ..good.clone() }, "1 channels, not 3"),
            (Batch { shape: [2, 3, 4, 5], ..good.clone() }, "96 numbers"),
            (Batch { shape: [2, 3, usize::MAX, 4], ..good.clone() }, "96 numbers"),
            (Batch { labels: vec![0], ..good.clone() }, "1 labels for 2 images"),
            (Batch { labels: vec![0, 7], ..good.clone() }, "the label 7"),
            (Batch { labels: vec![-1, 0], ..good.clone() }, "the label -1"),
            (Batch { images: vec![], labels: vec![], shape: [0, 3, 4, 4] }, "a zero"),
        ] {
            for error in [
                pollster::block_on(net.train(&batch, 0)).unwrap_err(),
                pollster::block_on(net.predict(&batch)).unwrap_err(),
            ] {
                assert!(error.to_string().contains(what), "{error}");
            }
        }
        let errors = [net.set_weights(vec![0.0; 3]), net.set_running([vec![0.0; 34], vec![0.0; 3]])];
        assert_eq!(
            errors.map(|error| error.unwrap_err().to_string()),
            ["3 weights for a network of 1305", "3 running statistics for a network of 34",]
        );

        // None of these came from a text.
        let mut many = genotype.clone();
        many.cells[0].nodes = vec![vec![]; 1_000_000];
        many.cells[0].output = vec![1];
        let mut later = genotype.clone();
        later.cells[0].nodes[0][0].1 = 3;
        let mut inputs = genotype;
        inputs.cells[0].output = vec![0];
        for (genotype, what) in [(many, "1 to 64 nodes"), (later, "does not come before"), (inputs, "an input")] {
            let error = Cost::of(&space, &genotype, size, [5, 5]).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
        }
    }

    /// Weights and running statistics are all of a trained network.
    #[test]
    fn a_network_is_restored_from_its_numbers() {
        let (space, _, size) = nothing();
        let genotype =
            Genotype::parse("|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|avg_pool_3x3~1|none~2|").unwrap();
        let make = |seed| DerivedNetwork::new(&space, &genotype, size, seed, &Place::cpu()).unwrap();
        let (mut trained, mut other) = (make(1), make(2));
        let images: Vec<f32> = (0_u8..96).map(|at| f32::from(at % 7) - 3.0).collect();
        let batch = Batch { images, labels: vec![0, 6], shape: [2, 3, 4, 4] };
        pollster::block_on(async {
            trained.train(&batch, 0).await.unwrap();
            let wanted = trained.predict(&batch).await.unwrap();
            other.set_weights(trained.weights().await.unwrap()).unwrap();
            assert_ne!(other.predict(&batch).await.unwrap(), wanted);
            other.set_running(trained.running().await.unwrap()).unwrap();
            assert_eq!(other.predict(&batch).await.unwrap(), wanted);
        });
    }
}
