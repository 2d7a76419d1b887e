//! Stem of DARTS's ImageNet network: three 3×3 convolutions at stride 2, each with a batch norm, with ReLUs between them.

use crate::graph::{Builder, ValueId, Window};

/// Returns the values at strides 4 and 8, which the first cell reads.
pub(in crate::graph) fn imagenet_stem(builder: &mut Builder, outputs: usize) -> [ValueId; 2] {
    let window = Window::square(3, 2, 1, 1);
    let quarter = builder.within("stem0", |builder| {
        let half = builder.conv(builder.image(), false, "0", (outputs / 2).max(1), window);
        builder.norm(half, "1", true);
        let y = builder.conv(half, true, "3", outputs, window);
        builder.norm(y, "4", true);
        builder.stored(y)
    });
    let eighth = builder.within("stem1", |builder| {
        let y = builder.conv(quarter, true, "1", outputs, window);
        builder.norm(y, "2", true);
        builder.stored(y)
    });
    [quarter, eighth]
}
