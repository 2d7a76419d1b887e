//! Batch normalization, with parameters or (in searched operations) without.

use burn::tensor::Tensor;
use burn::tensor::module::{batch_norm, batch_norm_train};

use super::{Builder, Initial, Normalization, Pass};
use crate::kernels::plan::{Planner, ValueId};

const EPSILON: f64 = 1e-5;

#[derive(Clone, Debug)]
pub(crate) struct BatchNorm {
    slot: usize,
    channels: usize,
    /// The places of scale and shift.
    affine: Option<[usize; 2]>,
}

impl BatchNorm {
    pub(crate) fn new(builder: &mut Builder, name: &str, channels: usize, affine: bool) -> Self {
        let affine = affine.then(|| {
            [("weight", 1.0), ("bias", 0.0)]
                .map(|(part, value)| builder.weight(&format!("{name}.{part}"), &[channels], Initial::Constant(value)))
        });
        Self { slot: builder.norm(name, channels), channels, affine }
    }

    pub(super) fn plan(&self, x: ValueId, planner: &mut Planner) {
        planner.normalize(x, self.slot, self.affine);
    }

    /// `[batch, channels, height, width]` to the same, each channel with mean 0 and variance 1 over the others.
    pub(crate) fn forward(&self, x: Tensor<4>, pass: &mut Pass<'_>) -> Tensor<4> {
        let [scale, shift] = match self.affine {
            Some(slots) => slots.map(|slot| pass.weight::<1>(slot)),
            None => [1.0, 0.0].map(|value| pass.place.tensor(vec![value; self.channels], [self.channels], false)),
        };
        match pass.normalization {
            Normalization::Running { mean, variance } => {
                let start = pass.layout.norms[self.slot].offset;
                let part = |all: &Tensor<1>| all.clone().slice([start..start + self.channels]);
                batch_norm(x, scale, shift, part(mean), part(variance), EPSILON)
            }
            Normalization::Batch => {
                let [batch, _, height, width] = x.dims();
                let result = batch_norm_train(x, scale, shift, EPSILON);
                #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 pixels")]
                let n = (batch * height * width) as f64;
                let unbiased = n / (n - 1.0).max(1.0);
                pass.seen.means.push(result.mean.without_autodiff());
                pass.seen.variances.push(result.variance.without_autodiff().mul_scalar(unbiased));
                result.output
            }
        }
    }
}
