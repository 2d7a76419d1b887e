//! A cell: mixed operations on its edges, or single ones where it was derived.

use burn::tensor::Tensor;

use super::blueprint::{Blueprint, Kind};
use crate::kernels::plan::{Planner, ValueId, Weight};
use crate::ops::{Builder, Pass, Sequence, candidate, zero};
use crate::space::Convention;

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
    outputs: Vec<usize>,
    /// Whether p weighs the candidates; where every edge has one, it counts whole.
    weighed: bool,
}

impl Cell {
    /// `reduce` gives the edges that read an input node stride 2.
    pub(super) fn new(
        builder: &mut Builder,
        blueprint: &Blueprint,
        kind: &Kind,
        channels: usize,
        reduce: bool,
    ) -> Self {
        let (convention, derived) = (blueprint.convention(), blueprint.derived);
        let mut start = 0;
        let mut edges = Vec::new();
        for (e, edge) in kind.edges.iter().enumerate() {
            // The references' names: `_ops.E._ops.K` and `edges.TO<-FROM.K`; derived, `_ops.E` and `layers.E`.
            let prefix = match (convention, derived) {
                (Convention::Darts, false) => format!("_ops.{e}._ops"),
                (Convention::Darts, true) => format!("_ops.{e}"),
                (Convention::NasBench201, false) => format!("edges.{}<-{}", edge.to, edge.from),
                (Convention::NasBench201, true) => format!("layers.{e}"),
            };
            let stride = if reduce && edge.from < kind.inputs { 2 } else { 1 };
            let mut build = |(k, &operation)| {
                let place = if derived { prefix.clone() } else { format!("{prefix}.{k}") };
                builder.within(place, |builder| candidate(builder, operation, channels, stride, convention, derived))
            };
            let candidates = edge.operations.iter().enumerate().map(&mut build).collect();
            edges.push(Mixed { from: edge.from, to: edge.to, start, candidates });
            start += edge.operations.len();
        }
        Self { edges, inputs: kind.inputs, nodes: kind.nodes, outputs: kind.outputs.clone(), weighed: !derived }
    }

    /// The same as steps for the kernels.
    pub(super) fn plan(&self, inputs: Vec<ValueId>, reduce: bool, planner: &mut Planner) -> ValueId {
        let cell = self.weighed.then(|| planner.cell(self.edges.iter().map(|edge| edge.candidates.len()).sum()));
        let mut states: Vec<ValueId> = inputs.into_iter().map(|input| planner.stored(input)).collect();
        for node in self.inputs..self.inputs + self.nodes {
            let mut terms = Vec::new();
            for edge in self.edges.iter().filter(|edge| edge.to == node) {
                for (k, candidate) in edge.candidates.iter().enumerate() {
                    let Some(candidate) = candidate else { continue };
                    let weight = cell.map_or(Weight::One, |cell| Weight::Operation { cell, at: edge.start + k });
                    terms.push((candidate.plan(states[edge.from], planner), weight));
                }
            }
            states.push(planner.sum(states[0], if reduce { 2 } else { 1 }, terms));
        }
        match self.outputs[..] {
            [node] => states[node],
            _ => planner.concat(self.outputs.iter().map(|&node| states[node]).collect()),
        }
    }

    /// From the input nodes `[b, c, h, w]` each to `[b, c·width, h′, w′]`; `p` is the copy of a searched cell, `[ΣK_e]`.
    pub(super) fn forward(
        &self,
        inputs: Vec<Tensor<4>>,
        p: Option<&Tensor<1>>,
        reduce: bool,
        pass: &mut Pass<'_>,
    ) -> Tensor<4> {
        debug_assert_eq!(p.is_some(), self.weighed, "a searched cell reads p, and no other does");
        let mut states = inputs;
        for node in self.inputs..self.inputs + self.nodes {
            let mut sum: Option<Tensor<4>> = None;
            for edge in self.edges.iter().filter(|edge| edge.to == node) {
                for (k, candidate) in edge.candidates.iter().enumerate() {
                    let Some(candidate) = candidate else { continue };
                    let mut term = candidate.forward(states[edge.from].clone(), pass);
                    if let Some(p) = p {
                        let at = edge.start + k;
                        term = term.mul(p.clone().slice([at..at + 1]).reshape([1, 1, 1, 1]));
                    }
                    sum = Some(match sum {
                        Some(sum) => sum.add(term),
                        None => term,
                    });
                }
            }
            let stride = if reduce { 2 } else { 1 };
            states.push(sum.unwrap_or_else(|| zero(&states[0], stride)));
        }
        match self.outputs[..] {
            [node] => states.swap_remove(node),
            _ => Tensor::cat(self.outputs.iter().map(|&node| states[node].clone()).collect(), 1),
        }
    }
}
