//! One operation on its own, outside any network.

use std::ops::Range;

use burn::tensor::Tensor;

use super::{
    Branches, Builder, Goal, Inputs, Kernels, Layout, Normalization, Pass, Residual, Seen, Sequence, StepNoise,
    candidate, collect, follow, no_running, zero,
};
use crate::device::{DeviceError, Place, Processor, read};
use crate::kernels::pass;
use crate::kernels::plan::{IMAGE, Weight};
use crate::space::{Convention, Operation};

/// A candidate operation (or NAS-Bench-201's residual block) by itself: to look at, to time, or to hold against another
/// implementation.
///
/// ```
/// use lambda_darts::device::Place;
/// use lambda_darts::ops::{Image, SingleOperation};
/// use lambda_darts::space::{Convention, Operation};
///
/// let pool = SingleOperation::candidate(Operation::AvgPool3x3, 1, 1, Convention::NasBench201, false);
/// let x = Image { values: vec![1.0, 2.0, 3.0, 4.0], shape: [1, 1, 2, 2] };
/// let ones = Image { values: vec![1.0; 4], shape: [1, 1, 2, 2] };
/// let run = pollster::block_on(pool.run(&x, &[], &ones, &Place::cpu()))?;
/// assert_eq!(run.y.values, [2.5; 4]); // the mean of the pixels that exist
/// # Ok::<(), lambda_darts::device::DeviceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SingleOperation {
    body: Body,
    layout: Layout,
}

#[derive(Clone, Debug)]
enum Body {
    /// The operation `none`.
    Zero {
        stride: usize,
    },
    Candidate(Sequence),
    Residual(Residual),
}

/// Numbers of a tensor `[batch, channels, height, width]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The numbers, columns fastest.
    pub values: Vec<f64>,
    /// Batch, channels, height, width.
    pub shape: [usize; 4],
}

/// What an operation made of its input.
#[derive(Clone, Debug, PartialEq)]
pub struct SingleRun {
    /// The output.
    pub y: Image,
    /// ∂⟨y, gy⟩/∂x, of the shape of x.
    pub gx: Vec<f64>,
    /// ∂⟨y, gy⟩/∂weights.
    pub weights: Vec<f64>,
    /// Running means and variances of the batch norms after this one pass from 0 and 1.
    pub running: [Vec<f64>; 2],
}

impl SingleOperation {
    /// A candidate from `channels` to `channels`. `affine` gives its batch norms scale and shift, which searched
    /// operations lack.
    #[must_use]
    pub fn candidate(
        operation: Operation,
        channels: usize,
        stride: usize,
        convention: Convention,
        affine: bool,
    ) -> Self {
        let mut builder = Builder::default();
        let body = candidate(&mut builder, operation, channels, stride, convention, affine);
        Self { body: body.map_or(Body::Zero { stride }, Body::Candidate), layout: builder.finish() }
    }

    /// NAS-Bench-201's block between two stages, at stride 2.
    #[must_use]
    pub fn residual(channels: [usize; 2]) -> Self {
        let mut builder = Builder::default();
        let body = Body::Residual(Residual::new(&mut builder, channels));
        Self { body, layout: builder.finish() }
    }

    /// The name, shape and offset of every weight, in the order of the PyTorch references' parameters.
    pub fn weight_names(&self) -> impl Iterator<Item = (&str, &[usize], usize)> {
        self.layout.weight_names()
    }

    /// The name of every batch norm and the place of its channels within the running statistics.
    pub fn norm_names(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.layout.norm_names()
    }

    /// Runs the operation on `x` in training mode and takes the gradients of ⟨y, gy⟩.
    ///
    /// # Errors
    /// [`DeviceError::Lost`] where the device does not answer.
    ///
    /// # Panics
    /// Where the sizes of `x`, `weights` and `gy` do not fit the operation.
    pub async fn run(&self, x: &Image, weights: &[f64], gy: &Image, place: &Place) -> Result<SingleRun, DeviceError> {
        let omega = place.tensor(weights.to_vec(), [weights.len()], false);
        let kernels = self.kernels(x.shape[1]);
        if let Some(processor) = kernels.processor(place, x.shape).await? {
            return self.by_kernels(&kernels, processor, x, &omega, gy, place).await;
        }
        let leaves = self.layout.leaves(&omega, place, true);
        let flat = place.tensor(x.values.clone(), [x.values.len()], true).require_grad();
        let mut noise = StepNoise::default();
        let mut pass = Pass {
            place,
            layout: &self.layout,
            weights: &leaves,
            normalization: Normalization::Batch,
            branches: Branches::Free,
            noise: &mut noise,
            seen: Seen::default(),
        };
        let input = flat.clone().reshape(x.shape);
        let y = match &self.body {
            Body::Zero { stride } => zero(&input, *stride),
            Body::Candidate(sequence) => sequence.forward(input, &mut pass),
            Body::Residual(residual) => residual.forward(input, &mut pass),
        };
        let [mean, variance] = follow(no_running(&self.layout, place), pass.seen);
        let shape = y.dims();
        let product = y.clone().mul(place.tensor(gy.values.clone(), gy.shape, true)).sum();
        // `none` reads nothing, but x has a gradient all the same.
        let mut gradients = product.add(flat.clone().sum().mul_scalar(0.0)).backward();
        let gx = collect(&[flat], &mut gradients);
        let weights = if leaves.is_empty() { omega } else { collect(&leaves, &mut gradients) };
        let y: Tensor<1> = y.without_autodiff().reshape([shape.iter().product::<usize>()]);
        Ok(SingleRun {
            y: Image { values: read(y).await?, shape },
            gx: read(gx).await?,
            weights: read(weights).await?,
            running: [read(mean).await?, read(variance).await?],
        })
    }

    fn kernels(&self, channels: usize) -> Kernels {
        let mut planner = self.layout.planner(channels);
        let y = match &self.body {
            Body::Zero { stride } => planner.sum(IMAGE, *stride, Vec::new()),
            Body::Candidate(sequence) => {
                let y = sequence.plan(IMAGE, &mut planner);
                planner.sum(y, 1, vec![(y, Weight::One)])
            }
            Body::Residual(residual) => residual.plan(IMAGE, &mut planner),
        };
        Kernels::new(planner.finish(y, None))
    }

    async fn by_kernels(
        &self,
        kernels: &Kernels,
        processor: Processor,
        x: &Image,
        omega: &Tensor<1>,
        gy: &Image,
        place: &Place,
    ) -> Result<SingleRun, DeviceError> {
        let inputs = Inputs {
            place,
            omega,
            p: &[],
            images: &place.tensor(x.values.clone(), x.shape, false),
            running: None,
            branches: Branches::Free,
            again: None,
            wanted: pass::Wanted { weights: true, cells: false, image: true },
            noise: &mut StepNoise::default(),
        };
        let found = kernels.run(processor, inputs, &Goal::Along(&gy.values)).await?;
        let [mean, variance] = follow(no_running(&self.layout, place), found.seen);
        let shape = found.output.dims();
        Ok(SingleRun {
            y: Image { values: read(found.output.reshape([shape.iter().product::<usize>()])).await?, shape },
            gx: read(found.image).await?,
            weights: read(found.weights).await?,
            running: [read(mean).await?, read(variance).await?],
        })
    }
}
