//! Stages with fewer candidates: at the end of each stage, the weakest candidates of each edge leave, and a deeper
//! supernet may follow (P-DARTS, arXiv:1904.12760; DrNAS, arXiv:2006.10355).
//!
//! ```text
//! end of stage i:  the keep_i candidates of the largest α stay on each edge; the others have p = 0 from there on
//!                  with depth: a new supernet of round(depth_i · L) cells, L those of the first one
//! ```
//!
//! Candidates that have left are not run, and the relaxation is over those that stay. Stages are equally long, or end
//! after the shares `at` of the epochs; none ends with the last epoch. An edge keeps one candidate more if a derived
//! architecture could have none of those that stay, as with `none` in the DARTS spaces. By default, α is drawn anew for
//! each stage, as in P-DARTS; with `alpha` = kept, it goes on, as in DrNAS.
//!
//! A new supernet has new weights, drawn under the seed for the epoch in which it begins, no momentum and no frozen
//! operations, and the cosine of the learning rate goes over its own epochs, as in P-DARTS. The second supernet of
//! DrNAS is wider instead, which is not here. Without `depth`, the supernet and its weights go on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::stage::{epochs_in, leaving};
use crate::method::{EpochEnd, NewSupernet, NextStage, Part, PartError, Slot, StageAlpha, StageEnd};

/// Settings of the stages. By default five candidates stay after a third of the epochs, and three after two thirds, as
/// in P-DARTS, and the supernet goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CandidateStages {
    /// Number of candidates that an edge keeps at the end of each stage but the last.
    pub keep: Vec<usize>,
    /// Shares of the epochs after which these stages end, between 0 and 1; if there are none, all stages have one length.
    pub at: Vec<f64>,
    /// Architecture parameters at the beginning of a stage.
    pub alpha: StageAlpha,
    /// Numbers of cells in the stages after the first, as multiples of `supernet.cells`, rounded; if there are none,
    /// the supernet and its weights go on.
    pub depth: Vec<f64>,
}

impl Default for CandidateStages {
    fn default() -> Self {
        Self { keep: vec![5, 3], at: Vec::new(), alpha: StageAlpha::Drawn, depth: Vec::new() }
    }
}

impl CandidateStages {
    /// Stages of P-DARTS: 5, 11 and 17 cells, if the first supernet has five.
    pub(in crate::method) fn p_darts() -> Self {
        Self { depth: vec![2.2, 3.4], ..Self::default() }
    }

    /// Number of epochs after which each stage ends, and of candidates that an edge keeps then.
    fn ends(&self, epochs: usize) -> Vec<(usize, usize)> {
        let count: f64 = self.keep.iter().map(|_| 1.0).sum();
        let even = (1_u32..).map(|stage| f64::from(stage) / (count + 1.0));
        let shares: Vec<f64> = if self.at.is_empty() { even.take(self.keep.len()).collect() } else { self.at.clone() };
        shares.iter().map(|&share| epochs_in(share, epochs)).zip(self.keep.iter().copied()).collect()
    }
}

impl Part for CandidateStages {
    fn slot(&self) -> Slot {
        Slot::Stages
    }

    fn check(&self) -> Result<(), PartError> {
        let listed = format!("{:?}", self.keep);
        let falling = self.keep.windows(2).all(|two| two[1] < two[0]) && !self.keep.contains(&0);
        let some = (1..=100).contains(&self.keep.len());
        PartError::check(some && falling, "keep", "1 to 100 falling numbers from 1 on", &listed)?;
        let listed = format!("{:?}", self.at);
        let inside = self.at.iter().all(|&share| share > 0.0 && share < 1.0);
        let rising = inside && self.at.windows(2).all(|two| two[0] < two[1]);
        let whole = self.at.is_empty() || self.at.len() == self.keep.len();
        PartError::check(rising && whole, "at", "rising shares between 0 and 1, as many as `keep` has", &listed)?;
        let listed = format!("{:?}", self.depth);
        let inside = self.depth.iter().all(|depth| (0.1..=100.0).contains(depth));
        let whole = self.depth.is_empty() || self.depth.len() == self.keep.len();
        PartError::check(inside && whole, "depth", "numbers from 0.1 to 100, as many as `keep` has", &listed)
    }

    fn stage_ends(&self, epochs: usize) -> Vec<usize> {
        self.ends(epochs).into_iter().map(|(end, _)| end).collect()
    }

    fn supernets(&self, epochs: usize) -> Vec<NewSupernet> {
        let ends = self.stage_ends(epochs).into_iter().zip(&self.depth);
        ends.map(|(after, &depth)| NewSupernet { after, depth, new_cosine: true }).collect()
    }

    fn end_stage(&self, end: &StageEnd<'_>) -> Option<NextStage> {
        let ended = end.moment.epoch + 1;
        let ends = self.ends(end.moment.epochs).into_iter().filter(|(end, _)| *end == ended);
        // In a short search, several stages may end with one epoch.
        let keep = ends.map(|(_, keep)| keep).min()?;
        let leaving = leaving(end, |_, order| order.iter().copied().take(keep).collect());
        let supernet = self.supernets(end.moment.epochs).into_iter().rfind(|supernet| supernet.after == ended);
        Some(NextStage { leaving, alpha: self.alpha, supernet })
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        let in_use = |row: &Vec<f64>| row.iter().filter(|alpha| **alpha > f64::NEG_INFINITY).map(|_| 1.0).sum::<f64>();
        let counts: Vec<f64> = end.alpha.tables.iter().flatten().map(in_use).collect();
        let edges: f64 = counts.iter().map(|_| 1.0).sum();
        vec![("candidates", counts.iter().sum::<f64>() / edges)]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::method::testing::spread;
    use crate::method::{Method, Moment};
    use crate::space::{Architecture, EdgeCandidate, Space};

    fn ended(
        part: &CandidateStages,
        space: &Space,
        alpha: &Architecture,
        epoch: usize,
        epochs: usize,
    ) -> Option<NextStage> {
        let moment = Moment { epoch, epochs, step: 0, seed: 0 };
        part.end_stage(&StageEnd { space, alpha: &alpha.confined(), moment: &moment })
    }

    /// P-DARTS's 75 epochs have stages of 25; shares are rounded, and short searches have what fits.
    #[test]
    fn stages_end_after_their_epochs() {
        let even = CandidateStages::default();
        assert_eq!(even.ends(75), [(25, 5), (50, 3)]);
        assert_eq!((even.ends(10), even.ends(2)), (vec![(3, 5), (7, 3)], vec![(1, 5), (1, 3)]));
        let drnas = CandidateStages { keep: vec![4], at: vec![0.25], alpha: StageAlpha::Kept, depth: Vec::new() };
        assert_eq!(drnas.stage_ends(50), [13]);
        let (space, alpha) = spread("darts");
        for epoch in 0..10 {
            assert_eq!(ended(&even, &space, &alpha, epoch, 10).is_some(), [2, 6].contains(&epoch), "{epoch}");
        }
    }

    /// The order of α by hand on one edge; `none` may be the strongest and does not count as the one that stays.
    #[test]
    fn the_weakest_candidates_of_an_edge_leave() {
        let space = Space::named("darts-none").unwrap();
        let mut alpha = Architecture::new(&space, 1);
        let part = |keep: usize| CandidateStages { keep: vec![keep], at: vec![0.5], ..CandidateStages::default() };
        for row in alpha.tables.iter_mut().flatten() {
            *row = vec![9.0, 1.0, -1.0, 3.0, 3.0, 0.0, 2.0, 4.0];
        }
        let leaving = |part: &CandidateStages, alpha: &Architecture| -> Vec<usize> {
            let next = ended(part, &space, alpha, 0, 2).unwrap();
            assert_eq!(next.leaving.len() % 28, 0);
            let first = next.leaving.iter().filter(|place| (place.cell_type, place.edge) == (1, 13));
            let mut first: Vec<usize> = first.map(|place| place.candidate).collect();
            first.sort_unstable();
            first
        };
        // From the strongest: none, then 7, 3, 4, 6, 1, 5 and 2.
        assert_eq!(leaving(&part(5), &alpha), [1, 2, 5]);
        assert_eq!(leaving(&part(3), &alpha), [1, 2, 4, 5, 6]);
        assert_eq!(leaving(&part(1), &alpha), [1, 2, 3, 4, 5, 6]);
        assert_eq!(leaving(&part(8), &alpha), [0; 0]);
        // Those that have left before do not count.
        let before =
            (0..2).flat_map(|cell_type| (0..14).map(move |edge| EdgeCandidate { cell_type, edge, candidate: 7 }));
        alpha.set_left(&space, &before.collect::<Vec<_>>()).unwrap();
        assert_eq!(leaving(&part(3), &alpha), [1, 2, 5, 6]);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let why = |keep: &[usize], at: &[f64]| {
            let part = CandidateStages { keep: keep.to_vec(), at: at.to_vec(), ..CandidateStages::default() };
            part.check().map_err(|error| error.to_string())
        };
        assert_eq!(why(&[5, 3], &[0.3, 0.6]), Ok(()));
        for keep in [&[][..], &[3, 5], &[3, 3], &[3, 0]] {
            assert!(why(keep, &[]).unwrap_err().contains("`keep`"), "{keep:?}");
        }
        for at in [&[0.5][..], &[0.6, 0.3], &[0.0, 0.5], &[0.5, 1.0], &[f64::NAN, 0.5]] {
            assert!(why(&[5, 3], at).unwrap_err().contains("`at`"), "{at:?}");
        }
        let why = |depth: &[f64]| {
            let part = CandidateStages { depth: depth.to_vec(), ..CandidateStages::default() };
            part.check().map_err(|error| error.to_string())
        };
        assert_eq!((why(&[]), why(&[0.1, 100.0]), CandidateStages::p_darts().check()), (Ok(()), Ok(()), Ok(())));
        for depth in [&[2.0][..], &[1.0, 2.0, 3.0], &[0.0, 2.0], &[-1.0, 2.0], &[2.0, 101.0], &[f64::NAN, 2.0]] {
            assert!(why(depth).unwrap_err().contains("`depth`"), "{depth:?}");
        }
    }

    /// P-DARTS has 5, 11 and 17 cells. Where two stages end with one epoch, the second one's supernet follows.
    #[test]
    fn supernets_grow_with_the_stages() {
        let part = CandidateStages::p_darts();
        let (space, alpha) = spread("darts");
        let depths = |epochs: usize| -> Vec<Option<f64>> {
            let supernet = |epoch| ended(&part, &space, &alpha, epoch, epochs)?.supernet;
            (0..epochs).map(|epoch| Some(supernet(epoch)?.depth)).collect()
        };
        assert_eq!(depths(6), [None, Some(2.2), None, Some(3.4), None, None]);
        assert_eq!(depths(2), [Some(3.4), None]);
        let of_part = |part: CandidateStages| {
            let mut method = Method::new(Vec::new());
            method.push("candidate_stages", Arc::new(part));
            method
        };
        let method = of_part(CandidateStages::p_darts());
        assert_eq!((method.cells(5, 75), method.cells(1, 3)), (vec![5, 11, 17], vec![1, 2, 3]));
        // A search of one epoch has one stage.
        assert_eq!(method.cells(5, 1), [5]);
        let cosines = [0, 24, 25, 49, 50, 74].map(|epoch| method.cosine(epoch, 75));
        assert_eq!(cosines, [0..25, 0..25, 25..50, 25..50, 50..75, 50..75]);
        let goes_on = of_part(CandidateStages::default());
        assert_eq!((goes_on.cells(5, 75), goes_on.cosine(30, 75)), (vec![5], 0..75));
    }
}
