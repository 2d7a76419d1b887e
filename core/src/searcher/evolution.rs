//! Regularized evolution (Real et al. 2019, arXiv:1802.01548): parents come from a tournament, and the oldest dies.
//!
//! ```text
//! population of P architectures, drawn at random
//! repeat: parent ← fittest of S members, drawn with replacement
//!         child ← mutation of the parent; it joins the population, whose oldest member leaves
//! ```
//!
//! A mutation gives one read another operation or, in the DARTS spaces, another source; each of these changes is as
//! likely as the others. On NAS-Bench-201, this is another operation for a random edge. The paper has P = 100 and S =
//! 25 on its own space; the defaults are those of NAS-Bench-201's benchmark (`regularized_ea.py` of AutoDL-Projects).

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RandomNumbers;
use super::coded::{Algorithm, Scored, hold};
use super::encoding::{Code, Encoding};
use crate::method::PartError;

/// Settings of regularized evolution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Evolution {
    /// Members P of the population.
    pub population: usize,
    /// Members S of a tournament.
    pub sample: usize,
}

impl Default for Evolution {
    fn default() -> Self {
        Self { population: 10, sample: 3 }
    }
}

impl Evolution {
    pub(super) fn check(&self) -> Result<(), PartError> {
        let population = (1..=100_000).contains(&self.population);
        PartError::check(population, "searcher.population", "1 to 100,000", &self.population)?;
        let must = format!("1 to the {} members of the population", self.population);
        PartError::check((1..=self.population).contains(&self.sample), "searcher.sample", &must, &self.sample)
    }
}

/// Members from the oldest to the youngest.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Population {
    members: VecDeque<Scored>,
}

impl Algorithm for Evolution {
    type State = Population;

    fn propose(
        &self,
        Population { members }: &mut Population,
        encoding: &Encoding,
        random: &mut RandomNumbers,
    ) -> Code {
        if members.len() < self.population {
            return encoding.random(random);
        }
        let drawn = (0..self.sample).map(|_| &members[random.below(members.len())]);
        let fittest = drawn.reduce(|best, other| if other.1 > best.1 { other } else { best });
        let Some((parent, _)) = fittest else { return encoding.random(random) };
        let mut children = encoding.neighbours(parent);
        // A space of one architecture has no mutation.
        if children.is_empty() { parent.clone() } else { children.swap_remove(random.below(children.len())) }
    }

    fn learn(&self, Population { members }: &mut Population, _: &Encoding, scored: Scored) {
        members.push_back(scored);
        if members.len() > self.population {
            members.pop_front();
        }
    }

    fn fits(&self, Population { members }: &Population, encoding: &Encoding) -> bool {
        members.len() <= self.population && hold(encoding, members.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Space;

    /// A tournament of all members, drawn without luck: every child is a mutation of the fittest that is alive.
    #[test]
    fn children_are_those_of_the_fittest_and_the_oldest_dies() {
        let encoding = Encoding::new(&Space::named("nas-bench-201").unwrap());
        let (evolution, mut state) = (Evolution { population: 3, sample: 100 }, Population::default());
        let codes = [vec![1; 6], vec![2; 6], vec![3; 6]];
        for (code, fitness) in codes.iter().zip([0.9, 0.1, 0.5]) {
            evolution.learn(&mut state, &encoding, (code.clone(), fitness));
        }
        let differences = |state: &mut Population, from: &Code| {
            let child = evolution.propose(state, &encoding, &mut RandomNumbers::new(1, 0));
            child.iter().zip(from).filter(|(a, b)| a != b).count()
        };
        assert_eq!(differences(&mut state, &codes[0]), 1);
        // The fittest was the oldest.
        evolution.learn(&mut state, &encoding, (vec![4; 6], 0.2));
        assert_eq!(differences(&mut state, &codes[2]), 1);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        for (population, sample, setting) in [(0, 1, "population"), (10, 0, "sample"), (10, 11, "sample")] {
            let message = Evolution { population, sample }.check().unwrap_err().to_string();
            assert!(message.contains(&format!("`searcher.{setting}`")), "{message}");
        }
    }
}
