//! Convolution without bias.

use burn::tensor::{Tensor, module::conv2d, ops::ConvOptions};

use super::{Builder, Initial, Pass};
use crate::kernels::plan::{Filter, Planner, Window};

/// Kernel, stride, padding and dilation, each (vertical, horizontal).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
}

impl Geometry {
    pub(crate) fn new(kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2]) -> Self {
        Self { kernel, stride, padding, dilation: [1, 1] }
    }

    pub(crate) fn square(kernel: usize, stride: usize, padding: usize, dilation: usize) -> Self {
        Self { kernel: [kernel; 2], stride: [stride; 2], padding: [padding; 2], dilation: [dilation; 2] }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Conv {
    weight: usize,
    geometry: Geometry,
    groups: usize,
    outputs: usize,
}

impl Conv {
    /// A weight `[output, input / groups, kernel]` named `NAME.weight`.
    pub(crate) fn new(
        builder: &mut Builder,
        name: &str,
        [input, output]: [usize; 2],
        geometry: Geometry,
        groups: usize,
    ) -> Self {
        let [height, width] = geometry.kernel;
        let fan_in = input / groups * height * width;
        #[expect(clippy::cast_precision_loss, reason = "fan-ins are small")]
        let initial = Initial::Uniform { bound: 1.0 / (fan_in as f64).sqrt() };
        let weight = builder.weight(&format!("{name}.weight"), &[output, input / groups, height, width], initial);
        Self { weight, geometry, groups, outputs: output }
    }

    /// Each channel by itself.
    pub(super) fn is_depthwise(&self) -> bool {
        self.groups > 1
    }

    /// The filter for the kernels. `shift` moves it into the image.
    pub(super) fn filter(&self, shift: usize, planner: &Planner) -> Filter {
        let Geometry { kernel, stride, padding, dilation } = self.geometry;
        let padding = padding.map(|padding| padding.cast_signed() - shift.cast_signed());
        Filter { weight: planner.offset(self.weight), window: Window { kernel, stride, padding, dilation } }
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    pub(crate) fn forward(&self, x: Tensor<4>, pass: &Pass<'_>) -> Tensor<4> {
        let Geometry { stride, padding, dilation, .. } = self.geometry;
        conv2d(x, pass.weight(self.weight), None, ConvOptions::new(stride, padding, dilation, self.groups))
    }
}
