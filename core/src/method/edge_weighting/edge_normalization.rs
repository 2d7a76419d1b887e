//! Edge normalization: the edges into a node compete for it by a parameter each (PC-DARTS, arXiv:1907.05737).
//!
//! ```text
//! γ_e = softmax(β) over the edges into the node of e,   p′_{e,k} = γ_e p_{e,k}
//! ∂L/∂β_e = γ_e (∂L/∂γ_e − Σ γ ∂L/∂γ over these edges),   ∂L/∂γ_e = Σ_k p_{e,k} ∂L/∂p′_{e,k}
//! ```
//!
//! β is drawn as α is. The edges of the derived architecture are those on which the product of both softmaxes is largest.
//! In NAS-Bench-201, where all edges are kept and each has one operation, β changes the search and not the choice that α
//! stands for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{EdgeWeights, Moment, Part, PartError, Slot, WeightedEdges};
use crate::random::{Stream, normal, stream};
use crate::space::{Architecture, CellType, Genotype, Space, softmax, strongest_reads, through_softmax};

/// Number of the random stream of β; α has the small ones.
const NUMBER: u64 = u64::MAX;

/// Normalization of the edges; it has no settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EdgeNormalization {}

/// Weights γ of the edges of a cell.
fn normalized(kind: &CellType, beta: &[f64]) -> Vec<f64> {
    let mut weights = vec![1.0; beta.len()];
    for node in kind.intermediate() {
        let row: Vec<f64> = kind.edges_into(node).map(|edge| beta[edge]).collect();
        kind.edges_into(node).zip(softmax(&row)).for_each(|(edge, weight)| weights[edge] = weight);
    }
    weights
}

/// Weights γ of all edges.
fn of_space(beta: &[Vec<f64>], space: &Space) -> Vec<Vec<f64>> {
    space.cell_types.iter().zip(beta).map(|(kind, beta)| normalized(kind, beta)).collect()
}

impl EdgeWeights for EdgeNormalization {
    fn start(&self, space: &Space, seed: u64) -> Vec<Vec<f64>> {
        let mut random = stream(seed, Stream::Architecture, NUMBER);
        let of_type = |kind: &CellType| kind.edges.iter().map(|_| 1e-3 * normal(&mut random)).collect();
        space.cell_types.iter().map(of_type).collect()
    }

    fn weights(&self, beta: &[Vec<f64>], space: &Space, _: &Moment) -> Vec<Vec<f64>> {
        of_space(beta, space)
    }

    fn pull_back(&self, beta: &[Vec<f64>], gradient: &[Vec<f64>], space: &Space, _: &Moment) -> Vec<Vec<f64>> {
        let of_type = |((kind, weights), gradient): ((&CellType, Vec<f64>), &Vec<f64>)| {
            let mut slopes = vec![0.0; weights.len()];
            for node in kind.intermediate() {
                let [own, along] =
                    [&weights, gradient].map(|of| kind.edges_into(node).map(|edge| of[edge]).collect::<Vec<f64>>());
                kind.edges_into(node).zip(through_softmax(&own, &along)).for_each(|(edge, slope)| slopes[edge] = slope);
            }
            slopes
        };
        space.cell_types.iter().zip(of_space(beta, space)).zip(gradient).map(of_type).collect()
    }

    fn genotype(&self, beta: &[Vec<f64>], alpha: &Architecture, space: &Space) -> Option<Genotype> {
        let mut p = alpha.probabilities();
        WeightedEdges::multiply(of_space(beta, space), &mut p);
        let p = alpha.leave_out(p);
        Some(space.genotype(|at, node| strongest_reads(&space.cell_types[at], node, &p[at])))
    }
}

impl Part for EdgeNormalization {
    fn slot(&self) -> Slot {
        Slot::EdgeWeighting
    }

    fn check(&self) -> Result<(), PartError> {
        Ok(())
    }

    fn edges(&self) -> Option<&dyn EdgeWeights> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::HALFWAY;

    /// The edges of NAS-Bench-201 are 0→1, 0→2, 1→2, 0→3, 1→3 and 2→3.
    #[test]
    fn edges_compete_for_their_node() {
        let space = Space::named("nas-bench-201").unwrap();
        let alpha = Architecture::new(&space, 1);
        let beta = [vec![7.0, 0.0, 3_f64.ln(), 0.0, 0.0, 2_f64.ln()]];
        let weights = EdgeNormalization {}.weights(&beta, &space, &HALFWAY);
        for (weight, expected) in weights[0].iter().zip([1.0, 0.25, 0.75, 0.25, 0.25, 0.5]) {
            assert!((weight - expected).abs() < 1e-12, "{weights:?}");
        }
        // All edges are kept here, and an edge keeps its operation.
        assert_eq!(EdgeNormalization {}.genotype(&beta, &alpha, &space), Some(alpha.derive(&space)));
    }

    /// α prefers the first two of the edges into the last node of a DARTS cell, and β the last two.
    #[test]
    fn the_product_of_both_decides_the_edges() {
        let space = Space::named("darts").unwrap();
        let mut alpha = Architecture::new(&space, 1);
        let mut beta = EdgeNormalization {}.start(&space, 1);
        assert!(beta.iter().all(|beta| beta.len() == 14 && beta.iter().all(|beta| beta.abs() < 0.01)));
        assert_ne!(beta, EdgeNormalization {}.start(&space, 2));
        alpha.tables[0][9][2] = 1.0;
        alpha.tables[0][10][2] = 1.0;
        let sources = |beta: &[Vec<f64>]| {
            let genotype = EdgeNormalization {}.genotype(beta, &alpha, &space).unwrap();
            let mut sources: Vec<usize> = genotype.cells[0].nodes[3].iter().map(|read| read.1).collect();
            sources.sort_unstable();
            sources
        };
        assert_eq!(sources(&beta), [0, 1]);
        beta[0][12..].fill(3.0);
        assert_eq!(sources(&beta), [3, 4]);
        // β of other nodes and of other cells does not matter.
        beta[0][12..].fill(0.0);
        beta[0][0] = 5.0;
        beta[1].fill(1.0);
        assert_eq!(sources(&beta), [0, 1]);
    }
}
