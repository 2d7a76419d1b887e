//! Standard normal noise in the place of an input.

use super::ValueId;

/// `y ~ N(0, 1)`, drawn on the host from the search's seed.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    /// Index of the draw.
    pub slot: usize,
    /// Output.
    pub y: ValueId,
}
