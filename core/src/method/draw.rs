//! Random architectures of a space, and changes of them, which selections evaluate.

use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use super::sampling::{by_candidate, categorical};
use super::{Choice, DrawnFrom, SearchEnd, Tables};
use crate::space::{CellType, Output, Space};

/// Architectures of a space, and the distribution that they are drawn from.
pub(super) struct Pool<'a> {
    end: SearchEnd<'a>,
    from: DrawnFrom,
    /// 1 for the candidates that an architecture can have, and 0 for the others.
    kept: Tables,
}

impl<'a> Pool<'a> {
    /// Pool without the candidates that no genotype has.
    pub(super) fn new(end: &SearchEnd<'a>, from: DrawnFrom) -> Self {
        let mut kept = by_candidate(end.alpha, |_| 1.0);
        for (table, kind) in kept.iter_mut().zip(&end.space.cell_types) {
            for (row, edge) in table.iter_mut().zip(&kind.edges) {
                let candidates = row.iter_mut().zip(&edge.operations);
                candidates.filter(|(_, name)| !kind.keeps(edge, **name)).for_each(|(kept, _)| *kept = 0.0);
            }
        }
        Self { end: *end, from, kept }
    }

    /// Weights that the reads of an architecture are drawn with; a policy draws a candidate of every edge for them.
    fn weights(&self, random: &mut ChaCha8Rng) -> Tables {
        if self.from == DrawnFrom::Uniform {
            return self.kept.clone();
        }
        let mut weights = self.end.method.sampled(self.end.alpha, &self.kept, random);
        for (row, kept) in weights.iter_mut().flatten().zip(self.kept.iter().flatten()) {
            row.iter_mut().zip(kept).for_each(|(weight, kept)| *weight *= kept);
            if row.iter().all(|&weight| weight == 0.0) {
                row.clone_from(kept);
            }
        }
        weights
    }

    /// Edges into a node that have a candidate to draw.
    fn edges(&self, cell_type: usize, node: usize) -> Vec<usize> {
        let kept = &self.kept[cell_type];
        let edges = self.end.space.cell_types[cell_type].edges_into(node);
        edges.filter(|&edge| kept[edge].iter().any(|&kept| kept > 0.0)).collect()
    }

    /// Draws an architecture. A node of a concatenated cell has two reads of different nodes, other nodes read all that
    /// they can.
    pub(super) fn draw(&self, random: &mut ChaCha8Rng) -> Choice {
        let weights = self.weights(random);
        let mut choice = Choice::without_edges(self.end.space);
        for (at, kind) in self.end.space.cell_types.iter().enumerate() {
            for node in kind.intermediate() {
                let mut edges = self.edges(at, node);
                let all = kind.output == Output::Last || edges.len() <= CellType::KEPT_EDGES;
                let reads = if all { edges.len() } else { CellType::KEPT_EDGES };
                for place in 0..reads {
                    let among = if all { &edges[place..=place] } else { &edges[..] };
                    let (edge, candidate) = read(&weights[at], among, random);
                    choice.0[at][edge] = Some(candidate);
                    if !all {
                        edges.retain(|&other| other != edge);
                    }
                }
            }
        }
        choice
    }

    /// Draws each read of an architecture anew with some chance: from its own edge and those that the node does not
    /// read.
    pub(super) fn mutation(&self, parent: &Choice, chance: f64, random: &mut ChaCha8Rng) -> Choice {
        let weights = self.weights(random);
        let mut child = parent.clone();
        for (at, kind) in self.end.space.cell_types.iter().enumerate() {
            for node in kind.intermediate() {
                let edges = self.edges(at, node);
                let all = kind.output == Output::Last || edges.len() <= CellType::KEPT_EDGES;
                for &edge in edges.iter().filter(|&&edge| parent.of(at, edge).is_some()) {
                    if random.random::<f64>() >= chance {
                        continue;
                    }
                    let free = |&&other: &&usize| other == edge || (!all && child.of(at, other).is_none());
                    let free: Vec<usize> = edges.iter().filter(free).copied().collect();
                    let (to, candidate) = read(&weights[at], &free, random);
                    child.0[at][edge] = None;
                    child.0[at][to] = Some(candidate);
                }
            }
        }
        child
    }
}

/// Draws one of some edges together with a candidate of it, by the weights of a type of cell.
fn read(weights: &[Vec<f64>], edges: &[usize], random: &mut impl Rng) -> (usize, usize) {
    let of_edge = |&edge: &usize| (0..weights[edge].len()).map(move |candidate| (edge, candidate));
    let options: Vec<(usize, usize)> = edges.iter().flat_map(of_edge).collect();
    let chances: Vec<f64> = options.iter().map(|&(edge, candidate)| weights[edge][candidate]).collect();
    options[categorical(random, &chances)]
}

/// Draws a child of two architectures: each read of a node is that of either parent, and all reads of a node come from
/// one parent where the parents read different nodes there.
pub(super) fn crossover(space: &Space, [one, other]: [&Choice; 2], random: &mut impl Rng) -> Choice {
    let mut child = one.clone();
    for (at, kind) in space.cell_types.iter().enumerate() {
        for node in kind.intermediate() {
            let edges: Vec<usize> = kind.edges_into(node).collect();
            let alike = edges.iter().all(|&edge| one.of(at, edge).is_some() == other.of(at, edge).is_some());
            for genes in edges.chunks(if alike { 1 } else { edges.len() }) {
                if random.random_bool(0.5) {
                    for &edge in genes {
                        child.0[at][edge] = other.of(at, edge);
                    }
                }
            }
        }
    }
    child
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_n;
    use std::sync::Arc;

    use super::*;
    use crate::method::parts::{Controller, UniformPath};
    use crate::method::testing::{ended, spread};
    use crate::method::{Method, Part, PolicyState};

    /// Method of one part.
    fn method(name: &'static str, part: Arc<dyn Part>) -> Method {
        let mut method = Method::new(Vec::new());
        method.push(name, part);
        method
    }

    /// Number of reads of every node.
    fn reads(space: &Space, choice: &Choice) -> Vec<Vec<usize>> {
        choice.genotype(space).cells.iter().map(|cell| cell.nodes.iter().map(Vec::len).collect()).collect()
    }

    #[test]
    fn all_draws_and_changes_are_architectures_of_the_space() {
        for (name, expected) in
            [("nas-bench-201", vec![vec![1, 2, 3]]), ("darts-none", vec![vec![2; 4]; 2]), ("s3", vec![vec![2; 4]; 2])]
        {
            let (space, alpha) = spread(name);
            let p = alpha.probabilities();
            let mut controlled = method("controller", Arc::new(Controller::default()));
            controlled.start(&space, 5, None);
            let end = ended(&space, &alpha, &p);
            let by_policy = SearchEnd { method: &controlled, ..end };
            let mut random = end.random(0);
            for (end, from) in
                [(end, DrawnFrom::Uniform), (end, DrawnFrom::Relaxation), (by_policy, DrawnFrom::Relaxation)]
            {
                let pool = Pool::new(&end, from);
                for _ in 0..50 {
                    let [one, other] = [pool.draw(&mut random), pool.draw(&mut random)];
                    let changed = pool.mutation(&one, 0.5, &mut random);
                    let child = crossover(&space, [&one, &other], &mut random);
                    for choice in [&one, &changed, &child] {
                        assert_eq!(reads(&space, choice), expected, "{name}");
                        choice.genotype(&space).fits(&space).unwrap();
                        if name != "nas-bench-201" {
                            assert!(!choice.genotype(&space).operations().contains_key(&crate::space::Operation::None));
                        }
                    }
                    assert_eq!(pool.mutation(&one, 0.0, &mut random), one);
                    assert_eq!(crossover(&space, [&one, &one], &mut random), one);
                }
            }
        }
    }

    /// A read is drawn anew in a tenth of the cases, and is another one in four fifths of these.
    #[test]
    fn changes_are_as_frequent_as_they_should_be() {
        let (space, mut alpha) = spread("nas-bench-201");
        alpha.tables[0][1] = vec![0.0, 3_f64.ln(), f64::NEG_INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        let p = alpha.probabilities();
        let end = ended(&space, &alpha, &p);
        let paths = method("uniform_path", Arc::new(UniformPath {}));
        let ends = [end, SearchEnd { method: &paths, ..end }];
        let mut random = end.random(1);
        let parents = [Choice(vec![vec![Some(1); 6]]), Choice(vec![vec![Some(3); 6]])];
        let (mut changed, mut crossed, mut drawn) = (0.0_f64, 0.0_f64, [0.0_f64; 2]);
        for _ in 0..10_000 {
            let child = Pool::new(&end, DrawnFrom::Uniform).mutation(&parents[0], 0.1, &mut random);
            let edges = [0, 2, 3, 4, 5].map(|edge| child.0[0][edge]);
            changed += edges.iter().map(|edge| if *edge == Some(1) { 0.0 } else { 1.0 / 50_000.0 }).sum::<f64>();
            let child = crossover(&space, [&parents[0], &parents[1]], &mut random);
            crossed += child.0[0].iter().map(|edge| if *edge == Some(1) { 0.0 } else { 1.0 / 60_000.0 }).sum::<f64>();
            for (drawn, end) in drawn.iter_mut().zip(&ends) {
                let choice = Pool::new(end, DrawnFrom::Relaxation).draw(&mut random);
                *drawn += if choice.0[0][1] == Some(1) { 1.0 / 10_000.0 } else { 0.0 };
            }
        }
        assert!((changed - 0.08).abs() < 0.005, "{changed}");
        assert!((crossed - 0.5).abs() < 0.01, "{crossed}");
        let [of_alpha, of_paths] = drawn;
        assert!((of_alpha - 0.75).abs() < 0.02 && (of_paths - 0.5).abs() < 0.02, "{of_alpha} {of_paths}");
    }

    /// The LSTM of a policy by hand, which repeats the option of the edge before: samples have one operation
    /// throughout, and sooner or later every one.
    #[test]
    fn a_policy_samples_an_architecture_as_a_whole() {
        let (space, alpha) = spread("nas-bench-201");
        let p = alpha.probabilities();
        let part = Controller { hidden: 5, layers: 1, temperature: 1.0, bound: 40.0, ..Controller::default() };
        let identity = |by: f64| (0..25).map(move |at| if at % 6 == 0 { by } else { 0.0 });
        let input = repeat_n(0.0, 5);
        // The gates i and o are open, f is closed, and g is the embedding.
        let layer = repeat_n(0.0, 50).chain(identity(20.0)).chain(repeat_n(0.0, 125));
        let biases = [20.0, -20.0, 0.0, 20.0].into_iter().flat_map(|bias| repeat_n(bias, 5));
        let outputs = identity(1.0).chain(identity(40.0)).chain(repeat_n(0.0, 5));
        let mut repeating = method("controller", Arc::new(part));
        repeating.set_policy(Some(PolicyState::new(input.chain(layer).chain(biases).chain(outputs).collect())));
        let end = SearchEnd { method: &repeating, ..ended(&space, &alpha, &p) };
        let mut seen = [false; 5];
        for number in 0..60 {
            let Choice(tables) = Pool::new(&end, DrawnFrom::Relaxation).draw(&mut end.random(number));
            let first = tables[0][0].unwrap();
            assert_eq!(tables, [[Some(first); 6]]);
            seen[first] = true;
        }
        assert_eq!(seen, [true; 5]);
    }

    /// A child's node is that of one parent where the parents read different nodes.
    #[test]
    fn a_node_is_never_a_mixture_of_different_reads() {
        let (space, alpha) = spread("darts");
        let p = alpha.probabilities();
        let end = ended(&space, &alpha, &p);
        let mut random = end.random(2);
        // The last node has the edges 9 to 13.
        let with = |[one, other]: [usize; 2]| {
            let mut choice = Pool::new(&end, DrawnFrom::Uniform).draw(&mut end.random(3));
            choice.0[0][9..].fill(None);
            (choice.0[0][one], choice.0[0][other]) = (Some(2), Some(4));
            choice
        };
        let parents = [with([9, 10]), with([10, 13])];
        let children: Vec<Choice> =
            (0..40).map(|_| crossover(&space, [&parents[0], &parents[1]], &mut random)).collect();
        assert!(children.iter().all(|child| parents.contains(child)));
        assert!(parents.iter().all(|parent| children.contains(parent)));
    }
}
