//! Gumbel softmax, hard: each edge samples one operation (GDAS, arXiv:1910.04465).
//!
//! ```text
//! p̃ = softmax((α + g) / τ_t),  g ~ Gumbel(0, 1),   p = onehot(argmax p̃),   ∂L/∂α = J(p̃)ᵀ ∂L/∂p / τ_t
//! ```
//!
//! The temperature τ falls linearly from `first` to `last`. One sample an edge is shared by all cells of a type; training
//! and validation draw their own. Only the sampled operations run. ∂L/∂p of the others is Σ ∂L/∂y over the node y that
//! they lead to, as if their outputs were ones: so has the first code of the reference, whose results are published. The
//! paper reads the sampled operations alone. Evaluations take the strongest operation of each edge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::sampling::{gumbel_softmax, hard};
use crate::method::{EpochEnd, Jacobian, Moment, Part, PartError, Relaxed, Slot, Tables};
use crate::space::Architecture;

/// Settings of the sampling. Its defaults are published: τ falls from 10 to 0.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GumbelHard {
    /// Temperature τ in the first epoch.
    pub first: f64,
    /// Temperature τ in the last epoch.
    pub last: f64,
}

impl Default for GumbelHard {
    fn default() -> Self {
        Self { first: 10.0, last: 0.1 }
    }
}

impl Part for GumbelHard {
    fn slot(&self) -> Slot {
        Slot::Relaxation
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::positive("first", self.first)?;
        PartError::positive("last", self.last)
    }

    fn relax(&self, alpha: &Architecture, moment: &Moment, pass: u8) -> Option<Relaxed> {
        let tau = moment.between(self.first, self.last);
        let soft = gumbel_softmax(alpha, tau, &mut moment.random(16 + pass));
        let relaxed = Relaxed::new(hard(&soft), Jacobian::Softmax { soft, scale: 1.0 / tau });
        Some(Relaxed { ones: true, ..relaxed })
    }

    fn relax_for_evaluation(&self, alpha: &Architecture) -> Option<Tables> {
        Some(hard(&alpha.probabilities()))
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        vec![("tau", end.moment.between(self.first, self.last))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::assert_derivative;
    use crate::space::Space;

    /// Over many samples an operation is chosen as often as the softmax of α says, whatever the temperature.
    #[test]
    fn samples_follow_the_softmax() {
        let mut alpha = Architecture::new(&Space::named("nas-bench-201").unwrap(), 1);
        alpha.tables[0][0] = vec![0.0, 1.0, -1.0, 0.5, 2.0];
        let mut counts = [0.0_f64; 5];
        for step in 0..20_000 {
            let moment = Moment { epoch: (step % 7) as usize, epochs: 7, step, seed: 3 };
            let relaxed = GumbelHard::default().relax(&alpha, &moment, 0).unwrap();
            assert!((relaxed.p[0][0].iter().sum::<f64>() - 1.0).abs() < 1e-12);
            counts.iter_mut().zip(&relaxed.p[0][0]).for_each(|(count, p)| *count += p / 20_000.0);
        }
        for (count, p) in counts.iter().zip(&alpha.probabilities()[0][0]) {
            assert!((count - p).abs() < 0.015, "{counts:?}");
        }
    }

    /// The gradient of α against two-sided differences of ⟨g, p̃⟩ under the same noise.
    #[test]
    fn gradient_goes_through_the_soft_sample() {
        assert_derivative(&GumbelHard { first: 0.7, last: 0.7 }, |relaxed| match &relaxed.jacobian {
            Jacobian::Softmax { soft, .. } => soft.clone(),
            other => panic!("{other:?}"),
        });
    }
}
