//! Random streams: the only source of random numbers of a search.
//!
//! A stream is determined by the seed, a purpose and a counter (the epoch or the step). No state of a generator has to
//! be saved: a search that is resumed at a step draws the same numbers as one that was never interrupted.

mod ziggurat;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub(crate) use ziggurat::normals;

/// Purpose of a stream of random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Initial weights of a supernet; the counter is the epoch in which it begins.
    Weights = 1,
    /// Initial architecture parameters.
    Architecture = 2,
    /// Choice of the images and their split into parts.
    Split = 3,
    /// Order of the training images in an epoch.
    TrainOrder = 4,
    /// Order of the validation images in an epoch.
    ValidOrder = 5,
    /// Crops, flips and cutouts of a step.
    Augment = 6,
    /// Output of the noise operations in a step.
    Noise = 7,
    /// Synthetic images that replace those of a data set.
    Images = 8,
    /// Random parts of a method.
    Method = 9,
    /// Masks of the drop paths and of dropout in a step.
    DropPath = 10,
    /// Proposals of a searcher.
    Searcher = 11,
    /// Draws of a selection after the last epoch.
    Selection = 12,
}

/// Returns the stream of random numbers for `purpose` and `counter` in the search with this seed.
pub(crate) fn stream(seed: u64, purpose: Stream, counter: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
    key[16..24].copy_from_slice(&counter.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// Draws from the standard normal distribution by the Box–Muller transform, with the elementary functions of `libm`,
/// which give the same bits on every machine.
pub(crate) fn normal(random: &mut impl Rng) -> f64 {
    // 53 bits each: u in (0, 1], v in [0, 1).
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    let [u, v] = [1, 0].map(|above| ((random.next_u64() >> 11) + above) as f64 / (1_u64 << 53) as f64);
    libm::sqrt(-2.0 * libm::log(u)) * libm::cos(2.0 * std::f64::consts::PI * v)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the mean, the variance, and the share within one standard deviation of 100,000 draws.
    #[test]
    fn draws_are_standard_normal() {
        let mut random = stream(7, Stream::Noise, 1);
        let draws: Vec<f64> = (0..100_000).map(|_| normal(&mut random)).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 1e5;
        let inside = draws.iter().filter(|x| x.abs() < 1.0).count();
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.01, "{mean} {variance}");
        assert!((67_800..68_800).contains(&inside), "{inside}");
    }
}
