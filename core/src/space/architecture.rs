//! The architecture parameters α, their gradients and the derived architecture. They are few, so they are kept on the
//! host in double precision.

use serde::{Deserialize, Serialize};

use super::{CellType, Genotype, GenotypeCell, Operation, Output, Space};
use crate::random::{Stream, normal, stream};
use crate::vector::dot;

/// The architecture parameters: one table α_c for each type of cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// Parameters `tables[c][e][k]` for type of cell c, edge e and candidate k.
    pub tables: Vec<Vec<Vec<f64>>>,
}

impl Architecture {
    /// Draws parameters from 1e-3·N(0, 1), as the reference implementations do.
    #[must_use]
    pub fn new(space: &Space, seed: u64) -> Self {
        let mut random = stream(seed, Stream::Architecture, 0);
        let mut row = |k: usize| (0..k).map(|_| 1e-3 * normal(&mut random)).collect::<Vec<_>>();
        let tables =
            space.cell_types.iter().map(|kind| kind.candidates().into_iter().map(&mut row).collect()).collect();
        Self { tables }
    }

    /// Returns the operation weights p = softmax(α), row by row.
    #[must_use]
    pub fn probabilities(&self) -> Vec<Vec<Vec<f64>>> {
        self.tables.iter().map(|table| table.iter().map(|row| softmax(row)).collect()).collect()
    }

    /// Returns all parameters, one table after the other.
    pub(crate) fn flat(&self) -> Vec<f64> {
        self.tables.iter().flatten().flatten().copied().collect()
    }

    /// Sets all parameters, in the order of [`flat`](Self::flat).
    pub(crate) fn set_flat(&mut self, values: &[f64]) {
        let places = self.tables.iter_mut().flatten().flatten();
        places.zip(values).for_each(|(place, value)| *place = *value);
    }

    /// Sums the cell gradients over the cells of each type; returns one sum for each edge.
    pub(crate) fn summed(&self, cell_types: &[usize], cells: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut all = Vec::new();
        for (kind, table) in self.tables.iter().enumerate() {
            let mut at = 0;
            for edge in table {
                let mut sum = vec![0.0; edge.len()];
                for (cell, _) in cells.iter().zip(cell_types).filter(|(_, of)| **of == kind) {
                    sum.iter_mut().zip(&cell[at..]).for_each(|(sum, g)| *sum += g);
                }
                at += edge.len();
                all.push(sum);
            }
        }
        all
    }

    /// Derives the discrete architecture from α.
    ///
    /// The layout of NAS-Bench-201 keeps the strongest operation of every edge, `none` included. The layout of DARTS
    /// keeps, for each node, the two incoming edges whose strongest operation other than `none` has the largest weight.
    /// Ties go to the lower index.
    ///
    /// # Panics
    /// Panics if `space` is not the one that the parameters were made for.
    #[must_use]
    pub fn derive(&self, space: &Space) -> Genotype {
        let tables = self.probabilities();
        Genotype { cells: space.cell_types.iter().zip(&tables).map(|(kind, table)| derive(kind, table)).collect() }
    }
}

/// Returns J(p)ᵀ g = p ⊙ (g − ⟨p, g⟩).
pub(crate) fn through_softmax(p: &[f64], g: &[f64]) -> Vec<f64> {
    let mean = dot(p, g);
    p.iter().zip(g).map(|(p, g)| p * (g - mean)).collect()
}

/// Returns softmax(row).
pub(crate) fn softmax(row: &[f64]) -> Vec<f64> {
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exp: Vec<f64> = row.iter().map(|value| libm::exp(value - top)).collect();
    let sum: f64 = exp.iter().sum();
    exp.into_iter().map(|value| value / sum).collect()
}

/// Returns the index and the weight of the strongest candidate that `allowed` admits.
fn strongest(operations: &[Operation], p: &[f64], allowed: impl Fn(Operation) -> bool) -> Option<(usize, f64)> {
    let candidates = p.iter().copied().enumerate().filter(|&(k, _)| allowed(operations[k]));
    candidates.fold(
        None,
        |best: Option<(usize, f64)>, (k, p)| if best.is_none_or(|(_, most)| p > most) { Some((k, p)) } else { best },
    )
}

fn derive(kind: &CellType, table: &[Vec<f64>]) -> GenotypeCell {
    let node_reads = |node: usize| {
        let all = kind.edges_into(node).filter_map(|e| {
            let edge = &kind.edges[e];
            let (k, p) = strongest(&edge.operations, &table[e], |op| kind.keeps(edge, op))?;
            Some((p, (edge.operations[k], edge.from)))
        });
        let mut reads: Vec<_> = all.collect();
        if kind.output == Output::Concat {
            // The sort is stable: of two equal edges, the one with the lower index stays first.
            reads.sort_by(|a, b| b.0.total_cmp(&a.0));
            reads.truncate(CellType::KEPT_EDGES);
        }
        reads.into_iter().map(|(_, read)| read).collect()
    };
    kind.genotype(kind.intermediate().map(node_reads).collect())
}
