//! The published parts of a data set.

/// Part of a data set in files of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Training set.
    Train,
    /// Test set, which no search reads.
    Test,
}
