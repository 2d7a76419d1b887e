//! Share of skip connections: a warning when more than a part of the derived edges are skip connections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{EpochSummary, Part, PartError, Slot};

/// Settings of the warning. By default it comes when more than half of the derived edges are skip connections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SkipShare {
    /// Largest share of skip connections without a warning, from 0 to 1.
    pub share: f64,
    /// True if the warning ends the search.
    pub ends: bool,
}

impl Default for SkipShare {
    fn default() -> Self {
        Self { share: 0.5, ends: false }
    }
}

impl SkipShare {
    /// Number of skip connections and of edges, if they are too many.
    fn too_many(&self, epoch: &EpochSummary) -> Option<(usize, usize)> {
        let edges: usize = epoch.genotype.cells.iter().flat_map(|cell| &cell.nodes).map(Vec::len).sum();
        let skips = epoch.genotype.skip_connections();
        #[expect(clippy::cast_precision_loss, reason = "edges are few")]
        let many = skips as f64 > self.share * edges as f64;
        many.then_some((skips, edges))
    }
}

impl Part for SkipShare {
    fn slot(&self) -> Slot {
        Slot::Stop
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check((0.0..=1.0).contains(&self.share), "share", "between 0 and 1", &self.share)
    }

    /// Warns once, and again only after the sign has disappeared.
    fn warn(&self, history: &[EpochSummary]) -> Option<String> {
        let (last, before) = history.split_last()?;
        let (skips, edges) = self.too_many(last)?;
        let told = before.last().is_some_and(|epoch| self.too_many(epoch).is_some());
        (!told).then(|| format!("{skips} of {edges} edges are skip connections: the search may be collapsing"))
    }

    fn ends_search(&self) -> bool {
        self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Genotype, GenotypeCell, Operation};

    #[test]
    fn skip_connections_are_told_when_they_take_over() {
        let operation = |skip| if skip { Operation::SkipConnect } else { Operation::NorConv3x3 };
        let epoch = |skips: usize| EpochSummary {
            epoch: 0,
            genotype: Genotype {
                cells: vec![GenotypeCell {
                    kind: "normal".to_owned(),
                    inputs: 1,
                    nodes: vec![vec![(operation(skips > 0), 0)], vec![(operation(skips > 1), 0)]],
                    output: vec![2],
                }],
            },
            curvature: None,
        };
        let history: Vec<EpochSummary> = [0, 1, 2, 2, 1, 2].into_iter().map(epoch).collect();
        let told: Vec<_> = (1..=6).map(|count| SkipShare::default().warn(&history[..count])).collect();
        let warned: Vec<_> = told.iter().map(Option::is_some).collect();
        assert_eq!(warned, [false, false, true, false, false, true]);
        assert!(told[2].as_deref().unwrap().starts_with("2 of 2 edges are skip connections"));
    }
}
