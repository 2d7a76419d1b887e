//! Searchers as algorithms over the codes of architectures.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::encoding::{Code, Encoding};
use super::{OtherSearcher, RandomNumbers, Searcher, SearcherState};
use crate::space::{Genotype, Space};

/// Code of an architecture with its fitness.
pub(super) type Scored = (Code, f64);

/// Algorithm of a searcher; the implementing type is its settings.
pub(super) trait Algorithm: Clone + Debug + Send + 'static {
    /// State between two evaluations.
    type State: Debug + Default + Send + Serialize + DeserializeOwned;

    /// Proposes the next code.
    fn propose(&self, state: &mut Self::State, encoding: &Encoding, random: &mut RandomNumbers) -> Code;

    /// Learns the fitness of a code.
    fn learn(&self, state: &mut Self::State, encoding: &Encoding, scored: Scored);

    /// True if the state is one of this algorithm on the space.
    fn fits(&self, state: &Self::State, encoding: &Encoding) -> bool;
}

/// Searcher of an algorithm.
#[derive(Debug)]
pub(super) struct Coded<A: Algorithm> {
    algorithm: A,
    encoding: Encoding,
    state: A::State,
}

impl<A: Algorithm> Coded<A> {
    pub(super) fn boxed(algorithm: &A, space: &Space) -> Box<dyn Searcher> {
        Box::new(Self { algorithm: algorithm.clone(), encoding: Encoding::new(space), state: A::State::default() })
    }
}

impl<A: Algorithm> Searcher for Coded<A> {
    fn ask(&mut self, random: &mut RandomNumbers) -> Genotype {
        let code = self.algorithm.propose(&mut self.state, &self.encoding, random);
        self.encoding.genotype(&code)
    }

    fn tell(&mut self, genotype: &Genotype, fitness: f64) {
        if let Some(code) = self.encoding.code(genotype) {
            self.algorithm.learn(&mut self.state, &self.encoding, (code, fitness));
        }
    }

    fn state(&self) -> SearcherState {
        SearcherState::of(&self.state)
    }

    fn restore(&mut self, state: SearcherState) -> Result<(), OtherSearcher> {
        let state: A::State = state.read()?;
        if !self.algorithm.fits(&state, &self.encoding) {
            return Err(OtherSearcher);
        }
        self.state = state;
        Ok(())
    }
}

/// True if all codes are those of architectures and have a number as their fitness.
pub(super) fn hold<'a>(encoding: &Encoding, mut scored: impl Iterator<Item = &'a Scored>) -> bool {
    scored.all(|(code, fitness)| encoding.holds(code) && fitness.is_finite())
}
