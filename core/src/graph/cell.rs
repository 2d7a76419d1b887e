//! Cells: mixed operations on the edges of a searched cell, single ones on those of a derived cell.

use super::block::{drop_path, dropout};
use super::candidate::{self, CandidateContext};
use super::{Builder, Coefficient, MaskKind, PoolKind, ValueId, Window};
use crate::space::{Edge, MacroLayout, Operation, OperationStyle};

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
    /// True if drop paths are there: in a derived network behind operations other than the identity, in a supernet behind
    /// the mixed operation of every edge.
    pub(super) drop_path: bool,
    /// True if skip connections that are the identity are behind dropout.
    pub(super) dropout: bool,
    /// Number k if candidates read the first 1/k of the channels, and the others pass by.
    pub(super) partial: Option<usize>,
    /// Type of every cell, from stem to classifier.
    pub(super) cells: Vec<usize>,
}

/// State of which candidates read a part of the channels.
#[derive(Clone, Copy, Debug)]
struct Divided {
    /// Channels that candidates read.
    read: ValueId,
    /// Channels that pass by, at the stride of the edges that leave the state.
    rest: ValueId,
}

impl Divided {
    fn new(builder: &mut Builder, state: ValueId, k: usize, stride: usize) -> Self {
        let channels = builder.channels(state);
        let read = builder.slice(state, 0..channels / k);
        let rest = builder.slice(state, channels / k..channels);
        let halved = Window::square(2, 2, 0, 1);
        let rest = if stride == 1 { rest } else { builder.pool(rest, PoolKind::Max, false, halved) };
        Self { read, rest }
    }
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
        let candidates: usize = plan.edges.iter().map(|edge| edge.operations.len()).sum();
        let cell = (!self.derived)
            .then(|| builder.cell(cell_type, candidates + if self.partial.is_some() { plan.edges.len() } else { 0 }));
        let mut states: Vec<ValueId> = inputs.iter().map(|&input| builder.stored(input)).collect();
        let node_stride = if reduce { 2 } else { 1 };
        let mut divided: Vec<Option<Divided>> = vec![None; plan.inputs + plan.nodes];
        divided[0] = self.partial.map(|k| Divided::new(builder, states[0], k, node_stride));
        let like = divided[0].map_or(states[0], |divided| divided.read);
        for node in plan.inputs..plan.inputs + plan.nodes {
            let (mut terms, mut weights, mut passing, mut start) = (Vec::new(), Vec::new(), Vec::new(), 0);
            for (e, edge) in plan.edges.iter().enumerate() {
                let first = start;
                start += edge.operations.len();
                if edge.to != node {
                    continue;
                }
                let indices = cell.into_iter().flat_map(|cell| (first..start).map(move |index| (cell, index)));
                let (mut mixed, mut passes) = (Vec::new(), None);
                let stride = if reduce && edge.from < plan.inputs { 2 } else { 1 };
                let context = CandidateContext { stride, style: self.style, affine: self.derived };
                let state = states[edge.from];
                let x = if let (Some(k), Some(cell)) = (self.partial, cell) {
                    let divide = || Divided::new(builder, state, k, stride);
                    let Divided { read, rest } = *divided[edge.from].get_or_insert_with(divide);
                    passes = Some((rest, (cell, candidates + e)));
                    read
                } else {
                    state
                };
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
                    let y = self.masked(builder, operation, x, y);
                    let operation = |cell| Coefficient::Operation { cell, index: first + k };
                    mixed.push((y, cell.map_or(Coefficient::One, operation)));
                }
                // Channels that pass by an edge are dropped with it.
                let mask = (self.drop_path && !self.derived).then(|| builder.mask(MaskKind::DropPath));
                if let Some((rest, (cell, index))) = passes {
                    let term = (rest, Coefficient::Operation { cell, index });
                    passing.push(match mask {
                        Some(_) => (builder.node(rest, 1, vec![term], vec![(cell, index)], mask), Coefficient::One),
                        None => term,
                    });
                }
                if mask.is_some() {
                    let y = builder.node(like, node_stride, mixed, indices.collect(), mask);
                    terms.push((y, Coefficient::One));
                } else {
                    terms.extend(mixed);
                    weights.extend(indices);
                }
            }
            let mixed = builder.node(like, node_stride, terms, weights, None);
            states.push(match (self.partial, divided[0]) {
                (Some(k), Some(Divided { rest, .. })) => {
                    let passed = builder.sum(rest, 1, passing);
                    builder.shuffled_concat(&[mixed, passed], k)
                }
                _ => mixed,
            });
        }
        match plan.outputs[..] {
            [node] => states[node],
            _ => builder.concat(&plan.outputs.iter().map(|&node| states[node]).collect::<Vec<_>>()),
        }
    }

    /// Adds the mask of a candidate `y` on `x`, if it has one.
    fn masked(&self, builder: &mut Builder, operation: Operation, x: ValueId, y: ValueId) -> ValueId {
        if self.derived && self.drop_path && y != x {
            return drop_path(builder, y);
        }
        if self.dropout && operation == Operation::SkipConnect && y == x {
            return dropout(builder, y);
        }
        y
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
