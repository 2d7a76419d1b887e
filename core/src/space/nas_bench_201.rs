//! The space of NAS-Bench-201 (Dong and Yang 2020, arXiv:2001.00326): 5^6 = 15,625 cells, all trained by its authors.

use super::{CellType, MacroLayout, Operation, OperationStyle, Output, Space};

const CANDIDATES: [Operation; 5] =
    [Operation::None, Operation::SkipConnect, Operation::NorConv1x1, Operation::NorConv3x3, Operation::AvgPool3x3];

pub(super) fn space() -> Space {
    Space {
        name: "nas-bench-201".to_owned(),
        cell_types: vec![CellType::dense("normal", 1, 3, Output::Last, |_, _| CANDIDATES.to_vec())],
        layout: MacroLayout::Staged,
        style: OperationStyle::NasBench201,
    }
}
