//! Cells stacked into a network, in the two macro layouts: with all candidates, or with those that were derived.

use burn::tensor::Tensor;

use super::Size;
use super::blueprint::Blueprint;
use super::cell::Cell;
use crate::kernels::plan::{Head, IMAGE, Plan, ValueId};
use crate::ops::{
    Builder, FactorizedReduce, Initial, Layout, Pass, Residual, Sequence, norm_relu, relu_conv_norm, stem,
};
use crate::space::{self, Convention};

/// What brings an earlier output to a cell's channels and size.
#[derive(Clone, Debug)]
enum Preprocess {
    Conv(Sequence),
    Reduce(FactorizedReduce),
}

#[derive(Clone, Debug)]
enum Block {
    /// A searched cell with what comes before its input nodes; staged cells need nothing there.
    Cell { before: Vec<Preprocess>, cell: Cell, reduce: bool },
    /// NAS-Bench-201's reduction, which is not searched.
    Residual(Residual),
}

#[derive(Clone, Debug)]
pub(crate) struct Network {
    stem: Sequence,
    blocks: Vec<Block>,
    last: Option<Sequence>,
    /// The places of the classifier's weight `[classes, channels]` and bias.
    classifier: [usize; 2],
    classes: usize,
    kinds: Vec<usize>,
}

impl Network {
    pub(super) fn new(blueprint: &Blueprint, size: Size) -> (Self, Layout) {
        let mut builder = Builder::default();
        let kinds = blueprint.cells(size.cells);
        let (first, (blocks, channels)) = match blueprint.layout() {
            space::Layout::Stacked { stem_multiplier } => {
                let wide = stem_multiplier * size.channels;
                let stem = builder.within("stem", |builder| stem(builder, [size.image_channels, wide]));
                (stem, stacked(&mut builder, blueprint, size.channels, wide, &kinds))
            }
            space::Layout::Staged => {
                let stem = builder.within("stem", |builder| stem(builder, [size.image_channels, size.channels]));
                (stem, staged(&mut builder, blueprint, size.channels, size.cells))
            }
        };
        let last = (blueprint.layout() == space::Layout::Staged)
            .then(|| builder.within("lastact", |builder| norm_relu(builder, channels)));
        #[expect(clippy::cast_precision_loss, reason = "channels are few")]
        let initial = Initial::Uniform { bound: 1.0 / (channels as f64).sqrt() };
        let classifier = [
            builder.weight("classifier.weight", &[size.classes, channels], initial),
            builder.weight("classifier.bias", &[size.classes], initial),
        ];
        (Self { stem: first, blocks, last, classifier, classes: size.classes, kinds }, builder.finish())
    }

    pub(super) fn cell_kinds(&self) -> &[usize] {
        &self.kinds
    }

    /// The same as steps for the kernels.
    pub(super) fn plan(&self, layout: &Layout, image_channels: usize) -> Plan {
        let mut planner = layout.planner(image_channels);
        let planner_ref = &mut planner;
        let stem = self.stem.plan(IMAGE, planner_ref);
        let mut earlier = planner_ref.stored(stem);
        let mut x = earlier;
        for block in &self.blocks {
            match block {
                Block::Residual(residual) => x = residual.plan(x, planner_ref),
                Block::Cell { before, cell, reduce } => {
                    let sources = if before.len() == 2 { vec![earlier, x] } else { vec![x] };
                    let inputs: Vec<ValueId> = if before.is_empty() {
                        sources
                    } else {
                        let plan = |(preprocess, x): (&Preprocess, ValueId)| match preprocess {
                            Preprocess::Conv(conv) => conv.plan(x, planner_ref),
                            Preprocess::Reduce(reduce) => reduce.plan(x, planner_ref),
                        };
                        before.iter().zip(sources).map(plan).collect()
                    };
                    earlier = x;
                    x = cell.plan(inputs, *reduce, planner_ref);
                }
            }
        }
        if let Some(last) = &self.last {
            last.plan(x, planner_ref);
        }
        let [weight, bias] = self.classifier.map(|slot| planner.offset(slot));
        let head = Head { relu: self.last.is_some(), weight, bias, classes: self.classes };
        planner.finish(x, Some(head))
    }

    /// Images `[b, c, h, w]` to logits `[b, classes]`; cell l of a supernet reads `p[l]`.
    pub(super) fn forward(&self, images: Tensor<4>, p: &[Tensor<1>], pass: &mut Pass<'_>) -> Tensor<2> {
        let mut earlier = self.stem.forward(images, pass);
        let mut x = earlier.clone();
        let mut copies = p.iter();
        for block in &self.blocks {
            match block {
                Block::Residual(residual) => x = residual.forward(x, pass),
                Block::Cell { before, cell, reduce } => {
                    let p = copies.next();
                    let sources = if before.len() == 2 { vec![earlier, x.clone()] } else { vec![x.clone()] };
                    let inputs = if before.is_empty() {
                        sources
                    } else {
                        before
                            .iter()
                            .zip(sources)
                            .map(|(preprocess, x)| match preprocess {
                                Preprocess::Conv(conv) => conv.forward(x, pass),
                                Preprocess::Reduce(reduce) => reduce.forward(x, pass),
                            })
                            .collect()
                    };
                    earlier = x;
                    x = cell.forward(inputs, p, *reduce, pass);
                }
            }
        }
        if let Some(last) = &self.last {
            x = last.forward(x, pass);
        }
        let [batch, channels, height, width] = x.dims();
        let pooled: Tensor<2> = x.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels]);
        let [weight, bias] = self.classifier;
        pooled.matmul(pass.weight::<2>(weight).transpose()).add(pass.weight::<1>(bias).unsqueeze_dim(0))
    }
}

/// DARTS: every cell reads the one or two outputs before it.
fn stacked(
    builder: &mut Builder,
    blueprint: &Blueprint,
    channels: usize,
    stem: usize,
    kinds: &[usize],
) -> (Vec<Block>, usize) {
    let affine = blueprint.derived;
    let (mut c, mut before_last, mut last) = (channels, stem, stem);
    let mut reduced = false;
    let mut blocks = Vec::new();
    for (at, &kind) in kinds.iter().enumerate() {
        let reduce = kind != 0;
        let kind = &blueprint.kinds[kind];
        if reduce {
            c *= 2;
        }
        let block = builder.within(format!("cells.{at}"), |builder| {
            let mut before = Vec::new();
            if kind.inputs == 2 {
                before.push(builder.within("preprocess0", |builder| {
                    if reduced {
                        Preprocess::Reduce(FactorizedReduce::new(builder, [before_last, c], Convention::Darts, affine))
                    } else {
                        Preprocess::Conv(relu_conv_norm(builder, [before_last, c], 1, 1, affine))
                    }
                }));
            }
            let name = format!("preprocess{}", kind.inputs - 1);
            before.push(Preprocess::Conv(
                builder.within(name, |builder| relu_conv_norm(builder, [last, c], 1, 1, affine)),
            ));
            Block::Cell { before, cell: Cell::new(builder, blueprint, kind, c, reduce), reduce }
        });
        blocks.push(block);
        (before_last, last, reduced) = (last, c * kind.width(), reduce);
    }
    (blocks, last)
}

/// NAS-Bench-201: three stages of `n` cells with a residual reduction between them.
fn staged(builder: &mut Builder, blueprint: &Blueprint, channels: usize, n: usize) -> (Vec<Block>, usize) {
    let mut c = channels;
    let mut blocks = Vec::new();
    for stage in 0..3 {
        if stage > 0 {
            let at = format!("cells.{}", blocks.len());
            blocks.push(builder.within(at, |builder| Block::Residual(Residual::new(builder, [c, 2 * c]))));
            c *= 2;
        }
        for _ in 0..n {
            let at = format!("cells.{}", blocks.len());
            let cell = builder.within(at, |builder| Cell::new(builder, blueprint, &blueprint.kinds[0], c, false));
            blocks.push(Block::Cell { before: Vec::new(), cell, reduce: false });
        }
    }
    (blocks, c)
}
