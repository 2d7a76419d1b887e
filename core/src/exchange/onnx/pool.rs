//! Pools.

use super::OnnxError;
use super::attribute::sizes;
use super::network::Network;
use super::window::pads;
use crate::graph::{Pool, PoolKind};

impl Network<'_> {
    /// Writes a maximum or a mean; padding is no part of either, as the operators have it by default.
    pub(super) fn pool(&mut self, pool: &Pool) -> Result<String, OnnxError> {
        let Pool { kind, window, relu, x, y } = *pool;
        let [begin, end] = pads(window, self.sizes[x]);
        let usual = |axis: usize| {
            let [kernel, stride] = [window.kernel[axis], window.stride[axis]].map(usize::cast_signed);
            window.dilation[axis] == 1
                && (0..kernel).contains(&begin[axis])
                && (1 - stride..kernel).contains(&end[axis])
        };
        if !usual(0) || !usual(1) {
            return Err(OnnxError::Operation { value: y, reason: "no pool of ONNX has its window" });
        }
        let (op_type, name) = match kind {
            PoolKind::Max => ("MaxPool", format!("max_pool.{y}")),
            PoolKind::Average => ("AveragePool", format!("average_pool.{y}")),
        };
        let x = self.read(x, relu);
        let pads = [begin[0], begin[1], end[0], end[1]].map(|padding| padding.max(0).unsigned_abs());
        let attributes =
            vec![sizes("kernel_shape", window.kernel), sizes("strides", window.stride), sizes("pads", pads)];
        Ok(self.writer.node(op_type, &name, vec![x], attributes))
    }
}
