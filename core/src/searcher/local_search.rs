//! Local search: from architecture to better neighbour, and anew from a random one where no neighbour is better (White
//! et al. 2021, arXiv:2005.02960).
//!
//! ```text
//! current ← random architecture
//! repeat: evaluate the neighbours of the current one, in random order
//!         current ← fittest neighbour if it is fitter, else a random architecture
//! ```
//!
//! Neighbours differ in the operation or in the source of one read; on NAS-Bench-201 there are 24. Those that were
//! evaluated since the last random architecture are not evaluated again.

use std::collections::BTreeSet;
use std::mem;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RandomNumbers;
use super::coded::{Algorithm, Scored, hold};
use super::encoding::{Code, Encoding};

/// Settings of local search: there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LocalSearch {}

/// Place of the search.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Climb {
    /// Architecture whose neighbours are evaluated; absent before the first one.
    current: Option<Scored>,
    /// Architectures that were evaluated since the random one.
    known: BTreeSet<Code>,
    /// Neighbours that are still to be evaluated; absent until they are listed.
    waiting: Option<Vec<Code>>,
    /// Fittest neighbour so far.
    fittest: Option<Scored>,
}

impl Climb {
    /// Lists the neighbours of an architecture that are not known, in random order.
    fn unknown(&self, current: &[usize], encoding: &Encoding, random: &mut RandomNumbers) -> Vec<Code> {
        let mut neighbours = encoding.neighbours(current);
        neighbours.retain(|neighbour| !self.known.contains(neighbour));
        random.shuffle(&mut neighbours);
        neighbours
    }

    /// Moves to the fittest neighbour if it is fitter, else gives the place up.
    fn go_on(&mut self) {
        *self = match mem::take(self) {
            Self { current: Some((_, fitness)), fittest: Some(fittest), known, .. } if fittest.1 > fitness => {
                Self { current: Some(fittest), known, ..Self::default() }
            }
            _ => Self::default(),
        };
    }
}

impl Algorithm for LocalSearch {
    type State = Climb;

    fn propose(&self, climb: &mut Climb, encoding: &Encoding, random: &mut RandomNumbers) -> Code {
        while let Some((current, _)) = &climb.current {
            let mut waiting = climb.waiting.take().unwrap_or_else(|| climb.unknown(current, encoding, random));
            let next = waiting.pop();
            climb.waiting = Some(waiting);
            if let Some(next) = next {
                return next;
            }
            climb.go_on();
        }
        encoding.random(random)
    }

    fn learn(&self, climb: &mut Climb, _: &Encoding, scored: Scored) {
        climb.known.insert(scored.0.clone());
        if climb.current.is_none() {
            climb.current = Some(scored);
        } else if climb.fittest.as_ref().is_none_or(|(_, fitness)| scored.1 > *fitness) {
            climb.fittest = Some(scored);
        }
    }

    fn fits(&self, climb: &Climb, encoding: &Encoding) -> bool {
        let mut codes = climb.known.iter().chain(climb.waiting.iter().flatten());
        hold(encoding, climb.current.iter().chain(&climb.fittest)) && codes.all(|code| encoding.holds(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Space;

    /// Fitness with one summit: the sum of the numbers, of which each is 0 to 4.
    #[test]
    fn the_summit_is_reached_and_left() {
        let encoding = Encoding::new(&Space::named("nas-bench-201").unwrap());
        let (mut climb, mut asked) = (Climb::default(), Vec::new());
        for evaluation in 0..24 * 7 {
            let code = LocalSearch {}.propose(&mut climb, &encoding, &mut RandomNumbers::new(5, evaluation));
            #[expect(clippy::cast_precision_loss, reason = "up to 24")]
            let fitness = code.iter().sum::<usize>() as f64;
            asked.push(code.clone());
            LocalSearch {}.learn(&mut climb, &encoding, (code, fitness));
        }
        let summit = asked.iter().position(|code| *code == [4; 6]).expect("six moves at the most");
        let mut before = asked[..=summit].to_vec();
        before.sort_unstable();
        before.dedup();
        assert_eq!(before.len(), summit + 1, "nothing was evaluated twice on the way up");
        // The neighbours of the last place before the summit differ from it in two numbers at the most.
        let far = |code: &Code| code.iter().filter(|&&option| option != 4).count() > 2;
        assert!(asked[summit..].iter().any(far), "the search begins anew");
    }
}
