//! What belongs to some images of a batch: their feature maps, gradients and sums.
//!
//! A feature map of a group is `[channels, height, width, images]`: a channel lies in one row, and the images' pixels at
//! a place side by side, so that however small images are, inner loops are long.

use super::Real;
use super::side::{Side, Sides};

/// Two sums of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moments {
    /// Mean, or Σ of the gradient.
    pub(super) first: f64,
    /// Σ (x − mean)², or Σ of gradient times normalized value.
    pub(super) second: f64,
}

/// The sums that a channel's tangent has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Slope {
    /// Σ ż and Σ ż ẑ.
    pub(super) own: Moments,
    /// Σ g ż.
    pub(super) gradient: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Group<T> {
    /// How many images, and how many come before them.
    pub(super) images: usize,
    pub(super) start: usize,
    pub(super) values: Sides<Vec<Vec<T>>>,
    /// Empty where there is none (yet, or any more).
    pub(super) gradients: Sides<Vec<Vec<T>>>,
    /// Gradients of normalized sums before the norm's transform, where they are to be kept.
    pub(super) before: Vec<Vec<T>>,
    /// Statistics of every normalized channel.
    pub(super) moments: Vec<Moments>,
    /// Gradient sums of every normalized channel.
    pub(super) sums: Vec<Moments>,
    pub(super) slopes: Vec<Slope>,
    /// Which tap won, by value.
    pub(super) winners: Vec<Vec<u8>>,
    /// Buffers of gradients that are free again.
    pub(super) pool: Vec<Vec<T>>,
}

impl<T: Real> Group<T> {
    /// For a network of so many values and normalized channels.
    pub(super) fn new(images: usize, start: usize, values: usize, normalized: usize) -> Self {
        Self {
            images,
            start,
            values: Sides::both(vec![Vec::new(); values]),
            gradients: Sides::both(vec![Vec::new(); values]),
            before: vec![Vec::new(); values],
            moments: vec![Moments::default(); normalized],
            sums: vec![Moments::default(); normalized],
            slopes: vec![Slope::default(); normalized],
            winners: vec![Vec::new(); values],
            pool: Vec::new(),
        }
    }

    /// The gradient of a value of `count` numbers to add to: zeros if there was none.
    #[inline(always)]
    pub(super) fn take_gradient(&mut self, side: Side, value: usize, count: usize) -> Vec<T> {
        let gradient = std::mem::take(&mut self.gradients[side][value]);
        if gradient.len() == count {
            return gradient;
        }
        let mut fresh = self.buffer(count);
        fresh.resize(count, T::ZERO);
        fresh
    }

    /// An empty buffer with room for `count` numbers.
    pub(super) fn buffer(&mut self, count: usize) -> Vec<T> {
        let fits = self.pool.iter().enumerate().filter(|(_, free)| free.capacity() >= count);
        let mut fresh = match fits.min_by_key(|(_, free)| free.capacity()).map(|(at, _)| at) {
            Some(at) => self.pool.swap_remove(at),
            None => Vec::with_capacity(count),
        };
        fresh.clear();
        fresh
    }

    /// Forgets a gradient.
    pub(super) fn release(&mut self, side: Side, value: usize) {
        let gradient = std::mem::take(&mut self.gradients[side][value]);
        let before = if side == Side::Value { std::mem::take(&mut self.before[value]) } else { Vec::new() };
        self.pool.extend([gradient, before].into_iter().filter(|buffer| buffer.capacity() > 0));
    }
}
