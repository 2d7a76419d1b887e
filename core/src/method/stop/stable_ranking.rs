//! Stable ranking: the search ends when the order of the operations with weights by α has not changed for ten epochs on
//! any edge (DARTS+, arXiv:1909.06035, criterion 2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{EpochSummary, Part, PartError, Slot};
use crate::space::Space;

/// Settings of the rule. By default ten epochs without a change end the search, as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StableRanking {
    /// Number of epochs without a change from which the warning comes.
    pub epochs: usize,
    /// True if the warning ends the search.
    pub ends: bool,
}

impl Default for StableRanking {
    fn default() -> Self {
        Self { epochs: 10, ends: true }
    }
}

impl StableRanking {
    /// True if the ranking at the end of some epochs is that of the epochs before.
    fn is_stable(&self, history: &[EpochSummary]) -> bool {
        let Some((last, before)) = history.split_last() else { return false };
        let same = before.iter().rev().take_while(|epoch| epoch.ranking == last.ranking).count();
        !last.ranking.is_empty() && same >= self.epochs
    }
}

impl Part for StableRanking {
    fn slot(&self) -> Slot {
        Slot::Stop
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check((1..=1000).contains(&self.epochs), "epochs", "1 to 1,000", &self.epochs)
    }

    fn check_with(&self, space: &Space, _: &[&'static str]) -> Result<(), PartError> {
        let mut edges = space.cell_types.iter().flat_map(|cell_type| &cell_type.edges);
        if edges.any(|edge| edge.operations.iter().filter(|name| !name.is_parameter_free()).count() > 1) {
            return Ok(());
        }
        let why =
            format!("`stable_ranking` ranks operations with weights, and no edge of {} has two of them", space.name);
        Err(PartError::Composition { why })
    }

    /// Warns once, and again only after the sign has disappeared.
    fn warn(&self, history: &[EpochSummary], _: usize) -> Option<String> {
        let (_, before) = history.split_last()?;
        let told = self.is_stable(before);
        let epochs = self.epochs;
        (self.is_stable(history) && !told)
            .then(|| format!("the ranking of the operations is the same for {epochs} epochs: DARTS+ stops here"))
    }

    fn ends_search(&self) -> bool {
        self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Genotype;

    #[test]
    fn a_ranking_is_stable_when_no_edge_changes() {
        let epoch = |(epoch, ranking): (usize, [[usize; 2]; 2])| EpochSummary {
            epoch,
            genotype: Genotype { cells: Vec::new() },
            curvature: None,
            regularizer_gradient_norm: None,
            ranking: vec![ranking.map(|edge| edge.to_vec()).to_vec()],
        };
        let (a, b) = ([[2, 3], [3, 2]], [[2, 3], [2, 3]]);
        let history: Vec<EpochSummary> = [a, a, b, b, b, b, a, a, a].into_iter().enumerate().map(epoch).collect();
        let part = StableRanking { epochs: 2, ends: true };
        let told: Vec<bool> = (0..=9).map(|count| part.warn(&history[..count], 9).is_some()).collect();
        assert_eq!(told, [false, false, false, false, false, true, false, false, false, true]);
        // States of earlier builds have no rankings.
        let earlier: Vec<EpochSummary> =
            history[..3].iter().map(|epoch| EpochSummary { ranking: Vec::new(), ..epoch.clone() }).collect();
        assert_eq!(part.warn(&earlier, 9), None);
    }

    #[test]
    fn spaces_with_nothing_to_rank_are_refused() {
        let refused = |name| StableRanking::default().check_with(&Space::named(name).unwrap(), &[]).is_err();
        assert!(refused("s2") && refused("s3") && !refused("nas-bench-201") && !refused("darts"));
    }
}
