//! Auxiliary head of DARTS's CIFAR network, which trains the lower cells.
//!
//! ReLU, 5×5 mean at stride 3, 1×1 convolution to 128 channels, 2×2 convolution to 768, each with batch norm and ReLU,
//! and a linear layer. The mean and the second convolution take whole windows only, so that an 8×8 input becomes one
//! pixel.

use crate::graph::{Builder, PoolKind, ValueId, Window};

pub(in crate::graph) fn auxiliary_head(builder: &mut Builder, x: ValueId, classes: usize, loss_weight: f64) {
    let pooled = builder.pool(x, PoolKind::Average, true, Window::valid(5, 3));
    let narrow = builder.conv(pooled, false, "features.2", 128, Window::ONE);
    builder.norm(narrow, "features.3", true);
    let wide = builder.conv(narrow, true, "features.5", 768, Window::valid(2, 1));
    builder.norm(wide, "features.6", true);
    builder.head(wide, true, "classifier", classes, loss_weight);
}
