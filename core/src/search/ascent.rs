//! Ascent of L_train in p before the pass of a weight step, which an adversarial perturbation asks for.

use super::SessionError;
use super::bilevel::{Bilevel, WEIGHT_PASS, finite, input};
use crate::data::Batch;
use crate::engine::{Draws, Want};
use crate::method::{Moment, Tables};
use crate::vector::filled;

impl Bilevel {
    /// Operation weights of the weight step, cell by cell. Each ascent takes one pass; nothing changes.
    pub(super) async fn ascended(
        &mut self,
        train: (&Batch, &Draws),
        moment: &Moment,
    ) -> Result<Vec<Vec<f64>>, SessionError> {
        let ascents = self.method.ascents(moment);
        if ascents == 0 {
            return Ok(self.copies(&self.relax(moment, WEIGHT_PASS).p));
        }
        let start = self.method.unperturbed(&self.architecture, &self.space, moment, WEIGHT_PASS).p;
        let mut p = start.clone();
        self.method.perturb(&self.architecture, &mut p, moment);
        for _ in 0..ascents {
            let copies = self.finished(&p, moment);
            let want = Want { cells: true, ..Want::default() };
            let mut cells = filled(&self.engine.pass(input(train, &copies), want).await?.into_found().cells);
            finite("cell gradient", cells.iter().flatten().sum())?;
            self.through_edges(&mut cells, moment);
            self.method.ascend(&mut p, &start, &self.architecture, &self.cell_types, &cells, moment);
        }
        Ok(self.finished(&p, moment))
    }

    /// Flattened p of every cell with the weights of edges and the auxiliary terms of the method.
    fn finished(&self, p: &Tables, moment: &Moment) -> Vec<Vec<f64>> {
        let mut p = p.clone();
        self.method.finish(&mut p, &self.space, moment);
        self.copies(&p)
    }

    /// Takes cell gradients to those of the operation weights before they were multiplied by the weights of edges.
    fn through_edges(&self, cells: &mut [Vec<f64>], moment: &Moment) {
        let Some(weights) = self.method.edge_weights(&self.space, moment) else { return };
        for (cell, &cell_type) in cells.iter_mut().zip(&self.cell_types) {
            let candidates = self.space.cell_types[cell_type].edges.iter().zip(&weights[cell_type]);
            let each = candidates.flat_map(|(edge, weight)| edge.operations.iter().map(move |_| weight));
            cell.iter_mut().zip(each).for_each(|(gradient, weight)| *gradient *= weight);
        }
    }
}
