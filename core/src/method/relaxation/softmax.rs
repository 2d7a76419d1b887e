//! Softmax: p = softmax(α) on every edge (DARTS, arXiv:1806.09055).

use crate::method::Relaxed;
use crate::space::Architecture;

/// Relaxation of DARTS, in use unless another relaxation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Softmax;

impl Softmax {
    /// Operation weights p = softmax(α).
    #[must_use]
    pub fn relaxed(self, alpha: &Architecture) -> Relaxed {
        let p = alpha.probabilities();
        Relaxed { soft: p.clone(), p, scale: 1.0 }
    }
}
