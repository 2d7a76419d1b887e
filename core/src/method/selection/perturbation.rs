//! Perturbation: an edge keeps the operation without which the supernet does worst (DARTS-PT, arXiv:2108.04392).
//!
//! ```text
//! for every edge e, in random order:
//!     o_e ← argmin_o accuracy(supernet without o on e);   p_e ← onehot(o_e);   fine-tune for `interval` epochs
//! then, in concatenated cells, for every node with more than two edges, in random order:
//!     keep the two edges without which the supernet does worst;   fine-tune for `interval` epochs
//! ```
//!
//! A candidate is left out by p = 0; the other weights stay as they are. Accuracies are those of all validation images
//! with batch statistics, as in the reference, and the first of equal ones counts. Each round decides one edge, or
//! node, of every type of cell. Candidates that no genotype has, such as `none` in a concatenated cell, stay in the
//! mixture until their edge is decided.
//!
//! Fine-tuning is SGD on the training images with the loss alone, a fresh momentum and the learning rate `lr` ·
//! `weights.lr`. In the reference, the learning rate falls along a cosine on the DARTS spaces, and α moves on. With
//! `alpha` = `untouched`, α is 0 throughout the search, which the paper found to be as good as learning it. A search
//! that changes to it keeps the α that it has.

use rand::seq::SliceRandom;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::sampling::one_hot;
use crate::method::{
    AlphaUse, Choice, Part, PartError, Piece, SearchEnd, Selecting, SelectionRecord, Slot, Tables, Without,
};
use crate::space::{CellType, Output, Space};
use crate::vector::sort_indices;

/// Settings of the selection. Its defaults are published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Perturbation {
    /// Epochs of fine-tuning from one round to the next.
    pub interval: usize,
    /// Learning rate of the fine-tuning as a share of `weights.lr`.
    pub lr: f64,
    /// Use of α in the search.
    pub alpha: AlphaUse,
}

impl Default for Perturbation {
    fn default() -> Self {
        Self { interval: 5, lr: 0.1, alpha: AlphaUse::default() }
    }
}

/// Parts about what α learns.
const ABOUT_ALPHA: [&str; 11] = [
    "neumann",
    "operation_groups",
    "log_sum_exp",
    "zero_one",
    "dirichlet_distance",
    "gate_groups",
    "path_depth",
    "candidate_stages",
    "weights_only",
    "skip_count",
    "stable_ranking",
];

/// Decision about a part of a type of cell.
#[derive(Debug)]
enum Decision {
    /// Choice of a candidate for an edge.
    Candidate { cell_type: usize, edge: usize, candidates: Vec<usize> },
    /// Choice of two edges for a node.
    Edges { cell_type: usize, edges: Vec<usize> },
}

impl Decision {
    /// Parts of the supernet that are left out one by one.
    fn trials(&self) -> Vec<Without> {
        match self {
            Self::Candidate { cell_type, edge, candidates } => {
                let without = |&k: &usize| Without { cell_type: *cell_type, edge: *edge, candidate: Some(k) };
                candidates.iter().map(without).collect()
            }
            Self::Edges { cell_type, edges } => {
                let without = |&edge: &usize| Without { cell_type: *cell_type, edge, candidate: None };
                edges.iter().map(without).collect()
            }
        }
    }
}

/// Supernet of which some edges are decided.
#[derive(Debug)]
struct Projected {
    choice: Choice,
    /// Operation weights.
    p: Tables,
}

impl Projected {
    fn decide(&mut self, cell_type: usize, edge: usize, candidate: Option<usize>) {
        let p = &mut self.p[cell_type][edge];
        *p = candidate.map_or_else(|| vec![0.0; p.len()], |k| one_hot(k, p.len()));
        self.choice.0[cell_type][edge] = candidate;
    }

    /// Takes a decision by the accuracies without each of its parts.
    fn settle(&mut self, decision: &Decision, accuracies: &[f64]) {
        let mut order: Vec<usize> = (0..accuracies.len()).collect();
        // The sort is stable: the first of equals is missed most.
        sort_indices(&mut order, &|a, b| accuracies[a].total_cmp(&accuracies[b]));
        match decision {
            Decision::Candidate { cell_type, edge, candidates } => {
                self.decide(*cell_type, *edge, order.first().map(|&best| candidates[best]));
            }
            Decision::Edges { cell_type, edges } => {
                for &worst in order.iter().skip(CellType::KEPT_EDGES) {
                    self.decide(*cell_type, edges[worst], None);
                }
            }
        }
    }

    /// Operation weights without a part of the supernet.
    fn without(&self, Without { cell_type, edge, candidate }: Without) -> Tables {
        let mut p = self.p.clone();
        let row = &mut p[cell_type][edge];
        match candidate {
            Some(candidate) => row[candidate] = 0.0,
            None => row.fill(0.0),
        }
        p
    }
}

/// Candidates of an edge that a genotype may have.
fn candidates(end: &SearchEnd<'_>, admitted: &Tables, cell_type: usize, edge: usize) -> Vec<usize> {
    let kind = &end.space.cell_types[cell_type];
    let operations = &kind.edges[edge].operations;
    let may =
        |&k: &usize| admitted[cell_type][edge][k] > f64::NEG_INFINITY && kind.keeps(&kind.edges[edge], operations[k]);
    (0..operations.len()).filter(may).collect()
}

/// Supernet before the first round, with the edges decided that have no choice, and the decisions of each round.
fn rounds(end: &SearchEnd<'_>) -> (Projected, Vec<Vec<Decision>>) {
    let mut projected = Projected { choice: Choice::without_edges(end.space), p: end.p.clone() };
    let admitted = end.alpha.leave_out(end.p.clone());
    let (mut of_edges, mut of_nodes) = (Vec::new(), Vec::new());
    for (cell_type, kind) in end.space.cell_types.iter().enumerate() {
        let mut random = end.random(cell_type);
        let (mut edges, mut nodes) = (Vec::new(), Vec::new());
        for edge in 0..kind.edges.len() {
            match candidates(end, &admitted, cell_type, edge).as_slice() {
                [] => projected.decide(cell_type, edge, None),
                [only] => projected.decide(cell_type, edge, Some(*only)),
                several => edges.push(Decision::Candidate { cell_type, edge, candidates: several.to_vec() }),
            }
        }
        for node in kind.intermediate().filter(|_| kind.output == Output::Concat) {
            let own: Vec<usize> = kind.edges_into(node).collect();
            let edges: Vec<usize> =
                own.into_iter().filter(|&edge| !candidates(end, &admitted, cell_type, edge).is_empty()).collect();
            if edges.len() > CellType::KEPT_EDGES {
                nodes.push(Decision::Edges { cell_type, edges });
            }
        }
        edges.shuffle(&mut random);
        nodes.shuffle(&mut random);
        of_edges.push(edges);
        of_nodes.push(nodes);
    }
    let mut rounds = side_by_side(of_edges);
    rounds.extend(side_by_side(of_nodes));
    (projected, rounds)
}

/// Rounds of which each has the next decision of every type of cell.
fn side_by_side(of_types: Vec<Vec<Decision>>) -> Vec<Vec<Decision>> {
    let mut rounds: Vec<Vec<Decision>> = Vec::new();
    for decisions in of_types {
        for (round, decision) in decisions.into_iter().enumerate() {
            match rounds.get_mut(round) {
                Some(round) => round.push(decision),
                None => rounds.push(vec![decision]),
            }
        }
    }
    rounds
}

impl Part for Perturbation {
    fn slot(&self) -> Slot {
        Slot::Selection
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check(self.interval <= 1000, "interval", "0 to 1,000", &self.interval)?;
        PartError::positive("lr", self.lr)
    }

    fn check_with(&self, _: &Space, others: &[&'static str]) -> Result<(), PartError> {
        match others.iter().find(|other| self.holds_alpha() && ABOUT_ALPHA.contains(other)) {
            Some(other) => {
                let why = format!(
                    "`{other}` is about what α learns, and with `method.perturbation.alpha` = untouched it learns nothing"
                );
                Err(PartError::Composition { why })
            }
            None => Ok(()),
        }
    }

    fn holds_alpha(&self) -> bool {
        self.alpha == AlphaUse::Untouched
    }

    fn select(&self, end: &SearchEnd<'_>, record: &SelectionRecord) -> Option<Selecting> {
        let (mut projected, rounds) = rounds(end);
        let tuning = self.interval.saturating_mul(end.steps);
        let evaluations: usize = rounds.iter().flatten().map(|decision| decision.trials().len()).sum();
        let of = tuning.saturating_mul(rounds.len().saturating_sub(1)).saturating_add(evaluations);
        let mut known = record.evaluated.iter().map(|one| one.accuracy);
        for (round, decisions) in rounds.iter().enumerate() {
            if record.steps < tuning.saturating_mul(round) {
                let piece = Piece::Tune { p: projected.p, lr: self.lr };
                return Some(Selecting { piece, choice: projected.choice, of });
            }
            for decision in decisions {
                let trials = decision.trials();
                let accuracies: Vec<f64> = known.by_ref().take(trials.len()).collect();
                if let Some(&without) = trials.get(accuracies.len()) {
                    let p = projected.without(without);
                    let piece = Piece::Evaluate { p, batches: None, without: Some(without) };
                    return Some(Selecting { piece, choice: projected.choice, of });
                }
                projected.settle(decision, &accuracies);
            }
        }
        Some(Selecting { piece: Piece::Decided, choice: projected.choice, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::{ended, selected, spread};

    /// Accuracy without a part: each edge misses the candidate (3 · edge + cell type) mod K most.
    fn missed(piece: &Piece, candidates: usize) -> usize {
        let Piece::Evaluate { without: Some(without), .. } = piece else { panic!("{piece:?}") };
        let Without { cell_type, edge, candidate } = *without;
        match candidate {
            Some(candidate) => {
                if candidate == (3 * edge + cell_type) % candidates {
                    500
                } else {
                    600 + candidate
                }
            }
            None => 700 + edge,
        }
    }

    #[test]
    fn every_edge_keeps_what_it_misses_most() {
        let (space, alpha) = spread("nas-bench-201");
        let p = alpha.probabilities();
        let end = ended(&space, &alpha, &p);
        let part = Perturbation { interval: 2, ..Perturbation::default() };
        let (found, record, of) = selected(&part, &end, |piece, _| missed(piece, 5));
        assert_eq!(found.0[0], (0..6).map(|edge| Some(3 * edge % 5)).collect::<Vec<_>>());
        // Six edges of five candidates, and two epochs of three steps between them.
        assert_eq!((record.evaluated.len(), record.steps, of), (30, 30, 60));
        // The edges come in another order under another seed.
        let order = |seed| {
            let (_, rounds) = rounds(&SearchEnd { seed, ..end });
            rounds.iter().flatten().map(|decision| decision.trials()[0].edge).collect::<Vec<_>>()
        };
        assert_ne!(order(1), order(2));
        let mut sorted = order(1);
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3, 4, 5]);
    }

    /// A trial has p = 0 in one place, decided edges have one operation, and the others their weights of α.
    #[test]
    fn masks_are_those_of_the_paper() {
        let (space, alpha) = spread("nas-bench-201");
        let p = alpha.probabilities();
        let end = ended(&space, &alpha, &p);
        let part = Perturbation::default();
        let (_, record, _) = selected(&part, &end, |piece, _| missed(piece, 5));
        let first = SelectionRecord { evaluated: record.evaluated[..2].to_vec(), steps: 0 };
        let at = |record: &SelectionRecord| part.select(&end, record).unwrap();
        let Piece::Evaluate { p: masked, without: Some(without), batches: None } = at(&first).piece else { panic!() };
        assert_eq!(without.candidate, Some(2));
        let mut expected = p.clone();
        expected[0][without.edge][2] = 0.0;
        assert_eq!(masked, expected);
        let tuned = SelectionRecord { evaluated: record.evaluated[..5].to_vec(), steps: 3 };
        let Selecting { piece: Piece::Tune { p: decided, lr }, choice, .. } = at(&tuned) else { panic!() };
        let kept = 3 * without.edge % 5;
        expected[0][without.edge] = one_hot(kept, 5);
        assert_eq!((decided, lr, choice.of(0, without.edge)), (expected, 0.1, Some(kept)));
        let next = SelectionRecord { steps: 15, ..tuned };
        assert!(matches!(at(&next).piece, Piece::Evaluate { without: Some(other), .. } if other.edge != without.edge));
    }

    /// Nodes keep the edges that they miss most, which are those of the lowest number here.
    #[test]
    fn nodes_keep_two_edges() {
        let (space, alpha) = spread("darts-none");
        let p = alpha.probabilities();
        let end = ended(&space, &alpha, &p);
        let (found, record, of) = selected(&Perturbation::default(), &end, |piece, _| missed(piece, 8));
        // `none` is no candidate: 2 · (14 · 7 + 3 + 4 + 5) evaluations, and 17 rounds with five epochs between them.
        assert_eq!((record.evaluated.len(), record.steps, of), (220, 16 * 15, 220 + 240));
        for (at, row) in found.0.iter().enumerate() {
            let kept: Vec<usize> = (0..14).filter(|&edge| row[edge].is_some()).collect();
            assert_eq!(kept, [0, 1, 2, 3, 5, 6, 9, 10]);
            for edge in kept {
                let missed = (3 * edge + at) % 8;
                // Where `none` would be missed, the first of the others is.
                assert_eq!(row[edge], Some(if missed == 0 { 1 } else { missed }));
            }
        }
        found.genotype(&space).fits(&space).unwrap();
    }

    /// Edges with one admitted candidate cost nothing.
    #[test]
    fn edges_without_a_choice_are_not_asked_about() {
        let (space, mut alpha) = spread("nas-bench-201");
        let forced = crate::space::Constraint {
            cell: "normal".to_owned(),
            from: 0,
            to: 1,
            operation: crate::space::Operation::SkipConnect,
            rule: crate::space::Rule::Force,
        };
        alpha.confine(&space, 1.0, &[forced]).unwrap();
        let p = alpha.probabilities();
        let end = ended(&space, &alpha, &p);
        let (found, record, _) = selected(&Perturbation::default(), &end, |piece, _| missed(piece, 5));
        assert_eq!((record.evaluated.len(), found.of(0, 0), found.of(0, 1)), (25, Some(1), Some(3)));
    }

    #[test]
    fn parts_about_alpha_are_refused_where_it_is_not_touched() {
        let (space, _) = spread("nas-bench-201");
        let part = |alpha| Perturbation { alpha, ..Perturbation::default() };
        assert_eq!(part(AlphaUse::Kept).check_with(&space, &["log_sum_exp"]), Ok(()));
        assert_eq!(part(AlphaUse::Untouched).check_with(&space, &["alignment"]), Ok(()));
        let why = part(AlphaUse::Untouched).check_with(&space, &["stable_ranking"]).unwrap_err().to_string();
        assert!(why.starts_with("`stable_ranking` is about what α learns"), "{why}");
    }
}
