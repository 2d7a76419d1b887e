//! ReLU, convolution and batch norm.

use crate::graph::{Builder, ValueId, Window};

pub(in crate::graph) fn relu_conv_norm(
    builder: &mut Builder,
    x: ValueId,
    outputs: usize,
    kernel: usize,
    stride: usize,
    affine: bool,
) -> ValueId {
    let y = builder.conv(x, true, "op.1", outputs, Window::square(kernel, stride, kernel / 2, 1));
    builder.norm(y, "op.2", affine);
    y
}
