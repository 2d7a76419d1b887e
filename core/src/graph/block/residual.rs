//! Residual reduction of NAS-Bench-201: conv_b(conv_a(x)) + downsample(x).

use super::relu_conv_norm;
use crate::graph::{Builder, Coefficient, PoolKind, ValueId, Window};

pub(in crate::graph) fn residual(builder: &mut Builder, x: ValueId, outputs: usize) -> ValueId {
    let inner = builder.within("conv_a", |builder| relu_conv_norm(builder, x, outputs, 3, 2, true));
    let b = builder.within("conv_b", |builder| relu_conv_norm(builder, inner, outputs, 3, 1, true));
    let around = builder.within("downsample", |builder| {
        let halved = builder.pool(x, PoolKind::Average, false, Window::square(2, 2, 0, 1));
        builder.conv(halved, false, "1", outputs, Window::ONE)
    });
    builder.sum(b, 1, vec![(around, Coefficient::One), (b, Coefficient::One)])
}
