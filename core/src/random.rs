//! The one source of chance of a search.
//!
//! Every draw comes from a stream that is named by the seed, a purpose and a counter (the epoch, or the step). There is
//! no generator whose state would have to be saved: a search that is resumed at a step draws what it would have drawn.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// What numbers are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The first weights of the supernet.
    Weights = 1,
    /// The first architecture parameters.
    Architecture = 2,
    /// Which images are used and which part they fall into.
    Split = 3,
    /// The order of the training images in an epoch.
    TrainOrder = 4,
    /// The order of the validation images in an epoch.
    ValidOrder = 5,
    /// Crops, flips and cutouts of a step.
    Augment = 6,
    /// The noise operations of a step.
    Noise = 7,
    /// Images in the place of a data set's.
    Images = 8,
}

/// The stream of random numbers for `purpose`, at `counter`, of the search with this seed.
pub(crate) fn stream(seed: u64, purpose: Purpose, counter: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
    key[16..24].copy_from_slice(&counter.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}
