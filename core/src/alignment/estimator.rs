//! Estimators of ∂Λ/∂ω, the derivative of ∇_ω L where each cell's p moves along its δ_l = ∂Λ/∂g_l.
//!
//! ```text
//! ∂Λ/∂ω ≈ [∇_ω L(p_l + ε δ_l) − ∇_ω L(p_l − ε δ_l)] / (2ε),   ε = ε₀ / ‖(δ_1, …, δ_L)‖
//! ```
//!
//! All cells of a type are moved at once, each type by passes of its own; the moved p are not projected back to the
//! simplex. With the pattern of ReLUs and max pools held, that has a limit for ε → 0, d/dt ∇_ω L(p_l + t δ_l) at t = 0.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Estimator of ∂Λ/∂ω.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Two passes with a pattern of their own, as in the paper. Every switch of a ReLU or max pool between them adds a
    /// jump divided by 2ε.
    #[default]
    Central,
    /// Tangent with the pattern of the main pass held: on the CPU the derivative itself, elsewhere a difference with an
    /// error of O(ε²).
    Frozen,
}
