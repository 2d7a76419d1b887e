//! Scheduled drop path in the supernet (RobustDARTS, arXiv:1909.09656): the weights learn without some of the edges, ever
//! more of them.
//!
//! ```text
//! ō_e(x)_b ← m_{e,b} · ō_e(x)_b,   m = 0 with probability p_t, else 1 / (1 − p_t),   p_t = max · progress
//! ```
//!
//! with a mask m for each edge e of each cell and each image b. As in the code of RobustDARTS, the mixed operation ō_e is
//! dropped as a whole, its skip connection with the others, and in all passes of a step, those of α too; each of its two
//! batches has masks of its own. Measures and evaluations drop nothing. RobustDARTS searches with `max` = 0, 0.2, 0.4 or
//! 0.6 and takes the best of these searches; it raises the probability of cutout with that of the drop paths, which here
//! is constant (`data.cutout`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::MaskKind;
use crate::method::{EpochEnd, Moment, Part, PartError, Slot, Stage};

/// Settings of the drop paths. The default is that of the code of RobustDARTS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DropPath {
    /// Probability in the last epoch; it grows linearly from 0.
    pub max: f64,
}

impl Default for DropPath {
    fn default() -> Self {
        Self { max: 0.2 }
    }
}

impl Part for DropPath {
    fn slot(&self) -> Slot {
        Slot::Mask
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check((0.0..1.0).contains(&self.max), "max", "0 or more and below 1", &self.max)
    }

    fn mask(&self) -> Option<MaskKind> {
        Some(MaskKind::DropPath)
    }

    fn drop_rate(&self, moment: &Moment, _: &Stage) -> f64 {
        moment.between(0.0, self.max)
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        vec![("probability", self.drop_rate(end.moment, end.stage))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probability_grows_from_zero() {
        let part = DropPath { max: 0.6 };
        for (epoch, expected) in [(0, 0.0), (1, 0.15), (2, 0.3), (4, 0.6)] {
            let stage = Stage { number: 0, epochs: 0..5 };
            let found = part.drop_rate(&Moment { epoch, epochs: 5, step: 0, seed: 0 }, &stage);
            assert!((found - expected).abs() < 1e-15_f64, "{epoch}: {found}");
        }
        assert!(part.check().is_ok() && DropPath { max: 1.0 }.check().is_err());
        assert!(DropPath { max: f64::NAN }.check().is_err());
    }
}
