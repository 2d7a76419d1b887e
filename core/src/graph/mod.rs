//! Networks as plain data: values, primitive operations, parameters, cells and heads.
//!
//! A [`Graph`] is built once, by [`Graph::supernet`] from a space and a size, by [`Graph::derived`] from a genotype and
//! a size, or by hand with a [`Builder`]. It has no tensors and no device: an [`engine`](crate::engine) runs it.
//!
//! A value is a feature map `[batch, channels, height, width]`. A value that a batch norm follows is stored as it was
//! before the norm, and its reader normalizes while reading. ReLUs belong to the operation that reads through them.
//!
//! ```
//! use lambda_darts::graph::{Graph, NetworkSize};
//! use lambda_darts::space::Space;
//!
//! let size = NetworkSize { channels: 16, cells: 5, image_channels: 3, classes: 10 };
//! let graph = Graph::supernet(&Space::named("nas-bench-201")?, size)?;
//! assert_eq!(graph.cells().len(), 15);
//! println!("{} parameters, {} multiply-adds an image", graph.parameter_count(), graph.multiply_adds([32, 32]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod block;
mod builder;
mod candidate;
mod cell;
mod cost;
mod derived;
mod parameter;
mod primitive;
mod single;
mod size;
mod supernet;

use std::ops::Range;

pub use builder::{Builder, GraphError};
pub use candidate::{Candidate, CandidateContext, OperationTaken, register};
pub use cost::Cost;
pub use derived::{GenotypeMismatch, NetworkError, NetworkOptions};
pub use parameter::{Initial, Parameter};
pub(crate) use primitive::EPSILON;
pub use primitive::{
    Channels, Coefficient, Concat, Conv, Extent, Filter, Head, HeadLoss, MaskKind, Noise, Norm, Pool, PoolKind,
    Primitive, Sum, ValueId, Window,
};
pub use size::{NetworkSize, SizeError};
pub use supernet::SupernetOptions;

/// Feature map of a graph.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// Number of channels.
    pub channels: usize,
    /// Value and window that give this value its height and width; absent for the image.
    pub(crate) extent: Option<(ValueId, Window)>,
    /// Batch norm applied on read, if any.
    pub norm: Option<Norm>,
}

/// Searched cell of a supernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Index of the cell's type in the space.
    pub cell_type: usize,
    /// Number of operation weights that the cell reads.
    pub weights: usize,
}

/// Candidate operation of a searched cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellOperation {
    /// Index of the cell, counted from the stem.
    pub cell: usize,
    /// Index of its operation weight among those of the cell.
    pub index: usize,
    /// Indices of its parameters, of which there is one at least.
    pub parameters: Range<usize>,
}

/// Batch norm of a graph, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormName {
    /// Dotted path of the PyTorch references.
    pub name: String,
    /// First channel within the running statistics.
    pub offset: usize,
    /// Number of channels.
    pub channels: usize,
}

/// Network as data, ready to be run on images of any size.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Values; the image is the first.
    pub(crate) values: Vec<Value>,
    /// Operations, in an order in which every input is written before it is read.
    pub(crate) operations: Vec<Primitive>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) norms: Vec<NormName>,
    /// Names of the noise operations, by slot.
    pub(crate) noises: Vec<String>,
    /// Kinds of the masks, by slot.
    pub(crate) masks: Vec<MaskKind>,
    pub(crate) cells: Vec<Cell>,
    /// Candidate operations with parameters.
    pub(crate) cell_operations: Vec<CellOperation>,
    /// Classifiers; the first is the network's own, the others are auxiliary.
    pub(crate) heads: Vec<Head>,
    /// Value that the network ends in.
    pub(crate) output: ValueId,
}

/// Image of a graph.
pub const IMAGE: ValueId = 0;

impl Graph {
    /// Values, the image first.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Operations in the order of evaluation.
    #[must_use]
    pub fn operations(&self) -> &[Primitive] {
        &self.operations
    }

    /// Parameters in the order of ω, which is that of the PyTorch references.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Length of ω.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.parameters.last().map_or(0, |parameter| parameter.offset + parameter.len())
    }

    /// Batch norms by name, in the order of the running statistics.
    #[must_use]
    pub fn norms(&self) -> &[NormName] {
        &self.norms
    }

    /// Number of normalized channels: the length of the running means.
    #[must_use]
    pub fn normalized_channels(&self) -> usize {
        self.norms.last().map_or(0, |norm| norm.offset + norm.channels)
    }

    /// Names of the noise operations, in the order of their draws.
    #[must_use]
    pub fn noises(&self) -> &[String] {
        &self.noises
    }

    /// Kinds of the masks, each of which has factors in the draws of a step.
    #[must_use]
    pub fn masks(&self) -> &[MaskKind] {
        &self.masks
    }

    /// Searched cells from stem to classifier; a derived network has none.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Candidate operations of the searched cells that have parameters, in the order of ω.
    #[must_use]
    pub fn cell_operations(&self) -> &[CellOperation] {
        &self.cell_operations
    }

    /// Classifiers, the network's own first.
    #[must_use]
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Value that the network ends in.
    #[must_use]
    pub fn output(&self) -> ValueId {
        self.output
    }

    /// Channels of the images.
    #[must_use]
    pub fn image_channels(&self) -> usize {
        self.values[IMAGE].channels
    }

    /// Heights and widths of all values for images of `image` = (height, width).
    #[must_use]
    pub fn sizes(&self, image: [usize; 2]) -> Vec<[usize; 2]> {
        let mut sizes: Vec<[usize; 2]> = Vec::with_capacity(self.values.len());
        for value in &self.values {
            sizes.push(value.extent.map_or(image, |(from, window)| window.output(sizes[from])));
        }
        sizes
    }

    /// Slots of the noise operations with the shapes of their draws for a batch of `shape`, in the order of operations.
    pub(crate) fn noise_shapes(&self, shape: [usize; 4]) -> Vec<(usize, [usize; 4])> {
        let sizes = if self.noises.is_empty() { Vec::new() } else { self.sizes([shape[2], shape[3]]) };
        let slot = |operation: &Primitive| match operation {
            Primitive::Noise(Noise { slot, y }) => {
                let [height, width] = sizes[*y];
                Some((*slot, [shape[0], self.values[*y].channels, height, width]))
            }
            _ => None,
        };
        self.operations.iter().filter_map(slot).collect()
    }

    /// Values that noise is written to, in the order of operations.
    pub(crate) fn noise_values(&self) -> impl Iterator<Item = ValueId> {
        self.operations.iter().filter(|operation| matches!(operation, Primitive::Noise(_))).map(Primitive::output)
    }
}
