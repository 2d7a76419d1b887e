//! Sizes of networks.

use crate::space::{MacroLayout, Space};

/// Size of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkSize {
    /// Channels C of the first cells.
    pub channels: usize,
    /// Cells: L in a stacked layout, N a stage in a staged one.
    pub cells: usize,
    /// Channels of the images.
    pub image_channels: usize,
    /// Number of classes.
    pub classes: usize,
}

/// Size that no network can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a network needs {what}")]
pub struct SizeError {
    what: String,
}

/// Largest numbers of operations and nodes of a supernet and of a derived network. The largest published space has
/// fewer in a supernet of the largest size; a genotype may have any number of operations a node.
pub(super) const MAX_OPERATIONS: usize = 200_000;
pub(super) const MAX_DERIVED_OPERATIONS: usize = 32_768;

impl NetworkSize {
    /// Published sizes for training a derived network: 36 channels and 20 cells where cells are stacked (DARTS), 48
    /// channels and 14 cells for ImageNet, 16 channels and 5 cells a stage where they are staged (NAS-Bench-201).
    #[must_use]
    pub fn published(layout: MacroLayout, image_channels: usize, classes: usize) -> Self {
        let (channels, cells) = match layout {
            MacroLayout::Stacked { .. } => (36, 20),
            MacroLayout::ImageNet => (48, 14),
            MacroLayout::Staged => (16, 5),
        };
        Self { channels, cells, image_channels, classes }
    }

    /// Checks that candidates can read 1/k of the channels of every cell.
    pub(super) fn check_partial(&self, k: usize) -> Result<(), SizeError> {
        if k > 1 && self.channels.is_multiple_of(k) {
            return Ok(());
        }
        let what = format!("a number of channels that k divides, and a k of 2 or more, not {} and {k}", self.channels);
        Err(SizeError { what })
    }

    /// Checks every size, and the number of operations and nodes.
    pub(super) fn check(&self, operations: usize, max_operations: usize) -> Result<(), SizeError> {
        for (what, value, max) in [
            ("channels", self.channels, 4096),
            ("cells", self.cells, 1024),
            ("image channels", self.image_channels, 1024),
            ("classes", self.classes, 100_000),
        ] {
            if !(1..=max).contains(&value) {
                return Err(SizeError { what: format!("1 to {max} {what}, not {value}") });
            }
        }
        if operations > max_operations {
            let what = format!("at most {max_operations} operations and nodes, not {operations}; take fewer cells");
            return Err(SizeError { what });
        }
        Ok(())
    }
}

impl Space {
    /// Checks that a supernet of `count` cells has a cell of every type, so that the search decides all of them.
    pub(crate) fn check_cells(&self, count: usize) -> Result<(), SizeError> {
        let cells = self.cells(count.min(1 << 16));
        let lacks = (0..self.cell_types.len()).find(|cell_type| count > 0 && !cells.contains(cell_type));
        let Some(lacks) = lacks else { return Ok(()) };
        let name = &self.cell_types[lacks].name;
        // At most two cells of another type stand before the first of this one.
        let mut more = (1..=3).map(|more| count.saturating_add(more));
        let enough = more.find(|&cells| self.cells(cells).contains(&lacks));
        let advice = enough.map_or_else(|| "its layout has none".to_owned(), |enough| format!("take {enough} or more"));
        let what = format!(
            "a cell of type `{name}`, and {} has none if the number of cells is {}; {advice}",
            self.name, count
        );
        Err(SizeError { what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_cell_has_a_cell() {
        let message = |name: &str, cells: usize| {
            Space::named(name).unwrap().check_cells(cells).map_err(|error| error.to_string())
        };
        for (name, cells) in [("darts", 3), ("darts", 8), ("nas-bench-201", 1)] {
            assert_eq!(message(name, cells), Ok(()));
        }
        // The reductions stand at ⌊L/3⌋ and ⌊2L/3⌋.
        for cells in [1, 2] {
            let error = message("s2", cells).unwrap_err();
            assert!(error.contains("`normal`") && error.contains("take 3 or more"), "{error}");
        }
    }
}
