//! The dominant eigenvalue of ∇²_α L_val, whose growth foretells a collapse (RobustDARTS, arXiv:1909.09656).
//!
//! Power iteration on Hessian-vector products, each from two passes with the ReLU and max-pool branches of a first one
//! kept, so that no switch between them adds a jump:
//!
//! ```text
//! H v ≈ [∇_α L_val(α + r v) − ∇_α L_val(α − r v)] / (2r),   ‖v‖ = 1
//! ```

use super::{Bilevel, SearchError};
use crate::alignment::{dot, norm};
use crate::data::Batch;
use crate::ops::{Branches, Recorded, StepNoise};
use crate::supernet::{Architecture, DeviceBatch, Wanted};

/// r: α is of order 1 at most, and single precision still resolves the difference.
const STEP: f64 = 1e-2;
/// The iteration ends when the eigenvalue changes by less than this share.
const TOLERANCE: f64 = 1e-3;

impl Bilevel {
    /// The eigenvalue of ∇²_α L_val of the largest magnitude, with its sign, on one batch.
    ///
    /// Takes one pass, and two for each of at most `iterations` iterations; nothing changes.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device does not answer.
    pub async fn curvature(&self, valid: &Batch, iterations: usize) -> Result<f64, SearchError> {
        let batch = self.on_device(valid);
        let mut noise = self.noise(0, &[]);
        let mut branches = Branches::Record(Recorded::default());
        let mut number = None;
        self.alpha_slope(&self.architecture, &batch, &mut branches, &mut number, &mut noise).await?;

        let here = self.architecture.flat();
        // Not constant on any edge, which the softmax would not notice.
        let mut v: Vec<f64> = (0..here.len()).map(|i| if i % 2 == 0 { 1.0 } else { -0.5 }).collect();
        let (mut moved, mut value) = (self.architecture.clone(), 0.0);
        for _ in 0..iterations {
            let size = norm(&v);
            if size == 0.0 || !size.is_finite() {
                break;
            }
            for v in &mut v {
                *v /= size;
            }
            let mut sides = Vec::with_capacity(2);
            for sign in [1.0, -1.0] {
                let there: Vec<f64> = here.iter().zip(&v).map(|(alpha, v)| alpha + sign * STEP * v).collect();
                moved.set_flat(&there);
                sides.push(self.alpha_slope(&moved, &batch, &mut branches.replay(), &mut number, &mut noise).await?);
            }
            let product: Vec<f64> = sides[0].iter().zip(&sides[1]).map(|(a, b)| (a - b) / (2.0 * STEP)).collect();
            let before = std::mem::replace(&mut value, dot(&v, &product));
            v = product;
            if (value - before).abs() <= TOLERANCE * value.abs() {
                break;
            }
        }
        Ok(value)
    }

    /// ∇_α L at other architecture parameters.
    async fn alpha_slope(
        &self,
        at: &Architecture,
        batch: &DeviceBatch,
        branches: &mut Branches,
        number: &mut Option<u64>,
        noise: &mut StepNoise,
    ) -> Result<Vec<f64>, SearchError> {
        let kinds = self.net.cell_kinds();
        let wanted = Wanted { weights: false, cells: true, again: *number };
        let taken = std::mem::take(branches);
        let mut outcome = self.net.pass(&self.net.weights, &at.copies(kinds), batch, wanted, taken, noise).await?;
        *branches = std::mem::take(&mut outcome.branches);
        *number = Some(outcome.number);
        Ok(at.gradient(kinds, &self.read(outcome).await?.cells))
    }
}
