//! Ridge regression on sparse features that are 0 or 1.
//!
//! ```text
//! w = argmin Σ_i (ȳ + ⟨w, x_i⟩ − y_i)² + λ‖w‖²,   so (XᵀX + λ·1) w = Xᵀ(y − ȳ),   ȳ the mean of the y_i
//! ```

use crate::vector::dot;

/// Linear model of a number.
#[derive(Debug)]
pub(super) struct Ridge {
    mean: f64,
    weights: Vec<f64>,
}

impl Ridge {
    /// Fits a model to numbers by their features: the indices, below `width`, of those that are 1. λ is positive.
    pub(super) fn fit(samples: &[(Vec<usize>, f64)], width: usize, lambda: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "samples are few")]
        let count = samples.len().max(1) as f64;
        let mean = samples.iter().map(|(_, y)| y).sum::<f64>() / count;
        let mut matrix = vec![vec![0.0; width]; width];
        let mut weights = vec![0.0; width];
        for (at, row) in matrix.iter_mut().enumerate() {
            row[at] = lambda;
        }
        for (features, y) in samples {
            for &row in features {
                weights[row] += y - mean;
                for &column in features {
                    matrix[row][column] += 1.0;
                }
            }
        }
        solve(&mut matrix, &mut weights);
        Self { mean, weights }
    }

    /// Number that the model predicts.
    pub(super) fn predict(&self, features: &[usize]) -> f64 {
        self.mean + features.iter().map(|&feature| self.weights[feature]).sum::<f64>()
    }
}

/// Solves a system with a positive definite matrix by Cholesky's method, in place.
fn solve(matrix: &mut [Vec<f64>], right: &mut [f64]) {
    let count = right.len();
    // The lower triangle becomes L, with matrix = L·Lᵀ.
    for row in 0..count {
        for column in 0..=row {
            let (above, own) = matrix.split_at_mut(row);
            let other = above.get(column).unwrap_or(&own[0]);
            let left = own[0][column] - dot(&own[0][..column], &other[..column]);
            let entry = if column == row { left.sqrt() } else { left / other[column] };
            own[0][column] = entry;
        }
    }
    for (row, lower) in matrix.iter().enumerate() {
        right[row] = (right[row] - dot(&lower[..row], &right[..row])) / lower[row];
    }
    for row in (0..count).rev() {
        let known: f64 = (row + 1..count).map(|below| matrix[below][row] * right[below]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: y = 1 and 3 on one feature each, ȳ = 2, so (1 + λ)·w = ∓1.
    #[test]
    fn weights_are_those_of_the_normal_equations() {
        let ridge = Ridge::fit(&[(vec![0], 1.0), (vec![1], 3.0)], 3, 0.25);
        for (feature, expected) in [2.0 - 0.8, 2.0 + 0.8, 2.0].into_iter().enumerate() {
            assert!((ridge.predict(&[feature]) - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn a_system_is_solved() {
        let matrix = vec![vec![4.0, 2.0, 0.6], vec![2.0, 5.0, 1.0], vec![0.6, 1.0, 3.0]];
        let solution = [1.0, -2.0, 0.5];
        let mut right: Vec<f64> = matrix.iter().map(|row| dot(row, &solution)).collect();
        solve(&mut matrix.clone(), &mut right);
        for (found, expected) in right.into_iter().zip(solution) {
            assert!((found - expected).abs() < 1e-14, "{found} {expected}");
        }
    }
}
