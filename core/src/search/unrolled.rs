//! Second-order architecture gradients; this is the one of DARTS (equation 7 there).
//!
//! ```text
//! ∇_α L_val(ω′) − ξ·[∇_α L_train(ω + r·v) − ∇_α L_train(ω − r·v)] / (2r),   v = ∇_ω′ L_val(ω′),  r = 0.01/‖v‖
//! ```
//!
//! with ω′ = ω − ξ·(momentum · m + ∇_ω L_train + decay · ω).

use super::SessionError;
use super::bilevel::{ArchitectureGradient, Bilevel, Copies, StepSettings, finite};
use super::cells::gradients;
use crate::data::Batch;
use crate::engine::{Draws, SgdStep, Want};
use crate::method::Relaxed;

impl Bilevel {
    /// Gradient of α of second order, with the results of the validation pass. Weights and momentum are as before.
    pub(super) async fn second_order_gradient(
        &mut self,
        train: (&Batch, &Draws),
        valid: (&Batch, &Draws),
        relaxed: &Relaxed,
        copies: &Copies,
        settings: &StepSettings<'_>,
    ) -> Result<ArchitectureGradient, SessionError> {
        self.engine.save().await?;
        let result = match self.method.neumann_terms() {
            Some(terms) => self.neumann_at(terms, train, valid, relaxed, copies, settings).await,
            None => self.unrolled_at(train, valid, relaxed, copies, settings).await,
        };
        self.engine.clear_gradient().await?;
        self.engine.restore().await?;
        result
    }

    async fn unrolled_at(
        &mut self,
        train: (&Batch, &Draws),
        valid: (&Batch, &Draws),
        relaxed: &Relaxed,
        copies: &Copies,
        settings: &StepSettings<'_>,
    ) -> Result<ArchitectureGradient, SessionError> {
        let (momentum, decay) = (settings.weights.momentum, self.decay(settings));
        self.engine.pass(copies.input(train), Want { weights: 1.0, ..Want::default() }).await?;
        self.engine.step(SgdStep { lr: settings.lr, momentum, decay, scale: 1.0, nesterov: false }).await?;
        let want = Want { weights: 1.0, cells: true, ..Want::default() };
        let there = self.engine.pass(copies.input(valid), want).await?;
        let found = gradients(&there, &self.space, &self.cell_types);
        let mut alpha = self.gradient_of_alpha(relaxed, &found, &settings.moment);
        let weights = if self.compares_gradients() { Some(self.weight_gradient().await?) } else { None };
        let product = self.mixed_product(train, relaxed, copies, settings).await?;
        alpha.iter_mut().zip(&product).for_each(|(alpha, product)| *alpha -= product);
        Ok(ArchitectureGradient { alpha, valid: found, weights })
    }

    /// Learning rate times ∂²L_train/∂α∂ω times the gradient v that the engine holds, by the difference above.
    pub(super) async fn mixed_product(
        &mut self,
        train: (&Batch, &Draws),
        relaxed: &Relaxed,
        copies: &Copies,
        settings: &StepSettings<'_>,
    ) -> Result<Vec<f64>, SessionError> {
        let norm = self.engine.gradient_norm().await?;
        finite("validation gradient", norm)?;
        if norm == 0.0 {
            return Ok(vec![0.0; self.architecture.flat().len()]);
        }
        let r = 0.01 / norm;
        let mut sides = Vec::with_capacity(2);
        for sign in [1.0, -1.0] {
            self.engine.displace(sign * r).await?;
            let pass = self.engine.pass(copies.input(train), Want { cells: true, ..Want::default() }).await?;
            let found = gradients(&pass, &self.space, &self.cell_types);
            sides.push(self.gradient_of_alpha(relaxed, &found, &settings.moment));
        }
        let difference = |(plus, minus): (&f64, &f64)| settings.lr * (plus - minus) / (2.0 * r);
        Ok(sides[0].iter().zip(&sides[1]).map(difference).collect())
    }
}
