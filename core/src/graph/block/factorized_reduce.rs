//! Factorized reduction: half the image without losing pixels.
//!
//! Two 1×1 convolutions at stride 2, the second shifted by one pixel, and a batch norm over both. Odd sizes are padded
//! with zeros below and to the right.

use crate::graph::{Builder, ValueId, Window};
use crate::space::OperationStyle;

pub(in crate::graph) fn factorized_reduce(
    builder: &mut Builder,
    x: ValueId,
    outputs: usize,
    style: OperationStyle,
    affine: bool,
) -> ValueId {
    let names = match style {
        OperationStyle::Darts => ["conv_1", "conv_2"],
        OperationStyle::NasBench201 => ["convs.0", "convs.1"],
    };
    let (inputs, window) = (builder.channels(x), Window::square(1, 2, 0, 1));
    let rows = [outputs / 2, outputs - outputs / 2];
    let even = builder.filter(names[0], [inputs, rows[0]], window);
    let odd = builder.filter(names[1], [inputs, rows[1]], window.shifted(1));
    let y = builder.stacked_convs(x, true, &[(even, rows[0]), (odd, rows[1])]);
    builder.norm(y, "bn", affine);
    y
}
