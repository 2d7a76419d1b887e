//! Two paths: weights learn on one sampled operation an edge, and α on the comparison of two (ProxylessNAS,
//! arXiv:1812.00332).
//!
//! ```text
//! weights:  p = onehot(k),  k ~ softmax(α)
//! α:        i, j ~ softmax(α) without replacement,   s = softmax(α) on {i, j} and 0 elsewhere,
//!           p = onehot(k),  k ~ s,   ∂L/∂α = J(s)ᵀ ∂L/∂p
//! ```
//!
//! Only the α of the two operations of an edge have a gradient. After its step, the reference shifts these two so that
//! the probabilities of the other operations are as before. The two slopes sum to 0, so that the shift is of second
//! order, and it is left out here. With the reference's settings of Adam, `architecture.betas` = \[0, 0.999\] and
//! `architecture.decay` = 0, a step moves no other α. Evaluations take the strongest operation of each edge.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::sampling::{by_edge, categorical, hard, one_hot};
use crate::method::{Jacobian, Moment, Part, PartError, Relaxed, Slot, Tables};
use crate::space::Architecture;

/// Two sampled paths in the place of the softmax; it has no settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TwoPaths {}

/// Draws two candidates of an edge, and returns their probabilities among themselves. An edge with one has that.
fn pair(p: &[f64], random: &mut impl Rng) -> Vec<f64> {
    let first = categorical(random, p);
    let mut others = p.to_vec();
    others[first] = 0.0;
    let second = categorical(random, &others);
    let sum = p[first] + others[second];
    (0..p.len()).map(|k| if k == first || k == second { p[k] / sum } else { 0.0 }).collect()
}

impl Part for TwoPaths {
    fn slot(&self) -> Slot {
        Slot::Relaxation
    }

    fn check(&self) -> Result<(), PartError> {
        Ok(())
    }

    fn relax(&self, alpha: &Architecture, moment: &Moment, pass: u8) -> Option<Relaxed> {
        let mut random = moment.random(16 + pass);
        let soft = alpha.probabilities();
        let soft = if pass == 0 { soft } else { by_edge(&soft, |p| pair(p, &mut random)) };
        let p = by_edge(&soft, |p| one_hot(categorical(&mut random, p), p.len()));
        Some(Relaxed::new(p, Jacobian::Softmax { soft, scale: 1.0 }))
    }

    fn relax_for_evaluation(&self, alpha: &Architecture) -> Option<Tables> {
        Some(hard(&alpha.probabilities()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::{HALFWAY, assert_near, spread};

    /// The gradient against the double sum of the paper over the two paths, p_j (δ_ij − p_i) ∂L/∂p_j.
    #[test]
    fn gradient_compares_two_paths() {
        let (_, alpha) = spread("nas-bench-201");
        let g = [3.0, -1.0, 0.5, 2.0, -4.0];
        for step in 0..50 {
            let relaxed = TwoPaths {}.relax(&alpha, &Moment { step, ..HALFWAY }, 1).unwrap();
            let Jacobian::Softmax { soft, .. } = &relaxed.jacobian else { panic!("{relaxed:?}") };
            let two: Vec<usize> = (0..5).filter(|&k| soft[0][0][k] > 0.0).collect();
            assert_eq!(two.len(), 2);
            assert!(two.iter().any(|&k| relaxed.p[0][0][k] > 0.0), "a path of neither");
            let exp = |k: usize| alpha.tables[0][0][k].exp();
            let p = |k: usize| exp(k) / (exp(two[0]) + exp(two[1]));
            let mut expected = [0.0_f64; 5];
            for &i in &two {
                expected[i] = two.iter().map(|&j| g[j] * p(j) * (if i == j { 1.0 } else { 0.0 } - p(i))).sum();
            }
            assert_near(&relaxed.jacobian.pull_back(&vec![g.to_vec(); 6])[..5], &expected);
        }
    }

    /// The path of the weights follows the softmax. So does, of two candidates, the path of α.
    #[test]
    fn paths_follow_the_softmax() {
        let (_, mut alpha) = spread("nas-bench-201");
        for (pass, row) in [(0, vec![0.0, 1.0, -1.0, 0.5, 2.0]), (1, vec![0.0, 1.0])] {
            alpha.tables = vec![vec![row]];
            let soft = &alpha.probabilities()[0][0];
            let mut counts = vec![0.0_f64; soft.len()];
            for step in 0..20_000 {
                let relaxed = TwoPaths {}.relax(&alpha, &Moment { step, ..HALFWAY }, pass).unwrap();
                counts.iter_mut().zip(&relaxed.p[0][0]).for_each(|(count, p)| *count += p / 20_000.0);
            }
            for (count, p) in counts.iter().zip(soft) {
                assert!((count - p).abs() < 0.015, "{counts:?}");
            }
        }
        alpha.tables = vec![vec![vec![0.3]]];
        assert_eq!(TwoPaths {}.relax(&alpha, &HALFWAY, 1).unwrap().p, vec![vec![vec![1.0]]]);
    }
}
