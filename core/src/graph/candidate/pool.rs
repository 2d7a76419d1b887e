//! 3×3 maximum and mean.
//!
//! DARTS normalizes pools while it searches. In its derived networks, and in NAS-Bench-201, pools stand alone.

use super::CandidateContext;
use crate::graph::{Builder, PoolKind, ValueId, Window};
use crate::space::OperationStyle;

pub(super) fn max(builder: &mut Builder, x: ValueId, context: CandidateContext) -> ValueId {
    build(builder, x, context, PoolKind::Max)
}

pub(super) fn average(builder: &mut Builder, x: ValueId, context: CandidateContext) -> ValueId {
    build(builder, x, context, PoolKind::Average)
}

fn build(builder: &mut Builder, x: ValueId, context: CandidateContext, kind: PoolKind) -> ValueId {
    let y = builder.pool(x, kind, false, Window::square(3, context.stride, 1, 1));
    if context.style == OperationStyle::Darts && !context.affine {
        builder.norm(y, "1", false);
    }
    y
}
