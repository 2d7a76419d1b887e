//! Evolution over the supernet: the paths that classify best have children (single path one-shot, arXiv:1904.00420).
//!
//! ```text
//! generation 0: `population` samples of the relaxation, or of U(space)
//! then:         parents ← the best `parents` of all so far
//!               `mutations` of a parent, each read replaced with `chance` by that of a sample; `crossovers` of two
//!               parents; samples up to `population`
//! result:       the best of all
//! ```
//!
//! The fitness of an architecture is the share of all validation images that the supernet classifies correctly with
//! p = 1 for its operations and 0 for all others. The published method estimates the statistics of the batch norms anew
//! for each architecture, on training images. Here batch norms take the statistics of the validation batch, which costs
//! no further pass. A child that was evaluated before is replaced by another one, if a few attempts find one.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::draw::{Pool, crossover};
use crate::method::select::ranked;
use crate::method::{Choice, DrawnFrom, Part, PartError, Piece, SearchEnd, Selecting, SelectionRecord, Slot};

/// Attempts to find a child that was not evaluated, and then to draw such an architecture.
const ATTEMPTS: usize = 10;

/// Settings of the evolution. Its defaults are published, for a search of uniform paths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Evolution {
    /// Number of architectures of a generation.
    pub population: usize,
    /// Number of generations after the first.
    pub generations: usize,
    /// Number of architectures that children come from.
    pub parents: usize,
    /// Number of mutations in a generation.
    pub mutations: usize,
    /// Number of crossovers in a generation.
    pub crossovers: usize,
    /// Probability with which a mutation draws a read anew.
    pub chance: f64,
    /// Distribution of samples.
    pub from: DrawnFrom,
}

impl Default for Evolution {
    fn default() -> Self {
        let from = DrawnFrom::default();
        Self { population: 50, generations: 20, parents: 10, mutations: 25, crossovers: 25, chance: 0.1, from }
    }
}

impl Evolution {
    /// Draws the architecture at a place of a generation.
    fn child(
        &self,
        pool: &Pool<'_>,
        parents: &[&Choice],
        place: usize,
        end: &SearchEnd<'_>,
        random: &mut ChaCha8Rng,
    ) -> Choice {
        if parents.is_empty() {
            return pool.draw(random);
        }
        let mut parent = || parents[random.random_range(0..parents.len())];
        if place < self.mutations {
            let parent = parent();
            pool.mutation(parent, self.chance, random)
        } else if place < self.mutations + self.crossovers {
            let both = [parent(), parent()];
            crossover(end.space, both, random)
        } else {
            pool.draw(random)
        }
    }
}

impl Part for Evolution {
    fn slot(&self) -> Slot {
        Slot::Selection
    }

    fn check(&self) -> Result<(), PartError> {
        let Self { population, generations, parents, mutations, crossovers, chance, .. } = *self;
        PartError::check((1..=10_000).contains(&population), "population", "1 to 10,000", &population)?;
        PartError::check(generations <= 1000, "generations", "0 to 1,000", &generations)?;
        let must = format!("1 to the {population} architectures of a generation");
        PartError::check((1..=population).contains(&parents), "parents", &must, &parents)?;
        PartError::check(mutations <= population, "mutations", &format!("0 to {population}"), &mutations)?;
        let left = population - mutations;
        PartError::check(crossovers <= left, "crossovers", &format!("0 to {left} beside the mutations"), &crossovers)?;
        PartError::check((0.0..=1.0).contains(&chance), "chance", "0 to 1", &chance)
    }

    fn select(&self, end: &SearchEnd<'_>, record: &SelectionRecord) -> Option<Selecting> {
        let evaluated = &record.evaluated;
        let (done, of) = (evaluated.len(), self.population * (self.generations + 1));
        if done >= of {
            let choice = ranked(evaluated).first()?.choice.clone();
            return Some(Selecting { piece: Piece::Decided, choice, of });
        }
        let (before, place) = (done - done % self.population, done % self.population);
        let ranking = ranked(&evaluated[..before]);
        let parents: Vec<&Choice> = ranking.iter().take(self.parents).map(|one| &one.choice).collect();
        let (pool, mut random) = (Pool::new(end, self.from), end.random(done));
        let is_known = |choice: &Choice| evaluated.iter().any(|one| one.choice == *choice);
        let mut choice = self.child(&pool, &parents, place, end, &mut random);
        for attempt in 1..2 * ATTEMPTS {
            if !is_known(&choice) {
                break;
            }
            choice = if attempt < ATTEMPTS {
                self.child(&pool, &parents, place, end, &mut random)
            } else {
                pool.draw(&mut random)
            };
        }
        let piece = Piece::Evaluate { p: choice.tables(end.space), batches: None, without: None };
        Some(Selecting { piece, choice, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::{ended, selected, spread};

    /// Fitness with one summit, the sum of the candidates' indices; 24 of six edges is the largest.
    #[test]
    fn the_summit_is_found_and_nothing_is_evaluated_twice() {
        let (space, alpha) = spread("nas-bench-201");
        let p = alpha.probabilities();
        let end = ended(&space, &alpha, &p);
        let sum = |choice: &Choice| choice.0[0].iter().flatten().sum::<usize>();
        let part = Evolution { from: DrawnFrom::Uniform, ..Evolution::default() };
        let (found, record, of) = selected(&part, &end, |_, choice| sum(choice));
        assert_eq!((record.evaluated.len(), of, record.steps), (1050, 1050, 0));
        assert_eq!(sum(&found), 24, "{found:?}");
        let mut all: Vec<&Choice> = record.evaluated.iter().map(|one| &one.choice).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 1050);
    }

    /// Children of the second generation differ from a parent by the rule of their place.
    #[test]
    fn children_are_those_of_the_best() {
        let (space, alpha) = spread("nas-bench-201");
        let p = alpha.probabilities();
        let end = ended(&space, &alpha, &p);
        let part = Evolution {
            population: 9,
            generations: 1,
            parents: 2,
            mutations: 4,
            crossovers: 4,
            chance: 0.2,
            from: DrawnFrom::Uniform,
        };
        let (_, record, _) = selected(&part, &end, |_, choice| choice.0[0].iter().flatten().sum());
        let parents: Vec<&Choice> = ranked(&record.evaluated[..9]).iter().take(2).map(|one| &one.choice).collect();
        let of_both =
            |one: &Choice| (0..6).all(|edge| parents.iter().any(|parent| parent.0[0][edge] == one.0[0][edge]));
        let crossed = record.evaluated[13..17].iter().filter(|one| of_both(&one.choice)).count();
        // A child that is not new is replaced by a random one in the end.
        let differ = (0..6).filter(|&edge| parents[0].0[0][edge] != parents[1].0[0][edge]).count();
        assert!(crossed >= 2 || differ < 4, "{crossed} of four children of parents with {differ} differences");
        let unchanged = |one: &Choice| {
            let same = |parent: &&Choice| (0..6).filter(|&edge| parent.0[0][edge] == one.0[0][edge]).count();
            parents.iter().map(same).max().unwrap()
        };
        let kept: usize = record.evaluated[9..13].iter().map(|one| unchanged(&one.choice)).sum();
        assert!(kept >= 12, "four mutations keep {kept} of 24 operations");
    }

    /// A space of two architectures does not stop the evolution.
    #[test]
    fn small_spaces_are_evaluated_again() {
        let (space, mut alpha) = spread("nas-bench-201");
        for (edge, row) in alpha.tables[0].iter_mut().enumerate() {
            let kept = if edge == 0 { 2 } else { 1 };
            row.iter_mut().skip(kept).for_each(|alpha| *alpha = f64::NEG_INFINITY);
        }
        let p = alpha.probabilities();
        let end = ended(&space, &alpha, &p);
        let part = Evolution {
            population: 4,
            generations: 2,
            parents: 2,
            mutations: 2,
            crossovers: 2,
            from: DrawnFrom::Uniform,
            ..Evolution::default()
        };
        let (found, record, _) = selected(&part, &end, |_, choice| choice.0[0].iter().flatten().sum());
        assert_eq!((found.0[0][0], record.evaluated.len()), (Some(1), 12));
    }

    #[test]
    fn generations_that_cannot_be_are_refused() {
        let refused = |part: Evolution| part.check().unwrap_err().to_string();
        let usual = Evolution::default;
        assert!(refused(Evolution { population: 0, ..usual() }).contains("`population`"));
        assert!(refused(Evolution { parents: 51, ..usual() }).contains("`parents`"));
        assert!(refused(Evolution { crossovers: 26, ..usual() }).contains("0 to 25 beside the mutations"));
        assert!(refused(Evolution { chance: f64::NAN, ..usual() }).contains("`chance`"));
    }
}
