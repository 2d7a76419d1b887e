//! Sizes of networks.

use crate::space::MacroLayout;

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
    /// Published sizes for training a derived network: 36 channels and 20 cells where cells are stacked (DARTS), 16
    /// channels and 5 cells a stage where they are staged (NAS-Bench-201).
    #[must_use]
    pub fn published(layout: MacroLayout, image_channels: usize, classes: usize) -> Self {
        let (channels, cells) = match layout {
            MacroLayout::Stacked { .. } => (36, 20),
            MacroLayout::Staged => (16, 5),
        };
        Self { channels, cells, image_channels, classes }
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
