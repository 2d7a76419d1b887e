//! The architecture parameters α, their gradients and the derived architecture. They are few, so they are kept on the
//! host in double precision.

use serde::{Deserialize, Serialize};

use super::constraint::{Admitted, admitted};
use super::leaving::{EdgeCandidate, places, staying};
use super::{CellType, Constraint, ConstraintError, Genotype, Output, Space};
use crate::random::{Stream, normal, stream};
use crate::vector::dot;

/// The architecture parameters: one table α_c for each type of cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// Parameters `tables[c][e][k]` for type of cell c, edge e and candidate k.
    pub tables: Vec<Vec<Vec<f64>>>,
    /// Temperature τ of the softmax.
    #[serde(skip, default = "one")]
    temperature: f64,
    /// Candidates that constraints admit; `None` without constraints.
    #[serde(skip)]
    constrained: Option<Admitted>,
    /// Candidates that have not left the search; `None` if none has.
    #[serde(skip)]
    staying: Option<Admitted>,
    /// Candidates that constraints admit and that have not left; `None` if those are all.
    #[serde(skip)]
    admitted: Option<Admitted>,
}

const fn one() -> f64 {
    1.0
}

impl Architecture {
    /// Draws parameters from 1e-3·N(0, 1), as the reference implementations do.
    #[must_use]
    pub fn new(space: &Space, seed: u64) -> Self {
        Self::drawn(space, seed, 0)
    }

    /// Draws parameters as [`new`](Self::new) does; each `number` has its own.
    pub(crate) fn drawn(space: &Space, seed: u64, number: u64) -> Self {
        let mut random = stream(seed, Stream::Architecture, number);
        let mut row = |k: usize| (0..k).map(|_| 1e-3 * normal(&mut random)).collect::<Vec<_>>();
        let tables =
            space.cell_types.iter().map(|kind| kind.candidates().into_iter().map(&mut row).collect()).collect();
        Self::of_tables(tables)
    }

    /// Parameters that are given, `tables[c][e][k]`, at the temperature 1 and without constraints.
    #[must_use]
    pub const fn of_tables(tables: Vec<Vec<Vec<f64>>>) -> Self {
        Self { tables, temperature: 1.0, constrained: None, staying: None, admitted: None }
    }

    /// Sets the temperature τ of the softmax, and the constraints in the place of those before; α stays as it is, and
    /// so do candidates that have left.
    ///
    /// # Errors
    /// [`ConstraintError`] for the first constraint that `space` cannot have, or that needs a candidate that has left.
    ///
    /// # Panics
    /// Panics if `temperature` is not positive.
    pub fn confine(
        &mut self,
        space: &Space,
        temperature: f64,
        constraints: &[Constraint],
    ) -> Result<(), ConstraintError> {
        assert!(temperature > 0.0, "the temperature is positive");
        let constrained = admitted(space, constraints, None)?;
        self.admitted = admitted(space, constraints, self.staying.as_ref())?;
        (self.constrained, self.temperature) = (constrained, temperature);
        Ok(())
    }

    /// Candidates that have left the search.
    #[must_use]
    pub fn left(&self) -> Vec<EdgeCandidate> {
        self.staying.as_ref().map(places).unwrap_or_default()
    }

    /// Takes candidates out of the search, and those before back into it. Returns `None`, and changes nothing, if an
    /// edge would have no candidate that a derived architecture can have, or if one is not in the space.
    #[must_use]
    pub(crate) fn set_left(&mut self, space: &Space, left: &[EdgeCandidate]) -> Option<()> {
        if left.is_empty() {
            self.readmit();
            return Some(());
        }
        let [staying, admitted] = staying(space, left, self.constrained.as_ref())?;
        (self.staying, self.admitted) = (Some(staying), Some(admitted));
        Some(())
    }

    /// Takes all candidates that have left back into the search.
    pub(crate) fn readmit(&mut self) {
        (self.staying, self.admitted) = (None, self.constrained.clone());
    }

    /// Candidates that constraints admit and that have not left, `[type][edge][candidate]`; `None` if those are all.
    pub(crate) const fn admitted(&self) -> Option<&Vec<Vec<Vec<bool>>>> {
        self.admitted.as_ref()
    }

    /// Temperature τ of the softmax.
    #[must_use]
    pub const fn temperature(&self) -> f64 {
        self.temperature
    }

    /// Returns the operation weights p = softmax(α/τ), row by row, over the candidates that constraints admit and that
    /// have not left. The others have the weight 0.
    #[must_use]
    pub fn probabilities(&self) -> Vec<Vec<Vec<f64>>> {
        let rows = |(at, table): (usize, &Vec<Vec<f64>>)| {
            let row = |(edge, row): (usize, &Vec<f64>)| softmax(&self.logits(at, edge, row));
            table.iter().enumerate().map(row).collect()
        };
        self.tables.iter().enumerate().map(rows).collect()
    }

    /// Row of α/τ, with −∞ for the candidates that are not admitted.
    fn logits(&self, at: usize, edge: usize, row: &[f64]) -> Vec<f64> {
        let value = |(k, value): (usize, &f64)| match &self.admitted {
            Some(admitted) if !admitted[at][edge][k] => f64::NEG_INFINITY,
            _ => value / self.temperature,
        };
        row.iter().enumerate().map(value).collect()
    }

    /// Same parameters, with −∞ for the candidates that are not admitted.
    pub(crate) fn confined(&self) -> Self {
        Self { tables: self.leave_out(self.tables.clone()), ..self.clone() }
    }

    /// Tables with −∞ for the candidates that are not admitted.
    pub(crate) fn leave_out(&self, mut tables: Vec<Vec<Vec<f64>>>) -> Vec<Vec<Vec<f64>>> {
        if let Some(admitted) = &self.admitted {
            let values = tables.iter_mut().flatten().flatten().zip(admitted.iter().flatten().flatten());
            values.filter(|(_, in_use)| !**in_use).for_each(|(value, _)| *value = f64::NEG_INFINITY);
        }
        tables
    }

    /// Takes the weight from the candidates that are not admitted, and scales the others to the same sum.
    pub(crate) fn take_from_left_out(&self, p: &mut [Vec<Vec<f64>>]) {
        let Some(admitted) = &self.admitted else { return };
        for (p, admitted) in p.iter_mut().flatten().zip(admitted.iter().flatten()) {
            let kept = |p: &[f64]| p.iter().zip(admitted).filter(|(_, in_use)| **in_use).map(|(p, _)| p).sum::<f64>();
            let (all, kept) = (p.iter().sum::<f64>(), kept(p));
            for (p, &in_use) in p.iter_mut().zip(admitted) {
                *p = if in_use && kept > 0.0 { *p * (all / kept) } else { 0.0 };
            }
        }
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
        let p = self.leave_out(self.probabilities());
        space.genotype(|at, node| strongest_reads(&space.cell_types[at], node, &p[at]))
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

/// Read of a node: an edge that leads to it, and the candidate that the edge keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) edge: usize,
    pub(crate) candidate: usize,
    /// Weight of the candidate.
    pub(crate) weight: f64,
}

/// Returns the read of an edge with its strongest candidate, by the weights of all candidates of its cell; a weight of −∞
/// leaves a candidate out. Ties go to the lower index.
pub(crate) fn strongest_read(kind: &CellType, edge: usize, weights: &[Vec<f64>]) -> Option<Read> {
    let operations = &kind.edges[edge].operations;
    let kept = |&k: &usize| weights[edge][k] > f64::NEG_INFINITY && kind.keeps(&kind.edges[edge], operations[k]);
    let better = |best: usize, k: usize| if weights[edge][k] > weights[edge][best] { k } else { best };
    let candidate = (0..operations.len()).filter(kept).reduce(better)?;
    Some(Read { edge, candidate, weight: weights[edge][candidate] })
}

/// Returns the reads of a node by the weights of all candidates of its cell, each edge with its strongest one. A node of a
/// concatenated cell has the two strongest reads, the stronger one first. Ties go to the lower index.
pub(crate) fn strongest_reads(kind: &CellType, node: usize, weights: &[Vec<f64>]) -> Vec<Read> {
    let mut reads: Vec<Read> = kind.edges_into(node).filter_map(|edge| strongest_read(kind, edge, weights)).collect();
    if kind.output == Output::Concat {
        // The sort is stable: of two equal edges, the one with the lower index stays first.
        reads.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        reads.truncate(CellType::KEPT_EDGES);
    }
    reads
}

impl Space {
    /// Genotype whose nodes have these reads; `reads` takes the index of a type of cell and the number of a node.
    pub(crate) fn genotype(&self, reads: impl Fn(usize, usize) -> Vec<Read>) -> Genotype {
        let cell = |(at, kind): (usize, &CellType)| {
            let read = |Read { edge, candidate, .. }: Read| {
                let edge = &kind.edges[edge];
                (edge.operations[candidate], edge.from)
            };
            kind.genotype(kind.intermediate().map(|node| reads(at, node).into_iter().map(read).collect()).collect())
        };
        Genotype { cells: self.cell_types.iter().enumerate().map(cell).collect() }
    }
}
