//! ReLU, depthwise convolution and dense convolution, without bias.

use super::{ValueId, Window};

/// Weights of a filter, by their offset within ω, and its window.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Offset within ω of the weight `[rows, channels, kernel]`, or `[channels, 1, kernel]` of a depthwise filter.
    pub weight: usize,
    /// Window over the input.
    pub window: Window,
}

/// `y[first..first + rows] = W ∗ (D ∗ relu(x))`, where the ReLU and the depthwise filter D are optional.
#[derive(Clone, Copy, Debug)]
pub struct Conv {
    /// Input.
    pub x: ValueId,
    /// True if the input is read through a ReLU.
    pub relu: bool,
    /// Depthwise filter D, if any; then W is 1×1 at stride 1.
    pub depthwise: Option<Filter>,
    /// Dense filter W.
    pub dense: Filter,
    /// Output.
    pub y: ValueId,
    /// First channel of the output that this operation writes.
    pub first: usize,
    /// Number of channels that this operation writes.
    pub rows: usize,
}

impl Conv {
    /// Multiplications for one image, each with an addition: `pixels` are those of the output, `channels` those of the
    /// input.
    #[must_use]
    pub fn multiply_adds(&self, channels: u128, pixels: u128) -> u128 {
        let dense = channels * self.dense.window.taps() as u128 * self.rows as u128;
        let depthwise = self.depthwise.map_or(0, |filter| channels * filter.window.taps() as u128);
        pixels * (dense + depthwise)
    }

    /// Window through which the input is read.
    #[must_use]
    pub fn window(&self) -> Window {
        self.depthwise.map_or(self.dense.window, |depthwise| depthwise.window)
    }
}
