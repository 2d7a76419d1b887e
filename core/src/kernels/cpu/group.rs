//! What belongs to some images of a batch: their feature maps, gradients and sums.
//!
//! A feature map of a group is `[channels, images, height, width]`: the pixels of a channel lie in one row.

use super::Real;

/// Two sums of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moments {
    /// Mean, or Σ of the gradient.
    pub(super) first: f64,
    /// Σ (x − mean)², or Σ of gradient times normalized value.
    pub(super) second: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Group<T> {
    /// How many images, and how many come before them.
    pub(super) images: usize,
    pub(super) start: usize,
    pub(super) values: Vec<Vec<T>>,
    /// Empty where there is none (yet, or any more).
    pub(super) gradients: Vec<Vec<T>>,
    /// Statistics of every normalized channel.
    pub(super) moments: Vec<Moments>,
    /// Gradient sums of every normalized channel.
    pub(super) sums: Vec<Moments>,
    /// Which tap won, by value.
    pub(super) winners: Vec<Vec<u8>>,
    /// Buffers of gradients that are free again.
    pub(super) pool: Vec<Vec<T>>,
}

/// Which way the ReLUs and max pools of a group went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    /// Where a value was positive, by value; empty where no ReLU reads it.
    pub(crate) open: Vec<Vec<u8>>,
    /// Which tap won, by the pool's output.
    pub(super) winners: Vec<Vec<u8>>,
}

impl<T: Real> Group<T> {
    /// The gradient of a value of `count` numbers to add to: zeros if there was none.
    #[inline(always)]
    pub(super) fn take_gradient(&mut self, value: usize, count: usize) -> Vec<T> {
        let gradient = std::mem::take(&mut self.gradients[value]);
        if gradient.len() == count {
            return gradient;
        }
        let mut fresh = match self.pool.iter().position(|free| free.capacity() >= count) {
            Some(at) => self.pool.swap_remove(at),
            None => Vec::with_capacity(count),
        };
        fresh.clear();
        fresh.resize(count, T::ZERO);
        fresh
    }

    pub(super) fn release(&mut self, value: usize) {
        let gradient = std::mem::take(&mut self.gradients[value]);
        if gradient.capacity() > 0 {
            self.pool.push(gradient);
        }
    }
}
