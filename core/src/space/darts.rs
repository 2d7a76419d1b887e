//! The space of DARTS (Liu et al. 2019, arXiv:1806.09055).

use super::{CellType, MacroLayout, Operation, OperationStyle, Output, Space};

/// The seven candidates of the Λ-DARTS experiments, without `none`.
pub(super) const CANDIDATES: [Operation; 7] = [
    Operation::MaxPool3x3,
    Operation::AvgPool3x3,
    Operation::SkipConnect,
    Operation::SepConv3x3,
    Operation::SepConv5x5,
    Operation::DilConv3x3,
    Operation::DilConv5x5,
];

pub(super) fn space(name: &str, candidates: &[Operation]) -> Space {
    per_edge(name, |_, _| candidates.to_vec(), |_, _| candidates.to_vec())
}

/// Returns the space with the eight candidates of the original paper.
pub(super) fn with_none() -> Space {
    let mut candidates = vec![Operation::None];
    candidates.extend(CANDIDATES);
    space("darts-none", &candidates)
}

/// Makes a space with the topology of DARTS and candidates that depend on the edge.
pub(super) fn per_edge(
    name: &str,
    normal: impl FnMut(usize, usize) -> Vec<Operation>,
    reduce: impl FnMut(usize, usize) -> Vec<Operation>,
) -> Space {
    Space {
        name: name.to_owned(),
        cell_types: vec![
            CellType::dense("normal", 2, 4, Output::Concat, normal),
            CellType::dense("reduce", 2, 4, Output::Concat, reduce),
        ],
        layout: MacroLayout::Stacked { stem_multiplier: 3 },
        style: OperationStyle::Darts,
    }
}
