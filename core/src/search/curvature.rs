//! Dominant eigenvalue of ∇²_α L_val, whose growth foretells a collapse (RobustDARTS, arXiv:1909.09656).
//!
//! Power iteration on Hessian-vector products with the activation pattern of a first pass held, so that no change of
//! the pattern adds a jump. A product is the tangent of the pass along ṗ = J(p) v.

use super::SearchError;
use super::bilevel::{Bilevel, input};
use crate::alignment::{dot, norm};
use crate::data::Batch;
use crate::engine::{Draws, TangentWant, Want};

/// Share of the eigenvalue below which a change ends the iteration.
const TOLERANCE: f64 = 1e-3;

impl Bilevel {
    /// Eigenvalue of ∇²_α L_val of the largest magnitude, with its sign, on one batch, at p = softmax(α).
    ///
    /// Takes one pass, and one tangent for each of at most `iterations` iterations; nothing changes.
    ///
    /// # Errors
    /// [`SearchError::Engine`] if the device fails.
    pub async fn curvature(&mut self, valid: &Batch, iterations: usize) -> Result<f64, SearchError> {
        let (architecture, cell_types) = (self.architecture.clone(), self.cell_types.clone());
        let draws = Draws::new(self.engine.graph(), valid.shape, self.seed(), 0);
        let p = architecture.copies(&cell_types);
        let want = Want { cells: true, tangent: true, ..Want::default() };
        let mut pass = self.engine.pass(input((valid, &draws), &p), want).await?;
        let cells = pass.cell_gradients().to_vec();

        // Not constant on any edge: softmax is invariant to such a move.
        let count = architecture.flat().len();
        let mut v: Vec<f64> = (0..count).map(|i| if i % 2 == 0 { 1.0 } else { -0.5 }).collect();
        let mut value = 0.0;
        for _ in 0..iterations {
            let size = norm(&v);
            if size == 0.0 || !size.is_finite() {
                break;
            }
            for v in &mut v {
                *v /= size;
            }
            let directions = architecture.directions(&cell_types, &v);
            let g_dot = pass.tangent(&directions, TangentWant { cells: true, ..TangentWant::default() }).await?;
            let product = architecture.gradient_tangent(&cell_types, &cells, &g_dot, &v);
            let before = std::mem::replace(&mut value, dot(&v, &product));
            v = product;
            if (value - before).abs() <= TOLERANCE * value.abs() {
                break;
            }
        }
        Ok(value)
    }
}
