//! The candidate operations, one file each, with the layouts of the PyTorch references.
//!
//! An operation maps a state `[batch, channels, height, width]` to one of the same channels, at stride 2 with half the
//! height and width, rounded up. Weights carry the references' names, so that a state of theirs can be read.

mod batch_norm;
mod bridge;
mod conv;
mod factorized_reduce;
mod noise;
mod pass;
mod pool;
mod relu;
mod residual;
mod single;
mod weights;

use burn::tensor::Tensor;

use crate::kernels::plan::{Planner, PoolKind, ValueId};
use crate::space::{Convention, Operation};
use batch_norm::BatchNorm;
pub(crate) use bridge::{Derivative, Goal, Inputs, Kernels};
use conv::{Conv, Geometry};
pub(crate) use factorized_reduce::FactorizedReduce;
use noise::Noise;
pub(crate) use pass::{Branches, Normalization, Pass, Recorded, Seen, StepNoise, follow, no_running};
use pool::Pool;
use relu::relu;
pub(crate) use residual::Residual;
pub use single::{Image, SingleOperation, SingleRun};
pub(crate) use weights::{Builder, Initial, Layout, collect};

/// One layer of an operation.
#[derive(Clone, Debug)]
enum Layer {
    Relu,
    Conv(Conv),
    Norm(BatchNorm),
    Pool(Pool),
    Reduce(FactorizedReduce),
    Noise(Noise),
}

impl Layer {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass<'_>) -> Tensor<4> {
        match self {
            Self::Relu => relu(x, pass),
            Self::Conv(conv) => conv.forward(x, pass),
            Self::Norm(norm) => norm.forward(x, pass),
            Self::Pool(pool) => pool.forward(x, pass),
            Self::Reduce(reduce) => reduce.forward(x, pass),
            Self::Noise(noise) => noise.forward(&x, pass),
        }
    }
}

/// Layers applied one after the other; none at all is the identity.
#[derive(Clone, Debug)]
pub(crate) struct Sequence(Vec<Layer>);

impl Sequence {
    pub(crate) fn forward(&self, x: Tensor<4>, pass: &mut Pass<'_>) -> Tensor<4> {
        self.0.iter().fold(x, |x, layer| layer.forward(x, pass))
    }

    /// The same as steps for the kernels. A ReLU belongs to the convolution after it; one at the very end is left to
    /// the reader.
    pub(crate) fn plan(&self, mut x: ValueId, planner: &mut Planner) -> ValueId {
        let (mut relu, mut depthwise) = (false, None);
        for layer in &self.0 {
            match layer {
                Layer::Relu => relu = true,
                Layer::Conv(conv) if conv.is_depthwise() => depthwise = Some(conv.filter(0, planner)),
                Layer::Conv(conv) => {
                    let dense = conv.filter(0, planner);
                    x = planner.conv(x, relu, depthwise.take(), dense, conv.outputs());
                    relu = false;
                }
                Layer::Norm(norm) => norm.plan(x, planner),
                Layer::Pool(pool) => x = pool.plan(x, planner),
                Layer::Reduce(reduce) => x = reduce.plan(x, planner),
                Layer::Noise(noise) => x = noise.plan(x, planner),
            }
        }
        x
    }
}

/// Where a sequence of ReLU, convolution and batch norm keeps its weights: `op.1.weight`, `op.2.weight`, ….
pub(crate) fn relu_conv_norm(
    builder: &mut Builder,
    [input, output]: [usize; 2],
    kernel: usize,
    stride: usize,
    affine: bool,
) -> Sequence {
    let geometry = Geometry::square(kernel, stride, kernel / 2, 1);
    Sequence(vec![
        Layer::Relu,
        Layer::Conv(Conv::new(builder, "op.1", [input, output], geometry, 1)),
        Layer::Norm(BatchNorm::new(builder, "op.2", output, affine)),
    ])
}

/// A convolution and a batch norm with parameters: the stem.
pub(crate) fn stem(builder: &mut Builder, [input, output]: [usize; 2]) -> Sequence {
    let geometry = Geometry::square(3, 1, 1, 1);
    Sequence(vec![
        Layer::Conv(Conv::new(builder, "0", [input, output], geometry, 1)),
        Layer::Norm(BatchNorm::new(builder, "1", output, true)),
    ])
}

/// Batch norm with parameters and ReLU: what precedes NAS-Bench-201's classifier.
pub(crate) fn norm_relu(builder: &mut Builder, channels: usize) -> Sequence {
    Sequence(vec![Layer::Norm(BatchNorm::new(builder, "0", channels, true)), Layer::Relu])
}

/// 2×2 mean and a 1×1 convolution: the short way around a residual block.
fn downsample(builder: &mut Builder, [input, output]: [usize; 2]) -> Sequence {
    Sequence(vec![
        Layer::Pool(Pool { kind: PoolKind::Average2x2, stride: 2 }),
        Layer::Conv(Conv::new(builder, "1", [input, output], Geometry::square(1, 1, 0, 1), 1)),
    ])
}

/// What `none` gives: the zeros of an output at `stride`.
pub(crate) fn zero(x: &Tensor<4>, stride: usize) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    x.clone().narrow(2, 0, height.div_ceil(stride)).narrow(3, 0, width.div_ceil(stride)).zeros_like()
}

/// The layers of a candidate operation, or `None` for the operation `none`, which adds nothing. `affine` gives its batch
/// norms parameters, as a derived network has them.
pub(crate) fn candidate(
    builder: &mut Builder,
    operation: Operation,
    channels: usize,
    stride: usize,
    convention: Convention,
    affine: bool,
) -> Option<Sequence> {
    let c = [channels, channels];
    let separable = |builder: &mut Builder, at: usize, kernel: usize, stride: usize, dilation: usize| {
        let geometry = Geometry::square(kernel, stride, dilation * (kernel / 2), dilation);
        [
            Layer::Relu,
            Layer::Conv(Conv::new(builder, &format!("op.{}", at + 1), c, geometry, channels)),
            Layer::Conv(Conv::new(builder, &format!("op.{}", at + 2), c, Geometry::square(1, 1, 0, 1), 1)),
            Layer::Norm(BatchNorm::new(builder, &format!("op.{}", at + 3), channels, affine)),
        ]
    };
    let twice = |builder: &mut Builder, kernel| {
        let mut layers = separable(builder, 0, kernel, stride, 1).to_vec();
        layers.extend(separable(builder, 4, kernel, 1, 1));
        layers
    };
    let pool = |builder: &mut Builder, kind| match convention {
        // DARTS normalizes what it pools while it searches; where norms have parameters, the search is over.
        Convention::Darts if !affine => {
            vec![Layer::Pool(Pool { kind, stride }), Layer::Norm(BatchNorm::new(builder, "1", channels, false))]
        }
        Convention::Darts | Convention::NasBench201 => vec![Layer::Pool(Pool { kind, stride })],
    };
    Some(Sequence(match operation {
        Operation::None => return None,
        Operation::SkipConnect if stride == 1 => Vec::new(),
        Operation::SkipConnect => vec![Layer::Reduce(FactorizedReduce::new(builder, c, convention, affine))],
        Operation::MaxPool3x3 => pool(builder, PoolKind::Max3x3),
        Operation::AvgPool3x3 => pool(builder, PoolKind::Average3x3),
        Operation::SepConv3x3 => twice(builder, 3),
        Operation::SepConv5x5 => twice(builder, 5),
        Operation::SepConv7x7 => twice(builder, 7),
        Operation::DilConv3x3 => separable(builder, 0, 3, stride, 2).to_vec(),
        Operation::DilConv5x5 => separable(builder, 0, 5, stride, 2).to_vec(),
        Operation::Conv7x1And1x7 => vec![
            Layer::Relu,
            Layer::Conv(Conv::new(builder, "1", c, Geometry::new([1, 7], [1, stride], [0, 3]), 1)),
            Layer::Conv(Conv::new(builder, "2", c, Geometry::new([7, 1], [stride, 1], [3, 0]), 1)),
            Layer::Norm(BatchNorm::new(builder, "3", channels, affine)),
        ],
        Operation::NorConv1x1 => relu_conv_norm(builder, c, 1, stride, affine).0,
        Operation::NorConv3x3 => relu_conv_norm(builder, c, 3, stride, affine).0,
        Operation::Noise => vec![Layer::Noise(Noise::new(builder, stride))],
    }))
}
