//! Selection of the architecture after the last epoch: one piece of work of the method's selection a call.

use super::bilevel::{Bilevel, finite, input};
use super::work::Search;
use super::{Position, SessionError, WeightsConfig};
use crate::data::Batch;
use crate::engine::{Numbers, State, Statistics, Want};
use crate::method::{Evaluated, Moment, Piece, SearchEnd, Selecting, Tables, Without};
use crate::session::SelectionEvent;
use crate::space::{Genotype, Operation};

impl Search {
    /// Next piece of the selection, if the method has one that asks the supernet.
    fn selecting(&self) -> Option<Selecting> {
        let epochs = self.config.epochs;
        // The supernet is that of the end of all schedules.
        let moment = Moment { epoch: epochs.saturating_sub(1), epochs, step: 0, seed: self.config.seed };
        let Bilevel { architecture, method, .. } = &self.bilevel;
        let end = SearchEnd {
            space: &self.space,
            method,
            alpha: architecture,
            p: &method.relax_for_evaluation(architecture, &self.space, &moment),
            steps: self.batches.steps(),
            batches: self.batches.validation_batches(),
            seed: self.config.seed,
        };
        method.select(&end, &self.record)
    }

    /// Architecture that α stands for; once the selection has ended, the one that it chose.
    pub(super) fn genotype(&self) -> Genotype {
        match self.selecting() {
            Some(Selecting { piece: Piece::Decided, choice, .. }) => choice.genotype(&self.space),
            _ => self.derived(),
        }
    }

    /// Takes the next piece of the selection; `None` if nothing is left.
    pub(super) async fn select(&mut self, at: Position) -> Result<Option<SelectionEvent>, SessionError> {
        let Some(Selecting { piece, choice, of }) = self.selecting() else { return Ok(None) };
        let event = match piece {
            Piece::Decided => return Ok(None),
            Piece::Tune { p, lr } => {
                let train_loss = self.tune(&p, lr, at).await?;
                SelectionEvent { train_loss: Some(train_loss), ..SelectionEvent::default() }
            }
            Piece::Evaluate { p, batches, without } => {
                let p = self.bilevel.copies(&p);
                let accuracy = self.accuracy(&p, Statistics::Batch, batches).await?;
                let genotype = without.is_none().then(|| choice.genotype(&self.space));
                self.record.evaluated.push(Evaluated { choice, accuracy });
                let place = without.map_or_else(SelectionEvent::default, |without| self.place(without));
                SelectionEvent { accuracy: Some(accuracy), genotype, ..place }
            }
        };
        Ok(Some(SelectionEvent { step: self.record.pieces(), of, ..event }))
    }

    /// Event about a part of the supernet that the last evaluation left out.
    fn place(&self, Without { cell_type, edge, candidate }: Without) -> SelectionEvent {
        let kind = self.space.cell_types.get(cell_type);
        let operation =
            |candidate: usize| -> Option<Operation> { kind?.edges.get(edge)?.operations.get(candidate).copied() };
        let before = self.record.evaluated.last().and_then(|one| one.choice.of(cell_type, edge));
        let after = self.selecting().and_then(|next| next.choice.of(cell_type, edge));
        SelectionEvent {
            cell: kind.map(|kind| kind.name.clone()),
            edge: Some(edge),
            operation: candidate.and_then(operation),
            kept: after.filter(|_| before.is_none()).and_then(operation),
            ..SelectionEvent::default()
        }
    }

    /// Takes a step of fine-tuning and returns the loss before it.
    async fn tune(&mut self, p: &Tables, lr: f64, at: Position) -> Result<f64, SessionError> {
        let (done, steps) = (self.record.steps, self.batches.steps());
        let at = Position { epoch: at.epoch.saturating_add(done / steps), step: done % steps, ..at };
        let batch = self.batches.pair(at.epoch, at.step).train;
        let p = self.bilevel.copies(p);
        if done == 0 {
            self.bilevel.forget_momentum().await?;
        }
        let (number, lr) = (at.total(steps), lr * self.config.weights.lr);
        let tuned = self.bilevel.tune(&batch, &p, number, lr, &self.config.weights).await;
        let loss = tuned.map_err(|error| error.at(at.epoch + 1, at.step + 1))?;
        self.record.steps += 1;
        Ok(loss)
    }
}

impl Bilevel {
    /// Sets the momentum to zero.
    async fn forget_momentum(&mut self) -> Result<(), SessionError> {
        let none = vec![0.0; State::Momentum.len(self.engine.graph())];
        self.engine.write(State::Momentum, &Numbers::Single(none)).await?;
        Ok(())
    }

    /// Takes a step of the weights alone, without the terms of the method, and returns the loss before it.
    async fn tune(
        &mut self,
        batch: &Batch,
        p: &[Vec<f64>],
        step: u64,
        lr: f64,
        weights: &WeightsConfig,
    ) -> Result<f64, SessionError> {
        let done = self.tuned(batch, p, step, lr, weights).await;
        if done.is_err() {
            // Only the first error is reported: after the loss of a device, this call fails, too.
            let _ = self.engine.clear_gradient().await;
        }
        done
    }

    async fn tuned(
        &mut self,
        batch: &Batch,
        p: &[Vec<f64>],
        step: u64,
        lr: f64,
        weights: &WeightsConfig,
    ) -> Result<f64, SessionError> {
        let draws = self.draws(batch, step)?;
        let want = Want { weights: 1.0, statistics: true, ..Want::default() };
        let loss = self.engine.pass(input((batch, &draws), p), want).await?.loss();
        finite("training loss", loss)?;
        let norm = self.engine.gradient_norm().await?;
        self.descend(norm, lr, weights).await?;
        Ok(loss)
    }
}
