//! Way back from the operation weights p to α.

use super::Tables;
use crate::space::through_softmax;

/// Derivative ∂p/∂α of a relaxation, which acts on every edge by itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Jacobian {
    /// Derivative of a softmax: scale · (diag(s) − s sᵀ).
    Softmax {
        /// Softmax values s.
        soft: Tables,
        /// Factor.
        scale: f64,
    },
    /// Derivative ∂p_k/∂α_k of a relaxation in which every p depends on its own α alone.
    Diagonal(Tables),
    /// Derivative `[type][edge][j][k]` = ∂p_j/∂α_k.
    Dense(Vec<Vec<Vec<Vec<f64>>>>),
    /// No derivative: p does not depend on α, or does so in jumps.
    None,
}

impl Jacobian {
    /// Returns true for each candidate whose ∂L/∂p is read on the way back, in the shape of p.
    #[must_use]
    pub fn reads(&self, p: &Tables) -> Vec<Vec<Vec<bool>>> {
        match self {
            Self::Softmax { soft, .. } => marked(soft, |&soft| soft != 0.0),
            Self::Diagonal(slopes) => marked(slopes, |&slope| slope != 0.0),
            Self::Dense(matrices) => marked(matrices, |row| row.iter().any(|&entry| entry != 0.0)),
            Self::None => marked(p, |_| false),
        }
    }

    /// Returns ∂L/∂α, flattened table by table, row by row, from ∂L/∂p of every edge.
    #[must_use]
    pub(super) fn pull_back(&self, gradients: &[Vec<f64>]) -> Vec<f64> {
        match self {
            Self::Softmax { soft, scale } => {
                let edges = soft.iter().flatten().zip(gradients);
                edges.flat_map(|(p, g)| through_softmax(p, g)).map(|slope| slope * scale).collect()
            }
            Self::Diagonal(slopes) => {
                slopes.iter().flatten().flatten().zip(gradients.iter().flatten()).map(|(slope, g)| slope * g).collect()
            }
            Self::Dense(matrices) => {
                matrices.iter().flatten().zip(gradients).flat_map(|(matrix, g)| transposed(matrix, g)).collect()
            }
            Self::None => gradients.iter().flatten().map(|_| 0.0).collect(),
        }
    }
}

/// Marks entries of tables.
fn marked<T>(tables: &[Vec<Vec<T>>], mark: impl Fn(&T) -> bool) -> Vec<Vec<Vec<bool>>> {
    tables.iter().map(|table| table.iter().map(|row| row.iter().map(&mark).collect()).collect()).collect()
}

/// Product of a transposed matrix with a vector.
fn transposed(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; vector.len()];
    for (row, factor) in matrix.iter().zip(vector) {
        product.iter_mut().zip(row).for_each(|(sum, entry)| *sum += factor * entry);
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same derivative in two forms, on two edges of different widths.
    #[test]
    fn forms_of_one_derivative_agree() {
        let p = [vec![0.2, 0.3, 0.5], vec![0.9, 0.1]];
        let gradients = [vec![1.0, -2.0, 4.0], vec![3.0, 0.5]];
        let entry = |p: &[f64], j: usize, k: usize| 2.0 * p[j] * (if j == k { 1.0 } else { 0.0 } - p[k]);
        let matrix = |p: &Vec<f64>| -> Vec<Vec<f64>> {
            (0..p.len()).map(|j| (0..p.len()).map(|k| entry(p, j, k)).collect()).collect()
        };
        let softmax = Jacobian::Softmax { soft: vec![p.to_vec()], scale: 2.0 }.pull_back(&gradients);
        let dense = Jacobian::Dense(vec![p.iter().map(matrix).collect()]).pull_back(&gradients);
        // By hand: ⟨p, g⟩ is 1.6 and 2.75.
        let expected = [-0.24, -2.16, 2.4, 0.45, -0.45];
        for found in [softmax, dense] {
            assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12), "{found:?}");
        }
        let diagonal = Jacobian::Diagonal(vec![p.to_vec()]).pull_back(&gradients);
        let expected = [0.2, -0.6, 2.0, 2.7, 0.05];
        assert!(diagonal.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12));
        assert_eq!(Jacobian::None.pull_back(&gradients), vec![0.0; 5]);
    }

    /// A gradient that is not read can be any number.
    #[test]
    fn forms_say_what_they_read() {
        let p = vec![vec![vec![0.5, 0.0, 0.5]]];
        let dense = vec![vec![vec![vec![0.0, 0.0, 1.0], vec![0.0; 3], vec![2.0, 0.0, 0.0]]]];
        let forms =
            [Jacobian::Softmax { soft: p.clone(), scale: 1.0 }, Jacobian::Diagonal(p.clone()), Jacobian::Dense(dense)];
        for form in forms {
            assert_eq!(form.reads(&p), vec![vec![vec![true, false, true]]], "{form:?}");
            let at = |gradients: [f64; 3]| form.pull_back(&[gradients.to_vec()]);
            assert_eq!(at([1.0, 0.0, 3.0]), at([1.0, 1e9, 3.0]), "{form:?}");
            assert!(
                at([1.0, 0.0, 3.0]) != at([2.0, 0.0, 3.0]) && at([1.0, 0.0, 3.0]) != at([1.0, 0.0, 4.0]),
                "{form:?}"
            );
        }
        assert_eq!(Jacobian::None.reads(&p), vec![vec![vec![false; 3]]]);
    }

    /// Rows stand for p and columns for α.
    #[test]
    fn a_dense_derivative_is_not_symmetric() {
        let jacobian = Jacobian::Dense(vec![vec![vec![vec![1.0, 2.0], vec![3.0, 4.0]]]]);
        assert_eq!(jacobian.pull_back(&[vec![10.0, 1.0]]), vec![13.0, 24.0]);
    }
}
