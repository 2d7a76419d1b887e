//! Primitive operations, one a file: everything that an engine has to know how to run.

mod concat;
mod conv;
mod head;
mod mask;
mod noise;
mod norm;
mod pool;
mod sum;
mod window;

pub use concat::{Channels, Concat};
pub use conv::{Conv, Filter};
pub use head::{Head, HeadLoss};
pub use mask::MaskKind;
pub use noise::Noise;
pub(crate) use norm::EPSILON;
pub use norm::Norm;
pub use pool::{Pool, PoolKind};
pub use sum::{Coefficient, Sum};
pub use window::{Extent, Window};

/// Index of a feature map in a graph.
pub type ValueId = usize;

/// Operation of a graph.
#[derive(Clone, Debug)]
pub enum Primitive {
    /// ReLU, depthwise and dense convolution.
    Conv(Conv),
    /// Maximum or mean over a window.
    Pool(Pool),
    /// Standard normal noise.
    Noise(Noise),
    /// Weighted sum.
    Sum(Sum),
    /// Concatenation of channels.
    Concat(Concat),
}

impl Primitive {
    /// Value that the operation writes.
    #[must_use]
    pub fn output(&self) -> ValueId {
        match self {
            Self::Conv(Conv { y, .. })
            | Self::Pool(Pool { y, .. })
            | Self::Noise(Noise { y, .. })
            | Self::Sum(Sum { y, .. })
            | Self::Concat(Concat { y, .. }) => *y,
        }
    }

    /// Values that the operation reads.
    #[must_use]
    pub fn inputs(&self) -> Vec<ValueId> {
        match self {
            Self::Conv(Conv { x, .. }) | Self::Pool(Pool { x, .. }) => vec![*x],
            Self::Noise(_) => Vec::new(),
            Self::Sum(Sum { terms, .. }) => terms.iter().map(|&(x, _)| x).collect(),
            Self::Concat(Concat { parts, .. }) => parts.iter().map(|part| part.x).collect(),
        }
    }
}
