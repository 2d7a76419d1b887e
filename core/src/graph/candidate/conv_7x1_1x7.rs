//! ReLU, 1×7 convolution, 7×1 convolution and batch norm.

use super::CandidateContext;
use crate::graph::{Builder, ValueId, Window};

pub(super) fn build(builder: &mut Builder, x: ValueId, context: CandidateContext) -> ValueId {
    let channels = builder.channels(x);
    let inner = builder.conv(x, true, "1", channels, Window::strip([1, 7], [1, context.stride]));
    let y = builder.conv(inner, false, "2", channels, Window::strip([7, 1], [context.stride, 1]));
    builder.norm(y, "3", context.affine);
    y
}
