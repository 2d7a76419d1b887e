//! Names of operations and nodes, as short as a drawing needs them.

use lambda_darts::space::Operation;

/// Returns the name of an operation in about four letters.
pub(super) fn short(operation: Operation) -> String {
    let name = match operation {
        Operation::None => "none",
        Operation::SkipConnect => "skip",
        Operation::MaxPool3x3 => "max3",
        Operation::AvgPool3x3 => "avg3",
        Operation::SepConv3x3 => "sep3",
        Operation::SepConv5x5 => "sep5",
        Operation::SepConv7x7 => "sep7",
        Operation::DilConv3x3 => "dil3",
        Operation::DilConv5x5 => "dil5",
        Operation::Conv7x1And1x7 => "7×1",
        Operation::NorConv1x1 => "1×1",
        Operation::NorConv3x3 => "3×3",
        Operation::Noise => "noise",
        Operation::Own(_) => return operation.name().chars().take(5).collect(),
    };
    name.to_owned()
}

/// Returns the name of a node: inputs have that of the cell they come from (k − 1 is the one before), intermediate
/// nodes their number.
pub(super) fn node(inputs: usize, nodes: usize, node: usize) -> String {
    match (inputs, inputs.checked_sub(node)) {
        (1, Some(1)) => "in".to_owned(),
        (_, Some(before @ 1..)) => format!("k−{before}"),
        (1, _) if node == nodes => "out".to_owned(),
        (1, _) => node.to_string(),
        _ => node.saturating_sub(inputs).to_string(),
    }
}
