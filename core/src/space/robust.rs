//! The spaces S1–S4 of RobustDARTS (Zela et al. 2020, arXiv:1909.09656), on which plain DARTS fails.

use super::Operation::{AvgPool3x3, DilConv3x3, DilConv5x5, MaxPool3x3, Noise, None, SepConv3x3, SkipConnect};
use super::{Operation, Space, darts};

/// Candidates of S1, two for each edge: the two best of a search by DARTS on the full space.
const S1_NORMAL: [[Operation; 2]; 14] = [
    [SkipConnect, DilConv3x3],
    [SkipConnect, DilConv5x5],
    [SkipConnect, DilConv5x5],
    [SkipConnect, SepConv3x3],
    [SkipConnect, DilConv3x3],
    [MaxPool3x3, SkipConnect],
    [SkipConnect, SepConv3x3],
    [SkipConnect, SepConv3x3],
    [SkipConnect, DilConv3x3],
    [SkipConnect, SepConv3x3],
    [MaxPool3x3, SkipConnect],
    [SkipConnect, DilConv3x3],
    [DilConv3x3, DilConv5x5],
    [DilConv3x3, DilConv5x5],
];

const S1_REDUCE: [[Operation; 2]; 14] = [
    [MaxPool3x3, AvgPool3x3],
    [MaxPool3x3, DilConv3x3],
    [MaxPool3x3, AvgPool3x3],
    [MaxPool3x3, AvgPool3x3],
    [SkipConnect, DilConv5x5],
    [MaxPool3x3, AvgPool3x3],
    [MaxPool3x3, SepConv3x3],
    [SkipConnect, DilConv3x3],
    [SkipConnect, DilConv5x5],
    [MaxPool3x3, AvgPool3x3],
    [MaxPool3x3, AvgPool3x3],
    [SkipConnect, DilConv5x5],
    [SkipConnect, DilConv5x5],
    [SkipConnect, DilConv5x5],
];

/// Returns the index of the edge `from → to` among the 14 edges of a cell with two inputs.
fn edge(from: usize, to: usize) -> usize {
    (2..to).sum::<usize>() + from
}

pub(super) fn s1() -> Space {
    darts::per_edge("s1", |from, to| S1_NORMAL[edge(from, to)].to_vec(), |from, to| S1_REDUCE[edge(from, to)].to_vec())
}

pub(super) fn s2() -> Space {
    darts::space("s2", &[SkipConnect, SepConv3x3])
}

pub(super) fn s3() -> Space {
    darts::space("s3", &[None, SkipConnect, SepConv3x3])
}

pub(super) fn s4() -> Space {
    darts::space("s4", &[Noise, SepConv3x3])
}
