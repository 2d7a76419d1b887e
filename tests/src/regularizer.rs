//! The gradient of the alignment of the normal cells, from an engine's verbs.

use lambda_darts::alignment::{AlignmentMeasure, Estimator, LayerAlignment};
use lambda_darts::data::Batch;
use lambda_darts::engine::{Draws, Engine, State, TangentWant, Want};
use pollster::block_on;

use crate::network::{all_present, input, read};

/// Measure, estimator and coefficient of a gradient of Λ.
#[derive(Clone, Copy, Debug)]
pub struct Regularizer {
    /// Measure of the alignment.
    pub measure: AlignmentMeasure,
    /// Estimator of the gradient.
    pub estimator: Estimator,
    /// Step ε₀ of differences.
    pub epsilon0: f64,
    /// Coefficient of the gradient.
    pub coefficient: f64,
}

impl Regularizer {
    /// Returns Λ, and the coefficient times ∂Λ/∂ω; `None` if Λ has no value.
    ///
    /// # Panics
    /// If the device fails.
    pub fn run(self, engine: &mut dyn Engine, batch: &Batch, p: &[Vec<f64>], draws: &Draws) -> Option<(f64, Vec<f64>)> {
        let Self { measure, estimator, epsilon0, coefficient } = self;
        let normal: Vec<bool> = engine.graph().cells().iter().map(|cell| cell.cell_type == 0).collect();
        block_on(engine.clear_gradient()).expect("a gradient");
        let want = Want { cells: true, tangent: estimator == Estimator::Frozen, ..Want::default() };
        let mut pass = block_on(engine.pass(input(batch, p, draws), want)).expect("a pass");
        let cells = all_present(pass.cell_gradients());
        let own: Vec<&[f64]> =
            cells.iter().zip(&normal).filter_map(|(cell, &normal)| normal.then_some(cell.as_slice())).collect();
        let alignment = LayerAlignment::measure(measure, &own)?;
        let norm = alignment.direction_norm();
        let mut directions = alignment.directions.into_iter();
        let mut direction = Vec::new();
        for (cell, &normal) in cells.iter().zip(&normal) {
            let still = vec![0.0; cell.len()];
            direction.push(if normal { directions.next().unwrap_or(still) } else { still });
        }
        match estimator {
            Estimator::Frozen => {
                let want = TangentWant { weights: coefficient, cells: false, epsilon: epsilon0 };
                block_on(pass.tangent(&direction, want)).expect("a tangent");
            }
            Estimator::Central => {
                let epsilon = epsilon0 / norm;
                for sign in [1.0, -1.0] {
                    let moved =
                        |(p, d): (&Vec<f64>, &Vec<f64>)| p.iter().zip(d).map(|(p, d)| p + sign * epsilon * d).collect();
                    let p: Vec<Vec<f64>> = p.iter().zip(&direction).map(moved).collect();
                    let want = Want { weights: coefficient * sign / (2.0 * epsilon), ..Want::default() };
                    block_on(pass.again(&p, want)).expect("a pass");
                }
            }
        }
        Some((alignment.value, read(engine, State::Gradient)))
    }
}
