//! The topology of a cell: its nodes, its edges and what may stand on them.

use serde::{Deserialize, Serialize};

use super::Operation;

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

/// What a cell hands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// All intermediate nodes, concatenated along the channels (DARTS).
    Concat,
    /// The last node alone (NAS-Bench-201).
    Last,
}

/// One kind of cell. All cells of a kind share one table of architecture parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CellKind {
    /// `normal` or `reduce`.
    pub name: String,
    /// How many input nodes a cell has.
    pub inputs: usize,
    /// How many intermediate nodes a cell has.
    pub nodes: usize,
    /// The edges, ordered by the node they lead to, then by the node they read.
    pub edges: Vec<Edge>,
    /// What the cell hands on.
    pub output: Output,
}

impl CellKind {
    /// A cell in which every intermediate node reads all earlier nodes, with candidates per edge.
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

    /// The places of the edges that lead to `node`.
    pub fn edges_into(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.edges.len()).filter(move |&edge| self.edges[edge].to == node)
    }

    /// The intermediate nodes, in order.
    #[must_use]
    pub fn intermediate(&self) -> std::ops::Range<usize> {
        self.inputs..self.inputs + self.nodes
    }

    /// How many times wider than one node the cell's output is.
    #[must_use]
    pub fn width(&self) -> usize {
        match self.output {
            Output::Concat => self.nodes,
            Output::Last => 1,
        }
    }

    /// How many candidates stand on each edge: the row lengths K_e of the architecture parameters.
    #[must_use]
    pub fn candidates(&self) -> Vec<usize> {
        self.edges.iter().map(|edge| edge.operations.len()).collect()
    }
}
