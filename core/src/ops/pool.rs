//! Pooling.

use burn::tensor::Tensor;
use burn::tensor::module::{avg_pool2d, max_pool2d, max_pool2d_with_indices};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions, PadMode};

use super::Pass;
use crate::kernels::plan::{Planner, PoolKind, ValueId, Window};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool {
    pub(crate) kind: PoolKind,
    pub(crate) stride: usize,
}

impl Pool {
    pub(super) fn plan(self, x: ValueId, planner: &mut Planner) -> ValueId {
        let (side, padding) = if self.kind == PoolKind::Average2x2 { (2, 0) } else { (3, 1) };
        let window = Window { kernel: [side; 2], stride: [self.stride; 2], padding: [padding; 2], dilation: [1; 2] };
        planner.pool(x, self.kind, window)
    }

    pub(crate) fn forward(self, x: Tensor<4>, pass: &mut Pass<'_>) -> Tensor<4> {
        let stride = [self.stride; 2];
        match self.kind {
            PoolKind::Max3x3 => max(x, stride, pass),
            PoolKind::Average3x3 | PoolKind::Average2x2 => {
                let x = if self.kind == PoolKind::Average2x2 { even(x) } else { x };
                let (kernel_size, padding) = if self.kind == PoolKind::Average3x3 { ([3; 2], 1) } else { ([2; 2], 0) };
                avg_pool2d(
                    x,
                    AvgPoolOptions {
                        kernel_size,
                        stride,
                        padding: [(padding, padding); 2],
                        count_include_pad: false,
                        ceil_mode: false,
                    },
                )
            }
        }
    }
}

/// Repeats the last row and column of odd sizes, so that the edge counts as its own neighbour.
fn even(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    if height % 2 == 0 && width % 2 == 0 { x } else { x.pad([(0, height % 2), (0, width % 2)], PadMode::Edge) }
}

fn max(x: Tensor<4>, stride: [usize; 2], pass: &mut Pass<'_>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    if let Some(winners) = pass.branches.winners() {
        let size = |side: usize, stride: usize| (side - 1) / stride + 1;
        return x.reshape([batch, channels, height * width]).gather(2, winners).reshape([
            batch,
            channels,
            size(height, stride[0]),
            size(width, stride[1]),
        ]);
    }
    let options =
        MaxPoolOptions { kernel_size: [3; 2], stride, padding: [(1, 1); 2], dilation: [1; 2], ceil_mode: false };
    if !pass.branches.recording() {
        return max_pool2d(x, options);
    }
    let (y, winners) = max_pool2d_with_indices(x, options);
    let [_, _, tall, wide] = y.dims();
    pass.branches.push_winners(winners.without_autodiff().reshape([batch, channels, tall * wide]));
    y
}
