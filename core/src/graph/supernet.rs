//! Networks of a size: the weight-sharing supernet of a space, and the macro layouts that derived networks share.
//!
//! A mixed operation on edge (j→i) of cell l is Σ_k p_l\[e,k\]·op_k(x_j) with p = softmax(α); a node is the sum over
//! its incoming edges. Each cell reads its own copy p_l, so that one backward pass gives every g_l = ∂L/∂p_l.

use super::block::{auxiliary_head, factorized_reduce, imagenet_stem, relu_conv_norm, residual, stem};
use super::cell::{CellPlan, NetworkPlan};
use super::derived::NetworkOptions;
use super::size::{MAX_DERIVED_OPERATIONS, MAX_OPERATIONS};
use super::{Builder, Graph, HeadLoss, NetworkSize, SizeError, ValueId};
use crate::space::{CellType, MacroLayout, OperationStyle, Output, Space};

/// Form of a supernet. By default it is that of DARTS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SupernetOptions {
    /// True if the mixed operation of every edge is behind a drop path.
    pub drop_path: bool,
    /// True if every skip connection that is the identity is behind dropout.
    pub dropout: bool,
    /// Number k if candidates read the first 1/k of the channels of their edge (PC-DARTS, arXiv:1907.05737). The others
    /// pass by, through a 2×2 maximum at stride 2, and the channels of each node are shuffled in k groups. After the
    /// operation weights of its candidates, a cell reads a weight of every edge, by which the channels that pass by are
    /// multiplied. The k is 2 or more, and divides the channels.
    pub partial_channels: Option<usize>,
}

impl Graph {
    /// Weight-sharing network in which all architectures of a space live at once.
    ///
    /// # Errors
    /// [`SizeError`] if a size is zero or beyond reason.
    ///
    /// # Panics
    /// If an operation of an application gives a value that its graph cannot have: see [`Builder::finish`].
    pub fn supernet(space: &Space, size: NetworkSize) -> Result<Self, SizeError> {
        Self::supernet_with(space, size, SupernetOptions::default())
    }

    /// Same network in another form.
    ///
    /// # Errors
    /// [`SizeError`] if a size is zero or beyond reason, or candidates cannot read 1/k of the channels.
    ///
    /// # Panics
    /// As [`supernet`](Self::supernet).
    pub fn supernet_with(space: &Space, size: NetworkSize, options: SupernetOptions) -> Result<Self, SizeError> {
        let SupernetOptions { drop_path, dropout, partial_channels: partial } = options;
        if let Some(k) = partial {
            size.check_partial(k)?;
        }
        let cell_types = space.cell_types.iter().map(|cell_type: &CellType| {
            let outputs = match cell_type.output {
                Output::Concat => cell_type.intermediate().collect(),
                Output::Last => vec![cell_type.inputs + cell_type.nodes - 1],
            };
            CellPlan { inputs: cell_type.inputs, nodes: cell_type.nodes, edges: cell_type.edges.clone(), outputs }
        });
        let (layout, style) = (space.layout, space.style);
        let (cell_types, cells) = (cell_types.collect(), space.cells(size.cells.min(1 << 16)));
        let plan = NetworkPlan { cell_types, layout, style, derived: false, drop_path, dropout, partial, cells };
        build(&plan, size, &NetworkOptions::default())
    }
}

/// Puts a network together if its size is within reason.
pub(super) fn build(plan: &NetworkPlan, size: NetworkSize, options: &NetworkOptions) -> Result<Graph, SizeError> {
    size.check(plan.operation_count(), if plan.derived { MAX_DERIVED_OPERATIONS } else { MAX_OPERATIONS })?;
    let loss = HeadLoss { weight: 1.0, smoothing: options.label_smoothing };
    let mut builder = Builder::new(size.image_channels);
    let graph = match plan.layout {
        MacroLayout::Stacked { .. } | MacroLayout::ImageNet => {
            let (x, lower) = stacked(&mut builder, plan, size);
            if let (Some(weight), Some(lower)) = (options.auxiliary_weight, lower) {
                // The parameters of the auxiliary head come before the classifier, as in the reference; the network's
                // own head is the first.
                builder.within("auxiliary_head", |builder| {
                    auxiliary_head(builder, lower, plan.layout, size.classes, HeadLoss { weight, ..loss });
                });
            }
            builder.head(x, false, "classifier", size.classes, loss);
            builder.main_head_last();
            builder.finish(x)
        }
        MacroLayout::Staged => {
            let x = staged(&mut builder, plan, size);
            builder.within("lastact", |builder| builder.norm(x, "0", true));
            builder.head(x, true, "classifier", size.classes, loss);
            builder.finish(x)
        }
    };
    Ok(graph.unwrap_or_else(|error| panic!("an operation is not well built: {error}")))
}

/// DARTS: every cell reads the one or two outputs before it. Returns the last output, and that of the cell at ⅔.
fn stacked(builder: &mut Builder, plan: &NetworkPlan, size: NetworkSize) -> (ValueId, Option<ValueId>) {
    let affine = plan.derived;
    let mut channels = size.channels;
    let ([mut before_last, mut last], mut reduced) = match plan.layout {
        MacroLayout::ImageNet => (imagenet_stem(builder, channels), true),
        MacroLayout::Stacked { stem_multiplier } => ([stem(builder, stem_multiplier * channels); 2], false),
        MacroLayout::Staged => ([stem(builder, channels); 2], false),
    };
    let mut lower = None;
    for (at, &cell_type) in plan.cells.iter().enumerate() {
        let reduce = cell_type != 0;
        if reduce {
            channels *= 2;
        }
        let inputs = plan.cell_types[cell_type].inputs;
        let output = builder.within(format!("cells.{at}"), |builder| {
            let mut sources = Vec::with_capacity(inputs);
            if inputs == 2 {
                sources.push(builder.within("preprocess0", |builder| {
                    if reduced {
                        factorized_reduce(builder, before_last, channels, OperationStyle::Darts, affine)
                    } else {
                        relu_conv_norm(builder, before_last, channels, 1, 1, affine)
                    }
                }));
            }
            sources.push(builder.within(format!("preprocess{}", inputs - 1), |builder| {
                relu_conv_norm(builder, last, channels, 1, 1, affine)
            }));
            plan.cell(builder, cell_type, &sources, reduce)
        });
        (before_last, last, reduced) = (last, output, reduce);
        if at == 2 * plan.cells.len() / 3 {
            lower = Some(output);
        }
    }
    (last, lower)
}

/// NAS-Bench-201: three stages of N cells with a residual reduction between them.
fn staged(builder: &mut Builder, plan: &NetworkPlan, size: NetworkSize) -> ValueId {
    let mut channels = size.channels;
    let mut x = stem(builder, channels);
    let mut blocks = 0;
    for stage in 0..3 {
        if stage > 0 {
            channels *= 2;
            x = builder.within(format!("cells.{blocks}"), |builder| residual(builder, x, channels));
            blocks += 1;
        }
        for _ in 0..size.cells {
            x = builder.within(format!("cells.{blocks}"), |builder| plan.cell(builder, 0, &[x], false));
            blocks += 1;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Coefficient, Primitive, Sum};

    const SIZE: NetworkSize = NetworkSize { channels: 8, cells: 1, image_channels: 3, classes: 10 };

    fn partial(k: usize) -> SupernetOptions {
        SupernetOptions { partial_channels: Some(k), ..SupernetOptions::default() }
    }

    /// With c channels for candidates, the six edges of a cell have two convolutions of 10 c² weights in all; stem,
    /// reductions and classifier have 232, 3,648 + 14,464 and 64 + 330 weights, as in the whole supernet.
    #[test]
    fn partial_channels_shrink_the_candidates_alone() {
        let space = Space::named("nas-bench-201").unwrap();
        let count = |k: usize| -> usize { [8, 16, 32].map(|channels: usize| 60 * (channels / k).pow(2)).iter().sum() };
        let fixed = 232 + 3_648 + 14_464 + 64 + 330;
        assert_eq!(Graph::supernet(&space, SIZE).unwrap().parameter_count(), fixed + count(1));
        for k in [2, 4, 8] {
            let graph = Graph::supernet_with(&space, SIZE, partial(k)).unwrap();
            assert_eq!(graph.parameter_count(), fixed + count(k), "k = {k}");
            // Six edges of five candidates, and the weights of the edges.
            assert!(graph.cells().iter().all(|cell| cell.weights == 36));
        }
    }

    /// Mixture in a quarter of the channels of each node; the others have passed by, halved in reduction cells.
    #[test]
    fn channels_pass_by_every_edge() {
        let space = Space::named("darts").unwrap();
        let graph = Graph::supernet_with(&space, NetworkSize { cells: 3, ..SIZE }, partial(4)).unwrap();
        let of_cells = |channels: usize| {
            let nodes = graph.operations().iter().filter(|operation| match operation {
                Primitive::Sum(Sum { weights, y, .. }) => {
                    !weights.is_empty() && graph.values()[*y].channels == channels
                }
                _ => false,
            });
            nodes.count()
        };
        // A normal cell of 8 channels and reduction cells of 16 and 32.
        assert_eq!([2, 6, 4, 12, 8, 24].map(of_cells), [4; 6]);
        // The last node of the last cell reads five edges; the inputs have stride 2.
        let passing = graph.operations().iter().rev().find_map(|operation| match operation {
            Primitive::Sum(sum) if graph.values()[sum.y].channels == 24 => Some(sum),
            _ => None,
        });
        let passing = passing.unwrap();
        let candidates: usize = space.cell_types[1].candidates().iter().sum();
        let weight = |edge: usize| Coefficient::Operation { cell: 2, index: candidates + edge };
        assert_eq!(passing.terms.iter().map(|term| term.1).collect::<Vec<_>>(), [9, 10, 11, 12, 13].map(weight));
        let is_pool = |value: ValueId| {
            graph.operations().iter().any(|operation| matches!(operation, Primitive::Pool(pool) if pool.y == value))
        };
        assert_eq!(
            passing.terms.iter().map(|term| is_pool(term.0)).collect::<Vec<_>>(),
            [true, true, false, false, false]
        );
    }

    #[test]
    fn channels_that_cannot_be_divided_are_refused() {
        let space = Space::named("nas-bench-201").unwrap();
        for k in [0, 1, 3, 16] {
            let error = Graph::supernet_with(&space, SIZE, partial(k)).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("a network needs a number of channels that k divides, and a k of 2 or more, not 8 and {k}")
            );
        }
    }
}
