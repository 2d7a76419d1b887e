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

impl Graph {
    /// Weight-sharing network in which all architectures of a space live at once.
    ///
    /// # Errors
    /// [`SizeError`] if a size is zero or beyond reason.
    ///
    /// # Panics
    /// If an operation of an application gives a value that its graph cannot have: see [`Builder::finish`].
    pub fn supernet(space: &Space, size: NetworkSize) -> Result<Self, SizeError> {
        let cell_types = space.cell_types.iter().map(|cell_type: &CellType| {
            let outputs = match cell_type.output {
                Output::Concat => cell_type.intermediate().collect(),
                Output::Last => vec![cell_type.inputs + cell_type.nodes - 1],
            };
            CellPlan { inputs: cell_type.inputs, nodes: cell_type.nodes, edges: cell_type.edges.clone(), outputs }
        });
        let (layout, style) = (space.layout, space.style);
        let (cell_types, cells) = (cell_types.collect(), space.cells(size.cells.min(1 << 16)));
        let plan = NetworkPlan { cell_types, layout, style, derived: false, drop_path: false, cells };
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
