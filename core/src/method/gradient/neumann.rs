//! Gradient of α by the implicit function theorem, with a Neumann series in the place of the inverse Hessian (iDARTS,
//! arXiv:2106.10784).
//!
//! ```text
//! ∇_α L_val − γ · ∂²L_train/∂α∂ω · Σ_{k=0}^{K} (I − γ ∂²_ω L_train)^k ∇_ω L_val,   at ω,   γ the learning rate of ω
//! ```
//!
//! Products with second derivatives are two-sided differences of gradients, at a distance of 0.01 in ω as in DARTS's
//! second order: 3 + 2K passes in all. K is 2 in the code of the authors. There an architecture step follows 4 or 5
//! weight steps, and the difference leaves a noise in the weights, which is said to help; here it follows one, and the
//! weights are put back. A search with K = 0 and that of `architecture.unrolled` differ by the virtual step alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{Part, PartError, Slot};

/// Settings of the series. Its default is that of the authors' code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Neumann {
    /// Largest power K of the series; each takes two passes.
    pub terms: usize,
}

impl Default for Neumann {
    fn default() -> Self {
        Self { terms: 2 }
    }
}

impl Part for Neumann {
    fn slot(&self) -> Slot {
        Slot::Gradient
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check(self.terms <= 100, "terms", "0 to 100", &self.terms)
    }

    fn neumann_terms(&self) -> Option<usize> {
        Some(self.terms)
    }
}
