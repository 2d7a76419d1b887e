//! Threshold: of the two strongest edges of a node, those with a weight above a threshold are kept (FairDARTS,
//! arXiv:1911.12126, the reference's `threshold_sparse`).
//!
//! ```text
//! node j: the two edges with the largest max_k σ(α_k), each with that candidate, as far as σ(α_k) ≥ threshold
//! ```
//!
//! In the reference, a node may end without an edge. Such a node has no value in a derived network, so that here a node
//! keeps its strongest edge in any case. In a cell whose output is its last node, such as that of NAS-Bench-201, every
//! edge keeps its strongest candidate, `none` included: there the threshold has no part.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::sampling::{by_edge, sigmoid};
use crate::method::{Part, PartError, Slot};
use crate::space::{Architecture, Genotype, Output, Space, strongest_reads};

/// Settings of the threshold. Its default is that of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Threshold {
    /// Weight σ(α) from which an edge is kept.
    pub threshold: f64,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { threshold: 0.85 }
    }
}

impl Part for Threshold {
    fn slot(&self) -> Slot {
        Slot::Selection
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check((0.0..=1.0).contains(&self.threshold), "threshold", "0 to 1", &self.threshold)
    }

    fn derive(&self, alpha: &Architecture, space: &Space) -> Option<Genotype> {
        let weights = by_edge(&alpha.tables, |row| row.iter().copied().map(sigmoid).collect());
        let weights = alpha.leave_out(weights);
        Some(space.genotype(|at, node| {
            let kind = &space.cell_types[at];
            let mut reads = strongest_reads(kind, node, &weights[at]);
            if kind.output == Output::Concat {
                // The strongest read comes first.
                let strong = reads.iter().filter(|read| read.weight >= self.threshold).count();
                reads.truncate(strong.max(1));
            }
            reads
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Operation;

    /// Three nodes by hand: two strong edges, one, and none.
    #[test]
    fn weak_edges_are_left_out_but_for_the_last_one() {
        let space = Space::named("darts").unwrap();
        let mut alpha = Architecture::new(&space, 1);
        // σ(2) = 0.88 and σ(1.7) = 0.846. Edges 0→2 to 2→4.
        for (edge, row) in alpha.tables[0].iter_mut().enumerate() {
            row.fill(-1.0);
            row[3] = match edge {
                0 | 4 => 2.0,
                1 => 2.1,
                2 => 1.7,
                5 => 0.5,
                6 => 0.7,
                _ => 0.0,
            };
        }
        let genotype = Threshold::default().derive(&alpha, &space).unwrap();
        let sources = |node: usize| genotype.cells[0].nodes[node].iter().map(|read| read.1).collect::<Vec<_>>();
        assert_eq!((sources(0), sources(1), sources(2)), (vec![1, 0], vec![2], vec![1]));
        assert!(genotype.cells[0].nodes.iter().flatten().all(|(name, _)| *name == Operation::SepConv3x3));
        let lower = Threshold { threshold: 0.84 }.derive(&alpha, &space).unwrap();
        assert_eq!(lower.cells[0].nodes[1].iter().map(|read| read.1).collect::<Vec<_>>(), [2, 0]);
    }

    #[test]
    fn cells_that_read_all_edges_are_derived_as_ever() {
        let (space, alpha) = crate::method::testing::spread("nas-bench-201");
        assert_eq!(Threshold { threshold: 1.0 }.derive(&alpha, &space), Some(alpha.derive(&space)));
    }
}
