//! Pairs of edges: each node learns which two of its edges it keeps, apart from their operations (DOTS,
//! arXiv:2010.04969).
//!
//! ```text
//! node j, pairs c of its edges:   s = softmax(β_j / T_t),   γ_e = Σ_{c ∋ e} s_c,   p′_{e,k} = γ_e p_{e,k}
//! ∂L/∂s_c = Σ_{e ∈ c} ∂L/∂γ_e,   ∂L/∂γ_e = Σ_k p_{e,k} ∂L/∂p′_{e,k},   ∂L/∂β = J(s)ᵀ ∂L/∂s / T_t
//! ```
//!
//! The γ of a node have the sum 2, as in the code of DOTS; its paper halves them. They hold from the share `at` of the
//! epochs on, with which a stage begins. T falls by one factor an epoch, from `first` at the share `from` of the epochs to
//! `last` in the last one. β begins at 0, where all pairs weigh the same. The derived node keeps the pair of the largest
//! β, each edge with its strongest operation; until a β has moved, nodes are derived from α. DOTS trains β together with
//! ω on all images, and its supernet begins anew with the topology; here β is trained like α, and the supernet goes on.
//! In cells that keep all edges, such as those of NAS-Bench-201, and at nodes with two edges or one, all γ are 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::stage::{anneal, check_schedule, epochs_in};
use crate::method::{EdgeWeights, EpochEnd, Moment, Part, PartError, Slot};
use crate::space::{
    Architecture, CellType, Genotype, Output, Read, Space, softmax, strongest_read, strongest_reads, through_softmax,
};

/// Settings of the pairs. By default they are those of DOTS, 30 and 50 of 70 epochs and temperatures from 10 to 0.02.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EdgePairs {
    /// Share of the epochs after which edges have weights, between 0 and 1.
    pub at: f64,
    /// Share of the epochs after which the temperature falls, at least `at` and below 1.
    pub from: f64,
    /// Temperature T until then.
    pub first: f64,
    /// Temperature T in the last epoch.
    pub last: f64,
}

impl Default for EdgePairs {
    fn default() -> Self {
        Self { at: 3.0 / 7.0, from: 5.0 / 7.0, first: 10.0, last: 0.02 }
    }
}

/// Node that chooses two of its edges.
struct Node<'a> {
    cell_type: usize,
    /// Number of the node in its cell.
    at: usize,
    /// Pairs of edges.
    pairs: Vec<[usize; 2]>,
    /// Parameter β of each pair.
    beta: &'a [f64],
}

impl Node<'_> {
    /// Weight of each pair at a temperature.
    fn shares(&self, tau: f64) -> Vec<f64> {
        softmax(&self.beta.iter().map(|beta| beta / tau).collect::<Vec<_>>())
    }

    /// Reads of the edges of the largest β that have one, from the weights of all candidates of the cell.
    fn best(&self, kind: &CellType, weights: &[Vec<f64>]) -> Option<[Read; 2]> {
        let read = |edge: usize| strongest_read(kind, edge, weights);
        let pairs = self.pairs.iter().zip(self.beta);
        let reads = pairs.filter_map(|(&[a, b], &beta)| Some((beta, [read(a)?, read(b)?])));
        reads.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, reads)| reads)
    }
}

/// Pairs of edges of each node of a cell that keeps two of more, by node.
fn pairs(kind: &CellType) -> Vec<(usize, Vec<[usize; 2]>)> {
    let mut found = Vec::new();
    for node in kind.intermediate().filter(|_| kind.output == Output::Concat) {
        let edges: Vec<usize> = kind.edges_into(node).collect();
        if edges.len() > CellType::KEPT_EDGES {
            let with = |at: usize| edges[at + 1..].iter().map(|&second| [edges[at], second]).collect::<Vec<_>>();
            found.push((node, (0..edges.len()).flat_map(with).collect()));
        }
    }
    found
}

/// Nodes with their parameters.
fn nodes<'a>(space: &Space, beta: &'a [Vec<f64>]) -> Vec<Node<'a>> {
    let mut found = Vec::new();
    for (cell_type, (kind, beta)) in space.cell_types.iter().zip(beta).enumerate() {
        let mut rest = beta.as_slice();
        for (node, pairs) in pairs(kind) {
            let (beta, others) = rest.split_at(pairs.len());
            rest = others;
            found.push(Node { cell_type, at: node, pairs, beta });
        }
    }
    found
}

impl EdgePairs {
    fn is_on(&self, moment: &Moment) -> bool {
        moment.epoch >= epochs_in(self.at, moment.epochs)
    }

    fn tau(&self, moment: &Moment) -> f64 {
        anneal(moment, self.from, [self.first, self.last])
    }
}

impl EdgeWeights for EdgePairs {
    fn start(&self, space: &Space, _: u64) -> Vec<Vec<f64>> {
        let of_type = |kind: &CellType| vec![0.0; pairs(kind).iter().map(|(_, pairs)| pairs.len()).sum()];
        space.cell_types.iter().map(of_type).collect()
    }

    fn weights(&self, beta: &[Vec<f64>], space: &Space, moment: &Moment) -> Vec<Vec<f64>> {
        let mut weights: Vec<Vec<f64>> = space.cell_types.iter().map(|kind| vec![1.0; kind.edges.len()]).collect();
        if !self.is_on(moment) {
            return weights;
        }
        for node in nodes(space, beta) {
            let own = &mut weights[node.cell_type];
            for &edge in node.pairs.iter().flatten() {
                own[edge] = 0.0;
            }
            for (pair, share) in node.pairs.iter().zip(node.shares(self.tau(moment))) {
                for &edge in pair {
                    own[edge] += share;
                }
            }
        }
        weights
    }

    fn pull_back(&self, beta: &[Vec<f64>], gradient: &[Vec<f64>], space: &Space, moment: &Moment) -> Vec<Vec<f64>> {
        if !self.is_on(moment) {
            return beta.iter().map(|beta| vec![0.0; beta.len()]).collect();
        }
        let tau = self.tau(moment);
        let mut found = vec![Vec::new(); beta.len()];
        for node in nodes(space, beta) {
            let own = &gradient[node.cell_type];
            let slopes: Vec<f64> = node.pairs.iter().map(|[a, b]| own[*a] + own[*b]).collect();
            let slopes = through_softmax(&node.shares(tau), &slopes);
            found[node.cell_type].extend(slopes.into_iter().map(|slope| slope / tau));
        }
        found
    }

    fn genotype(&self, beta: &[Vec<f64>], alpha: &Architecture, space: &Space) -> Option<Genotype> {
        if beta.iter().flatten().all(|&beta| beta == 0.0) {
            return None;
        }
        let p = alpha.leave_out(alpha.probabilities());
        let nodes = nodes(space, beta);
        Some(space.genotype(|at, node| {
            let kind = &space.cell_types[at];
            let own = nodes.iter().find(|own| (own.cell_type, own.at) == (at, node));
            let best = own.and_then(|own| own.best(kind, &p[at]));
            best.map_or_else(|| strongest_reads(kind, node, &p[at]), |reads| reads.to_vec())
        }))
    }
}

impl Part for EdgePairs {
    fn slot(&self) -> Slot {
        Slot::EdgeWeighting
    }

    fn check(&self) -> Result<(), PartError> {
        check_schedule(self.at, self.from)?;
        PartError::positive("first", self.first)?;
        PartError::positive("last", self.last)
    }

    fn edges(&self) -> Option<&dyn EdgeWeights> {
        Some(self)
    }

    fn stage_ends(&self, epochs: usize) -> Vec<usize> {
        vec![epochs_in(self.at, epochs)]
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        vec![("tau", self.tau(end.moment))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::spread;

    const MOMENT: Moment = Moment { epoch: 0, epochs: 70, step: 0, seed: 0 };

    /// By hand on the node with three edges, of which the pairs are 2-3, 2-4 and 3-4.
    #[test]
    fn weights_are_the_sums_of_the_pairs() {
        let (space, _) = spread("darts");
        let part = EdgePairs { first: 1.0, last: 1.0, ..EdgePairs::default() };
        let mut beta = part.start(&space, 0);
        assert_eq!(beta, [[0.0; 19]; 2]);
        beta[0][..3].copy_from_slice(&[0.0, 2_f64.ln(), 5_f64.ln()]);
        let before = part.weights(&beta, &space, &Moment { epoch: 29, ..MOMENT });
        assert!(before.concat().iter().all(|weight| weight.to_bits() == 1_f64.to_bits()));
        let weights = part.weights(&beta, &space, &Moment { epoch: 30, ..MOMENT });
        for (edge, expected) in [(0, 1.0), (1, 1.0), (2, 0.375), (3, 0.75), (4, 0.875), (5, 0.5), (13, 0.4)] {
            assert!((weights[0][edge] - expected).abs() < 1e-12, "edge {edge}: {}", weights[0][edge]);
        }
        assert!((weights[1][2] - 2.0 / 3.0).abs() < 1e-12);
        let (nb201, _) = spread("nas-bench-201");
        let none = part.start(&nb201, 0);
        assert_eq!(none, [[0.0; 0]]);
        assert_eq!(part.weights(&none, &nb201, &Moment { epoch: 60, ..MOMENT }), [[1.0; 6]]);
    }

    /// The schedule of DOTS: 10 · (0.02 / 10)^((t − 50) / 19).
    #[test]
    fn the_temperature_falls_by_one_factor() {
        let tau = |epoch| EdgePairs::default().tau(&Moment { epoch, ..MOMENT });
        for (epoch, expected) in [(30, 10.0), (50, 10.0), (60, 10.0 * 0.002_f64.powf(10.0 / 19.0)), (69, 0.02)] {
            assert!((tau(epoch) - expected).abs() < 1e-12, "{epoch}: {}", tau(epoch));
        }
    }

    /// The pair of the largest β, each with its strongest operation; α decides where no β has moved.
    #[test]
    fn nodes_keep_the_pair_of_the_largest_beta() {
        let (space, alpha) = spread("darts");
        let part = EdgePairs::default();
        let mut beta = part.start(&space, 0);
        assert_eq!(part.genotype(&beta, &alpha, &space), None);
        // The last of the ten pairs of the fourth node, and the second of the three of the second node.
        (beta[0][1], beta[0][18]) = (0.5, 1.0);
        let genotype = part.genotype(&beta, &alpha, &space).unwrap();
        let plain = alpha.derive(&space);
        let sources = |node: usize| genotype.cells[0].nodes[node].iter().map(|(_, from)| *from).collect::<Vec<_>>();
        assert_eq!((sources(1), sources(2), sources(3)), (vec![0, 2], vec![0, 1], vec![3, 4]));
        assert_eq!(genotype.cells[0].nodes[0], plain.cells[0].nodes[0]);
        let p = alpha.probabilities();
        for (read, edge) in genotype.cells[0].nodes[3].iter().zip([12, 13]) {
            let best = crate::vector::argmax(&p[0][edge]);
            assert_eq!(read.0, space.cell_types[0].edges[edge].operations[best]);
        }
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let good = EdgePairs::default();
        assert_eq!(good.check(), Ok(()));
        for (part, setting) in [
            (EdgePairs { at: 0.0, ..good.clone() }, "`at`"),
            (EdgePairs { from: 0.2, ..good.clone() }, "`from`"),
            (EdgePairs { from: 1.0, ..good.clone() }, "`from`"),
            (EdgePairs { last: 0.0, ..good.clone() }, "`last`"),
        ] {
            assert!(part.check().unwrap_err().to_string().contains(setting), "{part:?}");
        }
    }
}
