//! Number of skip connections: the search ends when the normal cell has two of them (DARTS+, arXiv:1909.06035,
//! criterion 1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{EpochSummary, Part, PartError, Slot};
use crate::space::Operation;

/// Settings of the rule. By default two skip connections end the search, as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SkipCount {
    /// Number of skip connections in the normal cell from which the warning comes.
    pub count: usize,
    /// True if the warning ends the search.
    pub ends: bool,
}

impl Default for SkipCount {
    fn default() -> Self {
        Self { count: 2, ends: true }
    }
}

impl SkipCount {
    /// Number of skip connections of the normal cell, if they are too many.
    fn too_many(&self, epoch: &EpochSummary) -> Option<usize> {
        let normal = epoch.genotype.cells.first()?;
        let operations = normal.nodes.iter().flatten();
        let skips = operations.filter(|(operation, _)| *operation == Operation::SkipConnect).count();
        (skips >= self.count).then_some(skips)
    }
}

impl Part for SkipCount {
    fn slot(&self) -> Slot {
        Slot::Stop
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check(self.count > 0, "count", "1 or more", &self.count)
    }

    /// Warns once, and again only after the sign has disappeared.
    fn warn(&self, history: &[EpochSummary], _: usize) -> Option<String> {
        let (last, before) = history.split_last()?;
        let skips = self.too_many(last)?;
        let told = before.last().is_some_and(|epoch| self.too_many(epoch).is_some());
        (!told).then(|| format!("the normal cell has {skips} skip connections: DARTS+ stops here"))
    }

    fn ends_search(&self) -> bool {
        self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Genotype, GenotypeCell};

    /// Skips of the reduction cell do not count.
    #[test]
    fn the_second_skip_of_the_normal_cell_is_told() {
        let [conv, skip] = [Operation::SepConv3x3, Operation::SkipConnect];
        let epoch = |(epoch, normal): (usize, [Operation; 3])| {
            let cell = |kind: &str, operations: [Operation; 3]| {
                let nodes = operations.map(|operation| vec![(operation, 0)]).to_vec();
                GenotypeCell { kind: kind.to_owned(), inputs: 2, nodes, output: vec![2] }
            };
            EpochSummary {
                epoch,
                genotype: Genotype { cells: vec![cell("normal", normal), cell("reduce", [skip; 3])] },
                curvature: None,
                regularizer_gradient_norm: None,
                ranking: Vec::new(),
            }
        };
        let cells =
            [[conv, conv, conv], [skip, conv, conv], [skip, conv, skip], [skip; 3], [conv; 3], [skip, skip, conv]];
        let history: Vec<EpochSummary> = cells.into_iter().enumerate().map(epoch).collect();
        let told: Vec<_> = (1..=6).map(|count| SkipCount::default().warn(&history[..count], 6)).collect();
        assert_eq!(told.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true, false, false, true]);
        assert!(told[2].as_deref().unwrap().starts_with("the normal cell has 2 skip connections"));
        assert!(SkipCount::default().ends_search());
    }
}
