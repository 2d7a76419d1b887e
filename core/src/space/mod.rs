//! Search spaces: operations, cells, macro layouts and genotypes. Plain data, no tensors.
//!
//! | name | cells | candidates per edge | source |
//! |---|---|---|---|
//! | `nas-bench-201` | 4 nodes, 6 edges | 5 | arXiv:2001.00326 |
//! | `darts` | 2 inputs, 4 nodes, 14 edges; normal and reduce | 7 | arXiv:1806.09055 |
//! | `darts-none` | the same | 8, with `none` | arXiv:1806.09055 |
//! | `s1` … `s4` | the same | 2, 2, 3, 2 | arXiv:1909.09656 |
//!
//! Any other space is described in TOML, see [`CustomSpace`].

mod architecture;
mod cell;
mod constraint;
mod custom;
mod darts;
mod genotype;
mod leaving;
mod nas_bench_201;
mod operation;
mod robust;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use architecture::Architecture;
pub(crate) use architecture::{Read, softmax, strongest_read, strongest_reads, through_softmax};
pub use cell::{CellType, Edge, Output};
pub use constraint::{Constraint, ConstraintError, Rule};
pub use custom::{CustomCell, CustomSpace, MacroLayoutName};
pub use genotype::{Genotype, GenotypeCell, GenotypeError};
pub use leaving::EdgeCandidate;
pub use operation::{Operation, OwnOperation};

/// Macro layout: the arrangement of cells into a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum MacroLayout {
    /// Layout of DARTS: a chain of cells, each of which reads the one or two before it. The convolutional stem has
    /// `stem_multiplier`·C channels. The channels double and the image halves at the cells ⌊L/3⌋ and ⌊2L/3⌋, which are
    /// of type `reduce`.
    Stacked {
        /// Width of the stem in multiples of the channels C.
        stem_multiplier: usize,
    },
    /// Layout of DARTS for images of 224×224 pixels: the stem has three convolutions of stride 2, and the first cell
    /// reads the image at strides 4 and 8.
    #[serde(rename = "imagenet")]
    ImageNet,
    /// Layout of NAS-Bench-201: three stages of N cells. Between two stages stands a fixed residual block that doubles
    /// the channels and halves the image; the search does not change it.
    Staged,
}

/// Operation style: the conventions that the candidate operations follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum OperationStyle {
    /// Style of DARTS: a batch norm without parameters follows each pooling; a derived network leaves it out.
    Darts,
    /// Style of NAS-Bench-201: no batch norm follows a pooling.
    NasBench201,
}

/// A search space: the types of cell, their candidates and the macro layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Space {
    /// Name of the space, as in `--space`.
    pub name: String,
    /// The types of cell; the first is `normal`.
    pub cell_types: Vec<CellType>,
    /// Macro layout.
    pub layout: MacroLayout,
    /// Operation style.
    pub style: OperationStyle,
}

/// Error of a search space or an operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpaceError {
    /// Unknown search space.
    #[error("unknown search space `{name}`; known are {}, or the path of a TOML file that ends in .toml", Space::NAMES.join(", "))]
    UnknownSpace {
        /// Name that was asked for.
        name: String,
    },
    /// Unknown operation.
    #[error("unknown operation `{name}`; known are {}", Operation::ALL.map(Operation::name).join(", "))]
    UnknownOperation {
        /// Name that was asked for.
        name: String,
    },
    /// Description in TOML that is not a search space.
    #[error("line {line}: {what}")]
    Custom {
        /// Line of the description, counted from 1.
        line: usize,
        /// Description of the fault.
        what: String,
    },
}

impl Space {
    /// The names of the published spaces.
    pub const NAMES: [&'static str; 7] = ["nas-bench-201", "darts", "darts-none", "s1", "s2", "s3", "s4"];

    /// Space of a configuration: the custom one if there is one, else the published one of this name.
    ///
    /// # Errors
    /// [`SpaceError`] if the name is not known or the description is wrong.
    pub fn of(name: &str, custom: Option<&CustomSpace>) -> Result<Self, SpaceError> {
        match custom {
            Some(custom) => custom.space().map_err(|fault| SpaceError::Custom { line: 1, what: fault.what }),
            None => Self::named(name),
        }
    }

    /// Returns a published space by its name.
    ///
    /// # Errors
    /// [`SpaceError::UnknownSpace`] if no published space has this name.
    ///
    /// ```
    /// use lambda_darts::space::Space;
    ///
    /// let space = Space::named("s3")?;
    /// assert_eq!(space.cell_types[0].edges.len(), 14);
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

    /// Returns the index of a type of cell by its name.
    #[must_use]
    pub fn cell_type(&self, name: &str) -> Option<usize> {
        self.cell_types.iter().position(|kind| kind.name == name)
    }

    /// Returns the index of the type of every searched cell, from stem to classifier. `cells` is the number L of cells
    /// in a stacked layout, and the number N of cells in each of the three stages in a staged one.
    #[must_use]
    pub fn cells(&self, cells: usize) -> Vec<usize> {
        match (self.layout, self.cell_type("reduce")) {
            (MacroLayout::Staged, _) => vec![0; 3 * cells],
            (MacroLayout::Stacked { .. } | MacroLayout::ImageNet, None) => vec![0; cells],
            (MacroLayout::Stacked { .. } | MacroLayout::ImageNet, Some(reduce)) => {
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
        let sizes = |name| Space::named(name).unwrap().cell_types.iter().map(CellType::candidates).collect::<Vec<_>>();
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
