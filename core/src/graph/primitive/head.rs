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
    /// Loss of this head.
    pub loss: HeadLoss,
}

/// Cross-entropy of a head with smoothed labels (arXiv:1512.00567), by its weight in the loss of the network.
///
/// ```text
/// L = −weight · Σ_c t_c · ln softmax(logits)_c,   t_c = (1 − s) · [c is the label] + s / classes
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadLoss {
    /// Coefficient of the cross-entropy in the loss.
    pub weight: f64,
    /// Label smoothing s: the share of the target that all classes have alike; 0 for plain labels.
    pub smoothing: f64,
}

impl Default for HeadLoss {
    fn default() -> Self {
        Self { weight: 1.0, smoothing: 0.0 }
    }
}
