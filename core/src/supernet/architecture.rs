//! The architecture parameters α and what follows from them. They are few, so they live on the host in double precision.

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::random::{Purpose, stream};
use crate::space::{CellKind, Genotype, GenotypeCell, Operation, Output, Space};

/// One table α_c of architecture parameters a kind of cell: `tables[c][e][k]` for edge e and candidate k.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// The parameters.
    pub tables: Vec<Vec<Vec<f64>>>,
}

impl Architecture {
    /// 1e-3·N(0, 1), as in the references.
    #[must_use]
    pub fn new(space: &Space, seed: u64) -> Self {
        let mut random = stream(seed, Purpose::Architecture, 0);
        let mut row = |k: usize| {
            (0..k).map(|_| 1e-3 * Distribution::<f64>::sample(&StandardNormal, &mut random)).collect::<Vec<_>>()
        };
        let tables = space.kinds.iter().map(|kind| kind.candidates().into_iter().map(&mut row).collect()).collect();
        Self { tables }
    }

    /// The operation weights p = softmax(α), row by row.
    #[must_use]
    pub fn probabilities(&self) -> Vec<Vec<Vec<f64>>> {
        self.tables.iter().map(|table| table.iter().map(|row| softmax(row)).collect()).collect()
    }

    /// What every cell reads: the flattened p of its kind.
    pub(crate) fn copies(&self, kinds: &[usize]) -> Vec<Vec<f64>> {
        let flat: Vec<Vec<f64>> = self.probabilities().into_iter().map(|table| table.concat()).collect();
        kinds.iter().map(|&kind| flat[kind].clone()).collect()
    }

    /// All parameters, one table after the other.
    pub(crate) fn flat(&self) -> Vec<f64> {
        self.tables.iter().flatten().flatten().copied().collect()
    }

    /// Puts back what [`flat`](Self::flat) gave.
    pub(crate) fn set_flat(&mut self, values: &[f64]) {
        let places = self.tables.iter_mut().flatten().flatten();
        places.zip(values).for_each(|(place, value)| *place = *value);
    }

    /// ∂L/∂α = Σ_l J(p)ᵀ g_l, flattened as [`flat`](Self::flat).
    pub(crate) fn gradient(&self, kinds: &[usize], cells: &[Vec<f64>]) -> Vec<f64> {
        let edges = self.probabilities().into_iter().flatten().zip(self.summed(kinds, cells));
        edges.flat_map(|(p, g)| through_softmax(&p, &g)).collect()
    }

    /// How each cell's p moves where α moves along `v`: ṗ = J(p) v on every edge.
    pub(crate) fn directions(&self, kinds: &[usize], v: &[f64]) -> Vec<Vec<f64>> {
        let mut rest = v;
        let mut along = |p: &Vec<f64>| {
            let (own, others) = rest.split_at(p.len());
            rest = others;
            through_softmax(p, own)
        };
        let probabilities = self.probabilities();
        let moved: Vec<Vec<f64>> =
            probabilities.iter().map(|table| table.iter().flat_map(&mut along).collect()).collect();
        kinds.iter().map(|&kind| moved[kind].clone()).collect()
    }

    /// The derivative of [`gradient`](Self::gradient) where α moves along `v` and with it the cell gradients by `turned`:
    /// J(p)ᵀ ġ + ṗ ⊙ (g − ⟨p, g⟩) − p ⟨ṗ, g⟩ on every edge, g and ġ summed over the cells.
    pub(crate) fn turned_gradient(
        &self,
        kinds: &[usize],
        cells: &[Vec<f64>],
        turned: &[Vec<f64>],
        v: &[f64],
    ) -> Vec<f64> {
        let mut rest = v;
        let edges = self.probabilities().into_iter().flatten().zip(self.summed(kinds, cells));
        let softmax = edges.flat_map(|(p, g)| {
            let (own, others) = rest.split_at(p.len());
            rest = others;
            let moved = through_softmax(&p, own);
            let [mean, along] = [product(&p, &g), product(&moved, &g)];
            p.into_iter().zip(g).zip(moved).map(|((p, g), moved)| moved * (g - mean) - p * along).collect::<Vec<_>>()
        });
        self.gradient(kinds, turned).into_iter().zip(softmax).map(|(turned, softmax)| turned + softmax).collect()
    }

    /// Cell gradients, summed over the cells of a kind, by edge.
    fn summed(&self, kinds: &[usize], cells: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut all = Vec::new();
        for (kind, table) in self.tables.iter().enumerate() {
            let mut at = 0;
            for edge in table {
                let mut sum = vec![0.0; edge.len()];
                for (cell, _) in cells.iter().zip(kinds).filter(|(_, of)| **of == kind) {
                    sum.iter_mut().zip(&cell[at..]).for_each(|(sum, g)| *sum += g);
                }
                at += edge.len();
                all.push(sum);
            }
        }
        all
    }

    /// The architecture that α stands for.
    ///
    /// NAS-Bench-201's layout keeps the strongest operation of every edge, `none` included. DARTS's keeps, for each
    /// node, the two incoming edges whose strongest operation other than `none` is strongest. Ties go to the lower
    /// index.
    ///
    /// # Panics
    /// If `space` is not the one that the parameters were made for.
    #[must_use]
    pub fn derive(&self, space: &Space) -> Genotype {
        let tables = self.probabilities();
        Genotype { cells: space.kinds.iter().zip(&tables).map(|(kind, table)| derive(kind, table)).collect() }
    }
}

/// J(p)ᵀ g = p ⊙ (g − ⟨p, g⟩).
pub(crate) fn through_softmax(p: &[f64], g: &[f64]) -> Vec<f64> {
    let mean = product(p, g);
    p.iter().zip(g).map(|(p, g)| p * (g - mean)).collect()
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn softmax(row: &[f64]) -> Vec<f64> {
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exp: Vec<f64> = row.iter().map(|value| (value - top).exp()).collect();
    let sum: f64 = exp.iter().sum();
    exp.into_iter().map(|value| value / sum).collect()
}

/// The strongest candidate that `allowed` admits: its place and weight.
fn strongest(operations: &[Operation], p: &[f64], allowed: impl Fn(Operation) -> bool) -> Option<(usize, f64)> {
    let candidates = p.iter().copied().enumerate().filter(|&(k, _)| allowed(operations[k]));
    candidates.fold(
        None,
        |best: Option<(usize, f64)>, (k, p)| if best.is_none_or(|(_, most)| p > most) { Some((k, p)) } else { best },
    )
}

fn derive(kind: &CellKind, table: &[Vec<f64>]) -> GenotypeCell {
    let node_reads = |node: usize| {
        let all = kind.edges_into(node).filter_map(|e| {
            let edge = &kind.edges[e];
            let none_counts = kind.output == Output::Last || edge.operations == [Operation::None];
            let (k, p) = strongest(&edge.operations, &table[e], |op| none_counts || op != Operation::None)?;
            Some((p, (edge.operations[k], edge.from)))
        });
        let mut reads: Vec<_> = all.collect();
        if kind.output == Output::Concat {
            // A stable sort: of two equals the lower index stays first.
            reads.sort_by(|a, b| b.0.total_cmp(&a.0));
            reads.truncate(2);
        }
        reads.into_iter().map(|(_, read)| read).collect()
    };
    let last = kind.inputs + kind.nodes;
    let output = match kind.output {
        Output::Concat => kind.intermediate().collect(),
        Output::Last => vec![last - 1],
    };
    GenotypeCell {
        kind: kind.name.clone(),
        inputs: kind.inputs,
        nodes: kind.intermediate().map(node_reads).collect(),
        output,
    }
}
