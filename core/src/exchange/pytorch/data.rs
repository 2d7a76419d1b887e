//! Genotypes and cell types as Python data.

use super::literal::{escaped, list};
use crate::space::{CellType, Genotype, GenotypeCell, Operation, Output, Space};

/// Genotype as Python data.
pub(super) fn genotype(genotype: &Genotype) -> String {
    let cells: Vec<String> = genotype.cells.iter().map(genotype_cell).collect();
    format!(
        "CellType = namedtuple(\"CellType\", \"inputs nodes output\")\n\n\
         # Operations of every node, each with the node that it reads, and the nodes of the output.\n\
         GENOTYPE = {{\n{}}}\n",
        cells.concat()
    )
}

fn genotype_cell(cell: &GenotypeCell) -> String {
    let read = |(operation, from): &(Operation, usize)| format!("(\"{operation}\", {from})");
    let node = |reads: &Vec<(Operation, usize)>| list(12, "", &reads.iter().map(read).collect::<Vec<_>>());
    let nodes: Vec<String> = cell.nodes.iter().map(node).collect();
    let nodes = format!("        nodes=[\n{}        ],\n", nodes.concat());
    named(&cell.kind, cell.inputs, &nodes, &cell.output)
}

/// Cell types of a space as Python data. Edges with the same candidates share one list.
pub(super) fn cell_types(space: &Space) -> String {
    let mut lists: Vec<&[Operation]> = Vec::new();
    for edge in space.cell_types.iter().flat_map(|cell_type| &cell_type.edges) {
        if !lists.contains(&edge.operations.as_slice()) {
            lists.push(&edge.operations);
        }
    }
    let row = |operations: &&[Operation]| {
        let names: Vec<String> = operations.iter().map(|operation| format!("\"{operation}\"")).collect();
        list(4, "", &names)
    };
    let candidates: Vec<String> = lists.iter().map(row).collect();
    let cells: Vec<String> = space.cell_types.iter().map(|cell_type| searched_cell(cell_type, &lists)).collect();
    format!(
        "CellType = namedtuple(\"CellType\", \"inputs nodes edges output\")\n\n\
         CANDIDATES = [\n{}]\n\
         # An edge is (from, to, index of its candidates).\n\
         CELL_TYPES = {{\n{}}}\n",
        candidates.concat(),
        cells.concat()
    )
}

fn searched_cell(cell_type: &CellType, lists: &[&[Operation]]) -> String {
    let edges = cell_type.edges.iter().map(|edge| {
        let candidates = lists.iter().position(|list| *list == edge.operations.as_slice()).unwrap_or_default();
        format!("({}, {}, {candidates})", edge.from, edge.to)
    });
    let edges = list(8, "edges=", &edges.collect::<Vec<_>>());
    let output: Vec<usize> = match cell_type.output {
        Output::Concat => cell_type.intermediate().collect(),
        Output::Last => cell_type.intermediate().next_back().into_iter().collect(),
    };
    let fields = format!("        nodes={},\n{edges}", cell_type.nodes);
    named(&cell_type.name, cell_type.inputs, &fields, &output)
}

/// Entry of a dictionary of cell types.
fn named(name: &str, inputs: usize, fields: &str, output: &[usize]) -> String {
    let output = list(8, "output=", &output.iter().map(usize::to_string).collect::<Vec<_>>());
    format!("    \"{}\": CellType(\n        inputs={inputs},\n{fields}{output}    ),\n", escaped(name))
}
