//! Layer alignment: how much the cells of one kind agree on what the operation weights should become.
//!
//! With the cell gradients g_l and u_l = g_l/‖g_l‖,
//!
//! ```text
//! Λ  = 2/(L(L−1)) · Σ_{i<j} ⟨u_i, u_j⟩                        (cosine)
//! Λ± = 2/(L(L−1)) · Σ_{i<j} ⟨g_i, g_j⟩ / ⟨|g_i|, |g_j|⟩         (sign)
//! ```
//!
//! Both lie in \[−1, 1\]. Source: Λ-DARTS, Movahedi et al., ICLR 2023, arXiv:2210.07998.

mod form;
mod regularizer;
mod schedule;

pub use form::{Alignment, Form};
pub(crate) use form::{dot, norm};
pub use regularizer::Estimator;
pub(crate) use regularizer::{Regularized, differentiate, moves, regularize};
pub use schedule::Schedule;
