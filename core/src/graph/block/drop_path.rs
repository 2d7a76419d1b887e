//! Drop path (FractalNet, arXiv:1605.07648, as DARTS uses it): in training, the output of an operation is zero for an
//! image with probability d, and is divided by 1 − d for the others.
//!
//! ```text
//! y_b = m_b · x_b,   m_b = 0 with probability d, else 1 / (1 − d)
//! ```
//!
//! The masks are random draws of a step, [`Draws::dropped`](crate::engine::Draws::dropped). With running statistics,
//! nothing is dropped.

use crate::graph::{Builder, Coefficient, MaskKind, ValueId};

pub(in crate::graph) fn drop_path(builder: &mut Builder, x: ValueId) -> ValueId {
    builder.masked_sum(x, vec![(x, Coefficient::One)], MaskKind::DropPath)
}
