//! Candidate operations of the spaces, one file each, written in primitives.
//!
//! A candidate maps a state `[batch, channels, height, width]` to one of the same channels, at stride 2 with half the
//! height and width, rounded up. Parameters carry the names of the PyTorch references.

mod conv_7x1_1x7;
mod dil_conv;
mod noise;
mod nor_conv;
mod pool;
mod registry;
mod sep_conv;
mod skip_connect;

use super::{Builder, ValueId};
use crate::space::{Operation, OperationStyle};

pub use registry::{OperationTaken, register};

/// Place of a candidate in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandidateContext {
    /// Stride, 1 or 2.
    pub stride: usize,
    /// Style of the operations.
    pub style: OperationStyle,
    /// True if batch norms have scale and shift, as in a derived network; searched operations have none.
    pub affine: bool,
}

/// Candidate operation: a few calls of a builder.
///
/// Applications add their own with [`register`].
pub trait Candidate: Send + Sync {
    /// Adds the operation on `x` to a graph. The result has the channels of `x`, and its size at the stride.
    fn build(&self, builder: &mut Builder, x: ValueId, context: CandidateContext) -> ValueId;
}

impl<F: Fn(&mut Builder, ValueId, CandidateContext) -> ValueId + Send + Sync> Candidate for F {
    fn build(&self, builder: &mut Builder, x: ValueId, context: CandidateContext) -> ValueId {
        self(builder, x, context)
    }
}

/// Adds a candidate to a graph; `None` for the operation `none`, which adds nothing.
pub(crate) fn build(
    builder: &mut Builder,
    operation: Operation,
    x: ValueId,
    context: CandidateContext,
) -> Option<ValueId> {
    let y = match operation {
        Operation::None => return None,
        Operation::SkipConnect => skip_connect::build(builder, x, context),
        Operation::MaxPool3x3 => pool::max(builder, x, context),
        Operation::AvgPool3x3 => pool::average(builder, x, context),
        Operation::SepConv3x3 => sep_conv::build(builder, x, context, 3),
        Operation::SepConv5x5 => sep_conv::build(builder, x, context, 5),
        Operation::SepConv7x7 => sep_conv::build(builder, x, context, 7),
        Operation::DilConv3x3 => dil_conv::build(builder, x, context, 3),
        Operation::DilConv5x5 => dil_conv::build(builder, x, context, 5),
        Operation::Conv7x1And1x7 => conv_7x1_1x7::build(builder, x, context),
        Operation::NorConv1x1 => nor_conv::build(builder, x, context, 1),
        Operation::NorConv3x3 => nor_conv::build(builder, x, context, 3),
        Operation::Noise => noise::build(builder, x, context),
        Operation::Own(own) => registry::build(own, builder, x, context),
    };
    Some(y)
}
