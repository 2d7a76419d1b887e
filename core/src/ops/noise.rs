//! Standard normal noise in the place of the input.

use burn::tensor::Tensor;

use super::{Builder, Pass};
use crate::kernels::plan::{Planner, ValueId};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise {
    slot: usize,
    stride: usize,
}

impl Noise {
    pub(crate) fn new(builder: &mut Builder, stride: usize) -> Self {
        Self { slot: builder.noise(), stride }
    }

    pub(super) fn plan(self, x: ValueId, planner: &mut Planner) -> ValueId {
        planner.noise(x, self.slot, self.stride)
    }

    /// Only the shape of `x` matters.
    pub(crate) fn forward(self, x: &Tensor<4>, pass: &mut Pass<'_>) -> Tensor<4> {
        let [batch, channels, height, width] = x.dims();
        let shape = [batch, channels, height.div_ceil(self.stride), width.div_ceil(self.stride)];
        pass.noise(self.slot, shape)
    }
}
