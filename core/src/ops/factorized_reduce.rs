//! Halving the image without losing pixels: two 1×1 convolutions at stride 2, the second shifted by one pixel.

use burn::tensor::Tensor;

use super::batch_norm::BatchNorm;
use super::conv::{Conv, Geometry};
use super::{Builder, Pass, relu};
use crate::kernels::plan::{Conv as ConvStep, Planner, ValueId};
use crate::space::Convention;

#[derive(Clone, Debug)]
pub(crate) struct FactorizedReduce {
    even: Conv,
    odd: Conv,
    norm: BatchNorm,
}

impl FactorizedReduce {
    /// The references name the convolutions differently: `conv_1`, `conv_2` (DARTS) and `convs.0`, `convs.1`.
    pub(crate) fn new(
        builder: &mut Builder,
        [input, output]: [usize; 2],
        convention: Convention,
        affine: bool,
    ) -> Self {
        let [even, odd] = match convention {
            Convention::Darts => ["conv_1", "conv_2"],
            Convention::NasBench201 => ["convs.0", "convs.1"],
        };
        let geometry = Geometry::square(1, 2, 0, 1);
        Self {
            even: Conv::new(builder, even, [input, output / 2], geometry, 1),
            odd: Conv::new(builder, odd, [input, output - output / 2], geometry, 1),
            norm: BatchNorm::new(builder, "bn", output, affine),
        }
    }

    pub(crate) fn plan(&self, x: ValueId, planner: &mut Planner) -> ValueId {
        let [even, odd] = [&self.even, &self.odd].map(Conv::outputs);
        let y = planner.halved(x, even + odd);
        for (conv, shift, first, rows) in [(&self.even, 0, 0, even), (&self.odd, 1, even, odd)] {
            let dense = conv.filter(shift, planner);
            planner.conv_into(ConvStep { x, relu: true, depthwise: None, dense, y, first, rows });
        }
        self.norm.plan(y, planner);
        y
    }

    /// `[b, c, h, w]` to `[b, c′, ⌈h/2⌉, ⌈w/2⌉]`. Odd sizes are padded with zeros below and to the right.
    pub(crate) fn forward(&self, x: Tensor<4>, pass: &mut Pass<'_>) -> Tensor<4> {
        let x = relu(x, pass);
        let [_, _, height, width] = x.dims();
        let even = self.even.forward(x.clone(), pass);
        let padded = if height % 2 == 1 || width % 2 == 1 { x.pad([(0, height % 2), (0, width % 2)], 0.0) } else { x };
        let [_, _, tall, wide] = padded.dims();
        let shifted = padded.narrow(2, 1, tall - 1).narrow(3, 1, wide - 1);
        let odd = self.odd.forward(shifted, pass);
        self.norm.forward(Tensor::cat(vec![even, odd], 1), pass)
    }
}
