//! Dropout (Srivastava et al. 2014): in training, a number is zero with probability d, and is divided by 1 − d otherwise.
//!
//! ```text
//! y_i = m_i · x_i,   m_i = 0 with probability d, else 1 / (1 − d)
//! ```
//!
//! The masks are random draws of a step, [`Draws::dropped`](crate::engine::Draws::dropped). With running statistics,
//! nothing is dropped.

use crate::graph::{Builder, Coefficient, MaskKind, ValueId};

pub(in crate::graph) fn dropout(builder: &mut Builder, x: ValueId) -> ValueId {
    builder.masked_sum(x, vec![(x, Coefficient::One)], MaskKind::Dropout)
}
