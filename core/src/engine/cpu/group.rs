//! Group: some images of a batch, with their feature maps, gradients and sums.
//!
//! A feature map of a group is `[channels, height, width, images]`: a channel lies in one row, and the images' pixels
//! at a place lie side by side, so that inner loops are long however small the images are.

use super::Real;
use super::component::{Component, Pair};

/// Two sums of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moments {
    /// Mean, or Σ of the gradient.
    pub(super) first: f64,
    /// Σ (x − mean)², or Σ of gradient times normalized value.
    pub(super) second: f64,
}

/// Sums of a channel's tangent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Slope {
    /// Σ ż and Σ ż ẑ.
    pub(super) own: Moments,
    /// Σ g ż.
    pub(super) gradient: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Group<T> {
    /// Number of images, and number of images before them in the batch.
    pub(super) images: usize,
    pub(super) start: usize,
    pub(super) values: Pair<Vec<Vec<T>>>,
    /// Gradients by value; empty before the first part is added and after the release.
    pub(super) gradients: Pair<Vec<Vec<T>>>,
    /// Gradients of normalized sums before the norm's transform, if they are to be kept.
    pub(super) before: Vec<Vec<T>>,
    /// Statistics of every normalized channel.
    pub(super) moments: Vec<Moments>,
    /// Gradient sums of every normalized channel.
    pub(super) sums: Vec<Moments>,
    pub(super) slopes: Vec<Slope>,
    /// Winning taps of max pools, by value.
    pub(super) argmax: Vec<Vec<u8>>,
    /// Buffers of released gradients, to be used again.
    pub(super) pool: Vec<Vec<T>>,
}

impl<T: Real> Group<T> {
    /// Makes a group for a network of `values` values and `normalized` normalized channels.
    pub(super) fn new(images: usize, start: usize, values: usize, normalized: usize) -> Self {
        Self {
            images,
            start,
            values: Pair::both(vec![Vec::new(); values]),
            gradients: Pair::both(vec![Vec::new(); values]),
            before: vec![Vec::new(); values],
            moments: vec![Moments::default(); normalized],
            sums: vec![Moments::default(); normalized],
            slopes: vec![Slope::default(); normalized],
            argmax: vec![Vec::new(); values],
            pool: Vec::new(),
        }
    }

    /// Takes a value's gradient of `count` numbers, to be added to; zeros if there is none.
    #[inline(always)]
    pub(super) fn take_gradient(&mut self, component: Component, value: usize, count: usize) -> Vec<T> {
        let gradient = std::mem::take(&mut self.gradients[component][value]);
        debug_assert!(gradient.is_empty() || gradient.len() == count, "a gradient that was left half grown");
        if gradient.len() == count {
            return gradient;
        }
        let mut fresh = self.buffer(count);
        fresh.resize(count, T::ZERO);
        fresh
    }

    /// Takes a value's gradient, to be added to before the place `until`. A new one grows with that place, up to `count`
    /// numbers, so that the zeros of a channel are still in the first cache. It is whole before another operation reads
    /// it.
    #[inline(always)]
    pub(super) fn grow_gradient(&mut self, component: Component, value: usize, count: usize, until: usize) -> Vec<T> {
        let mut gradient = std::mem::take(&mut self.gradients[component][value]);
        if gradient.is_empty() {
            gradient = self.buffer(count);
        }
        if gradient.len() < until {
            gradient.resize(until, T::ZERO);
        }
        gradient
    }

    /// Returns an empty buffer with a capacity of `count` numbers.
    pub(super) fn buffer(&mut self, count: usize) -> Vec<T> {
        let fits = self.pool.iter().enumerate().filter(|(_, free)| free.capacity() >= count);
        let mut fresh = match fits.min_by_key(|(_, free)| free.capacity()).map(|(at, _)| at) {
            Some(at) => self.pool.swap_remove(at),
            None => Vec::with_capacity(count),
        };
        fresh.clear();
        fresh
    }

    /// Releases the buffer of a gradient.
    pub(super) fn release(&mut self, component: Component, value: usize) {
        let gradient = std::mem::take(&mut self.gradients[component][value]);
        let before = if component == Component::Primal { std::mem::take(&mut self.before[value]) } else { Vec::new() };
        self.pool.extend([gradient, before].into_iter().filter(|buffer| buffer.capacity() > 0));
    }
}
