//! The dominant eigenvalue of ∇²_α L_val, whose growth foretells a collapse (RobustDARTS, arXiv:1909.09656).
//!
//! Power iteration on Hessian-vector products with the ReLU and max-pool branches of a first pass kept, so that no switch
//! between them adds a jump: on the CPU derivatives of that pass, elsewhere differences of two,
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

/// A pass at α itself.
struct Here<'a> {
    batch: &'a DeviceBatch,
    noise: StepNoise,
    /// What it recorded, and its number.
    branches: Branches,
    number: u64,
    cells: Vec<Vec<f64>>,
}

impl Bilevel {
    /// The eigenvalue of ∇²_α L_val of the largest magnitude, with its sign, on one batch.
    ///
    /// Takes one pass, and one (on a GPU two) for each of at most `iterations` iterations; nothing changes.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device does not answer.
    pub async fn curvature(&self, valid: &Batch, iterations: usize) -> Result<f64, SearchError> {
        let batch = self.net.on_device(valid)?;
        let mut noise = self.noise(0, &[]);
        let p = self.architecture.copies(self.net.cell_kinds());
        let (recording, wanted) = (Branches::Record(Recorded::default()), Wanted { cells: true, ..Wanted::default() });
        let mut outcome = self.net.pass(&self.net.weights, &p, &batch, wanted, recording, &mut noise).await?;
        let (branches, number) = (std::mem::take(&mut outcome.branches), outcome.number);
        let cells = self.read(outcome).await?.cells;
        let mut here = Here { batch: &batch, noise, branches, number, cells };
        let differentiates = self.net.differentiates(&batch).await?;

        // Not constant on any edge, which the softmax would not notice.
        let count = self.architecture.flat().len();
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
            let product =
                if differentiates { self.derivative(&here, &v).await? } else { self.difference(&mut here, &v).await? };
            let before = std::mem::replace(&mut value, dot(&v, &product));
            v = product;
            if (value - before).abs() <= TOLERANCE * value.abs() {
                break;
            }
        }
        Ok(value)
    }

    /// H v.
    async fn derivative(&self, here: &Here<'_>, v: &[f64]) -> Result<Vec<f64>, SearchError> {
        let (kinds, architecture) = (self.net.cell_kinds(), &self.architecture);
        let wanted = Wanted { cells: true, ..Wanted::default() };
        let (p, directions) = (architecture.copies(kinds), architecture.directions(kinds, v));
        let [_, turned] = self.net.differentiate(here.number, &p, here.batch, wanted, &directions, 0.0).await?;
        let turned = self.by_cell(&crate::device::read(turned).await?);
        Ok(architecture.turned_gradient(kinds, &here.cells, &turned, v))
    }

    /// H v but for O(r²).
    async fn difference(&self, here: &mut Here<'_>, v: &[f64]) -> Result<Vec<f64>, SearchError> {
        let mut sides = Vec::with_capacity(2);
        for step in [STEP, -STEP] {
            let mut moved = self.architecture.clone();
            moved.set_flat(&moved.flat().iter().zip(v).map(|(alpha, v)| alpha + step * v).collect::<Vec<_>>());
            sides.push(self.alpha_slope(&moved, here).await?);
        }
        Ok(sides[0].iter().zip(&sides[1]).map(|(a, b)| (a - b) / (2.0 * STEP)).collect())
    }

    /// ∇_α L at other architecture parameters.
    async fn alpha_slope(&self, at: &Architecture, here: &mut Here<'_>) -> Result<Vec<f64>, SearchError> {
        let kinds = self.net.cell_kinds();
        let wanted = Wanted { weights: false, cells: true, again: Some(here.number) };
        let (p, branches) = (at.copies(kinds), here.branches.replay());
        let outcome = self.net.pass(&self.net.weights, &p, here.batch, wanted, branches, &mut here.noise).await?;
        Ok(at.gradient(kinds, &self.read(outcome).await?.cells))
    }
}
