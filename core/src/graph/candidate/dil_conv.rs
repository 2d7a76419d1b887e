//! ReLU, depthwise convolution of dilation 2, 1×1 convolution and batch norm.

use super::CandidateContext;
use crate::graph::{Builder, ValueId, Window};

pub(super) fn build(builder: &mut Builder, x: ValueId, context: CandidateContext, kernel: usize) -> ValueId {
    let channels = builder.channels(x);
    let window = Window::square(kernel, context.stride, kernel / 2 * 2, 2);
    let y = builder.separable_conv(x, true, ["op.1", "op.2"], channels, window);
    builder.norm(y, "op.3", context.affine);
    y
}
