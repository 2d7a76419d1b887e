//! NAS-Bench-201's fixed reduction: conv_b(conv_a(x)) + downsample(x).

use burn::tensor::Tensor;

use super::{Builder, Pass, Sequence, downsample, relu_conv_norm};
use crate::kernels::plan::{Planner, ValueId, Weight};

#[derive(Clone, Debug)]
pub(crate) struct Residual {
    a: Sequence,
    b: Sequence,
    around: Sequence,
}

impl Residual {
    pub(crate) fn new(builder: &mut Builder, [input, output]: [usize; 2]) -> Self {
        Self {
            a: builder.within("conv_a", |builder| relu_conv_norm(builder, [input, output], 3, 2, true)),
            b: builder.within("conv_b", |builder| relu_conv_norm(builder, [output, output], 3, 1, true)),
            around: builder.within("downsample", |builder| downsample(builder, [input, output])),
        }
    }

    pub(crate) fn plan(&self, x: ValueId, planner: &mut Planner) -> ValueId {
        let inner = self.a.plan(x, planner);
        let around = self.around.plan(x, planner);
        let b = self.b.plan(inner, planner);
        planner.sum(b, 1, vec![(around, Weight::One), (b, Weight::One)])
    }

    /// `[b, c, h, w]` to `[b, c′, ⌈h/2⌉, ⌈w/2⌉]`.
    pub(crate) fn forward(&self, x: Tensor<4>, pass: &mut Pass<'_>) -> Tensor<4> {
        let inner = self.a.forward(x.clone(), pass);
        self.around.forward(x, pass).add(self.b.forward(inner, pass))
    }
}
