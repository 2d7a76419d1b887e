//! Depth of paths: the longest path of a cell is to have operations with weights (PR-DARTS, arXiv:2006.16537).
//!
//! ```text
//! L = L_val − weight · mean over the types of cell of  Π_e a_e,   e the edges of the longest path
//! a_e = mean_{k with weights, read} P(g_{e,k} > 0),   ∂P/∂α = P (1 − P)
//! ```
//!
//! The longest path leads from each node to the next, and for the first from the last input. Deep cells learn slowly,
//! and the search would leave them for shallow ones. Means are over the gates that the sample reads; an edge without
//! any is left out of the product, and a product of none is 0. The form is that of the reference; the paper has sums
//! over all gates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{Moment, Part, PartError, Relaxed, Slot};
use crate::space::{Architecture, CellType, Space};

/// Settings of the term. Its default is that of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PathDepth {
    /// Coefficient of the depth.
    pub weight: f64,
}

impl Default for PathDepth {
    fn default() -> Self {
        Self { weight: 0.005 }
    }
}

/// Edge of the longest path: places in α and probabilities of its gates that are read and have weights.
struct Step(Vec<(usize, f64)>);

impl Step {
    fn count(&self) -> f64 {
        self.0.iter().map(|_| 1.0).sum()
    }

    fn mean(&self) -> f64 {
        self.0.iter().map(|(_, open)| open).sum::<f64>() / self.count()
    }
}

/// Steps of the longest path of a cell whose parameters begin at `start`.
fn longest_path(cell_type: &CellType, gates: &[Vec<f64>], start: usize) -> Vec<Step> {
    let (mut steps, mut at) = (Vec::new(), start);
    for (edge, row) in cell_type.edges.iter().zip(gates) {
        let gates = edge.operations.iter().zip(row).enumerate();
        let read = gates.filter(|(_, (operation, open))| !operation.is_parameter_free() && **open > 0.0);
        let step: Vec<(usize, f64)> = read.map(|(k, (_, open))| (at + k, *open)).collect();
        if edge.from + 1 == edge.to && !step.is_empty() {
            steps.push(Step(step));
        }
        at += row.len();
    }
    steps
}

impl Part for PathDepth {
    fn slot(&self) -> Slot {
        Slot::AlphaRegularizer
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::not_negative("weight", self.weight)
    }

    fn regularize_alpha(&self, _: &Architecture, relaxed: &Relaxed, space: &Space, _: &Moment, gradient: &mut [f64]) {
        let types: f64 = space.cell_types.iter().map(|_| 1.0).sum();
        let mut start = 0;
        for (cell_type, gates) in space.cell_types.iter().zip(relaxed.gates.iter().flatten()) {
            let steps = longest_path(cell_type, gates, start);
            for (own, step) in steps.iter().enumerate() {
                let others = steps.iter().enumerate().filter(|(other, _)| *other != own);
                let others: f64 = others.map(|(_, step)| step.mean()).product();
                let factor = self.weight / types * others / step.count();
                for (at, open) in &step.0 {
                    gradient[*at] -= factor * open * (1.0 - open);
                }
            }
            start += gates.iter().map(Vec::len).sum::<usize>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::parts::HardConcrete;
    use crate::method::testing::{HALFWAY, assert_slope};

    /// The formula by hand, with the places of the longest path written out.
    #[test]
    fn gradient_is_the_derivative_of_the_formula() {
        let gates = HardConcrete { drop: 0.1, keep: 3, ..HardConcrete::default() };
        let sampled = |alpha: &Architecture| gates.relax(alpha, &HALFWAY, 1).unwrap();
        let part = PathDepth { weight: 8.0 };
        assert_slope(&part, sampled, |alpha, space| {
            let tables = sampled(alpha).gates.unwrap();
            let (path, weighted): (&[usize], &[usize]) = match space.name.as_str() {
                "nas-bench-201" => (&[0, 2, 5], &[2, 3]),
                _ => (&[1, 4, 8, 13], &[4, 5, 6, 7]),
            };
            let mut sum = 0.0;
            for table in &tables {
                let mut means = Vec::new();
                for &edge in path {
                    let open: Vec<f64> = weighted.iter().map(|&k| table[edge][k]).filter(|open| *open > 0.0).collect();
                    let count: f64 = open.iter().map(|_| 1.0).sum();
                    if count > 0.0 {
                        means.push(open.iter().sum::<f64>() / count);
                    }
                }
                sum += if means.is_empty() { 0.0 } else { means.iter().product::<f64>() };
            }
            let types: f64 = tables.iter().map(|_| 1.0).sum();
            -8.0 * sum / types
        });
    }
}
