//! ReLU, convolution and batch norm (NAS-Bench-201, arXiv:2001.00326).

use super::CandidateContext;
use crate::graph::block::relu_conv_norm;
use crate::graph::{Builder, ValueId};

pub(super) fn build(builder: &mut Builder, x: ValueId, context: CandidateContext, kernel: usize) -> ValueId {
    let channels = builder.channels(x);
    relu_conv_norm(builder, x, channels, kernel, context.stride, context.affine)
}
