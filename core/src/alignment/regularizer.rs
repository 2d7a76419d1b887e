//! ∂Λ/∂ω, which is the derivative of ∇_ω L where each cell's p moves along its δ_l.
//!
//! ```text
//! ∂Λ/∂ω ≈ [∇_ω L(p_l + ε δ_l) − ∇_ω L(p_l − ε δ_l)] / (2ε),   ε = ε₀ / ‖(δ_1, …, δ_L)‖
//! ```
//!
//! from two first-order passes: all cells of a kind are moved at once, each kind by passes of its own; the moved p are
//! not projected back to the simplex. With branches that are held, that has a limit for ε → 0, and the CPU's kernels
//! take it in one pass over all kinds: d/dt ∇_ω L(p_l + t δ_l) at t = 0.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::Alignment;
use crate::device::DeviceError;
use crate::ops::{Branches, StepNoise};
use crate::supernet::{DeviceBatch, Supernet, Wanted};

/// How the branches of ReLU and max pool are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Each pass takes its own, as in the paper. Every switch between them adds a jump divided by 2ε.
    #[default]
    Central,
    /// Those of the main pass are kept, which makes it exact: on the CPU the derivative itself, whatever ε₀, elsewhere a
    /// difference with an error of O(ε²).
    Frozen,
}

/// What ∂Λ/∂ω needs of the main pass.
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

/// Whether there is a direction to move in. Rounding leaves perfectly aligned cells one of this order.
pub(crate) fn moves(alignment: &Alignment) -> bool {
    let size = alignment.direction_norm();
    size.is_nan() || size >= 1e-12
}

/// ∂(base · L + strength · Λ)/∂ω, `[weights]`, where the device takes derivatives: it gives both at once.
///
/// # Errors
/// [`DeviceError::Lost`] where it does not.
pub(crate) async fn differentiate(
    main: &Regularized<'_>,
    alignments: &[(Vec<usize>, Alignment)],
    base: f64,
    strength: f64,
) -> Result<Tensor<1>, DeviceError> {
    let mut directions: Vec<Vec<f64>> = main.p.iter().map(|p| vec![0.0; p.len()]).collect();
    for (cells, alignment) in alignments.iter().filter(|(_, alignment)| moves(alignment)) {
        for (&cell, direction) in cells.iter().zip(&alignment.directions) {
            directions[cell].iter_mut().zip(direction).for_each(|(moved, d)| *moved += strength * d);
        }
    }
    let wanted = Wanted { weights: true, ..Wanted::default() };
    let [weights, _] = main.net.differentiate(main.number, main.p, main.batch, wanted, &directions, base).await?;
    Ok(weights)
}

/// ∂Λ/∂ω, `[weights]`, by two passes a kind along the directions of `alignments`: for each the places of its cells.
/// `None` where every direction is zero.
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
        if !moves(alignment) {
            continue;
        }
        let epsilon = epsilon0 / alignment.direction_norm();
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
