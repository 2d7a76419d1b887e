//! Progressive search with a surrogate: the idea of PNAS (Liu et al. 2018, arXiv:1712.00559) on cells in which every
//! edge may be `none`, such as those of NAS-Bench-201.
//!
//! PNAS's cells grow by blocks; these grow by edges.
//!
//! ```text
//! stage 1: evaluate all cells with one edge that is not none
//! stage b: candidates ← the K fittest cells of stage b − 1, each with one more edge
//!          evaluate the K candidates with the best prediction
//! after the last edge: candidates ← neighbours of the K fittest cells of all that have unknown ones, again and again
//! ```
//!
//! Only candidates that are new are evaluated. The surrogate is a ridge regression of the fitness on the operations of
//! the edges (one-hot), fitted before each stage to the fitter half of all cells, and at least to ten of them: what
//! makes a bad cell worse tells little of good ones. PNAS has an LSTM or an ensemble of small networks in its place,
//! and K = 256 of a space of about 10¹² cells. The default K = 8 is ours: a budget of 100 evaluations then reaches the
//! last stages on NAS-Bench-201, whose 24 cells of one edge take the first.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RandomNumbers;
use super::coded::{Algorithm, Scored, hold};
use super::encoding::{Code, Encoding, with};
use super::ridge::Ridge;
use crate::method::PartError;
use crate::space::Space;

/// Minimum number of cells that the surrogate is fitted to, if there are as many.
const LEAST: usize = 10;

/// Settings of the search with a surrogate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Predictor {
    /// Number K of cells that grow, and of candidates that are evaluated in a stage.
    pub beam: usize,
    /// Coefficient λ of the ridge regression.
    pub ridge: f64,
}

impl Default for Predictor {
    fn default() -> Self {
        Self { beam: 8, ridge: 1.0 }
    }
}

impl Predictor {
    pub(super) fn check(&self, space: &Space) -> Result<(), PartError> {
        PartError::check((1..=256).contains(&self.beam), "searcher.beam", "1 to 256", &self.beam)?;
        let ridge = (1e-9..=1e9).contains(&self.ridge);
        PartError::check(ridge, "searcher.ridge", "1e-9 to 1e9", &self.ridge)?;
        let encoding = Encoding::new(space);
        if (0..encoding.len()).all(|read| encoding.none(read).is_some()) {
            return Ok(());
        }
        let why = format!(
            "the searcher `predictor` grows cells edge by edge, so `none` must be a candidate of every edge that a \
             cell keeps; in {} it is not",
            space.name
        );
        Err(PartError::Composition { why })
    }

    /// Evaluated cells from the fittest on, the earlier one of equals first.
    fn ranked(evaluated: &[Scored]) -> Vec<&Scored> {
        let mut ranked: Vec<_> = evaluated.iter().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// Cells of the next stage, from the best prediction on.
    fn next(&self, progress: &Progress, encoding: &Encoding) -> Vec<Code> {
        let ranked = Self::ranked(&progress.evaluated);
        let whole = progress.stage >= encoding.len();
        let last = Self::ranked(&progress.evaluated[progress.before.min(progress.evaluated.len())..]);
        let parents = if whole { &ranked } else { &last };
        let known: BTreeSet<&Code> = progress.evaluated.iter().map(|(code, _)| code).collect();
        let children = |(parent, _): &Scored| if whole { encoding.neighbours(parent) } else { grown(parent, encoding) };
        let new = |parents: &[&Scored]| -> BTreeSet<Code> {
            parents.iter().flat_map(|parent| children(parent)).filter(|child| !known.contains(child)).collect()
        };
        // Where all neighbours of the fittest cells are known, those of the next ones follow.
        let mut beams = parents.chunks(self.beam).map(new);
        let candidates = if whole { beams.find(|new| !new.is_empty()) } else { beams.next() }.unwrap_or_default();
        let fitted = ranked.len().div_ceil(2).max(LEAST);
        let samples: Vec<_> =
            ranked.iter().take(fitted).map(|(code, fitness)| (encoding.one_hot(code), *fitness)).collect();
        let surrogate = Ridge::fit(&samples, encoding.width(), self.ridge);
        let predicted = candidates.into_iter().map(|code| (surrogate.predict(&encoding.one_hot(&code)), code));
        let mut predicted: Vec<_> = predicted.collect();
        // The sort is stable: of two equal predictions, the one with the lower code stays first.
        predicted.sort_by(|a, b| b.0.total_cmp(&a.0));
        predicted.into_iter().map(|(_, code)| code).take(self.beam).collect()
    }
}

/// Cells that a cell becomes if one of its edges that are `none` gets an operation.
fn grown(code: &[usize], encoding: &Encoding) -> Vec<Code> {
    let of_read = |read: usize| {
        let none = encoding.none(read).filter(|&none| code[read] == none);
        let options = none.into_iter().flat_map(move |none| {
            let all = encoding.places(read).len();
            (0..all).filter(move |&option| option != none)
        });
        options.map(move |option| with(code, read, option))
    };
    (0..encoding.len()).flat_map(of_read).collect()
}

/// Stages so far.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// Evaluated cells, in order.
    evaluated: Vec<Scored>,
    /// Number of evaluated cells before the stage.
    before: usize,
    /// Stage, from 1; 0 before the first.
    stage: usize,
    /// Cells of the stage that are still to be evaluated, the next one last.
    waiting: Vec<Code>,
}

impl Algorithm for Predictor {
    type State = Progress;

    fn propose(&self, progress: &mut Progress, encoding: &Encoding, random: &mut RandomNumbers) -> Code {
        if progress.waiting.is_empty() {
            progress.waiting = if progress.stage == 0 {
                let empty: Option<Code> = (0..encoding.len()).map(|read| encoding.none(read)).collect();
                let mut first = empty.map_or_else(Vec::new, |empty| grown(&empty, encoding));
                random.shuffle(&mut first);
                first
            } else {
                let mut next = self.next(progress, encoding);
                next.reverse();
                next
            };
            progress.stage = progress.stage.saturating_add(1);
            progress.before = progress.evaluated.len();
        }
        // A space whose cells are all known has no candidates.
        progress.waiting.pop().unwrap_or_else(|| encoding.random(random))
    }

    fn learn(&self, progress: &mut Progress, _: &Encoding, scored: Scored) {
        progress.evaluated.push(scored);
    }

    fn fits(&self, progress: &Progress, encoding: &Encoding) -> bool {
        progress.before <= progress.evaluated.len()
            && hold(encoding, progress.evaluated.iter())
            && progress.waiting.iter().all(|code| encoding.holds(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells by the number of their edges, for a fitness that is the sum of the operations' numbers.
    #[test]
    fn cells_grow_edge_by_edge_towards_the_best() {
        let encoding = Encoding::new(&Space::named("nas-bench-201").unwrap());
        let (predictor, mut progress) = (Predictor::default(), Progress::default());
        let mut asked = Vec::new();
        for evaluation in 0..24 + 5 * 8 {
            let code = predictor.propose(&mut progress, &encoding, &mut RandomNumbers::new(5, evaluation));
            #[expect(clippy::cast_precision_loss, reason = "up to 24")]
            let fitness = code.iter().sum::<usize>() as f64;
            asked.push(code.clone());
            predictor.learn(&mut progress, &encoding, (code, fitness));
        }
        let edges: Vec<usize> = asked.iter().map(|code| code.iter().filter(|&&option| option != 0).count()).collect();
        let stages: Vec<usize> = (2..=6).flat_map(|stage| [stage; 8]).collect();
        assert_eq!(edges, [vec![1; 24], stages].concat());
        // The operation of the largest number is 4: the surrogate has found it by the last edge.
        assert!(asked.contains(&vec![4; 6]), "{asked:?}");
        let distinct: BTreeSet<&Code> = asked.iter().collect();
        assert_eq!(distinct.len(), asked.len());
    }

    /// The known neighbours of the fittest cells do not turn it into a random search, which would repeat itself.
    #[test]
    fn no_cell_is_evaluated_twice() {
        let encoding = Encoding::new(&Space::named("nas-bench-201").unwrap());
        let (predictor, mut progress) = (Predictor { beam: 2, ..Predictor::default() }, Progress::default());
        let mut asked = BTreeSet::new();
        for evaluation in 0..400 {
            let code = predictor.propose(&mut progress, &encoding, &mut RandomNumbers::new(5, evaluation));
            #[expect(clippy::cast_precision_loss, reason = "up to 24")]
            let fitness = code.iter().sum::<usize>() as f64;
            assert!(asked.insert(code.clone()), "evaluation {evaluation}: {code:?}");
            predictor.learn(&mut progress, &encoding, (code, fitness));
        }
    }

    #[test]
    fn a_space_without_none_is_refused() {
        let predictor = Predictor::default();
        predictor.check(&Space::named("nas-bench-201").unwrap()).unwrap();
        for name in ["darts", "s3"] {
            let message = predictor.check(&Space::named(name).unwrap()).unwrap_err().to_string();
            assert!(message.contains("`none` must be a candidate"), "{message}");
        }
    }
}
