//! Skip limit: the normal cell keeps at most some skip connections (P-DARTS, arXiv:1904.12760, refinement of the last
//! stage).
//!
//! ```text
//! while the derived normal cell has more than `skips` skip connections:
//!     weight of the weakest of them ← 0, and derive anew
//! ```
//!
//! The other weights stay as they are, so that an edge may have another operation instead, or its node another edge. A
//! skip connection that is the only candidate of its edge stays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{Part, PartError, Slot};
use crate::space::{Architecture, CellType, Genotype, Operation, Read, Space, strongest_reads};

/// Settings of the limit. By default the normal cell has two skip connections at the most, as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SkipLimit {
    /// Largest number of skip connections in the normal cell.
    pub skips: usize,
}

impl Default for SkipLimit {
    fn default() -> Self {
        Self { skips: 2 }
    }
}

/// Weakest skip connection of a cell that another candidate of its edge can replace, if there are more than `most` skip
/// connections.
fn surplus(kind: &CellType, weights: &[Vec<f64>], most: usize) -> Option<Read> {
    let reads = kind.intermediate().flat_map(|node| strongest_reads(kind, node, weights));
    let skips: Vec<Read> =
        reads.filter(|read| kind.edges[read.edge].operations[read.candidate] == Operation::SkipConnect).collect();
    let replaceable = |read: &&Read| {
        let edge = &kind.edges[read.edge];
        let mut others = weights[read.edge].iter().zip(&edge.operations).enumerate();
        others.any(|(k, (weight, name))| k != read.candidate && *weight > f64::NEG_INFINITY && kind.keeps(edge, *name))
    };
    let weakest = skips.iter().filter(replaceable).min_by(|a, b| a.weight.total_cmp(&b.weight));
    weakest.copied().filter(|_| skips.len() > most)
}

impl Part for SkipLimit {
    fn slot(&self) -> Slot {
        Slot::Selection
    }

    fn check(&self) -> Result<(), PartError> {
        Ok(())
    }

    fn derive(&self, alpha: &Architecture, space: &Space) -> Option<Genotype> {
        let mut weights = alpha.leave_out(alpha.probabilities());
        let normal = space.cell_types.first()?;
        while let Some(Read { edge, candidate, .. }) = surplus(normal, &weights[0], self.skips) {
            weights[0][edge][candidate] = f64::NEG_INFINITY;
        }
        Some(space.genotype(|at, node| strongest_reads(&space.cell_types[at], node, &weights[at])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skips(genotype: &Genotype, cell: usize) -> usize {
        let reads = genotype.cells[cell].nodes.iter().flatten();
        reads.filter(|(name, _)| *name == Operation::SkipConnect).count()
    }

    /// Six skip connections in NAS-Bench-201: those of the largest weight stay, the others give way to the next operation.
    #[test]
    fn the_weakest_skip_connections_are_replaced() {
        let space = Space::named("nas-bench-201").unwrap();
        let mut alpha = Architecture::new(&space, 1);
        for (row, skip) in alpha.tables[0].iter_mut().zip([3.0, 1.2, 2.5, 1.1, 1.3, 2.0]) {
            *row = vec![0.0, skip, 0.2, 1.0, -1.0];
        }
        let limited = |skips: usize| SkipLimit { skips }.derive(&alpha, &space).unwrap();
        assert_eq!(limited(6), alpha.derive(&space));
        let two = limited(2);
        let [skip, conv] = [Operation::SkipConnect, Operation::NorConv3x3];
        assert_eq!(
            two.cells[0].nodes,
            [vec![(skip, 0)], vec![(conv, 0), (skip, 1)], vec![(conv, 0), (conv, 1), (conv, 2)]]
        );
        assert_eq!((skips(&limited(4), 0), skips(&limited(0), 0)), (4, 0));
    }

    /// In a concatenated cell, the weights of other candidates decide the edges anew; the reduction cell has no limit.
    #[test]
    fn a_node_may_read_another_edge_instead() {
        let space = Space::named("s2").unwrap();
        let mut alpha = Architecture::new(&space, 1);
        for row in alpha.tables.iter_mut().flatten() {
            *row = vec![2.0, 0.0];
        }
        // Edge 2→3 has a convolution that is weaker than the skip connections of 0→3 and 1→3 alone.
        alpha.tables[0][4] = vec![0.0, 1.0];
        let all = alpha.derive(&space);
        assert_eq!((skips(&all, 0), skips(&all, 1)), (8, 8));
        let limited = SkipLimit { skips: 2 }.derive(&alpha, &space).unwrap();
        assert_eq!((skips(&limited, 0), skips(&limited, 1)), (2, 8));
        assert!(limited.cells[0].nodes[1].contains(&(Operation::SepConv3x3, 2)), "{limited:?}");
    }

    #[test]
    fn edges_with_skip_connections_alone_keep_them() {
        let space = Space::named("s2").unwrap();
        let skip_only = crate::space::Constraint {
            cell: "normal".to_owned(),
            from: 0,
            to: 2,
            operation: Operation::SkipConnect,
            rule: crate::space::Rule::Force,
        };
        let mut alpha = Architecture::new(&space, 1);
        alpha.confine(&space, 1.0, &[skip_only]).unwrap();
        let genotype = SkipLimit { skips: 0 }.derive(&alpha, &space).unwrap();
        assert_eq!(skips(&genotype, 0), 1);
    }
}
