//! Weighted sums: the mixed operations of a node.

use super::ValueId;

/// Factor of a summand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coefficient {
    /// 1.
    One,
    /// Operation weight p_l\[index\] of searched cell l.
    Operation {
        /// Searched cell l, from 0.
        cell: usize,
        /// Index within the flattened p_l.
        index: usize,
    },
}

/// `y = m ∘ Σ coefficient · x`, where m is a mask, or 1; without summands, zeros.
#[derive(Clone, Debug)]
pub struct Sum {
    /// Summands with their coefficients.
    pub terms: Vec<(ValueId, Coefficient)>,
    /// Operation weights of all candidates that lead here, each by its searched cell and its index in p_l: those of the
    /// summands, and those of candidates that add nothing.
    pub weights: Vec<(usize, usize)>,
    /// Slot of the mask that multiplies the sum, if any.
    pub mask: Option<usize>,
    /// Output.
    pub y: ValueId,
}
