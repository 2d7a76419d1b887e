//! Architecture gradient of iDARTS: the method's part [`Neumann`](crate::method::parts::Neumann) has the formula.

use super::SessionError;
use super::bilevel::{ArchitectureGradient, Bilevel, Copies, StepSettings, finite};
use super::cells::gradients;
use crate::data::Batch;
use crate::engine::{Draws, Numbers, State, Want};
use crate::method::Relaxed;

impl Bilevel {
    /// Gradient of α with a Neumann series up to the power `terms`, around the weights that the engine has saved.
    pub(super) async fn neumann_at(
        &mut self,
        terms: usize,
        train: (&Batch, &Draws),
        valid: (&Batch, &Draws),
        relaxed: &Relaxed,
        copies: &Copies,
        settings: &StepSettings<'_>,
    ) -> Result<ArchitectureGradient, SessionError> {
        let want = Want { weights: 1.0, cells: true, ..Want::default() };
        let there = self.engine.pass(copies.input(valid), want).await?;
        let found = gradients(&there, &self.space, &self.cell_types);
        let mut alpha = self.gradient_of_alpha(relaxed, &found, &settings.moment);
        let mut v = self.weight_gradient().await?;
        let weights = self.compares_gradients().then(|| v.clone());
        let mut sum = v.clone();
        for _ in 0..terms {
            v = self.contracted(train, copies, v, settings.lr).await?;
            sum.iter_mut().zip(&v).for_each(|(sum, v)| *sum += v);
        }
        self.engine.write(State::Gradient, &Numbers::Double(sum)).await?;
        let product = self.mixed_product(train, relaxed, copies, settings).await?;
        alpha.iter_mut().zip(&product).for_each(|(alpha, product)| *alpha -= product);
        Ok(ArchitectureGradient { alpha, valid: found, weights })
    }

    /// Product (I − γ ∂²_ω L_train) v, where v is the gradient that the engine holds; it holds the product afterwards.
    async fn contracted(
        &mut self,
        train: (&Batch, &Draws),
        copies: &Copies,
        v: Vec<f64>,
        gamma: f64,
    ) -> Result<Vec<f64>, SessionError> {
        let norm = self.engine.gradient_norm().await?;
        finite("validation gradient", norm)?;
        if norm == 0.0 {
            return Ok(v);
        }
        let r = 0.01 / norm;
        let mut product = v.clone();
        let v = Numbers::Double(v);
        for sign in [1.0, -1.0] {
            // The displacement is along v, and the pass adds to what has been found of the product.
            self.engine.write(State::Gradient, &v).await?;
            self.engine.displace(sign * r).await?;
            self.engine.write(State::Gradient, &Numbers::Double(product)).await?;
            let want = Want { weights: -sign * gamma / (2.0 * r), ..Want::default() };
            self.engine.pass(copies.input(train), want).await?;
            product = self.weight_gradient().await?;
        }
        Ok(product)
    }
}
