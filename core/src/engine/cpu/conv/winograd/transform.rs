//! Transforms of tiles: a matrix on both sides of a square of vectors, one lane for each channel.

use super::super::super::Real;
use super::super::super::matrix::{load, store};
use super::super::super::rounds::rounds;
use super::super::super::simd::{Simd, WIDTH};
use super::tiling::Tiling;
use super::{SPAN, TILE};

/// Matrix of `OUT` rows and `IN` columns.
pub(super) trait Transform<T: Real, const IN: usize, const OUT: usize> {
    /// Multiplies a vector, whose items are vectors of lanes.
    fn apply<S: Simd<T>>(simd: S, x: [S::Vector; IN]) -> [S::Vector; OUT];
}

/// Matrix Bᵀ, for what a tile reads.
pub(super) struct Input;
/// Matrix B, for the gradient of what a tile reads.
pub(super) struct InputGradient;
/// Matrix Aᵀ, for the sums of products.
pub(super) struct Output;
/// Matrix A, for the gradient of a tile of the output.
pub(super) struct OutputGradient;
/// Matrix G, for a filter.
pub(super) struct Filter;
/// Matrix Gᵀ, for the gradient of a filter's points.
pub(super) struct FilterGradient;

/// c · a + b, with a constant c.
#[inline(always)]
fn scaled<T: Real, S: Simd<T>>(simd: S, c: f64, a: S::Vector, b: S::Vector) -> S::Vector {
    simd.fma(simd.splat(T::of(c)), a, b)
}

/// c · a.
#[inline(always)]
fn times<T: Real, S: Simd<T>>(simd: S, c: f64, a: S::Vector) -> S::Vector {
    scaled(simd, c, a, simd.splat(T::ZERO))
}

/// a + b and a − b.
#[inline(always)]
fn both<T: Real, S: Simd<T>>(simd: S, a: S::Vector, b: S::Vector) -> [S::Vector; 2] {
    [simd.add(a, b), simd.subtract(a, b)]
}

impl<T: Real> Transform<T, SPAN, SPAN> for Input {
    #[inline(always)]
    fn apply<S: Simd<T>>(simd: S, x: [S::Vector; SPAN]) -> [S::Vector; SPAN] {
        let [one, minus_one] = both(simd, scaled(simd, -4.0, x[2], x[4]), scaled(simd, -4.0, x[1], x[3]));
        let (even, odd) = (simd.subtract(x[4], x[2]), simd.subtract(x[3], x[1]));
        [
            scaled(simd, 4.0, x[0], scaled(simd, -5.0, x[2], x[4])),
            one,
            minus_one,
            scaled(simd, 2.0, odd, even),
            scaled(simd, -2.0, odd, even),
            scaled(simd, 4.0, x[1], scaled(simd, -5.0, x[3], x[5])),
        ]
    }
}

impl<T: Real> Transform<T, SPAN, SPAN> for InputGradient {
    #[inline(always)]
    fn apply<S: Simd<T>>(simd: S, v: [S::Vector; SPAN]) -> [S::Vector; SPAN] {
        let ([sum, apart], [sums, aparts]) = (both(simd, v[1], v[2]), both(simd, v[3], v[4]));
        [
            times(simd, 4.0, v[0]),
            scaled(simd, -2.0, aparts, scaled(simd, -4.0, apart, times(simd, 4.0, v[5]))),
            simd.subtract(scaled(simd, -4.0, sum, times(simd, -5.0, v[0])), sums),
            scaled(simd, 2.0, aparts, scaled(simd, -5.0, v[5], apart)),
            simd.add(v[0], simd.add(sum, sums)),
            v[5],
        ]
    }
}

impl<T: Real> Transform<T, SPAN, TILE> for Output {
    #[inline(always)]
    fn apply<S: Simd<T>>(simd: S, m: [S::Vector; SPAN]) -> [S::Vector; TILE] {
        let ([sum, apart], [sums, aparts]) = (both(simd, m[1], m[2]), both(simd, m[3], m[4]));
        [
            simd.add(m[0], simd.add(sum, sums)),
            scaled(simd, 2.0, aparts, apart),
            scaled(simd, 4.0, sums, sum),
            scaled(simd, 8.0, aparts, simd.add(apart, m[5])),
        ]
    }
}

impl<T: Real> Transform<T, TILE, SPAN> for OutputGradient {
    #[inline(always)]
    fn apply<S: Simd<T>>(simd: S, y: [S::Vector; TILE]) -> [S::Vector; SPAN] {
        let [one, minus_one] = both(simd, simd.add(y[0], y[2]), simd.add(y[1], y[3]));
        let even = scaled(simd, 4.0, y[2], y[0]);
        let [two, minus_two] = both(simd, even, scaled(simd, 8.0, y[3], times(simd, 2.0, y[1])));
        [y[0], one, minus_one, two, minus_two, y[3]]
    }
}

impl<T: Real> Transform<T, 3, SPAN> for Filter {
    #[inline(always)]
    fn apply<S: Simd<T>>(simd: S, w: [S::Vector; 3]) -> [S::Vector; SPAN] {
        let [minus_one, one] = both(simd, times(simd, -1.0 / 6.0, simd.add(w[0], w[2])), times(simd, 1.0 / 6.0, w[1]));
        let ends = scaled(simd, 1.0 / 24.0, w[0], times(simd, 1.0 / 6.0, w[2]));
        let [two, minus_two] = both(simd, ends, times(simd, 1.0 / 12.0, w[1]));
        [times(simd, 0.25, w[0]), one, minus_one, two, minus_two, w[2]]
    }
}

impl<T: Real> Transform<T, SPAN, 3> for FilterGradient {
    #[inline(always)]
    fn apply<S: Simd<T>>(simd: S, u: [S::Vector; SPAN]) -> [S::Vector; 3] {
        let ([sum, apart], [sums, aparts]) = (both(simd, u[1], u[2]), both(simd, u[3], u[4]));
        let near = times(simd, -1.0 / 6.0, sum);
        [
            scaled(simd, 0.25, u[0], scaled(simd, 1.0 / 24.0, sums, near)),
            scaled(simd, 1.0 / 12.0, aparts, times(simd, -1.0 / 6.0, apart)),
            scaled(simd, 1.0 / 6.0, sums, simd.add(near, u[5])),
        ]
    }
}

/// Square of vectors: the distances between its rows and between its columns.
#[derive(Clone, Copy)]
pub(super) struct Square {
    pub(super) row: usize,
    pub(super) column: usize,
}

impl Square {
    /// Points, `stride` numbers apart.
    #[inline(always)]
    pub(super) fn points(stride: usize) -> Self {
        Self { row: SPAN * stride, column: stride }
    }

    /// Pixels of some channels.
    #[inline(always)]
    fn pixels(tiling: &Tiling, channels: usize) -> Self {
        Self { row: tiling.pitch() * channels, column: channels }
    }
}

/// Transforms one square on both sides, and adds it to what is there if `ADD` is true.
#[inline(always)]
pub(super) fn square<T, S, F, const IN: usize, const OUT: usize, const ADD: bool>(
    simd: S,
    from: &[T],
    source: Square,
    to: &mut [T],
    target: Square,
) where
    T: Real,
    S: Simd<T>,
    F: Transform<T, IN, OUT>,
{
    let mut half = [[simd.splat(T::ZERO); IN]; OUT];
    rounds!(column < IN, {
        let mut x = [simd.splat(T::ZERO); IN];
        rounds!(row < IN, { x[row] = load(simd, from, row * source.row + column * source.column) });
        let y = F::apply(simd, x);
        rounds!(row < OUT, { half[row][column] = y[row] });
    });
    rounds!(row < OUT, {
        let y = F::apply(simd, half[row]);
        rounds!(column < OUT, {
            let place = row * target.row + column * target.column;
            let y = if ADD { simd.add(load(simd, to, place), y[column]) } else { y[column] };
            store(simd, to, place, y);
        });
    });
}

/// Transforms the pixels of some tiles to points, `stride` numbers apart.
#[inline(always)]
pub(super) fn to_points<T: Real, S: Simd<T>, F: Transform<T, IN, SPAN>, const IN: usize>(
    simd: S,
    tiling: &Tiling,
    tiles: &[usize],
    channels: usize,
    pixels: &[T],
    points: &mut [T],
    stride: usize,
) {
    let (source, target) = (Square::pixels(tiling, channels), Square::points(stride));
    for (tile, &first) in tiles.iter().enumerate() {
        for channel in (0..channels).step_by(WIDTH) {
            let (from, to) = (&pixels[first * channels + channel..], &mut points[tile * channels + channel..]);
            square::<T, S, F, IN, SPAN, false>(simd, from, source, to, target);
        }
    }
}

/// Transforms the points of some tiles to pixels, and adds them to what is there if `ADD` is true.
#[inline(always)]
pub(super) fn to_pixels<T: Real, S: Simd<T>, F: Transform<T, SPAN, OUT>, const OUT: usize, const ADD: bool>(
    simd: S,
    tiling: &Tiling,
    tiles: &[usize],
    channels: usize,
    points: &[T],
    stride: usize,
    pixels: &mut [T],
) {
    let (source, target) = (Square::points(stride), Square::pixels(tiling, channels));
    for (tile, &first) in tiles.iter().enumerate() {
        for channel in (0..channels).step_by(WIDTH) {
            let (from, to) = (&points[tile * channels + channel..], &mut pixels[first * channels + channel..]);
            square::<T, S, F, SPAN, OUT, ADD>(simd, from, source, to, target);
        }
    }
}
