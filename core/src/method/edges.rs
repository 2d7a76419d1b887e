//! Weights of whole edges, with parameters of their own beside α.

use super::{Moment, Tables};
use crate::space::{Architecture, Genotype, Space};
use crate::vector::dot;

/// Weighting of whole edges: cells read γ_e p_{e,k} in the place of p_{e,k}. Its parameters β, some for each type of cell,
/// are trained with α, by the same settings of Adam.
pub trait EdgeWeights {
    /// Parameters β before the first step under a seed, by type of cell; none where all γ of a type are 1.
    fn start(&self, space: &Space, seed: u64) -> Vec<Vec<f64>>;

    /// Weight γ of every edge, `[type][edge]`.
    fn weights(&self, beta: &[Vec<f64>], space: &Space, moment: &Moment) -> Vec<Vec<f64>>;

    /// ∂L/∂β, by type of cell, from ∂L/∂γ of every edge, `[type][edge]`.
    fn pull_back(&self, beta: &[Vec<f64>], gradient: &[Vec<f64>], space: &Space, moment: &Moment) -> Vec<Vec<f64>>;

    /// Architecture that β and α stand for; absent if β does not decide it.
    fn genotype(&self, beta: &[Vec<f64>], alpha: &Architecture, space: &Space) -> Option<Genotype>;
}

/// Weights of the edges in a pass.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedEdges {
    /// Weight γ of every edge, `[type][edge]`.
    pub weights: Vec<Vec<f64>>,
    /// Operation weights before they were multiplied by γ.
    pub p: Tables,
}

impl WeightedEdges {
    /// Multiplies the operation weights of each edge by its weight, and returns both as they were.
    pub(super) fn multiply(weights: Vec<Vec<f64>>, p: &mut Tables) -> Self {
        let before = p.clone();
        for (weight, row) in weights.iter().flatten().zip(p.iter_mut().flatten()) {
            for p in row {
                *p *= weight;
            }
        }
        Self { weights, p: before }
    }

    /// Returns ∂L/∂γ from the gradient with respect to γ_e p_{e,k} of every edge, which becomes that of p_{e,k}.
    pub(super) fn pull_back(&self, gradients: &mut [Vec<f64>]) -> Vec<Vec<f64>> {
        let mut rows = gradients.iter_mut();
        let of_edge = |((weight, p), row): ((&f64, &Vec<f64>), &mut Vec<f64>)| {
            let slope = dot(p, row);
            for g in row {
                *g *= weight;
            }
            slope
        };
        let of_type = |(weights, table): (&Vec<f64>, &Vec<Vec<f64>>)| {
            // The rows come last, so that the end of a table takes none of the next one.
            weights.iter().zip(table).zip(rows.by_ref()).map(of_edge).collect()
        };
        self.weights.iter().zip(&self.p).map(of_type).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::method::parts::{
        AuxiliarySkip, CandidateStages, Concrete, EdgeNormalization, EdgePairs, OperationGroups, Sigmoid,
    };
    use crate::method::testing::{assert_near, spread};
    use crate::method::{Method, Part, StageEnd};

    fn named(name: &'static str, part: impl Part + 'static) -> (&'static str, Arc<dyn Part>) {
        (name, Arc::new(part))
    }

    fn numbers(count: usize, shift: f64) -> Vec<f64> {
        (0_u32..).take(count).map(|at| (f64::from(at) * 0.9 + shift).sin()).collect()
    }

    /// Weightings of edges, and the number of their parameters in the DARTS space: three nodes of each type of cell choose
    /// among 3, 6 and 10 pairs; 14 edges compete.
    fn weightings() -> [(&'static str, Arc<dyn Part>, usize); 2] {
        [
            ("edge_pairs", Arc::new(EdgePairs { at: 0.4, from: 0.4, first: 0.8, last: 0.5 }), 38),
            ("edge_normalization", Arc::new(EdgeNormalization {}), 28),
        ]
    }

    /// The gradients of α and β, of cells whose losses are linear in what they read, against two-sided differences: with
    /// the softmax and with other relaxations, of all candidates and of those that are left.
    #[test]
    fn gradients_are_the_derivatives() {
        let groups = OperationGroups { at: 0.4, from: 0.4, first: 0.9, last: 0.6, new_weights: false };
        let cases = [
            vec![],
            vec![named("sigmoid", Sigmoid {}), named("auxiliary_skip", AuxiliarySkip { beta: 0.5 })],
            vec![named("concrete", Concrete { first: 1.0, last: 0.5 })],
            vec![named("operation_groups", groups.clone())],
        ];
        for ((at, parts), pruned) in cases.iter().enumerate().flat_map(|case| [(case, false), (case, true)]) {
            let (space, mut alpha) = spread("darts");
            let moment = Moment { epoch: 3, epochs: 5, step: 7, seed: 3 };
            if pruned {
                let moment = Moment { epoch: 1, ..moment };
                let end = StageEnd { space: &space, alpha: &alpha, moment: &moment };
                let next = if at == 3 {
                    groups.end_stage(&end)
                } else {
                    let stages = CandidateStages { keep: vec![3], at: vec![0.4], ..CandidateStages::default() };
                    stages.end_stage(&end)
                };
                alpha.set_left(&space, &next.unwrap().leaving).unwrap();
            }
            for (name, part, own) in weightings() {
                let mut method = Method::new(parts.clone());
                method.push(name, part);
                method.start(&space, 3, None);
                method.set_flat_beta(&numbers(own, 0.3));
                assert_eq!(method.flat_beta(), numbers(own, 0.3), "{name}");
                let types = [0, 1, 0];
                let cells: Vec<Vec<f64>> = (0_u32..3).map(|cell| numbers(14 * 7, f64::from(cell))).collect();
                let value = |method: &Method, alpha: &Architecture| -> f64 {
                    let p = method.relax(alpha, &space, &moment, 1).p;
                    types.iter().zip(&cells).map(|(&of, g)| dot(&p[of].concat(), g)).sum()
                };
                let relaxed = method.relax(&alpha, &space, &moment, 1);
                let found = method.alpha_gradient(&alpha, &relaxed, &space, &types, &cells, &moment);
                let side = |at: usize, by: f64| {
                    let (mut alpha, mut method) = (alpha.clone(), method.clone());
                    let [mut flat, mut beta] = [alpha.flat(), method.flat_beta()];
                    *flat.iter_mut().chain(&mut beta).nth(at).unwrap() += by;
                    alpha.set_flat(&flat);
                    method.set_flat_beta(&beta);
                    value(&method, &alpha)
                };
                let count = alpha.flat().len();
                let expected: Vec<f64> = (0..count + own).map(|at| (side(at, 1e-5) - side(at, -1e-5)) / 2e-5).collect();
                assert_near(&found, &expected);
                for part in [&found[..count], &found[count..]] {
                    assert!(part.iter().any(|slope| slope.abs() > 1e-3), "{name}, case {at}: a gradient is zero");
                }
            }
        }
    }

    /// An auxiliary skip connection is beside the mixed operation that γ belongs to; evaluations read γ, too.
    #[test]
    fn edges_are_weighted_before_auxiliary_terms() {
        let (space, alpha) = spread("darts");
        let mut method = Method::new(vec![named("auxiliary_skip", AuxiliarySkip { beta: 0.5 })]);
        method.push("edge_pairs", Arc::new(EdgePairs { at: 0.4, ..EdgePairs::default() }));
        method.start(&space, 3, None);
        let moment = Moment { epoch: 2, epochs: 5, step: 0, seed: 3 };
        let relaxed = method.relax(&alpha, &space, &moment, 0);
        // One of the five edges into the last node, and one of the two into the first.
        for (edge, weight) in [(13, 0.4), (0, 1.0)] {
            let sum: f64 = relaxed.p[1][edge].iter().sum();
            assert!((sum - weight - 0.25).abs() < 1e-12, "{sum}");
        }
        assert_eq!(method.relax_for_evaluation(&alpha, &space, &moment), relaxed.p);
    }
}
