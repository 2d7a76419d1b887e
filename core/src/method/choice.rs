//! Discrete architecture as a selection handles it: a candidate for each edge.

use serde::{Deserialize, Serialize};

use super::Tables;
use super::sampling::one_hot;
use crate::space::{CellType, Edge, Genotype, Read, Space};

/// Candidate of every edge, `[type][edge]`; absent where the architecture lacks the edge or has not decided it yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Choice(pub Vec<Vec<Option<usize>>>);

impl Choice {
    /// Choice without an edge.
    #[must_use]
    pub fn without_edges(space: &Space) -> Self {
        Self(space.cell_types.iter().map(|kind| vec![None; kind.edges.len()]).collect())
    }

    /// Candidate of an edge.
    #[must_use]
    pub fn of(&self, cell_type: usize, edge: usize) -> Option<usize> {
        *self.0.get(cell_type)?.get(edge)?
    }

    /// Operation weights of the architecture alone: 1 for its candidates and 0 for all others.
    #[must_use]
    pub fn tables(&self, space: &Space) -> Tables {
        let row = |(edge, candidate): (&Edge, &Option<usize>)| {
            let count = edge.operations.len();
            candidate.map_or_else(|| vec![0.0; count], |candidate| one_hot(candidate, count))
        };
        let table = |(kind, row_of): (&CellType, &Vec<Option<usize>>)| kind.edges.iter().zip(row_of).map(row).collect();
        space.cell_types.iter().zip(&self.0).map(table).collect()
    }

    /// Genotype of the architecture.
    ///
    /// # Panics
    /// Panics if the choice is one of another space.
    #[must_use]
    pub fn genotype(&self, space: &Space) -> Genotype {
        space.genotype(|at, node| {
            let read = |edge: usize| Some(Read { edge, candidate: self.0[at][edge]?, weight: 1.0 });
            space.cell_types[at].edges_into(node).filter_map(read).collect()
        })
    }

    /// True if the choice is one of a space.
    pub(super) fn fits(&self, space: &Space) -> bool {
        let of_edge = |(edge, candidate): (&Edge, &Option<usize>)| candidate.is_none_or(|k| k < edge.operations.len());
        let of_type = |(kind, row): (&CellType, &Vec<Option<usize>>)| {
            row.len() == kind.edges.len() && kind.edges.iter().zip(row).all(of_edge)
        };
        self.0.len() == space.cell_types.len() && space.cell_types.iter().zip(&self.0).all(of_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::spread;

    /// The strongest reads of α as a choice are the genotype that is derived from α.
    #[test]
    fn a_choice_is_a_genotype_and_a_path() {
        for name in ["nas-bench-201", "s3"] {
            let (space, alpha) = spread(name);
            let (derived, p) = (alpha.derive(&space), alpha.probabilities());
            let mut choice = Choice::without_edges(&space);
            for (at, kind) in space.cell_types.iter().enumerate() {
                for node in kind.intermediate() {
                    for read in crate::space::strongest_reads(kind, node, &p[at]) {
                        choice.0[at][read.edge] = Some(read.candidate);
                    }
                }
            }
            assert!(choice.fits(&space));
            // The reads of a node have no order.
            let sorted = |mut genotype: Genotype| {
                genotype.cells.iter_mut().flat_map(|cell| &mut cell.nodes).for_each(|reads| reads.sort_unstable());
                genotype
            };
            assert_eq!(sorted(choice.genotype(&space)), sorted(derived.clone()));
            let p = choice.tables(&space);
            let read: f64 = p.iter().flatten().flatten().sum();
            let expected = u32::try_from(derived.operations().values().sum::<usize>()).unwrap();
            assert!((read - f64::from(expected)).abs() < 1e-12);
            assert!(p.iter().flatten().all(|row| [0.0, 1.0].contains(&row.iter().sum::<f64>())));
        }
    }

    #[test]
    fn choices_of_other_spaces_do_not_fit() {
        let (space, _) = spread("nas-bench-201");
        let mut choice = Choice::without_edges(&space);
        assert!(choice.fits(&space) && !Choice::default().fits(&space) && !choice.fits(&spread("s1").0));
        choice.0[0][2] = Some(5);
        assert!(!choice.fits(&space));
    }
}
