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
        let start = self.method.unperturbed(&self.architecture, moment, WEIGHT_PASS).p;
        let mut p = start.clone();
        self.method.perturb(&self.architecture, &mut p, moment);
        for _ in 0..ascents {
            let copies = self.with_auxiliary(&p, moment);
            let want = Want { cells: true, ..Want::default() };
            let cells = filled(&self.engine.pass(input(train, &copies), want).await?.into_found().cells);
            finite("cell gradient", cells.iter().flatten().sum())?;
            self.method.ascend(&mut p, &start, &self.architecture, &self.cell_types, &cells, moment);
        }
        Ok(self.with_auxiliary(&p, moment))
    }

    /// Flattened p of every cell with the auxiliary terms of the method.
    fn with_auxiliary(&self, p: &Tables, moment: &Moment) -> Vec<Vec<f64>> {
        let mut p = p.clone();
        self.method.add_auxiliary(&mut p, &self.space, moment);
        self.copies(&p)
    }
}
