//! Cells: mixed operations on the edges of a searched cell, single ones on those of a derived cell.

use super::block::drop_path;
use super::candidate::{self, CandidateContext};
use super::{Builder, Coefficient, ValueId};
use crate::space::{Edge, MacroLayout, OperationStyle};

/// Type of cell before it has a size.
#[derive(Clone, Debug)]
pub(super) struct CellPlan {
    pub(super) inputs: usize,
    pub(super) nodes: usize,
    /// Edges in the order of their weights.
    pub(super) edges: Vec<Edge>,
    /// Nodes that are concatenated; a single one is handed on as it is.
    pub(super) outputs: Vec<usize>,
}

/// Types of cell of a network and their arrangement, before it has a size.
#[derive(Clone, Debug)]
pub(super) struct NetworkPlan {
    pub(super) cell_types: Vec<CellPlan>,
    pub(super) layout: MacroLayout,
    pub(super) style: OperationStyle,
    /// True if each edge has the one operation that was derived, and all batch norms have parameters.
    pub(super) derived: bool,
    /// True if operations other than the identity are behind drop paths.
    pub(super) drop_path: bool,
    /// Type of every cell, from stem to classifier.
    pub(super) cells: Vec<usize>,
}

impl NetworkPlan {
    /// Number of operations and nodes of all cells.
    pub(super) fn operation_count(&self) -> usize {
        let count = |cell: &CellPlan| cell.nodes + cell.edges.iter().map(|edge| edge.operations.len()).sum::<usize>();
        let each: Vec<usize> = self.cell_types.iter().map(count).collect();
        self.cells.iter().map(|&cell_type| each[cell_type]).fold(0, usize::saturating_add)
    }

    /// Adds a cell to a graph. With `reduce`, the edges that read an input node have stride 2.
    pub(super) fn cell(&self, builder: &mut Builder, cell_type: usize, inputs: &[ValueId], reduce: bool) -> ValueId {
        let plan = &self.cell_types[cell_type];
        let cell = (!self.derived).then(|| {
            let weights = plan.edges.iter().map(|edge| edge.operations.len()).sum();
            builder.cell(cell_type, weights)
        });
        let mut states: Vec<ValueId> = inputs.iter().map(|&input| builder.stored(input)).collect();
        for node in plan.inputs..plan.inputs + plan.nodes {
            let (mut terms, mut weights, mut start) = (Vec::new(), Vec::new(), 0);
            for (e, edge) in plan.edges.iter().enumerate() {
                let first = start;
                start += edge.operations.len();
                if edge.to != node {
                    continue;
                }
                weights.extend(cell.into_iter().flat_map(|cell| (first..start).map(move |index| (cell, index))));
                let stride = if reduce && edge.from < plan.inputs { 2 } else { 1 };
                let context = CandidateContext { stride, style: self.style, affine: self.derived };
                let x = states[edge.from];
                for (k, &operation) in edge.operations.iter().enumerate() {
                    let build = |builder: &mut Builder| {
                        builder
                            .within(self.name(e, edge, k), |builder| candidate::build(builder, operation, x, context))
                    };
                    let y = match cell {
                        Some(cell) => builder.cell_operation(cell, first + k, build),
                        None => build(builder),
                    };
                    let Some(y) = y else { continue };
                    let y = if self.drop_path && y != x { drop_path(builder, y) } else { y };
                    let operation = |cell| Coefficient::Operation { cell, index: first + k };
                    terms.push((y, cell.map_or(Coefficient::One, operation)));
                }
            }
            states.push(builder.node(states[0], if reduce { 2 } else { 1 }, terms, weights));
        }
        match plan.outputs[..] {
            [node] => states[node],
            _ => builder.concat(&plan.outputs.iter().map(|&node| states[node]).collect::<Vec<_>>()),
        }
    }

    /// Names of the references: `_ops.E._ops.K` and `edges.TO<-FROM.K`; in derived networks `_ops.E` and `layers.E`.
    fn name(&self, e: usize, edge: &Edge, k: usize) -> String {
        match (self.style, self.derived) {
            (OperationStyle::Darts, false) => format!("_ops.{e}._ops.{k}"),
            (OperationStyle::Darts, true) => format!("_ops.{e}"),
            (OperationStyle::NasBench201, false) => format!("edges.{}<-{}.{k}", edge.to, edge.from),
            (OperationStyle::NasBench201, true) => format!("layers.{e}"),
        }
    }
}
