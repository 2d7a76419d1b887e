//! Table of the operations of a network, as Python expressions.

use std::collections::BTreeSet;

use super::PytorchError;
use crate::space::{Operation, OperationStyle};

/// Conventions that the operations of a network follow.
#[derive(Clone, Copy)]
pub(super) struct Conventions {
    pub(super) style: OperationStyle,
    /// True if a batch norm without parameters follows each pooling.
    pub(super) normalized_pools: bool,
    /// True if some cells have stride 2.
    pub(super) reduces: bool,
}

/// Python dictionary from the names of operations to their constructors.
///
/// # Errors
/// [`PytorchError::Operation`] for an operation of an application.
pub(super) fn table(operations: &BTreeSet<Operation>, conventions: Conventions) -> Result<String, PytorchError> {
    let row = |&operation: &Operation| {
        constructor(operation, conventions)
            .map(|made| format!("    \"{operation}\": lambda c, stride: {made},\n"))
            .ok_or_else(|| PytorchError::Operation { name: operation.name().to_owned() })
    };
    let rows: Vec<String> = operations.iter().map(row).collect::<Result<_, _>>()?;
    Ok(format!("OPERATIONS = {{\n{}}}\n", rows.concat()))
}

/// Python expression that makes an operation for `c` channels at `stride`; `None` for an operation of an application.
fn constructor(operation: Operation, conventions: Conventions) -> Option<&'static str> {
    let Conventions { style, normalized_pools, reduces } = conventions;
    let constructor = match operation {
        Operation::None => "Zero(stride)",
        Operation::SkipConnect if !reduces => "nn.Identity()",
        Operation::SkipConnect => match style {
            OperationStyle::Darts => "nn.Identity() if stride == 1 else FactorizedReduce(c, c)",
            OperationStyle::NasBench201 => "nn.Identity() if stride == 1 else SkipReduce(c)",
        },
        Operation::MaxPool3x3 if normalized_pools => "norm(nn.MaxPool2d(3, stride, 1), c)",
        Operation::MaxPool3x3 => "nn.MaxPool2d(3, stride, 1)",
        Operation::AvgPool3x3 if normalized_pools => "norm(nn.AvgPool2d(3, stride, 1, count_include_pad=False), c)",
        Operation::AvgPool3x3 => "nn.AvgPool2d(3, stride, 1, count_include_pad=False)",
        Operation::SepConv3x3 => "SepConv(c, 3, stride)",
        Operation::SepConv5x5 => "SepConv(c, 5, stride)",
        Operation::SepConv7x7 => "SepConv(c, 7, stride)",
        Operation::DilConv3x3 => "DilConv(c, 3, stride)",
        Operation::DilConv5x5 => "DilConv(c, 5, stride)",
        Operation::Conv7x1And1x7 => "conv_7x1_1x7(c, stride)",
        Operation::NorConv1x1 => "ReLUConvBN(c, c, 1, stride)",
        Operation::NorConv3x3 => "ReLUConvBN(c, c, 3, stride)",
        Operation::Noise => "Noise(stride)",
        Operation::Own(_) => return None,
    };
    Some(constructor)
}
