//! Random search: architectures drawn from the uniform distribution over the space, the baseline that every searcher
//! has to beat (Li and Talwalkar 2019, arXiv:1902.07638).
//!
//! In concatenated cells whose edges have different numbers of candidates, the draw is uniform over the options of each
//! read in turn. An architecture may be drawn twice, and is evaluated again then.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RandomNumbers;
use super::coded::{Algorithm, Scored};
use super::encoding::{Code, Encoding};

/// Settings of random search: there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RandomSearch {}

/// State of random search, which learns nothing.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

impl Algorithm for RandomSearch {
    type State = Nothing;

    fn propose(&self, _: &mut Nothing, encoding: &Encoding, random: &mut RandomNumbers) -> Code {
        encoding.random(random)
    }

    fn learn(&self, _: &mut Nothing, _: &Encoding, _: Scored) {}

    fn fits(&self, _: &Nothing, _: &Encoding) -> bool {
        true
    }
}
