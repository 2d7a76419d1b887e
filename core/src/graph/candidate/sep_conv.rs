//! ReLU, depthwise convolution, 1×1 convolution and batch norm, twice; the stride is that of the first.

use super::CandidateContext;
use crate::graph::{Builder, ValueId, Window};

pub(super) fn build(builder: &mut Builder, x: ValueId, context: CandidateContext, kernel: usize) -> ValueId {
    let channels = builder.channels(x);
    let window = |stride| Window::square(kernel, stride, kernel / 2, 1);
    let inner = builder.separable_conv(x, true, ["op.1", "op.2"], channels, window(context.stride));
    builder.norm(inner, "op.3", context.affine);
    let y = builder.separable_conv(inner, true, ["op.5", "op.6"], channels, window(1));
    builder.norm(y, "op.7", context.affine);
    y
}
