//! 3×3 convolution of the image and a batch norm with parameters.

use crate::graph::{Builder, ValueId, Window};

pub(in crate::graph) fn stem(builder: &mut Builder, outputs: usize) -> ValueId {
    builder.within("stem", |builder| {
        let y = builder.conv(builder.image(), false, "0", outputs, Window::square(3, 1, 1, 1));
        builder.norm(y, "1", true);
        builder.stored(y)
    })
}
