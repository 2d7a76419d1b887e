//! Concatenation along the channels.

use super::ValueId;

/// `y = [parts…]`; no part has a norm.
#[derive(Clone, Debug)]
pub struct Concat {
    /// Inputs in the order of their channels.
    pub parts: Vec<ValueId>,
    /// Output.
    pub y: ValueId,
}
