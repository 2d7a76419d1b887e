//! Masks, which drop at random what they multiply.

/// Kind of a mask, by what one factor of it multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MaskKind {
    /// Drop path: a factor for each image.
    DropPath,
    /// Dropout: a factor for each number.
    Dropout,
}
