//! Checks of spaces and genotypes that no [`Graph`](crate::graph::Graph) makes.

use super::PytorchError;
use crate::graph::NetworkSize;
use crate::space::{CellType, Genotype, MacroLayout, Space};

fn unsupported(what: String) -> PytorchError {
    PytorchError::Unsupported { what }
}

/// Checks what is around the cells: their types, their inputs and the size.
pub(super) fn layout(space: &Space, size: NetworkSize) -> Result<(), PytorchError> {
    let staged = space.layout == MacroLayout::Staged;
    let names: Vec<&str> = space.cell_types.iter().map(|cell_type| cell_type.name.as_str()).collect();
    if names != ["normal"] && (staged || names != ["normal", "reduce"]) {
        return Err(unsupported(format!(
            "the types of cell are `normal` and, where cells are stacked, `reduce`; {} has `{}`",
            space.name,
            names.join("`, `")
        )));
    }
    let inputs = space.cell_types[0].inputs;
    let max = if staged { 1 } else { 2 };
    if !(1..=max).contains(&inputs) || space.cell_types.iter().any(|cell_type| cell_type.inputs != inputs) {
        return Err(unsupported(format!(
            "every cell of {} needs the same number of inputs, {}",
            space.name,
            if staged { "1" } else { "1 or 2" }
        )));
    }
    // The first cell halves the image of the stem, and PyTorch runs no convolution without output channels.
    if space.layout == MacroLayout::ImageNet && inputs == 2 && size.channels == 1 {
        return Err(unsupported("the network needs 2 channels or more in PyTorch, not 1".to_owned()));
    }
    Ok(())
}

/// Checks that every node of a searched cell has edges, and every edge candidates.
pub(super) fn edges(cell_type: &CellType) -> Result<(), PytorchError> {
    let name = &cell_type.name;
    let nodes = cell_type.intermediate();
    if nodes.is_empty() {
        return Err(unsupported(format!("{name}: a cell needs a node")));
    }
    for edge in &cell_type.edges {
        if edge.from >= edge.to || !nodes.contains(&edge.to) || edge.operations.is_empty() {
            let (from, to) = (edge.from, edge.to);
            return Err(unsupported(format!(
                "{name}: the edge {from}->{to} leads to no later node, or has no operation"
            )));
        }
    }
    match cell_type.intermediate().find(|&node| cell_type.edges_into(node).next().is_none()) {
        Some(node) => Err(unsupported(format!("{name}: node {node} reads nothing"))),
        None => Ok(()),
    }
}

/// Checks that every node of a genotype has an operation.
pub(super) fn nodes(genotype: &Genotype) -> Result<(), PytorchError> {
    for cell in &genotype.cells {
        if let Some(at) = cell.nodes.iter().position(Vec::is_empty) {
            return Err(unsupported(format!("{}: node {} reads nothing", cell.kind, cell.inputs + at)));
        }
    }
    Ok(())
}
