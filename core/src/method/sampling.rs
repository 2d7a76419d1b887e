//! Random draws, and maps of tables, that several parts share.

use rand::{Rng, RngExt};

use super::Tables;
use crate::space::Architecture;
use crate::vector::argmax;

/// Half of the least uniform draw of 53 bits that is not 0, in the place of a draw of 0.
pub(super) const LEAST: f64 = f64::EPSILON / 4.0;

/// Logistic function σ(x) = 1/(1 + e^−x).
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// Draws from the standard Gumbel distribution, −ln(−ln u) with u uniform in (0, 1).
pub(super) fn gumbel(random: &mut impl Rng) -> f64 {
    let u = random.random::<f64>().max(f64::MIN_POSITIVE);
    -libm::log(-libm::log(u))
}

/// Draws from the standard logistic distribution, ln(u/(1 − u)) with u uniform in (0, 1).
pub(super) fn logistic(random: &mut impl Rng) -> f64 {
    let u = random.random::<f64>().max(LEAST);
    libm::log(u) - libm::log1p(-u)
}

/// Draws an index with a chance in proportion to its weight; one of weight 0 is never drawn.
pub(super) fn categorical(random: &mut impl Rng, weights: &[f64]) -> usize {
    let mut rest = random.random::<f64>() * weights.iter().sum::<f64>();
    let mut drawn = 0;
    for (at, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        drawn = at;
        rest -= weight;
        if rest < 0.0 {
            break;
        }
    }
    drawn
}

/// Draws the Gumbel softmax of α, softmax((α + g)/τ) with g ~ Gumbel(0, 1).
pub(super) fn gumbel_softmax(alpha: &Architecture, tau: f64, random: &mut impl Rng) -> Tables {
    let mut noisy = alpha.clone();
    for value in noisy.tables.iter_mut().flatten().flatten() {
        *value = (*value + gumbel(random)) / tau;
    }
    noisy.probabilities()
}

/// Clips the weights of an edge to [0, 1] and scales them to the sum 1. If all are clipped to 0, the largest is 1
/// instead.
pub(super) fn onto_simplex(p: &mut [f64]) {
    let best = argmax(p);
    for p in p.iter_mut() {
        *p = p.clamp(0.0, 1.0);
    }
    if p.iter().all(|&p| p == 0.0) {
        p[best] = 1.0;
    }
    let sum: f64 = p.iter().sum();
    for p in p.iter_mut() {
        *p /= sum;
    }
}

/// Row of `count` numbers, 1 at one place and 0 elsewhere.
pub(super) fn one_hot(place: usize, count: usize) -> Vec<f64> {
    (0..count).map(|at| if at == place { 1.0 } else { 0.0 }).collect()
}

/// Tables with 1 at the largest entry of each edge, the first of equal ones, and 0 elsewhere.
pub(super) fn hard(tables: &Tables) -> Tables {
    by_edge(tables, |row| one_hot(argmax(row), row.len()))
}

/// Tables of a function of the edges of others.
pub(super) fn by_edge(tables: &Tables, mut edge: impl FnMut(&[f64]) -> Vec<f64>) -> Tables {
    tables.iter().map(|table| table.iter().map(|row| edge(row)).collect()).collect()
}

/// Tables of a function of every α. Candidates that the architecture leaves out, whose softmax is 0, get 0.
pub(super) fn by_candidate(alpha: &Architecture, mut value: impl FnMut(f64) -> f64) -> Tables {
    let (mut tables, soft) = (alpha.tables.clone(), alpha.probabilities());
    for (place, p) in tables.iter_mut().flatten().flatten().zip(soft.iter().flatten().flatten()) {
        *place = if *p > 0.0 { value(*place) } else { 0.0 };
    }
    tables
}

/// Mean of a function of every α that the architecture does not leave out.
pub(super) fn mean_by_candidate(alpha: &Architecture, value: impl Fn(f64) -> f64) -> f64 {
    let soft = alpha.probabilities();
    let all = alpha.tables.iter().flatten().flatten().zip(soft.iter().flatten().flatten());
    let values: Vec<f64> = all.filter(|(_, p)| **p > 0.0).map(|(alpha, _)| value(*alpha)).collect();
    #[expect(clippy::cast_precision_loss, reason = "candidates are few")]
    let count = values.len().max(1) as f64;
    values.iter().sum::<f64>() / count
}

/// Adds tables to a gradient, which is flattened table by table, row by row.
pub(super) fn add(gradient: &mut [f64], tables: &Tables) {
    gradient.iter_mut().zip(tables.iter().flatten().flatten()).for_each(|(slope, own)| *slope += own);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, stream};

    #[test]
    fn an_index_is_drawn_as_often_as_its_weight_says() {
        let mut random = stream(1, Stream::Method, 0);
        let mut counts = [0.0_f64; 4];
        for _ in 0..40_000 {
            counts[categorical(&mut random, &[0.5, 0.0, 1.5, 0.0])] += 1.0 / 40_000.0;
        }
        assert!((counts[0] - 0.25_f64).abs() < 0.01 && (counts[2] - 0.75_f64).abs() < 0.01, "{counts:?}");
        assert!(counts[1] == 0.0 && counts[3] == 0.0, "{counts:?}");
    }

    /// The standard logistic distribution has the distribution function σ.
    #[test]
    fn logistic_draws_have_their_distribution() {
        let mut random = stream(2, Stream::Method, 0);
        let draws: Vec<f64> = (0..40_000).map(|_| logistic(&mut random)).collect();
        for x in [-3.0, -0.5, 0.0, 2.0] {
            let below: f64 = draws.iter().filter(|draw| **draw < x).map(|_| 1.0 / 40_000.0).sum();
            assert!((below - sigmoid(x)).abs() < 0.01, "{x}: {below}");
        }
    }
}
