//! Identity; at stride 2 a factorized reduction (DARTS, arXiv:1806.09055).

use super::CandidateContext;
use crate::graph::block::factorized_reduce;
use crate::graph::{Builder, ValueId};

pub(super) fn build(builder: &mut Builder, x: ValueId, context: CandidateContext) -> ValueId {
    if context.stride == 1 {
        return x;
    }
    let channels = builder.channels(x);
    factorized_reduce(builder, x, channels, context.style, context.affine)
}
