//! The topology of a cell: its nodes, its edges and the candidate operations of the edges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GenotypeCell, Operation};

/// One edge of a cell with its candidate operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Edge {
    /// The node that the edge reads. Input nodes come first, then the intermediate ones.
    pub from: usize,
    /// The intermediate node that the edge adds to.
    pub to: usize,
    /// The candidates, in the order of the architecture parameters' columns.
    pub operations: Vec<Operation>,
}

/// Output of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// All intermediate nodes, concatenated along the channels (DARTS).
    Concat,
    /// The last node alone (NAS-Bench-201).
    Last,
}

/// One type of cell. All cells of a type share one table of architecture parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CellType {
    /// Name of the type: `normal` or `reduce`.
    pub name: String,
    /// Number of input nodes of a cell.
    pub inputs: usize,
    /// Number of intermediate nodes of a cell.
    pub nodes: usize,
    /// The edges, ordered by the node they lead to, then by the node they read.
    pub edges: Vec<Edge>,
    /// Output of the cell.
    pub output: Output,
}

impl CellType {
    /// Number of edges that a node of a concatenated cell keeps at the most.
    pub(crate) const KEPT_EDGES: usize = 2;

    /// Makes a cell in which every intermediate node reads all earlier nodes, with candidates per edge.
    ///
    /// Edges for which `operations` gives an empty list are left out.
    #[must_use]
    pub fn dense(
        name: &str,
        inputs: usize,
        nodes: usize,
        output: Output,
        mut operations: impl FnMut(usize, usize) -> Vec<Operation>,
    ) -> Self {
        let mut edges = Vec::new();
        for to in inputs..inputs + nodes {
            for from in 0..to {
                let operations = operations(from, to);
                if !operations.is_empty() {
                    edges.push(Edge { from, to, operations });
                }
            }
        }
        Self { name: name.to_owned(), inputs, nodes, edges, output }
    }

    /// Returns the indices of the edges that lead to `node`.
    pub fn edges_into(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.edges.len()).filter(move |&edge| self.edges[edge].to == node)
    }

    /// Returns the numbers of the intermediate nodes, in order.
    #[must_use]
    pub fn intermediate(&self) -> std::ops::Range<usize> {
        self.inputs..self.inputs + self.nodes
    }

    /// Returns the width of the cell's output in multiples of the width of one node.
    #[must_use]
    pub fn width(&self) -> usize {
        match self.output {
            Output::Concat => self.nodes,
            Output::Last => 1,
        }
    }

    /// Returns true if a genotype may have this candidate of an edge: any in a cell whose output is the last node. In a
    /// concatenated cell, edges that are not wanted are left out instead of being `none`.
    pub(crate) fn keeps(&self, edge: &Edge, operation: Operation) -> bool {
        self.output == Output::Last || operation != Operation::None || edge.operations == [Operation::None]
    }

    /// Returns the cell of a genotype whose intermediate nodes read these nodes.
    pub(crate) fn genotype(&self, nodes: Vec<Vec<(Operation, usize)>>) -> GenotypeCell {
        let output = match self.output {
            Output::Concat => self.intermediate().collect(),
            Output::Last => vec![self.inputs + self.nodes - 1],
        };
        GenotypeCell { kind: self.name.clone(), inputs: self.inputs, nodes, output }
    }

    /// Returns the number of candidates of each edge: the row lengths K_e of the architecture parameters.
    #[must_use]
    pub fn candidates(&self) -> Vec<usize> {
        self.edges.iter().map(|edge| edge.operations.len()).collect()
    }
}
