//! Graphs of one operation or block, to look at it, to time it, or to hold it against another implementation.

use super::block::{auxiliary_head, residual};
use super::candidate::{self, CandidateContext};
use super::{Builder, Coefficient, Graph, HeadLoss};
use crate::space::MacroLayout;
use crate::space::Operation;

impl Graph {
    /// Candidate operation on a feature map of some channels.
    ///
    /// # Panics
    /// If an operation of an application gives a value that its graph cannot have: see [`Builder::finish`].
    ///
    /// ```
    /// use lambda_darts::graph::{CandidateContext, Graph};
    /// use lambda_darts::space::{Operation, OperationStyle};
    ///
    /// let context = CandidateContext { stride: 1, style: OperationStyle::NasBench201, affine: false };
    /// let graph = Graph::candidate(Operation::NorConv3x3, 4, context);
    /// assert_eq!(graph.parameter_count(), 4 * 4 * 9);
    /// ```
    #[must_use]
    pub fn candidate(operation: Operation, channels: usize, context: CandidateContext) -> Self {
        let mut builder = Builder::new(channels);
        let image = builder.image();
        let y = match candidate::build(&mut builder, operation, image, context) {
            Some(y) => builder.sum(y, 1, vec![(y, Coefficient::One)]),
            None => builder.sum(image, context.stride, Vec::new()),
        };
        builder.finish(y).unwrap_or_else(|error| panic!("{operation} is not well built: {error}"))
    }

    /// Residual block between two stages of NAS-Bench-201, at stride 2.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn residual_block(inputs: usize, outputs: usize) -> Self {
        let mut builder = Builder::new(inputs);
        let image = builder.image();
        let y = residual(&mut builder, image, outputs);
        builder.finish(y).expect("the block reads every norm once")
    }

    /// Auxiliary head of DARTS's CIFAR network on a feature map of some channels, with loss weight 1.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn auxiliary_head(channels: usize, classes: usize) -> Self {
        let mut builder = Builder::new(channels);
        let image = builder.image();
        auxiliary_head(&mut builder, image, MacroLayout::Stacked { stem_multiplier: 3 }, classes, HeadLoss::default());
        builder.finish(image).expect("the head reads every norm once")
    }
}
