//! Operation weights of cells from tables by cell type, and the way back of their gradients.
//!
//! Where a part of the channels passes by the candidates, a cell also reads a weight of every edge: the sum of the
//! operation weights of the edge.

use super::bilevel::{Bilevel, Gradients};
use crate::engine::Pass;
use crate::space::Space;
use crate::vector::filled;

impl Bilevel {
    /// Flattened p of every cell from tables by cell type, followed by the weights of the edges, if cells read these.
    pub(super) fn copies(&self, p: &[Vec<Vec<f64>>]) -> Vec<Vec<f64>> {
        self.by_cell(p, |row| row.iter().sum())
    }

    /// Marks of every cell in the order of [`copies`](Self::copies). That of an edge is true if one of its candidates
    /// is marked.
    pub(super) fn marks(&self, marked: &[Vec<Vec<bool>>]) -> Vec<Vec<bool>> {
        self.by_cell(marked, |row| row.contains(&true))
    }

    fn by_cell<T: Clone>(&self, tables: &[Vec<Vec<T>>], of_edge: impl Fn(&[T]) -> T) -> Vec<Vec<T>> {
        let passes_by = self.method.partial_channels().is_some();
        let of_type = |table: &Vec<Vec<T>>| -> Vec<T> {
            let edges = table.iter().filter(|_| passes_by).map(|row| of_edge(row));
            table.iter().flatten().cloned().chain(edges).collect()
        };
        let flat: Vec<Vec<T>> = tables.iter().map(of_type).collect();
        self.cell_types.iter().map(|&cell_type| flat[cell_type].clone()).collect()
    }

    /// Cell gradients to which those of the edges' weights are added. Absent ones are 0.
    pub(super) fn whole_gradients(&self, found: &Gradients) -> Vec<Vec<f64>> {
        let mut cells = filled(&found.cells);
        for ((cell, edges), &of) in cells.iter_mut().zip(filled(&found.edges)).zip(&self.cell_types) {
            let mut rest = cell.as_mut_slice();
            for (count, slope) in self.space.cell_types[of].candidates().into_iter().zip(edges) {
                let (own, others) = rest.split_at_mut(count);
                for g in own {
                    *g += slope;
                }
                rest = others;
            }
        }
        cells
    }
}

/// Number of candidates of each type of cell.
pub(super) fn candidates(space: &Space) -> Vec<usize> {
    space.cell_types.iter().map(|kind| kind.candidates().iter().sum()).collect()
}

/// Loss and cell gradients of a pass over a supernet with cells of these types.
pub(super) fn gradients(pass: &Pass<'_>, space: &Space, cell_types: &[usize]) -> Gradients {
    divided(pass.loss(), pass.cell_gradients(), space, cell_types)
}

/// Loss and cell gradients, with those of the weights of edges apart.
pub(super) fn divided(loss: f64, cells: &[Vec<Option<f64>>], space: &Space, cell_types: &[usize]) -> Gradients {
    let counts = candidates(space);
    let mut found = Gradients { loss, cells: Vec::new(), edges: Vec::new() };
    for (cell, &of) in cells.iter().zip(cell_types) {
        let (own, edges) = cell.split_at(counts[of]);
        found.cells.push(own.to_vec());
        found.edges.push(edges.to_vec());
    }
    found
}
