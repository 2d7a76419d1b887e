//! Batch norms with running statistics.

use std::ops::Range;

use super::OnnxError;
use super::attribute::float;
use super::network::{Network, single};
use crate::graph::{EPSILON, Norm, ValueId};

impl Network<'_> {
    /// Writes the batch norm of value `y`, which is named `x` so far.
    pub(super) fn norm(&mut self, x: String, y: ValueId, norm: Norm) -> Result<String, OnnxError> {
        let channels = self.graph.values()[y].channels;
        let place = self.graph.norms().binary_search_by_key(&norm.offset, |name| name.offset);
        let name = place.map_or_else(|_| format!("norm.{y}"), |at| self.graph.norms()[at].name.clone());
        let [scale, shift] = match norm.affine {
            Some([scale, shift]) => [self.parameter(y, scale)?, self.parameter(y, shift)?],
            None => [("weight", 1.0), ("bias", 0.0)].map(|(part, value)| {
                self.writer.floats(&format!("{name}.{part}"), &[channels], std::iter::repeat_n(value, channels))
            }),
        };
        let weights = self.weights;
        let [mean, variance] = [("running_mean", &weights.running_mean), ("running_var", &weights.running_variance)]
            .map(|(part, all)| {
                let own = all[norm.offset..norm.offset + channels].iter().copied();
                self.writer.floats(&format!("{name}.{part}"), &[channels], own)
            });
        let epsilon = vec![float("epsilon", single(EPSILON))];
        Ok(self.writer.node("BatchNormalization", &name, vec![x, scale, shift, mean, variance], epsilon))
    }

    /// Returns factor and summand of some channels of a batch norm, `x̂ = factor · x + summand`.
    pub(super) fn factors(&self, norm: Norm, channels: Range<usize>) -> Vec<[f64; 2]> {
        let weights = self.weights;
        let factor = |channel: usize| {
            let [scale, shift] = match norm.affine {
                Some(offsets) => offsets.map(|offset| f64::from(weights.parameters[offset + channel])),
                None => [1.0, 0.0],
            };
            let [mean, variance] =
                [&weights.running_mean, &weights.running_variance].map(|all| f64::from(all[norm.offset + channel]));
            let factor = scale / libm::sqrt(variance + EPSILON);
            [factor, shift - mean * factor]
        };
        channels.map(factor).collect()
    }
}
