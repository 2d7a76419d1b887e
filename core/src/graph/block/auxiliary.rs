//! Auxiliary head of DARTS's networks, which trains the lower cells.
//!
//! ReLU, 5×5 mean at stride 3 (2 for ImageNet), 1×1 convolution to 128 channels, 2×2 convolution to 768, each with batch norm and ReLU,
//! and a linear layer. The mean and the second convolution take whole windows only, so that an 8×8 input becomes one
//! pixel, or a 7×7 one at stride 2. The ImageNet network has no batch norm after the second convolution, as in the
//! reference.

use crate::graph::{Builder, HeadLoss, PoolKind, ValueId, Window};
use crate::space::MacroLayout;

pub(in crate::graph) fn auxiliary_head(
    builder: &mut Builder,
    x: ValueId,
    layout: MacroLayout,
    classes: usize,
    loss: HeadLoss,
) {
    let imagenet = layout == MacroLayout::ImageNet;
    let pooled = builder.pool(x, PoolKind::Average, true, Window::valid(5, if imagenet { 2 } else { 3 }));
    let narrow = builder.conv(pooled, false, "features.2", 128, Window::ONE);
    builder.norm(narrow, "features.3", true);
    let wide = builder.conv(narrow, true, "features.5", 768, Window::valid(2, 1));
    if !imagenet {
        builder.norm(wide, "features.6", true);
    }
    builder.head(wide, true, "classifier", classes, loss);
}
