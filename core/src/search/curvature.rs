//! Dominant eigenvalue of ∇²_α L_val, whose growth foretells a collapse (RobustDARTS, arXiv:1909.09656).
//!
//! Power iteration on Hessian-vector products with the activation pattern of a first pass held, so that no change of
//! the pattern adds a jump. With p = softmax(α), G = Σ_l g_l and ṗ = J(p) v, a product is, on every edge,
//!
//! ```text
//! H v = J(p) Ġ + ṗ ⊙ (G − ⟨p, G⟩) − p ⟨ṗ, G⟩,      Ġ the tangent of G along ṗ
//! ```
//!
//! Constant terms of a method, such as an auxiliary skip connection, are added to the operation weights of the pass.

use super::SessionError;
use super::bilevel::{Bilevel, finite, input};
use crate::data::Batch;
use crate::engine::{Draws, TangentWant, Want};
use crate::method::{Moment, Tables};
use crate::space::through_softmax;
use crate::vector::{dot, filled, norm};

/// Share of the eigenvalue below which a change ends the iteration.
const TOLERANCE: f64 = 1e-3;

impl Bilevel {
    /// Eigenvalue of ∇²_α L_val of the largest magnitude, with its sign, on one batch.
    ///
    /// Takes one pass, and one tangent for each of at most `iterations` iterations; nothing changes.
    ///
    /// # Errors
    /// [`SessionError::Engine`] if the device fails; [`SessionError::NotFinite`] (the caller fills in epoch and step) if
    /// the eigenvalue is not finite.
    pub async fn curvature(&mut self, valid: &Batch, moment: &Moment, iterations: usize) -> Result<f64, SessionError> {
        let (architecture, cell_types) = (self.architecture.clone(), self.cell_types.clone());
        let draws = Draws::new(self.engine.graph(), valid.shape, self.seed(), 0);
        let soft = architecture.probabilities();
        let mut read = soft.clone();
        self.method.add_auxiliary(&mut read, &self.space, moment);
        let copies = self.copies(&read);
        let want = Want { cells: true, tangent: true, ..Want::default() };
        let mut pass = self.engine.pass(input((valid, &draws), &copies), want).await?;
        let sums = architecture.summed(&cell_types, &filled(pass.cell_gradients()));

        // Not constant on any edge: softmax is invariant to such a move.
        let count = architecture.flat().len();
        let mut v: Vec<f64> = (0..count).map(|i| if i % 2 == 0 { 1.0 } else { -0.5 }).collect();
        let mut value = 0.0;
        for _ in 0..iterations {
            let size = norm(&v);
            finite("curvature", size)?;
            if size == 0.0 {
                break;
            }
            for v in &mut v {
                *v /= size;
            }
            let moved = along(&soft, &v);
            let flat: Vec<Vec<f64>> = moved.iter().map(|table| table.concat()).collect();
            // The weights of edges, if cells read these, stay as they are: the p of an edge have the sum 1.
            let direction = |(&cell_type, p): (&usize, &Vec<f64>)| -> Vec<f64> {
                flat[cell_type].iter().copied().chain(std::iter::repeat(0.0)).take(p.len()).collect()
            };
            let directions: Vec<Vec<f64>> = cell_types.iter().zip(&copies).map(direction).collect();
            let tangents = pass.tangent(&directions, TangentWant { cells: true, ..TangentWant::default() }).await?;
            let edges = soft.iter().flatten().zip(moved.iter().flatten()).zip(&sums);
            let edges = edges.zip(architecture.summed(&cell_types, &tangents));
            let product: Vec<f64> =
                edges.flat_map(|(((p, moved), sum), tangent)| of_edge(p, moved, sum, &tangent)).collect();
            let before = std::mem::replace(&mut value, dot(&v, &product));
            v = product;
            if (value - before).abs() <= TOLERANCE * value.abs() {
                break;
            }
        }
        finite("curvature", value)?;
        Ok(value)
    }
}

/// Derivative ṗ = J(p) v of the operation weights.
fn along(soft: &Tables, v: &[f64]) -> Tables {
    let mut rest = v;
    let mut edge = |p: &Vec<f64>| {
        let (own, others) = rest.split_at(p.len());
        rest = others;
        through_softmax(p, own)
    };
    soft.iter().map(|table| table.iter().map(&mut edge).collect()).collect()
}

/// Product of the Hessian with a direction on one edge.
fn of_edge(p: &[f64], moved: &[f64], sum: &[f64], tangent: &[f64]) -> Vec<f64> {
    let [mean, along] = [dot(p, sum), dot(moved, sum)];
    let softmax = p.iter().zip(sum).zip(moved).map(|((p, g), moved)| moved * (g - mean) - p * along);
    through_softmax(p, tangent).into_iter().zip(softmax).map(|(of_tangent, softmax)| of_tangent + softmax).collect()
}
