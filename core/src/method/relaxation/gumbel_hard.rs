//! Gumbel softmax, hard: each edge samples one operation (GDAS, arXiv:1910.04465).
//!
//! ```text
//! p̃ = softmax((α + g) / τ_t),  g ~ Gumbel(0, 1),   p = onehot(argmax p̃),   ∂L/∂α = J(p̃)ᵀ ∂L/∂p / τ_t
//! ```
//!
//! The temperature τ falls linearly from `first` to `last`. One sample an edge is shared by all cells of a type; training
//! and validation draw their own. The gradient goes straight through to every candidate, by its output at the sampled
//! point; the reference code gives an unselected candidate the sum of ∂L over its output instead. Evaluations take the
//! strongest operation of each edge.

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{Moment, Part, PartError, Relaxed, Slot, Tables};
use crate::space::Architecture;
use crate::vector::argmax;

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

/// Draws from the standard Gumbel distribution, −ln(−ln u) with u uniform in (0, 1).
fn gumbel(random: &mut impl Rng) -> f64 {
    let u = random.random::<f64>().max(f64::MIN_POSITIVE);
    -libm::log(-libm::log(u))
}

/// 1 at the largest entry, the first of equal ones, and 0 elsewhere.
fn one_hot(row: &[f64]) -> Vec<f64> {
    let best = argmax(row);
    (0..row.len()).map(|at| if at == best { 1.0 } else { 0.0 }).collect()
}

fn hard(tables: &Tables) -> Tables {
    tables.iter().map(|table| table.iter().map(|row| one_hot(row)).collect()).collect()
}

impl Part for GumbelHard {
    fn slot(&self) -> Slot {
        Slot::Relaxation
    }

    fn check(&self) -> Result<(), PartError> {
        for (name, value) in [("first", self.first), ("last", self.last)] {
            PartError::check(value.is_finite() && value > 0.0, name, "a positive number", &value)?;
        }
        Ok(())
    }

    fn relax(&self, alpha: &Architecture, moment: &Moment, pass: u8) -> Option<Relaxed> {
        let tau = self.first + (self.last - self.first) * moment.progress();
        let mut random = moment.random(16 + pass);
        let mut noisy = alpha.clone();
        for value in noisy.tables.iter_mut().flatten().flatten() {
            *value = (*value + gumbel(&mut random)) / tau;
        }
        let soft = noisy.probabilities();
        Some(Relaxed { p: hard(&soft), soft, scale: 1.0 / tau })
    }

    fn relax_for_evaluation(&self, alpha: &Architecture) -> Option<Tables> {
        Some(hard(&alpha.probabilities()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::Method;
    use crate::space::Space;

    /// Over many samples an operation is chosen as often as the softmax of α says, whatever the temperature.
    #[test]
    fn samples_follow_the_softmax() {
        let mut alpha = Architecture::new(&Space::named("nas-bench-201").unwrap(), 1);
        alpha.tables[0][0] = vec![0.0, 1.0, -1.0, 0.5, 2.0];
        let mut counts = [0.0; 5];
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
        let space = Space::named("nas-bench-201").unwrap();
        let alpha = Architecture::new(&space, 1);
        let (part, moment) = (GumbelHard { first: 0.7, last: 0.7 }, Moment { epoch: 0, epochs: 1, step: 4, seed: 2 });
        let g: Vec<f64> = (0..30).map(|i| f64::from(i % 7) - 2.5).collect();
        let relaxed = part.relax(&alpha, &moment, 1).unwrap();
        let method = Method::new(Vec::new());
        let gradient = method.alpha_gradient(&alpha, &relaxed, &[0], std::slice::from_ref(&g), &moment);
        let value = |alpha: &Architecture| -> f64 {
            let soft = part.relax(alpha, &moment, 1).unwrap().soft;
            soft[0].concat().iter().zip(&g).map(|(p, g)| p * g).sum()
        };
        for (at, slope) in gradient.iter().enumerate() {
            let side = |by: f64| {
                let (mut moved, mut flat) = (alpha.clone(), alpha.flat());
                flat[at] += by;
                moved.set_flat(&flat);
                value(&moved)
            };
            let difference = (side(1e-6) - side(-1e-6)) / 2e-6;
            assert!((slope - difference).abs() < 1e-6 * (1.0 + slope.abs()), "{slope} {difference}");
        }
    }
}
