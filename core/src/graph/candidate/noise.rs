//! Standard normal noise of the input's shape: the harmful choice of S4 (arXiv:1909.09656).

use super::CandidateContext;
use crate::graph::{Builder, ValueId};

pub(super) fn build(builder: &mut Builder, x: ValueId, context: CandidateContext) -> ValueId {
    builder.noise(x, context.stride)
}
