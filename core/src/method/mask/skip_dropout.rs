//! Dropout on the skip connections of the supernet, which fades (P-DARTS, arXiv:1904.12760): at first the other operations
//! learn without the short way around them.
//!
//! ```text
//! skip(x)_i = m_i · x_i,   m = 0 with probability r_t, else 1 / (1 − r_t)
//! in epoch t of E of a stage with the rate r, of which L = linear · E, rounded:
//! r_t = r · (E − t − 1) / E         for t < L
//! r_t = r · exp(−decay · (t − L))   afterwards
//! ```
//!
//! with a factor m for each number. As in the code of P-DARTS, skip connections at stride 2, which have weights, are not
//! dropped, and the dropout is there in all passes of a step, those of α too; each of its two batches has masks of its
//! own. Measures and evaluations drop nothing. A search without stages is one stage. P-DARTS has three stages of 25
//! epochs, with the rates 0, 0.4 and 0.7, of which the first ten epochs are those in which its α rests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::MaskKind;
use crate::method::stage::epochs_in;
use crate::method::{EpochEnd, Moment, Part, PartError, Slot, Stage};
use crate::space::{Operation, Space};

/// Settings of the dropout. Its defaults are those of the second stage of P-DARTS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SkipDropout {
    /// Rate of each stage before it decays; that of the last one holds for further stages.
    pub rates: Vec<f64>,
    /// Share of the epochs of a stage in which the rate falls linearly; afterwards it begins anew.
    pub linear: f64,
    /// Exponent by which it decays in each epoch from there on.
    pub decay: f64,
}

impl Default for SkipDropout {
    fn default() -> Self {
        Self { rates: vec![0.4], linear: 0.4, decay: 0.2 }
    }
}

impl SkipDropout {
    /// Dropout of the three stages of P-DARTS on CIFAR-10.
    pub(in crate::method) fn p_darts() -> Self {
        Self { rates: vec![0.0, 0.4, 0.7], ..Self::default() }
    }
}

impl Part for SkipDropout {
    fn slot(&self) -> Slot {
        Slot::Mask
    }

    fn check(&self) -> Result<(), PartError> {
        let inside = self.rates.iter().all(|rate| (0.0..1.0).contains(rate));
        let some = (1..=100).contains(&self.rates.len());
        let listed = format!("{:?}", self.rates);
        PartError::check(some && inside, "rates", "1 to 100 numbers of 0 or more and below 1", &listed)?;
        PartError::check((0.0..=1.0).contains(&self.linear), "linear", "from 0 to 1", &self.linear)?;
        PartError::not_negative("decay", self.decay)
    }

    fn check_with(&self, space: &Space, _: &[&'static str]) -> Result<(), PartError> {
        let mut edges = space.cell_types.iter().flat_map(|cell_type| &cell_type.edges);
        if edges.any(|edge| edge.operations.contains(&Operation::SkipConnect)) {
            return Ok(());
        }
        let why = format!("`skip_dropout` drops the candidate `skip_connect`, and no edge of {} has it", space.name);
        Err(PartError::Composition { why })
    }

    fn mask(&self) -> Option<MaskKind> {
        Some(MaskKind::Dropout)
    }

    fn drop_rate(&self, moment: &Moment, stage: &Stage) -> f64 {
        let Some(rate) = self.rates.get(stage.number).or(self.rates.last()) else { return 0.0 };
        let of_stage = stage.epochs.len();
        let at = [moment.epoch.saturating_sub(stage.epochs.start), of_stage, epochs_in(self.linear, of_stage)];
        #[expect(clippy::cast_precision_loss, reason = "epochs are few")]
        let [epoch, epochs, linear] = at.map(|count| count as f64);
        if epoch < linear {
            return rate * (epochs - epoch - 1.0).max(0.0) / epochs;
        }
        rate * libm::exp(-self.decay * (epoch - linear))
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        vec![("rate", self.drop_rate(end.moment, end.stage))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rates of the stages of P-DARTS, by hand.
    #[test]
    fn the_rate_is_that_of_the_reference() {
        let part = SkipDropout { rates: vec![0.5, 0.25], ..SkipDropout::default() };
        let expected = [(0, 0.48), (4, 0.4), (9, 0.3), (10, 0.5), (11, 0.409_365_376_5), (24, 0.030_405_031_3)];
        for (number, (epoch, expected)) in (0..3).flat_map(|number| expected.map(|of_epoch| (number, of_epoch))) {
            let stage = Stage { number, epochs: 25 * number..25 * (number + 1) };
            let moment = Moment { epoch: stage.epochs.start + epoch, epochs: 75, step: 0, seed: 0 };
            let expected = if number == 0 { expected } else { expected / 2.0 };
            let found = part.drop_rate(&moment, &stage);
            assert!((found - expected).abs() < 1e-9_f64, "{moment:?}: {found}, not {expected}");
        }
        assert_eq!((part.check(), SkipDropout::p_darts().check()), (Ok(()), Ok(())));
        for (wrong, setting) in [
            (SkipDropout { rates: vec![1.0], ..part.clone() }, "`rates`"),
            (SkipDropout { rates: Vec::new(), ..part.clone() }, "`rates`"),
            (SkipDropout { linear: 1.1, ..part.clone() }, "`linear`"),
            (SkipDropout { decay: -0.1, ..part }, "`decay`"),
        ] {
            assert!(wrong.check().unwrap_err().to_string().contains(setting), "{wrong:?}");
        }
    }

    #[test]
    fn spaces_without_skip_connections_are_refused() {
        let refused = |name| SkipDropout::default().check_with(&Space::named(name).unwrap(), &[]);
        assert!(refused("darts").is_ok() && refused("s2").is_ok());
        let why = refused("s4").unwrap_err().to_string();
        assert!(why.contains("no edge of s4 has it"), "{why}");
    }
}
