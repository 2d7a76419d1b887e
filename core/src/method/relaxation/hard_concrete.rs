//! Hard concrete gates: every candidate has a gate of its own, which is often wholly closed or open (PR-DARTS,
//! arXiv:2006.16537).
//!
//! ```text
//! ḡ = σ((α + ln u − ln(1 − u)) / τ_t),  u ~ U(0, 1),   g = clip(low + (high − low) ḡ, 0, 1)
//! P(g > 0) = σ(α − τ_t ln(−low/high)),   ∂L/∂α = ∂g/∂α · ∂L/∂p
//! ```
//!
//! With `keep` = 0 an edge reads p = g, as in the paper. By default it is as in the reference: each gate is put last
//! with the chance `drop`, the `keep` largest ones of an edge have p = 1 and the others 0, gates of one value in a
//! random order; the gradient goes straight through to g. The temperature τ falls linearly from `first` to `last`. One
//! sample an edge is shared by all cells of a type; training and validation draw their own. Evaluations take the `keep`
//! largest α, or the gates of u = 1/2 at τ = 1. The published method lets a node keep two operations of one edge;
//! derived architectures here have one an edge.

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::sampling::{by_candidate, by_edge, logistic, mean_by_candidate, sigmoid};
use crate::method::{EpochEnd, Jacobian, Moment, Part, PartError, Relaxed, Slot, Tables};
use crate::space::Architecture;
use crate::vector::sort_indices;

/// Settings of the gates. Its defaults are those of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HardConcrete {
    /// Temperature τ in the first epoch.
    pub first: f64,
    /// Temperature τ in the last epoch.
    pub last: f64,
    /// Lower end of the stretched gates, below 0.
    pub low: f64,
    /// Upper end of the stretched gates, above 1.
    pub high: f64,
    /// Number of candidates that an edge reads, each with the weight 1; with 0 all with the weights of their gates.
    pub keep: usize,
    /// Chance of a candidate to be put last, from 0 to 1.
    pub drop: f64,
}

impl Default for HardConcrete {
    fn default() -> Self {
        Self { first: 1.0, last: 0.1, low: -0.1, high: 1.1, keep: 2, drop: 0.4 }
    }
}

impl HardConcrete {
    /// Stretched gate before it is clipped.
    fn stretched(&self, soft: f64) -> f64 {
        self.low + (self.high - self.low) * soft
    }

    /// Number τ ln(−low/high), with which P(g > 0) = σ(α − shift).
    fn shift(&self, tau: f64) -> f64 {
        tau * libm::log(-self.low / self.high)
    }

    /// Derivative ∂g/∂α from ḡ.
    fn slope(&self, soft: f64, tau: f64) -> f64 {
        let inside = (0.0..=1.0).contains(&self.stretched(soft));
        if inside { (self.high - self.low) * soft * (1.0 - soft) / tau } else { 0.0 }
    }

    /// Draws the candidates that an edge reads, by their gates; those that cannot open are never read.
    fn choose(&self, gates: &[f64], open: &[f64], random: &mut impl Rng) -> Vec<f64> {
        let mut order: Vec<(usize, f64, f64)> = Vec::new();
        for (at, gate) in gates.iter().enumerate().filter(|(at, _)| open[*at] > 0.0) {
            let last = if random.random::<f64>() < self.drop { 1.0 } else { 0.0 };
            order.push((at, gate - last, random.random::<f64>()));
        }
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.2.total_cmp(&a.2)));
        let mut read = vec![0.0; gates.len()];
        order.into_iter().take(self.keep).for_each(|(at, ..)| read[at] = 1.0);
        read
    }
}

impl Part for HardConcrete {
    fn slot(&self) -> Slot {
        Slot::Relaxation
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::positive("first", self.first)?;
        PartError::positive("last", self.last)?;
        PartError::check(self.low.is_finite() && self.low < 0.0, "low", "a negative number", &self.low)?;
        PartError::check(self.high.is_finite() && self.high > 1.0, "high", "more than 1", &self.high)?;
        PartError::check((0.0..=1.0).contains(&self.drop), "drop", "between 0 and 1", &self.drop)
    }

    fn relax(&self, alpha: &Architecture, moment: &Moment, pass: u8) -> Option<Relaxed> {
        let tau = moment.between(self.first, self.last);
        let mut random = moment.random(16 + pass);
        let soft = by_candidate(alpha, |alpha| sigmoid((alpha + logistic(&mut random)) / tau));
        let gates = by_edge(&soft, |soft| soft.iter().map(|&soft| self.stretched(soft).clamp(0.0, 1.0)).collect());
        let slopes = by_edge(&soft, |soft| soft.iter().map(|&soft| self.slope(soft, tau)).collect());
        let shift = self.shift(tau);
        let mut open = by_candidate(alpha, |alpha| sigmoid(alpha - shift));
        let mut p = gates;
        if self.keep > 0 {
            for (p, open) in p.iter_mut().flatten().zip(open.iter_mut().flatten()) {
                *p = self.choose(p, open, &mut random);
                open.iter_mut().zip(&*p).for_each(|(open, p)| *open *= p);
            }
        }
        Some(Relaxed { gates: Some(open), ..Relaxed::new(p, Jacobian::Diagonal(slopes)) })
    }

    fn relax_for_evaluation(&self, alpha: &Architecture) -> Option<Tables> {
        if self.keep == 0 {
            return Some(by_candidate(alpha, |alpha| self.stretched(sigmoid(alpha)).clamp(0.0, 1.0)));
        }
        Some(by_edge(&alpha.probabilities(), |soft| {
            let mut order: Vec<usize> = (0..soft.len()).filter(|&at| soft[at] > 0.0).collect();
            sort_indices(&mut order, &|a, b| soft[b].total_cmp(&soft[a]));
            let mut read = vec![0.0; soft.len()];
            order.into_iter().take(self.keep).for_each(|at| read[at] = 1.0);
            read
        }))
    }

    /// The probability that a gate is open in the last epoch.
    fn sampling_weights(&self, alpha: &Architecture) -> Option<Tables> {
        let shift = self.shift(self.last);
        Some(by_candidate(alpha, |alpha| sigmoid(alpha - shift)))
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        let tau = end.moment.between(self.first, self.last);
        let shift = self.shift(tau);
        vec![("tau", tau), ("open", mean_by_candidate(end.alpha, |alpha| sigmoid(alpha - shift)))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::{HALFWAY, assert_derivative, spread};

    #[test]
    fn gradient_is_the_derivative_of_the_gates() {
        let part = HardConcrete { keep: 0, ..HardConcrete::default() };
        assert_derivative(&part, |relaxed| relaxed.p.clone());
        // The choice of gates leaves the way back as it is.
        let (_, alpha) = spread("s3");
        let jacobian = |part: &HardConcrete| part.relax(&alpha, &HALFWAY, 1).unwrap().jacobian;
        assert_eq!(jacobian(&part), jacobian(&HardConcrete::default()));
    }

    /// Gates are open as often as P(g > 0) says, and some are wholly open.
    #[test]
    fn gates_are_open_with_their_probability() {
        let (_, mut alpha) = spread("nas-bench-201");
        alpha.tables = vec![vec![vec![0.0, -1.0, -3.0, 2.0, 0.5]]];
        let part = HardConcrete { keep: 0, ..HardConcrete::default() };
        let (mut counts, mut whole) = ([0.0_f64; 5], 0);
        for step in 0..20_000 {
            let p = part.relax(&alpha, &Moment { step, ..HALFWAY }, 0).unwrap().p;
            counts.iter_mut().zip(&p[0][0]).for_each(|(count, p)| *count += f64::from(u8::from(*p > 0.0)) / 20_000.0);
            whole += usize::from(p[0][0][3] >= 1.0);
        }
        let open = part.relax(&alpha, &HALFWAY, 0).unwrap().gates.unwrap();
        for ((count, open), alpha) in counts.iter().zip(&open[0][0]).zip(&alpha.tables[0][0]) {
            // By hand: τ = .55 and −low/high = 1/11.
            let expected = 1.0 / (1.0 + (-alpha - 0.55 * 11_f64.ln()).exp());
            assert!((open - expected).abs() < 1e-12, "{open}, not {expected}");
            assert!((count - expected).abs() < 0.015, "{count}, not {expected}");
        }
        assert!(whole > 5000, "{whole}");
    }

    /// Two candidates are read, and open ones more often.
    #[test]
    fn an_edge_reads_as_many_candidates_as_it_keeps() {
        let (_, mut alpha) = spread("nas-bench-201");
        alpha.tables = vec![vec![vec![9.0, -9.0, f64::NEG_INFINITY, 9.0, -9.0]]];
        let part = HardConcrete { drop: 0.25, ..HardConcrete::default() };
        let mut both = 0.0_f64;
        for step in 0..20_000 {
            let relaxed = part.relax(&alpha, &Moment { step, ..HALFWAY }, 0).unwrap();
            let (p, open) = (&relaxed.p[0][0], &relaxed.gates.as_ref().unwrap()[0][0]);
            assert!((p.iter().sum::<f64>() - 2.0).abs() < 1e-12 && p[2] == 0.0, "{p:?}");
            assert!(p.iter().zip(open).all(|(p, open)| (*p > 0.0) == (*open > 0.0)), "{open:?}");
            both += p[0] * p[3] / 20_000.0;
        }
        // An open gate that is put last is worth as much as a closed one that is not, and shares the places that are
        // left with them: 9/16 if none of the two is put last, 6/16 · 7/16 if one is, 1/16 · 9/32 if both are.
        let expected = 0.744;
        assert!((both - expected).abs() < 0.015_f64, "{both}, not {expected}");
        assert_eq!(part.relax_for_evaluation(&alpha).unwrap()[0][0], vec![1.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
