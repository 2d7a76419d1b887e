//! Classifiers.

use super::ValueId;

/// Mean over the pixels of `x`, linear layer, cross-entropy.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Input.
    pub x: ValueId,
    /// True if the input is read through a ReLU.
    pub relu: bool,
    /// Offset within ω of the weight `[classes, channels]`.
    pub weight: usize,
    /// Offset within ω of the bias `[classes]`.
    pub bias: usize,
    /// Number of classes.
    pub classes: usize,
    /// Coefficient of this head's cross-entropy in the loss.
    pub loss_weight: f64,
}
