//! A searched cell: mixed operations on its edges.

use burn::tensor::Tensor;

use crate::kernels::plan::{Planner, ValueId, Weight};
use crate::ops::{Builder, Pass, Sequence, candidate, zero};
use crate::space::{CellKind, Convention, Output};

/// One edge with its candidates; `None` stands for the operation `none`.
#[derive(Clone, Debug)]
struct Mixed {
    from: usize,
    to: usize,
    /// Where the edge's row begins in the flattened p.
    start: usize,
    candidates: Vec<Option<Sequence>>,
}

/// The edges of a cell, whatever comes before its input nodes.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    edges: Vec<Mixed>,
    inputs: usize,
    nodes: usize,
    output: Output,
}

impl Cell {
    /// `reduce` gives the edges that read an input node stride 2.
    pub(super) fn new(
        builder: &mut Builder,
        kind: &CellKind,
        channels: usize,
        reduce: bool,
        convention: Convention,
    ) -> Self {
        let mut start = 0;
        let mut edges = Vec::new();
        for (e, edge) in kind.edges.iter().enumerate() {
            // The references' names: `_ops.E._ops.K` and `edges.TO<-FROM.K`.
            let prefix = match convention {
                Convention::Darts => format!("_ops.{e}._ops"),
                Convention::NasBench201 => format!("edges.{}<-{}", edge.to, edge.from),
            };
            let stride = if reduce && edge.from < kind.inputs { 2 } else { 1 };
            let candidates = builder.within(prefix, |builder| {
                let build = |(k, &operation)| {
                    builder.within(format!("{k}"), |builder| {
                        candidate(builder, operation, channels, stride, convention, false)
                    })
                };
                edge.operations.iter().enumerate().map(build).collect()
            });
            edges.push(Mixed { from: edge.from, to: edge.to, start, candidates });
            start += edge.operations.len();
        }
        Self { edges, inputs: kind.inputs, nodes: kind.nodes, output: kind.output }
    }

    /// The same as steps for the kernels.
    pub(super) fn plan(&self, inputs: Vec<ValueId>, reduce: bool, planner: &mut Planner) -> ValueId {
        let cell = planner.cell(self.edges.iter().map(|edge| edge.candidates.len()).sum());
        let mut states: Vec<ValueId> = inputs.into_iter().map(|input| planner.stored(input)).collect();
        for node in self.inputs..self.inputs + self.nodes {
            let mut terms = Vec::new();
            for edge in self.edges.iter().filter(|edge| edge.to == node) {
                for (k, candidate) in edge.candidates.iter().enumerate() {
                    let Some(candidate) = candidate else { continue };
                    let weight = Weight::Operation { cell, at: edge.start + k };
                    terms.push((candidate.plan(states[edge.from], planner), weight));
                }
            }
            states.push(planner.sum(states[0], if reduce { 2 } else { 1 }, terms));
        }
        match self.output {
            Output::Concat => planner.concat(states.split_off(self.inputs)),
            Output::Last => states.swap_remove(self.inputs + self.nodes - 1),
        }
    }

    /// From the input nodes `[b, c, h, w]` each to `[b, c·width, h′, w′]`; `p` is the cell's copy, `[ΣK_e]`.
    pub(super) fn forward(
        &self,
        inputs: Vec<Tensor<4>>,
        p: &Tensor<1>,
        reduce: bool,
        pass: &mut Pass<'_>,
    ) -> Tensor<4> {
        let mut states = inputs;
        for node in self.inputs..self.inputs + self.nodes {
            let mut sum: Option<Tensor<4>> = None;
            for edge in self.edges.iter().filter(|edge| edge.to == node) {
                for (k, candidate) in edge.candidates.iter().enumerate() {
                    let Some(candidate) = candidate else { continue };
                    let at = edge.start + k;
                    let weight = p.clone().slice([at..at + 1]).reshape([1, 1, 1, 1]);
                    let term = candidate.forward(states[edge.from].clone(), pass).mul(weight);
                    sum = Some(match sum {
                        Some(sum) => sum.add(term),
                        None => term,
                    });
                }
            }
            let stride = if reduce { 2 } else { 1 };
            states.push(sum.unwrap_or_else(|| zero(&states[0], stride)));
        }
        match self.output {
            Output::Concat => Tensor::cat(states.split_off(self.inputs), 1),
            Output::Last => states.swap_remove(self.inputs + self.nodes - 1),
        }
    }
}
