//! ∂Λ/∂ω from two first-order passes.
//!
//! ```text
//! ∂Λ/∂ω ≈ [∇_ω L(p_l + ε δ_l) − ∇_ω L(p_l − ε δ_l)] / (2ε),   ε = ε₀ / ‖(δ_1, …, δ_L)‖
//! ```
//!
//! All cells of a kind are moved at once, each kind by passes of its own; the moved p are not projected back to the
//! simplex.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::Alignment;
use crate::device::DeviceError;
use crate::ops::{Branches, StepNoise};
use crate::supernet::{DeviceBatch, Supernet, Wanted};

/// How the two passes choose the branches of ReLU and max pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Each pass takes its own, as in the paper. Every switch between them adds a jump divided by 2ε.
    #[default]
    Central,
    /// Both keep those of the main pass, which makes the difference exact up to O(ε²).
    Frozen,
}

/// What the two passes need of the main one.
pub(crate) struct Regularized<'a> {
    pub(crate) net: &'a Supernet,
    /// What each cell read in the main pass.
    pub(crate) p: &'a [Vec<f64>],
    pub(crate) batch: &'a DeviceBatch,
    /// What the main pass recorded; [`Branches::Free`] for [`Estimator::Central`].
    pub(crate) branches: &'a Branches,
    /// Its number.
    pub(crate) number: u64,
}

/// ∂Λ/∂ω, `[weights]`, along the directions of `alignments`: for each the places of its cells. `None` where every
/// direction is zero.
///
/// # Errors
/// [`DeviceError::Lost`] where the device fails.
pub(crate) async fn regularize(
    main: &Regularized<'_>,
    alignments: &[(Vec<usize>, Alignment)],
    epsilon0: f64,
    noise: &mut StepNoise,
) -> Result<Option<Tensor<1>>, DeviceError> {
    let mut sum: Option<Tensor<1>> = None;
    for (cells, alignment) in alignments {
        let size = alignment.direction_norm();
        // Rounding leaves perfectly aligned cells a direction of this order.
        if size < 1e-12 {
            continue;
        }
        let epsilon = epsilon0 / size;
        let mut sides = Vec::with_capacity(2);
        for sign in [1.0, -1.0] {
            let mut p = main.p.to_vec();
            for (&cell, direction) in cells.iter().zip(&alignment.directions) {
                p[cell].iter_mut().zip(direction).for_each(|(p, d)| *p += sign * epsilon * d);
            }
            let wanted = Wanted { weights: true, cells: false, again: Some(main.number) };
            let mut outcome =
                main.net.pass(&main.net.weights, &p, main.batch, wanted, main.branches.replay(), noise).await?;
            sides.push(outcome.take_weights()?);
        }
        let gradient = sides[0].clone().sub(sides[1].clone()).div_scalar(2.0 * epsilon);
        sum = Some(match sum {
            Some(sum) => sum.add(gradient),
            None => gradient,
        });
    }
    Ok(sum)
}
