//! Best of many: architectures are sampled, and the one with which the supernet classifies best wins (random search
//! with weight sharing, arXiv:1902.07638; the last step of ENAS, arXiv:1802.03268).
//!
//! ```text
//! a_1 … a_samples ~ the relaxation, or U(space), each evaluated on `batches` validation batches
//! the best `finalists` of them are evaluated on all validation images, and the best of these wins
//! ```
//!
//! An evaluation has p = 1 for the operations of the architecture and 0 for all others. Batch norms take the statistics
//! of the batch: the running ones belong to other mixtures of paths. The reference evaluates with running statistics.
//! Samples take the batches in turn. The published search repeats all this once for every 10,000 steps of training.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::draw::Pool;
use crate::method::select::ranked;
use crate::method::{Choice, DrawnFrom, Part, PartError, Piece, SearchEnd, Selecting, SelectionRecord, Slot};

/// Settings of the selection. Its defaults are those of random search with weight sharing, which samples uniform paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BestOf {
    /// Number of architectures that are sampled.
    pub samples: usize,
    /// Number of architectures that are evaluated on all validation images; with 0 or 1, the best sample wins.
    pub finalists: usize,
    /// Number of validation batches that a sample is evaluated on.
    pub batches: usize,
    /// Distribution of the architectures.
    pub from: DrawnFrom,
}

impl Default for BestOf {
    fn default() -> Self {
        Self { samples: 1000, finalists: 10, batches: 10, from: DrawnFrom::default() }
    }
}

impl BestOf {
    /// Settings of ENAS: the best of 100 samples of the controller, each on one batch.
    pub(in crate::method) fn enas() -> Self {
        Self { samples: 100, finalists: 0, batches: 1, from: DrawnFrom::Relaxation }
    }

    /// Number of architectures that are evaluated twice; none if the samples see all images.
    fn finalists(&self, end: &SearchEnd<'_>) -> usize {
        if self.finalists > 1 && self.batches < end.batches { self.finalists } else { 0 }
    }
}

impl Part for BestOf {
    fn slot(&self) -> Slot {
        Slot::Selection
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check((1..=100_000).contains(&self.samples), "samples", "1 to 100,000", &self.samples)?;
        let must = format!("0 to the {} samples", self.samples);
        PartError::check(self.finalists <= self.samples, "finalists", &must, &self.finalists)?;
        PartError::check(self.batches > 0, "batches", "1 or more", &self.batches)
    }

    fn select(&self, end: &SearchEnd<'_>, record: &SelectionRecord) -> Option<Selecting> {
        let done = record.evaluated.len();
        let (samples, finals) = record.evaluated.split_at(done.min(self.samples));
        if samples.len() < self.samples {
            let choice = Pool::new(end, self.from).draw(&mut end.random(done));
            let batches = (self.batches < end.batches).then(|| [done.saturating_mul(self.batches), self.batches]);
            let piece = Piece::Evaluate { p: choice.tables(end.space), batches, without: None };
            return Some(Selecting { piece, choice, of: self.samples + self.finalists(end) });
        }
        let ranking = ranked(samples);
        let finalists = self.finalists(end).min(ranking.len());
        let of = self.samples + finalists;
        if let Some(next) = ranking[..finalists].get(finals.len()) {
            let choice: Choice = next.choice.clone();
            let piece = Piece::Evaluate { p: choice.tables(end.space), batches: None, without: None };
            return Some(Selecting { piece, choice, of });
        }
        let best = ranked(if finals.is_empty() { samples } else { finals }).first()?.choice.clone();
        Some(Selecting { piece: Piece::Decided, choice: best, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::{ended, selected, spread};

    /// Fitness that the first evaluation flatters: samples have the number of one operation, finalists of another.
    #[test]
    fn the_best_finalist_wins() {
        let (space, alpha) = spread("nas-bench-201");
        let p = alpha.probabilities();
        let end = ended(&space, &alpha, &p);
        let count = |choice: &Choice, k: usize| choice.0[0].iter().filter(|edge| **edge == Some(k)).count();
        let part = BestOf { samples: 40, finalists: 5, batches: 2, from: DrawnFrom::Uniform };
        let (found, record, of) = selected(&part, &end, |piece, choice| {
            let Piece::Evaluate { batches, without: None, .. } = piece else { panic!("{piece:?}") };
            count(choice, if batches.is_some() { 3 } else { 1 })
        });
        assert_eq!((record.evaluated.len(), of), (45, 45));
        let samples: Vec<usize> = record.evaluated[..40].iter().map(|one| count(&one.choice, 3)).collect();
        let worst = record.evaluated[40..].iter().map(|one| count(&one.choice, 3)).min().unwrap();
        assert!(samples.iter().filter(|&&sample| sample > worst).count() <= 5);
        let best = record.evaluated[40..].iter().map(|one| count(&one.choice, 1)).max().unwrap();
        assert_eq!(count(&found, 1), best);
        // Batches in turn, of the ten that there are.
        let first = part.select(&end, &SelectionRecord { evaluated: record.evaluated[..3].to_vec(), steps: 0 });
        assert!(matches!(first.unwrap().piece, Piece::Evaluate { batches: Some([6, 2]), .. }));
    }

    /// The best sample wins without a second evaluation if it has seen all images.
    #[test]
    fn nothing_is_evaluated_twice_on_the_same_images() {
        let (space, alpha) = spread("darts");
        let p = alpha.probabilities();
        let end = ended(&space, &alpha, &p);
        let part = BestOf { samples: 8, finalists: 4, batches: 10, from: DrawnFrom::Relaxation };
        let (found, record, of) = selected(&part, &end, |_, choice| choice.0.iter().flatten().flatten().sum());
        assert_eq!((record.evaluated.len(), of), (8, 8));
        let sum = |choice: &Choice| choice.0.iter().flatten().flatten().sum::<usize>();
        assert_eq!(Some(sum(&found)), record.evaluated.iter().map(|one| sum(&one.choice)).max());
    }
}
