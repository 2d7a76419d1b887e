//! Pooling.

use super::{ValueId, Window};

/// Reduction over the pixels of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Maximum; pixels outside of the image never win, and the first of equal pixels does.
    Max,
    /// Mean over the pixels that exist.
    Average,
}

/// `y = pool(relu(x))`, channel by channel; the ReLU is optional.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// Maximum or mean.
    pub kind: PoolKind,
    /// Window over the input.
    pub window: Window,
    /// True if the input is read through a ReLU.
    pub relu: bool,
    /// Input, which has no norm.
    pub x: ValueId,
    /// Output.
    pub y: ValueId,
}
