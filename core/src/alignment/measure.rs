//! Measures of layer alignment: Λ, Λ± and their derivatives with respect to the cell gradients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::vector::{dot, norm};

/// Measure of the agreement of cell gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AlignmentMeasure {
    /// Λ: the mean cosine.
    #[default]
    Cosine,
    /// Λ±: the mean of ⟨g_i, g_j⟩ / ⟨|g_i|, |g_j|⟩.
    Sign,
}

/// The agreement of some cell gradients and the direction δ_l = ∂Λ/∂g_l in which it grows.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerAlignment {
    /// Λ or Λ±.
    pub value: f64,
    /// δ_l for every cell, zeros for a cell whose gradient is zero.
    pub directions: Vec<Vec<f64>>,
}

impl LayerAlignment {
    /// Measures the agreement of `gradients`, one vector a cell, all of one length.
    ///
    /// Cells whose gradient is zero are left out of the mean. With fewer than two cells left there is nothing to
    /// compare: `None`.
    ///
    /// ```
    /// use lambda_darts::alignment::{LayerAlignment, AlignmentMeasure};
    ///
    /// let agreement = LayerAlignment::measure(AlignmentMeasure::Cosine, &[&[1.0, 0.0], &[2.0, 0.0], &[0.0, 3.0]]).unwrap();
    /// assert!((agreement.value - 1.0 / 3.0).abs() < 1e-12);
    /// assert!(LayerAlignment::measure(AlignmentMeasure::Cosine, &[&[1.0, 0.0]]).is_none());
    /// ```
    #[must_use]
    pub fn measure(measure: AlignmentMeasure, gradients: &[&[f64]]) -> Option<Self> {
        let kept: Vec<usize> = (0..gradients.len()).filter(|&cell| norm(gradients[cell]) > 0.0).collect();
        if kept.len() < 2 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "cells are few")]
        let weight = 2.0 / (kept.len() * (kept.len() - 1)) as f64;
        let mut directions: Vec<Vec<f64>> = gradients.iter().map(|g| vec![0.0; g.len()]).collect();
        let mut value = 0.0;
        let units: Vec<Vec<f64>> = kept.iter().map(|&cell| unit(gradients[cell])).collect();
        for (a, &i) in kept.iter().enumerate() {
            for (b, &j) in kept.iter().enumerate().filter(|&(b, _)| b != a) {
                let (gi, gj) = (gradients[i], gradients[j]);
                match measure {
                    AlignmentMeasure::Cosine => {
                        let cosine = dot(&units[a], &units[b]);
                        value += 0.5 * weight * cosine;
                        let size = norm(gi);
                        for ((d, ui), uj) in directions[i].iter_mut().zip(&units[a]).zip(&units[b]) {
                            *d += weight / size * (uj - cosine * ui);
                        }
                    }
                    AlignmentMeasure::Sign => {
                        let inner = dot(gi, gj);
                        let absolute: f64 = gi.iter().zip(gj).map(|(a, b)| (a * b).abs()).sum();
                        if absolute == 0.0 {
                            // Disjoint supports: no agreement and no disagreement.
                            continue;
                        }
                        value += 0.5 * weight * inner / absolute;
                        for ((d, gi), gj) in directions[i].iter_mut().zip(gi).zip(gj) {
                            let sign = if *gi == 0.0 { 0.0 } else { gi.signum() };
                            *d += weight * (gj - inner / absolute * sign * gj.abs()) / absolute;
                        }
                    }
                }
            }
        }
        Some(Self { value, directions })
    }

    /// ‖(δ_1, …, δ_L)‖₂ over all cells together.
    #[must_use]
    pub fn direction_norm(&self) -> f64 {
        self.directions.iter().flatten().map(|d| d * d).sum::<f64>().sqrt()
    }
}

fn unit(a: &[f64]) -> Vec<f64> {
    let size = norm(a);
    a.iter().map(|a| a / size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gradients() -> impl Strategy<Value = Vec<Vec<f64>>> {
        (2_usize..6, 1_usize..9).prop_flat_map(|(cells, k)| {
            proptest::collection::vec(proptest::collection::vec(0.05..1.0_f64, k), cells).prop_flat_map(|rows| {
                let count = rows.iter().map(Vec::len).sum::<usize>();
                proptest::collection::vec(any::<bool>(), count).prop_map(move |signs| {
                    let mut signs = signs.into_iter();
                    rows.iter()
                        .map(|row| row.iter().map(|v| if signs.next() == Some(true) { -v } else { *v }).collect())
                        .collect()
                })
            })
        })
    }

    fn measured(measure: AlignmentMeasure, rows: &[Vec<f64>]) -> LayerAlignment {
        LayerAlignment::measure(measure, &rows.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
    }

    proptest! {
        #[test]
        fn directions_are_the_derivatives(rows in gradients(), sign in any::<bool>()) {
            let measure = if sign { AlignmentMeasure::Sign } else { AlignmentMeasure::Cosine };
            let here = measured(measure, &rows);
            prop_assert!(here.value.abs() <= 1.0 + 1e-12);
            for cell in 0..rows.len() {
                for k in 0..rows[cell].len() {
                    let at = |h: f64| {
                        let mut moved = rows.clone();
                        moved[cell][k] += h;
                        measured(measure, &moved).value
                    };
                    let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
                    prop_assert!((slope - here.directions[cell][k]).abs() < 1e-5 * (1.0 + slope.abs()));
                }
            }
        }
    }

    #[test]
    fn a_zero_gradient_is_left_out() {
        let with = measured(AlignmentMeasure::Cosine, &[vec![1.0, 2.0], vec![0.0, 0.0], vec![2.0, 1.0]]);
        let without = measured(AlignmentMeasure::Cosine, &[vec![1.0, 2.0], vec![2.0, 1.0]]);
        assert!((with.value - without.value).abs() < 1e-15);
        assert_eq!(with.directions[1], [0.0, 0.0]);
        assert_eq!(with.directions[2], without.directions[1]);
    }

    #[test]
    fn perfect_alignment_has_no_direction() {
        for measure in [AlignmentMeasure::Cosine, AlignmentMeasure::Sign] {
            let same = measured(measure, &[vec![3.0, 4.0], vec![3.0, 4.0]]);
            assert!((same.value - 1.0).abs() < 1e-12 && same.direction_norm() < 1e-12, "{measure:?}");
        }
    }
}
