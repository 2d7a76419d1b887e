//! Filters to points, and gradients of points to those of filters.

use super::super::super::Real;
use super::super::super::context::Packed;
use super::super::super::simd::{Simd, WIDTH, Work};
use super::POINTS;
use super::transform::{Filter, FilterGradient, Square, square};

/// Taps of a filter.
const TAPS: usize = 9;
/// Taps of the filters of all lanes, `[3, 3, lanes]`.
const OF_LANES: Square = Square { row: 3 * WIDTH, column: WIDTH };

/// Transform of all filters of a convolution, `[rows, channels, 3, 3]`, to U: `[36, channels, rows]` for the forward pass
/// and `[36, rows, channels]` for the backward pass.
pub(in super::super::super) struct Pack<'a, T> {
    pub(in super::super::super) weights: &'a [T],
    pub(in super::super::super) rows: usize,
    pub(in super::super::super) channels: usize,
    pub(in super::super::super) packed: &'a mut Packed<T>,
    pub(in super::super::super) backward: bool,
}

impl<T: Real> Work<T> for Pack<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<T>>(self, simd: S) {
        let Self { weights, rows, channels, packed, backward } = self;
        let (rows, channels) = (Axis { count: rows, stride: channels * TAPS }, Axis { count: channels, stride: TAPS });
        fill(simd, weights, channels, rows, &mut packed.forward);
        if backward {
            packed.backward.resize_with(1, Vec::new);
            fill(simd, weights, rows, channels, &mut packed.backward[0]);
        }
    }
}

/// Number of filters along an axis, and the distance between them.
#[derive(Clone, Copy)]
struct Axis {
    count: usize,
    stride: usize,
}

/// Writes the points of all filters, with one axis in the lanes.
#[inline(always)]
fn fill<T: Real, S: Simd<T>>(simd: S, weights: &[T], outer: Axis, lanes: Axis, to: &mut Vec<T>) {
    let filters = outer.count * lanes.count;
    to.resize(POINTS * filters, T::ZERO);
    for at in 0..outer.count {
        for lane in (0..lanes.count).step_by(WIDTH) {
            let mut taps = [T::ZERO; TAPS * WIDTH];
            for place in 0..WIDTH {
                let filter = &weights[at * outer.stride + (lane + place) * lanes.stride..][..TAPS];
                for (tap, &weight) in filter.iter().enumerate() {
                    taps[tap * WIDTH + place] = weight;
                }
            }
            let to = &mut to[at * lanes.count + lane..];
            square::<T, S, Filter, 3, 6, false>(simd, &taps, OF_LANES, to, Square::points(filters));
        }
    }
}

/// Adds the gradients of all filters, from ∂U, whose points are `stride` apart.
#[inline(always)]
pub(super) fn add_gradient<T: Real, S: Simd<T>>(simd: S, d_filter: &[T], stride: usize, gradient: &mut [T]) {
    let filters = gradient.len() / TAPS;
    for first in (0..filters).step_by(WIDTH) {
        let mut taps = [T::ZERO; TAPS * WIDTH];
        let points = Square::points(stride);
        square::<T, S, FilterGradient, 6, 3, false>(simd, &d_filter[first..], points, &mut taps, OF_LANES);
        for (place, gradient) in gradient[first * TAPS..].chunks_exact_mut(TAPS).take(WIDTH).enumerate() {
            for (tap, gradient) in gradient.iter_mut().enumerate() {
                *gradient += taps[tap * WIDTH + place];
            }
        }
    }
}
