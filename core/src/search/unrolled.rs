//! The second-order architecture gradient of DARTS (equation 7 there).
//!
//! ```text
//! ∇_α L_val(ω′) − ξ·[∇_α L_train(ω + r·v) − ∇_α L_train(ω − r·v)] / (2r),   v = ∇_ω′ L_val(ω′),  r = 0.01/‖v‖
//! ```

use super::SearchError;
use super::bilevel::{Bilevel, Gradients, StepSettings};
use crate::device::read;
use crate::ops::{Branches, StepNoise};
use crate::supernet::{DeviceBatch, Wanted};

impl Bilevel {
    /// The gradient for α, flattened, with what the validation pass found.
    pub(super) async fn unrolled_gradient(
        &self,
        train: &DeviceBatch,
        valid: &DeviceBatch,
        settings: &StepSettings<'_>,
        noise: &mut StepNoise,
    ) -> Result<(Vec<f64>, Gradients), SearchError> {
        let kinds = self.net.cell_kinds().to_vec();
        let p = self.architecture.copies(&kinds);
        let both = Wanted { weights: true, cells: true, again: None };
        let only = |weights| Wanted { weights, cells: !weights, again: None };
        let mut here = self.net.pass(&self.net.weights, &p, train, only(true), Branches::Free, noise).await?;
        let gradient = here.take_weights()?;
        let ahead = self.sgd.ahead(&self.net.weights, gradient, settings.lr, settings.weights);
        let mut valid_noise = noise.clone();
        let mut there = self.net.pass(&ahead, &p, valid, both, Branches::Free, &mut valid_noise).await?;
        let v = there.take_weights()?;
        let found = self.read(there).await?;
        let size = read(v.clone().square().sum().sqrt()).await?[0];
        let mut alpha = self.architecture.gradient(&kinds, &found.cells);
        if size > 0.0 && size.is_finite() {
            let r = 0.01 / size;
            let mut side = Vec::new();
            for sign in [1.0, -1.0] {
                let moved = self.net.weights.clone().add(v.clone().mul_scalar(sign * r));
                let outcome = self.net.pass(&moved, &p, train, only(false), Branches::Free, noise).await?;
                side.push(self.architecture.gradient(&kinds, &self.read(outcome).await?.cells));
            }
            for ((alpha, plus), minus) in alpha.iter_mut().zip(&side[0]).zip(&side[1]) {
                *alpha -= settings.lr * (plus - minus) / (2.0 * r);
            }
        }
        Ok((alpha, found))
    }
}
