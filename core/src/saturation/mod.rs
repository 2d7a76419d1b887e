//! Statistics of the softmax and of each cell's gradient: the saturation of the edges, the candidates that a cell
//! prefers and its share of the change of α. They need no gradients beyond those of a search step.

use serde::{Deserialize, Serialize};

use crate::alignment::{AlignmentMeasure, LayerAlignment};
use crate::space::Architecture;
use crate::vector::{dot, filled, norm};

/// Statistics of one type of cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Saturation {
    /// Normalized entropy h_e = H(p_e)/ln K of every edge: 1 at the uniform point, 0 if the edge is saturated or K = 1.
    pub entropy: Vec<f64>,
    /// Norm ‖J(p_e)‖_F of the softmax's Jacobian on every edge, J(p) = diag(p) − p pᵀ: 0 if the edge is saturated.
    pub jacobian: Vec<f64>,
    /// Statistics of every cell, from stem to classifier.
    pub cells: Vec<CellSaturation>,
    /// Cosine between every two cell gradients, `[L][L]`; 0 if one of them is zero.
    pub cosines: Vec<Vec<f64>>,
    /// Mean cosine of two cell gradients, by the formula of Λ; absent with fewer than two cells.
    pub mean_cosine: Option<f64>,
    /// Mean agreement of the signs of two cell gradients, by the formula of Λ±; absent with fewer than two cells.
    pub mean_sign_agreement: Option<f64>,
}

/// Statistics of one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CellSaturation {
    /// Norm ‖J(p_e) g_{l,e}‖ on every edge: the part of the cell's gradient that reaches α.
    pub transmitted: Vec<f64>,
    /// Ratio ‖J(p_e) g_{l,e}‖/‖g_{l,e}‖ on every edge; 0 if the gradient is zero.
    pub transmitted_share: Vec<f64>,
    /// Index of the candidate that the cell's gradient favours on every edge: argmin_k g_{l,e,k}.
    pub asks: Vec<usize>,
    /// Cell's share ‖J g_l‖ / Σ_m ‖J g_m‖ of the gradients that change α.
    pub pull: f64,
    /// Fraction of the edges on which the cell's gradient favours the candidate that α prefers.
    pub agreement: f64,
    /// Cell's gradient g_{l,e}, `[edges][candidates]`, to seven digits; empty in events of earlier builds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gradient: Vec<Vec<f64>>,
}

impl Saturation {
    /// Measures one type of cell: `p[e][k]` are its operation weights, `gradients[l]` the flattened g_l of its cells.
    /// Candidates whose gradient is absent have no part in the measures.
    #[must_use]
    pub fn measure(p: &[Vec<f64>], gradients: &[Vec<Option<f64>>]) -> Self {
        let mut cells: Vec<CellSaturation> = gradients.iter().map(|g| CellSaturation::measure(p, g)).collect();
        let size = |cell: &CellSaturation| cell.transmitted.iter().map(|t| t * t).sum::<f64>().sqrt();
        let total: f64 = cells.iter().map(size).sum();
        for cell in &mut cells {
            cell.pull = if total > 0.0 { size(cell) / total } else { 0.0 };
        }
        let gradients = filled(gradients);
        let slices: Vec<&[f64]> = gradients.iter().map(Vec::as_slice).collect();
        let value = |measure| LayerAlignment::measure(measure, &slices).map(|alignment| alignment.value);
        Self {
            entropy: p.iter().map(|row| normalized_entropy(row)).collect(),
            jacobian: p.iter().map(|row| jacobian_norm(row)).collect(),
            cells,
            cosines: cosines(&gradients),
            mean_cosine: value(AlignmentMeasure::Cosine),
            mean_sign_agreement: value(AlignmentMeasure::Sign),
        }
    }

    /// Measures every type of cell of an architecture; `gradients[l]` belongs to a cell of type `cell_types[l]`.
    #[must_use]
    pub fn by_cell_type(
        architecture: &Architecture,
        cell_types: &[usize],
        gradients: &[Vec<Option<f64>>],
    ) -> Vec<Self> {
        let tables = architecture.probabilities();
        let of = |kind| {
            gradients.iter().zip(cell_types).filter(|(_, of)| **of == kind).map(|(g, _)| g.clone()).collect::<Vec<_>>()
        };
        tables.iter().enumerate().map(|(kind, p)| Self::measure(p, &of(kind))).collect()
    }

    /// Returns the mean of h_e over the edges.
    #[must_use]
    pub fn mean_entropy(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "edges are few")]
        let edges = self.entropy.len().max(1) as f64;
        self.entropy.iter().sum::<f64>() / edges
    }
}

impl CellSaturation {
    fn measure(p: &[Vec<f64>], g: &[Option<f64>]) -> Self {
        let (mut transmitted, mut share, mut asks, mut agree) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
        let mut gradient = Vec::new();
        let mut at = 0;
        for row in p {
            let there = &g[at..at + row.len()];
            at += row.len();
            let own: Vec<f64> = there.iter().map(|g| g.unwrap_or(0.0)).collect();
            let reached = crate::space::through_softmax(row, &own).into_iter().zip(there);
            let reached: Vec<f64> = reached.filter_map(|(reached, there)| there.map(|_| reached)).collect();
            let (through, size) = (norm(&reached), norm(&own));
            transmitted.push(through);
            share.push(if size > 0.0 { through / size } else { 0.0 });
            let asked = first(there, |a, b| a.is_some_and(|a| b.is_none_or(|b| a < b)));
            asks.push(asked);
            if asked == first(row, |a, b| a > b) {
                agree += 1.0;
            }
            gradient.push(own.iter().copied().map(seven_digits).collect());
        }
        #[expect(clippy::cast_precision_loss, reason = "edges are few")]
        let agreement = agree / p.len().max(1) as f64;
        Self { transmitted, transmitted_share: share, asks, pull: 0.0, agreement, gradient }
    }
}

/// Rounds to seven significant digits, which take half the space of all of them in a log.
fn seven_digits(value: f64) -> f64 {
    format!("{value:.6e}").parse().unwrap_or(value)
}

/// Returns the first index whose value is `better` than all others.
fn first<T: Copy>(values: &[T], better: impl Fn(T, T) -> bool) -> usize {
    (1..values.len()).fold(0, |best, k| if better(values[k], values[best]) { k } else { best })
}

fn normalized_entropy(p: &[f64]) -> f64 {
    if p.len() < 2 {
        return 0.0;
    }
    let entropy: f64 = p.iter().filter(|p| **p > 0.0).map(|p| -p * libm::log(*p)).sum();
    #[expect(clippy::cast_precision_loss, reason = "candidates are few")]
    let max = libm::log(p.len() as f64);
    entropy / max
}

/// Returns ‖diag(p) − p pᵀ‖_F, the square root of Σ p² − 2 Σ p³ + (Σ p²)².
fn jacobian_norm(p: &[f64]) -> f64 {
    let power = |n: usize| p.iter().map(|p| (0..n).fold(1.0, |power, _| power * p)).sum::<f64>();
    (power(2) - 2.0 * power(3) + power(2) * power(2)).max(0.0).sqrt()
}

fn cosines(gradients: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let cosine = |a: &[f64], b: &[f64]| {
        let size = norm(a) * norm(b);
        if size > 0.0 { dot(a, b) / size } else { 0.0 }
    };
    gradients.iter().map(|a| gradients.iter().map(|b| cosine(a, b)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_of_an_edge() {
        let uniform = [0.25; 4];
        assert!((normalized_entropy(&uniform) - 1.0).abs() < 1e-12);
        assert!((jacobian_norm(&uniform) - 3_f64.sqrt() / 4.0).abs() < 1e-12);
        assert_eq!((normalized_entropy(&[1.0, 0.0]), jacobian_norm(&[1.0, 0.0])), (0.0, 0.0));
        assert!(normalized_entropy(&[1.0]).abs() < 1e-15);
    }

    #[test]
    fn measures_by_hand() {
        // One edge, p = (½, ½): J g = (g₀ − g₁)/4 · (1, −1).
        let p = [vec![0.5, 0.5]];
        let seen = Saturation::measure(&p, &[vec![Some(-1.0), Some(1.0)], vec![Some(3.0), Some(-1.0)]]);
        let root = 2_f64.sqrt();
        assert!((seen.cells[0].transmitted[0] - root / 2.0).abs() < 1e-12);
        assert!((seen.cells[1].transmitted[0] - root).abs() < 1e-12);
        assert!((seen.cells[0].transmitted_share[0] - 0.5).abs() < 1e-12);
        assert_eq!((seen.cells[0].asks[0], seen.cells[1].asks[0]), (0, 1));
        assert!((seen.cells[1].pull - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!((seen.cells[0].agreement, seen.cells[1].agreement), (1.0, 0.0));
        assert!((seen.cosines[0][1] + 4.0 / (root * 10_f64.sqrt())).abs() < 1e-12);
        assert!((seen.mean_cosine.unwrap() - seen.cosines[0][1]).abs() < 1e-12);
        assert_eq!(seen.cells[1].gradient, [[3.0, -1.0]]);
    }

    #[test]
    fn gradients_have_seven_digits_and_an_edge_each() {
        let p = [vec![0.5, 0.5], vec![1.0]];
        let seen = Saturation::measure(&p, &[vec![Some(1.0 / 3.0), Some(-2e-9 / 3.0), Some(0.0)]]);
        assert_eq!(seen.cells[0].gradient, [vec![0.333_333_3, -6.666_667e-10], vec![0.0]]);
        let line = serde_json::to_string(&seen.cells[0]).unwrap();
        assert!(line.ends_with(r#""gradient":[[0.3333333,-6.666667e-10],[0.0]]}"#), "{line}");
        let before: CellSaturation = serde_json::from_str(&line.replace("gradient", "unknown")).unwrap();
        assert!(before.gradient.is_empty());
    }

    /// On an edge of which one candidate was run, its gradient is all there is: ‖J g‖ = p (1 − p) |g| there.
    #[test]
    fn candidates_without_a_gradient_have_no_part() {
        let seen = Saturation::measure(&[vec![0.75, 0.25]], &[vec![None, Some(2.0)], vec![None, Some(3.0)]]);
        let cell = &seen.cells[0];
        assert!((cell.transmitted[0] - 0.375).abs() < 1e-12 && (cell.transmitted_share[0] - 0.1875).abs() < 1e-12);
        assert_eq!((cell.asks[0], cell.agreement), (1, 0.0));
        assert!((seen.mean_cosine.unwrap() - 1.0).abs() < 1e-12);
    }
}
