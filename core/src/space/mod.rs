//! What can be searched: operations, cells, macro layouts and genotypes. Plain data, no tensors.
//!
//! | name | cells | candidates per edge | source |
//! |---|---|---|---|
//! | `nas-bench-201` | 4 nodes, 6 edges | 5 | arXiv:2001.00326 |
//! | `darts` | 2 inputs, 4 nodes, 14 edges; normal and reduce | 7 | arXiv:1806.09055 |
//! | `darts-none` | the same | 8, with `none` | arXiv:1806.09055 |
//! | `s1` … `s4` | the same | 2, 2, 3, 2 | arXiv:1909.09656 |
//!
//! Anything else is described in TOML, see [`CustomSpace`].

mod cell;
mod custom;
mod darts;
mod genotype;
mod nas_bench_201;
mod operation;
mod robust;

use serde::{Deserialize, Serialize};

pub use cell::{CellKind, Edge, Output};
pub use custom::{CustomCell, CustomSpace, LayoutName};
pub use genotype::{Genotype, GenotypeCell, GenotypeError};
pub use operation::Operation;

/// How cells are stacked into a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// DARTS: a chain of cells, each reading the one or two before it. A convolutional stem of `stem_multiplier`·C
    /// channels; channels double and the image halves at the cells ⌊L/3⌋ and ⌊2L/3⌋, which are of kind `reduce`.
    Stacked {
        /// Width of the stem in multiples of the channels C.
        stem_multiplier: usize,
    },
    /// NAS-Bench-201: three stages of N cells; between them a fixed residual block that doubles the channels and
    /// halves the image and is not searched.
    Staged,
}

/// Which conventions the candidate operations follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// Pooling is followed by a batch norm without parameters; in a derived network it stands alone.
    Darts,
    /// Pooling stands alone.
    NasBench201,
}

/// A search space: the kinds of cell, their candidates and how cells are stacked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Space {
    /// The name it is asked for by.
    pub name: String,
    /// The kinds of cell; the first is `normal`.
    pub kinds: Vec<CellKind>,
    /// How cells are stacked.
    pub layout: Layout,
    /// Which conventions the operations follow.
    pub convention: Convention,
}

/// Why a space could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpaceError {
    /// No published space has this name.
    #[error("unknown search space `{name}`; known are {}, or the path of a TOML file that ends in .toml", Space::NAMES.join(", "))]
    UnknownSpace {
        /// The name asked for.
        name: String,
    },
    /// No operation has this name.
    #[error("unknown operation `{name}`; known are {}", Operation::ALL.map(Operation::name).join(", "))]
    UnknownOperation {
        /// The name asked for.
        name: String,
    },
    /// A description in TOML is not a search space.
    #[error("line {line}: {what}")]
    Custom {
        /// The line of the description, counted from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
}

impl Space {
    /// The names of the published spaces.
    pub const NAMES: [&'static str; 7] = ["nas-bench-201", "darts", "darts-none", "s1", "s2", "s3", "s4"];

    /// A published space by its name.
    ///
    /// # Errors
    /// [`SpaceError::UnknownSpace`] lists the names there are.
    ///
    /// ```
    /// use lambda_darts::space::Space;
    ///
    /// let space = Space::named("s3")?;
    /// assert_eq!(space.kinds[0].edges.len(), 14);
    /// # Ok::<(), lambda_darts::space::SpaceError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self, SpaceError> {
        match name {
            "nas-bench-201" => Ok(nas_bench_201::space()),
            "darts" => Ok(darts::space("darts", &darts::CANDIDATES)),
            "darts-none" => Ok(darts::with_none()),
            "s1" => Ok(robust::s1()),
            "s2" => Ok(robust::s2()),
            "s3" => Ok(robust::s3()),
            "s4" => Ok(robust::s4()),
            _ => Err(SpaceError::UnknownSpace { name: name.chars().take(64).collect() }),
        }
    }

    /// The place of a kind of cell by its name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<usize> {
        self.kinds.iter().position(|kind| kind.name == name)
    }

    /// The kind of every searched cell, from stem to classifier, for a network of `cells` cells: L of them in a
    /// stacked layout, 3·N in a staged one.
    #[must_use]
    pub fn cells(&self, cells: usize) -> Vec<usize> {
        match (self.layout, self.kind("reduce")) {
            (Layout::Staged, _) => vec![0; 3 * cells],
            (Layout::Stacked { .. }, None) => vec![0; cells],
            (Layout::Stacked { .. }, Some(reduce)) => {
                let at = [cells / 3, 2 * cells / 3];
                (0..cells).map(|cell| if at.contains(&cell) { reduce } else { 0 }).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_name_gives_its_space() {
        for name in Space::NAMES {
            assert_eq!(Space::named(name).unwrap().name, name);
        }
        let sizes = |name| Space::named(name).unwrap().kinds.iter().map(CellKind::candidates).collect::<Vec<_>>();
        assert_eq!(sizes("nas-bench-201"), [vec![5; 6]]);
        assert_eq!(sizes("darts"), [vec![7; 14], vec![7; 14]]);
        assert_eq!(sizes("darts-none"), [vec![8; 14], vec![8; 14]]);
        assert_eq!(sizes("s3"), [vec![3; 14], vec![3; 14]]);
        assert_eq!(sizes("s1"), [vec![2; 14], vec![2; 14]]);
    }

    #[test]
    fn an_unknown_name_says_what_there_is() {
        let message = Space::named("s9").unwrap_err().to_string();
        assert!(message.contains("`s9`") && message.contains("nas-bench-201"), "{message}");
    }

    #[test]
    fn reductions_stand_at_a_third_and_two_thirds() {
        let darts = Space::named("darts").unwrap();
        assert_eq!(darts.cells(8), [0, 0, 1, 0, 0, 1, 0, 0]);
        assert_eq!(darts.cells(5), [0, 1, 0, 1, 0]);
        assert_eq!(Space::named("nas-bench-201").unwrap().cells(2), [0; 6]);
    }
}
