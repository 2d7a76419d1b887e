//! Groups of gates: few skip connections, and few operations of any other kind, are to be open (PR-DARTS,
//! arXiv:2006.16537).
//!
//! ```text
//! L = L_val + skip · [a_skip − threshold]₊ + other · ([a_pool − threshold]₊ + [a_rest − threshold]₊)
//! a_G = mean over the types of cell of  mean_{k ∈ G, read} P(g_k > 0),   ∂P/∂α = P (1 − P)
//! ```
//!
//! Skip connections, pools and the rest are groups. Means are over the gates that the sample reads, and 0 without any.
//! The form is that of the reference; the paper has sums over all gates, two groups and no threshold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{Moment, Part, PartError, Relaxed, Slot};
use crate::space::{Architecture, Operation, Space};

/// Settings of the groups. Its defaults are those of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GateGroups {
    /// Coefficient of the group of the skip connections.
    pub skip: f64,
    /// Coefficient of the other groups.
    pub other: f64,
    /// Mean probability of open gates that costs nothing, from 0 to 1.
    pub threshold: f64,
}

impl Default for GateGroups {
    fn default() -> Self {
        Self { skip: 0.01, other: 0.005, threshold: 0.2 }
    }
}

/// Group of a candidate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Skip,
    Pool,
    Rest,
}

impl Group {
    fn of(operation: Operation) -> Self {
        match operation {
            Operation::SkipConnect => Self::Skip,
            Operation::MaxPool3x3 | Operation::AvgPool3x3 => Self::Pool,
            _ => Self::Rest,
        }
    }
}

/// Gate of a candidate.
struct Gate {
    cell_type: usize,
    group: Group,
    /// Probability P(g > 0); 0 if the sample does not read it.
    open: f64,
}

impl Part for GateGroups {
    fn slot(&self) -> Slot {
        Slot::AlphaRegularizer
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::not_negative("skip", self.skip)?;
        PartError::not_negative("other", self.other)?;
        PartError::check((0.0..=1.0).contains(&self.threshold), "threshold", "between 0 and 1", &self.threshold)
    }

    fn regularize_alpha(&self, _: &Architecture, relaxed: &Relaxed, space: &Space, _: &Moment, gradient: &mut [f64]) {
        let mut gates = Vec::new();
        for (cell_type, (kind, table)) in space.cell_types.iter().zip(relaxed.gates.iter().flatten()).enumerate() {
            for (edge, row) in kind.edges.iter().zip(table) {
                let own = edge.operations.iter().zip(row);
                gates.extend(own.map(|(&operation, &open)| Gate { cell_type, group: Group::of(operation), open }));
            }
        }
        for (group, weight) in [(Group::Skip, self.skip), (Group::Pool, self.other), (Group::Rest, self.other)] {
            let read = |gate: &&Gate| gate.group == group && gate.open > 0.0;
            let mut counts = vec![0.0; space.cell_types.len()];
            gates.iter().filter(read).for_each(|gate| counts[gate.cell_type] += 1.0);
            let types: f64 = counts.iter().map(|_| 1.0).sum();
            let share = |gate: &Gate| 1.0 / (types * counts[gate.cell_type]);
            let mean: f64 = gates.iter().filter(read).map(|gate| share(gate) * gate.open).sum();
            if mean <= self.threshold {
                continue;
            }
            for (slope, gate) in gradient.iter_mut().zip(&gates).filter(|(_, gate)| read(gate)) {
                *slope += weight * share(gate) * gate.open * (1.0 - gate.open);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::parts::HardConcrete;
    use crate::method::testing::{HALFWAY, assert_slope};

    /// The formula by hand, of the gates of one sample.
    fn value(part: &GateGroups, gates: &[Vec<Vec<f64>>], space: &Space) -> f64 {
        let mean = |belongs: fn(&Operation) -> bool| {
            let of_type = |at: usize| {
                let edges = space.cell_types[at].edges.iter().zip(&gates[at]);
                let open: Vec<f64> = edges
                    .flat_map(|(edge, row)| edge.operations.iter().zip(row).filter(move |(name, _)| belongs(name)))
                    .map(|(_, open)| *open)
                    .filter(|open| *open > 0.0)
                    .collect();
                let count: f64 = open.iter().map(|_| 1.0).sum();
                open.iter().sum::<f64>() / count.max(1.0)
            };
            let types: f64 = gates.iter().map(|_| 1.0).sum();
            (0..gates.len()).map(of_type).sum::<f64>() / types
        };
        let pool = |name: &Operation| matches!(name, Operation::MaxPool3x3 | Operation::AvgPool3x3);
        let skip = |name: &Operation| *name == Operation::SkipConnect;
        let rest =
            |name: &Operation| !matches!(name, Operation::MaxPool3x3 | Operation::AvgPool3x3 | Operation::SkipConnect);
        let above = |mean: f64| (mean - part.threshold).max(0.0);
        part.skip * above(mean(skip)) + part.other * (above(mean(pool)) + above(mean(rest)))
    }

    #[test]
    fn gradient_is_the_derivative_of_the_formula() {
        let gates = HardConcrete { drop: 0.1, ..HardConcrete::default() };
        let sampled = |alpha: &Architecture| gates.relax(alpha, &HALFWAY, 1).unwrap();
        let part = GateGroups { skip: 3.0, other: 2.0, threshold: 0.3 };
        assert_slope(&part, sampled, |alpha, space| value(&part, &sampled(alpha).gates.unwrap(), space));
        // No group is above 1, and a softmax has no gates.
        let mut gradient = vec![0.0; 30];
        let (space, alpha) = crate::method::testing::spread("nas-bench-201");
        GateGroups { threshold: 1.0, ..part }.regularize_alpha(
            &alpha,
            &sampled(&alpha),
            &space,
            &HALFWAY,
            &mut gradient,
        );
        part.regularize_alpha(&alpha, &Relaxed::softmax(&alpha), &space, &HALFWAY, &mut gradient);
        assert_eq!(gradient, vec![0.0; 30]);
    }
}
