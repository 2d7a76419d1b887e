//! Layer alignment: the agreement of the gradients that the cells of one type have for the operation weights.
//!
//! With the cell gradients g_l and u_l = g_l/‖g_l‖,
//!
//! ```text
//! Λ  = 2/(L(L−1)) · Σ_{i<j} ⟨u_i, u_j⟩                        (cosine)
//! Λ± = 2/(L(L−1)) · Σ_{i<j} ⟨g_i, g_j⟩ / ⟨|g_i|, |g_j|⟩         (sign)
//! ```
//!
//! Both lie in \[−1, 1\]. Source: Λ-DARTS, Movahedi et al., ICLR 2023, arXiv:2210.07998.

mod estimator;
mod measure;
mod schedule;

pub use estimator::Estimator;
pub use measure::{AlignmentMeasure, LayerAlignment};
pub use schedule::Schedule;
