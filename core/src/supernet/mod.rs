//! The weight-sharing network in which all architectures of a space live at once.
//!
//! A mixed operation on edge (j→i) of cell l is Σ_k p_l\[e,k\]·op_k(x_j) with p = softmax(α); a node is the sum over
//! its incoming edges. Each cell is given its own copy p_l, so that one backward pass gives every g_l = ∂L/∂p_l.

mod architecture;
mod blueprint;
mod cell;
mod network;

use burn::tensor::{Int, Tensor, TensorData, activation};

pub use architecture::Architecture;
pub(crate) use architecture::through_softmax;
pub(crate) use blueprint::Blueprint;
pub(crate) use network::Network;

use crate::data::{Batch, DataError};
use crate::device::{DeviceError, Place, Processor, TENSORS, read};
use crate::kernels::pass;
use crate::kernels::plan::Plan;
use crate::ops::{
    Branches, Derivative, Goal, Inputs, Kernels, Layout, Normalization, Pass, Seen, StepNoise, collect, follow,
    no_running,
};
use crate::space::Space;

/// How large a supernet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Channels C of the first cells.
    pub channels: usize,
    /// Cells: L in a stacked layout, N a stage in a staged one.
    pub cells: usize,
    /// Channels of the images.
    pub image_channels: usize,
    /// Classes to tell apart.
    pub classes: usize,
}

/// Why a network could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a network needs {what}")]
pub struct SizeError {
    what: String,
}

/// A supernet's structure and its weights ω, momentum aside.
#[derive(Clone, Debug)]
pub struct Supernet {
    network: Network,
    kernels: Kernels,
    layout: Layout,
    size: Size,
    place: Place,
    /// ω, `[weights]`.
    pub(crate) weights: Tensor<1>,
    /// Running means and variances of all batch norms, `[channels in total]` each.
    pub(crate) running: [Tensor<1>; 2],
}

/// What a pass is to find out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// ∂L/∂ω.
    pub(crate) weights: bool,
    /// Every ∂L/∂p_l.
    pub(crate) cells: bool,
    /// The number of an earlier pass over the same batch at the same ω: only p differs, so that kernels need not repeat
    /// what does not depend on it.
    pub(crate) again: Option<u64>,
}

/// What a pass through the supernet found.
pub(crate) struct Outcome {
    /// The pass's number, for [`Wanted::again`]; 0 where there are no kernels.
    pub(crate) number: u64,
    /// `[batch, classes]`.
    pub(crate) logits: Tensor<2>,
    /// The mean cross-entropy, `[1]`.
    pub(crate) loss: Tensor<1>,
    /// ∂L/∂ω, `[weights]`, if wanted.
    pub(crate) weights: Option<Tensor<1>>,
    /// ∂L/∂p_l for all cells from stem to classifier, one after the other, if wanted.
    pub(crate) cells: Option<Tensor<1>>,
    /// What ReLUs and pools did, if recorded.
    pub(crate) branches: Branches,
    /// The batch statistics.
    pub(crate) seen: Seen,
}

/// More than the largest of the published spaces has in the most cells, and more than its derived networks have; nodes
/// count too. A genotype may have any number of operations a node.
const MOST_OPERATIONS: usize = 200_000;
const MOST_DERIVED: usize = 32_768;

/// Puts a network together if its size is there and within reason.
fn build(blueprint: &Blueprint, size: Size) -> Result<(Network, Layout), SizeError> {
    for (what, value, most) in [
        ("channels", size.channels, 4096),
        ("cells", size.cells, 1024),
        ("image channels", size.image_channels, 1024),
        ("classes", size.classes, 100_000),
    ] {
        if !(1..=most).contains(&value) {
            return Err(SizeError { what: format!("1 to {most} {what}, not {value}") });
        }
    }
    let most = if blueprint.derived { MOST_DERIVED } else { MOST_OPERATIONS };
    let parts = blueprint.parts(size.cells);
    if parts > most {
        return Err(SizeError { what: format!("at most {most} operations and nodes, not {parts}; take fewer cells") });
    }
    Ok(Network::new(blueprint, size))
}

/// The steps of what a blueprint shows, without its weights.
///
/// # Errors
/// [`SizeError`] where a size is zero or beyond reason.
pub(crate) fn plan(blueprint: &Blueprint, size: Size) -> Result<Plan, SizeError> {
    let (network, layout) = build(blueprint, size)?;
    Ok(network.plan(&layout, size.image_channels))
}

/// A batch on a device.
#[derive(Clone, Debug)]
pub(crate) struct DeviceBatch {
    pub(crate) images: Tensor<4>,
    pub(crate) labels: Tensor<1, Int>,
}

impl Outcome {
    /// ∂L/∂ω, which was wanted.
    pub(crate) fn take_weights(&mut self) -> Result<Tensor<1>, DeviceError> {
        self.weights.take().ok_or_else(no_gradient)
    }

    /// Every ∂L/∂p_l, which was wanted.
    pub(crate) fn take_cells(&mut self) -> Result<Tensor<1>, DeviceError> {
        self.cells.take().ok_or_else(no_gradient)
    }
}

fn no_kernels() -> DeviceError {
    DeviceError::Lost { reason: "it has no kernels".to_owned() }
}

fn no_gradient() -> DeviceError {
    DeviceError::Lost { reason: "a pass gave no gradient".to_owned() }
}

impl DeviceBatch {
    fn labels(&self) -> Vec<i64> {
        self.labels.clone().into_data().iter::<i64>().collect()
    }
}

impl Supernet {
    /// Builds a supernet with PyTorch's default initialization under `seed`.
    ///
    /// # Errors
    /// [`SizeError`] where a size is zero or beyond reason.
    pub fn new(space: &Space, size: Size, seed: u64, place: &Place) -> Result<Self, SizeError> {
        Self::of(&Blueprint::searched(space), size, seed, place)
    }

    /// Builds what a blueprint shows.
    pub(crate) fn of(blueprint: &Blueprint, size: Size, seed: u64, place: &Place) -> Result<Self, SizeError> {
        let (network, layout) = build(blueprint, size)?;
        let weights = place.tensor(layout.initial(seed), [layout.len()], false);
        let running = no_running(&layout, place);
        let kernels = Kernels::new(network.plan(&layout, size.image_channels));
        Ok(Self { network, kernels, layout, size, place: place.clone(), weights, running })
    }

    /// How many weights there are.
    #[must_use]
    pub fn weight_count(&self) -> usize {
        self.layout.len()
    }

    /// The name, shape and offset within ω of every weight, in the order of the PyTorch references' parameters.
    pub fn weight_names(&self) -> impl Iterator<Item = (&str, &[usize], usize)> {
        self.layout.weight_names()
    }

    /// The name of every batch norm and the place of its channels within the running statistics.
    pub fn norm_names(&self) -> impl Iterator<Item = (&str, std::ops::Range<usize>)> {
        self.layout.norm_names()
    }

    /// Running means and unbiased variances of all batch norms, as the weight steps have left them.
    ///
    /// # Errors
    /// [`DeviceError::Lost`] where the device does not answer.
    pub async fn running(&self) -> Result<[Vec<f64>; 2], DeviceError> {
        let [mean, variance] = self.running.clone();
        Ok([read(mean).await?, read(variance).await?])
    }

    /// The kind of every searched cell, from stem to classifier.
    #[must_use]
    pub fn cell_kinds(&self) -> &[usize] {
        self.network.cell_kinds()
    }

    /// Where the supernet lives.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// A batch where the supernet lives.
    ///
    /// # Errors
    /// [`DataError::BadBatch`] where it is none for this supernet.
    pub(crate) fn on_device(&self, batch: &Batch) -> Result<DeviceBatch, DataError> {
        batch.check(self.size.image_channels, self.size.classes)?;
        let images = batch.images.iter().copied().map(f64::from).collect();
        let labels = TensorData::new(batch.labels.clone(), [batch.labels.len()]);
        Ok(DeviceBatch {
            images: self.place.tensor(images, batch.shape, false),
            labels: Tensor::from_data(labels, &self.place.device(false)),
        })
    }

    /// Replaces the running statistics, if there are as many.
    pub(crate) fn set_running(&mut self, running: [Vec<f64>; 2]) -> bool {
        let count = self.layout.normalized();
        let fits = running.iter().all(|values| values.len() == count);
        if fits {
            self.running = running.map(|values| self.place.tensor(values, [count], false));
        }
        fits
    }

    /// Its steps, as kernels run them.
    #[cfg(test)]
    pub(crate) fn plan(&self) -> &Plan {
        self.kernels.plan()
    }

    /// One pass at the weights `at`, in which cell l reads `p[l]`.
    ///
    /// # Errors
    /// [`DeviceError::Lost`] where the device fails.
    pub(crate) async fn pass(
        &self,
        at: &Tensor<1>,
        p: &[Vec<f64>],
        batch: &DeviceBatch,
        wanted: Wanted,
        branches: Branches,
        noise: &mut StepNoise,
    ) -> Result<Outcome, DeviceError> {
        match self.kernels.processor(&self.place, batch.images.dims()).await? {
            Some(processor) => self.by_kernels(processor, at, p, batch, wanted, branches, noise).await,
            None if TENSORS => Ok(self.on_tensors(at, p, batch, wanted, branches, noise)),
            None => Err(no_kernels()),
        }
    }

    /// Whether [`differentiate`](Self::differentiate) can be had for a batch.
    ///
    /// # Errors
    /// [`DeviceError`] where the device fails.
    pub(crate) async fn differentiates(&self, batch: &DeviceBatch) -> Result<bool, DeviceError> {
        let processor = self.kernels.processor(&self.place, batch.images.dims()).await?;
        Ok(!matches!(processor, None | Some(Processor::Gpu(_))))
    }

    /// base · ∂L/∂ω and its derivative where p\[l\] moves along `directions[l]`, `[weights]`, and the derivative of all
    /// cell gradients, one after the other; what is not wanted is empty. It is the pass with the number `of` that is
    /// differentiated: it recorded its branches, and no other pass has come since.
    ///
    /// # Errors
    /// [`DeviceError::Lost`] where that is not so, or the device takes no derivatives.
    pub(crate) async fn differentiate(
        &self,
        of: u64,
        p: &[Vec<f64>],
        batch: &DeviceBatch,
        wanted: Wanted,
        directions: &[Vec<f64>],
        base: f64,
    ) -> Result<[Tensor<1>; 2], DeviceError> {
        let processor = self.kernels.processor(&self.place, batch.images.dims()).await?.ok_or_else(no_kernels)?;
        let derivative = Derivative {
            of,
            omega: &self.weights,
            p,
            labels: &batch.labels(),
            directions,
            base,
            wanted: pass::Wanted { weights: wanted.weights, cells: wanted.cells, image: false },
        };
        self.kernels.differentiate(processor, &self.place, &derivative).await
    }

    #[expect(clippy::too_many_arguments, reason = "a pass and what runs it")]
    async fn by_kernels(
        &self,
        processor: Processor,
        at: &Tensor<1>,
        p: &[Vec<f64>],
        batch: &DeviceBatch,
        wanted: Wanted,
        branches: Branches,
        noise: &mut StepNoise,
    ) -> Result<Outcome, DeviceError> {
        let inputs = Inputs {
            place: &self.place,
            omega: at,
            p,
            images: &batch.images,
            running: None,
            branches,
            again: wanted.again,
            wanted: pass::Wanted { weights: wanted.weights, cells: wanted.cells, image: false },
            noise,
        };
        let labels = batch.labels();
        let goal = if wanted.weights || wanted.cells { Goal::Labels(&labels) } else { Goal::None };
        let found = self.kernels.run(processor, inputs, &goal).await?;
        let [images, classes, ..] = found.output.dims();
        Ok(Outcome {
            number: found.pass,
            logits: found.output.reshape([images, classes]),
            loss: found.loss,
            weights: wanted.weights.then_some(found.weights),
            cells: wanted.cells.then_some(found.cells),
            branches: found.branches,
            seen: found.seen,
        })
    }

    /// The specification of the kernels, and what runs where there are none.
    fn on_tensors(
        &self,
        at: &Tensor<1>,
        p: &[Vec<f64>],
        batch: &DeviceBatch,
        wanted: Wanted,
        branches: Branches,
        noise: &mut StepNoise,
    ) -> Outcome {
        let leaves = self.layout.leaves(at, &self.place, wanted.weights);
        let copies: Vec<Tensor<1>> = p
            .iter()
            .map(|p| {
                let copy = self.place.tensor(p.clone(), [p.len()], wanted.cells);
                if wanted.cells { copy.require_grad() } else { copy }
            })
            .collect();
        let mut pass = Pass {
            place: &self.place,
            layout: &self.layout,
            weights: &leaves,
            normalization: Normalization::Batch,
            branches,
            noise,
            seen: Seen::default(),
        };
        let logits = self.network.forward(batch.images.clone(), &copies, &mut pass);
        let (branches, seen) = (pass.branches, pass.seen);
        let loss = cross_entropy(logits.clone(), batch.labels.clone());
        let (mut weights, mut cells) = (None, None);
        if wanted.weights || wanted.cells {
            let mut gradients = loss.backward();
            weights = wanted.weights.then(|| collect(&leaves, &mut gradients));
            cells = wanted.cells.then(|| collect(&copies, &mut gradients));
        }
        let (logits, loss) = (logits.without_autodiff(), loss.without_autodiff());
        Outcome { number: 0, logits, loss, weights, cells, branches, seen }
    }

    /// Moves the running statistics a tenth of the way to those of a pass.
    pub(crate) fn follow(&mut self, seen: Seen) {
        self.running = follow(self.running.clone(), seen);
    }

    /// Logits `[batch, classes]` with running statistics, without gradients.
    ///
    /// # Errors
    /// [`DeviceError::Lost`] where the device fails.
    pub(crate) async fn evaluate(
        &self,
        p: &[Vec<f64>],
        batch: &DeviceBatch,
        noise: &mut StepNoise,
    ) -> Result<Tensor<2>, DeviceError> {
        if let Some(processor) = self.kernels.processor(&self.place, batch.images.dims()).await? {
            let [mean, variance] = &self.running;
            let inputs = Inputs {
                place: &self.place,
                omega: &self.weights,
                p,
                images: &batch.images,
                running: Some([mean, variance]),
                branches: Branches::Free,
                again: None,
                wanted: pass::Wanted::default(),
                noise,
            };
            let logits = self.kernels.run(processor, inputs, &Goal::None).await?.output;
            let [images, classes, ..] = logits.dims();
            return Ok(logits.reshape([images, classes]));
        }
        if !TENSORS {
            return Err(no_kernels());
        }
        let leaves = self.layout.leaves(&self.weights, &self.place, false);
        let copies: Vec<_> = p.iter().map(|p| self.place.tensor(p.clone(), [p.len()], false)).collect();
        let [mean, variance] = &self.running;
        let mut pass = Pass {
            place: &self.place,
            layout: &self.layout,
            weights: &leaves,
            normalization: Normalization::Running { mean, variance },
            branches: Branches::Free,
            noise,
            seen: Seen::default(),
        };
        Ok(self.network.forward(batch.images.clone(), &copies, &mut pass))
    }
}

/// The mean over the batch of −ln softmax(logits)\[label\].
pub(crate) fn cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    activation::log_softmax(logits, 1).gather(1, labels.unsqueeze_dim(1)).mean().neg()
}
