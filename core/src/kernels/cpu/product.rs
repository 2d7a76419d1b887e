//! The four inner loops: products of shifted rows, and their dot products, densely and channel by channel.
//!
//! ```text
//! multiply:   out[r, q]  = Σ_k w[r, k] · x[shift_k + q]
//! correlate:  dw[r, k]  += Σ_q d[r, q] · x[shift_k + q]
//! ```
//!
//! q runs over the pixels of a plane, which lie in a row. A row of a convolution's matrix is a shifted view of the
//! padded image, so no matrix is ever written out.

use super::Real;
use super::simd::{LANES, Simd};

/// Rows that a tile holds: with two vectors each, their sums fit the registers and hide the latency of an addition.
pub(super) const TILE: usize = 4;
/// Numbers of a row that a tile holds.
const STRIP: usize = 2 * LANES;
/// Readable numbers that have to follow every row.
pub(super) const SLACK: usize = 4 * LANES;

/// Weights `[rows, depth]` with tiles of rows side by side: `[⌈rows / TILE⌉, depth, TILE]`.
pub(super) fn pack<T: Real>(rows: usize, depth: usize, weight: impl Fn(usize, usize) -> T, packed: &mut Vec<T>) {
    packed.clear();
    for first in (0..rows).step_by(TILE) {
        for k in 0..depth {
            packed.extend((first..first + TILE).map(|row| if row < rows { weight(row, k) } else { T::ZERO }));
        }
    }
}

/// A strip of one tile: `N` vectors of each of its rows.
#[inline(always)]
fn tile<T: Real, S: Simd<T>, const N: usize>(
    simd: S,
    x: &[T],
    shifts: &[usize],
    packed: &[T],
    q: usize,
) -> [[S::Vector; N]; TILE] {
    let mut sums = [[simd.splat(T::ZERO); N]; TILE];
    for (&shift, weights) in shifts.iter().zip(packed.as_chunks::<TILE>().0) {
        let x = &x[shift + q..shift + q + N * LANES];
        let x = x.as_chunks::<LANES>().0;
        let mut values = [simd.splat(T::ZERO); N];
        for n in 0..N {
            values[n] = simd.load(&x[n]);
        }
        for row in 0..TILE {
            let weight = simd.splat(weights[row]);
            for n in 0..N {
                sums[row][n] = simd.fma(weight, values[n], sums[row][n]);
            }
        }
    }
    sums
}

/// `out[r · stride + q]` for q in 0..n; every shifted row of `x` has to be readable for [`SLACK`] more.
#[inline(always)]
pub(super) fn multiply<T: Real, S: Simd<T>>(
    simd: S,
    out: &mut [T],
    stride: usize,
    [rows, n]: [usize; 2],
    x: &[T],
    shifts: &[usize],
    packed: &[T],
) {
    let depth = shifts.len() * TILE;
    if depth == 0 {
        (0..rows).for_each(|row| out[row * stride..row * stride + n].fill(T::ZERO));
        return;
    }
    for q in (0..n).step_by(STRIP) {
        let width = STRIP.min(n - q);
        for (block, packed) in packed.chunks_exact(depth).enumerate() {
            let sums = tile::<T, S, 2>(simd, x, shifts, packed, q);
            for (row, sums) in sums.iter().enumerate().take(rows - (block * TILE).min(rows)) {
                let start = (block * TILE + row) * stride + q;
                let values = [simd.array(sums[0]), simd.array(sums[1])];
                if width == STRIP {
                    out[start..start + STRIP].copy_from_slice(values.as_flattened());
                } else {
                    out[start..start + width].copy_from_slice(&values.as_flattened()[..width]);
                }
            }
        }
    }
}

/// Dot products of `R` rows of `d` with `K` shifted rows of `x`, over n numbers.
#[inline(always)]
fn dots<T: Real, S: Simd<T>, const R: usize, const K: usize>(
    simd: S,
    d: [&[T]; R],
    x: [&[T]; K],
    n: usize,
) -> [[T; K]; R] {
    let whole = n / LANES;
    let mut sums = [[simd.splat(T::ZERO); K]; R];
    let ds = d.map(|row| &row.as_chunks::<LANES>().0[..whole]);
    let xs = x.map(|row| &row.as_chunks::<LANES>().0[..whole]);
    for j in 0..whole {
        let mut rows = [simd.splat(T::ZERO); R];
        for r in 0..R {
            rows[r] = simd.load(&ds[r][j]);
        }
        for k in 0..K {
            let column = simd.load(&xs[k][j]);
            for r in 0..R {
                sums[r][k] = simd.fma(rows[r], column, sums[r][k]);
            }
        }
    }
    let mut results = [[T::ZERO; K]; R];
    for r in 0..R {
        for k in 0..K {
            let mut sum = simd.sum(sums[r][k]);
            for q in whole * LANES..n {
                sum += d[r][q] * x[k][q];
            }
            results[r][k] = sum;
        }
    }
    results
}

/// `gradient[r · shifts + k] += Σ_q d[r · stride + q] · x[shift_k + q]`.
#[inline(always)]
pub(super) fn correlate<T: Real, S: Simd<T>>(
    simd: S,
    gradient: &mut [T],
    d: &[T],
    stride: usize,
    [rows, n]: [usize; 2],
    x: &[T],
    shifts: &[usize],
) {
    const COLUMNS: usize = 3;
    let depth = shifts.len();
    let (threes, rest) = shifts.as_chunks::<COLUMNS>();
    for first in (0..rows / TILE * TILE).step_by(TILE) {
        let d: [&[T]; TILE] = [0, 1, 2, 3].map(|r| &d[(first + r) * stride..(first + r) * stride + n]);
        for (block, shifts) in threes.iter().enumerate() {
            let sums = dots::<T, S, TILE, COLUMNS>(simd, d, shifts.map(|shift| &x[shift..shift + n]), n);
            for r in 0..TILE {
                for k in 0..COLUMNS {
                    gradient[(first + r) * depth + block * COLUMNS + k] += sums[r][k];
                }
            }
        }
        for (k, &shift) in rest.iter().enumerate() {
            let sums = dots::<T, S, TILE, 1>(simd, d, [&x[shift..shift + n]], n);
            for r in 0..TILE {
                gradient[(first + r) * depth + threes.len() * COLUMNS + k] += sums[r][0];
            }
        }
    }
    for row in rows / TILE * TILE..rows {
        taps(simd, &mut gradient[row * depth..(row + 1) * depth], &d[row * stride..row * stride + n], x, shifts);
    }
}

/// The same for one row: `gradient[k] += Σ_q d[q] · x[shift_k + q]`.
#[inline(always)]
pub(super) fn taps<T: Real, S: Simd<T>>(simd: S, gradient: &mut [T], d: &[T], x: &[T], shifts: &[usize]) {
    const COLUMNS: usize = 5;
    let (n, (fives, rest)) = (d.len(), shifts.as_chunks::<COLUMNS>());
    for (gradient, shifts) in gradient.chunks_exact_mut(COLUMNS).zip(fives) {
        let [sums] = dots::<T, S, 1, COLUMNS>(simd, [d], shifts.map(|shift| &x[shift..shift + n]), n);
        for k in 0..COLUMNS {
            gradient[k] += sums[k];
        }
    }
    for (gradient, &shift) in gradient[fives.len() * COLUMNS..].iter_mut().zip(rest) {
        let [[sum]] = dots::<T, S, 1, 1>(simd, [d], [&x[shift..shift + n]], n);
        *gradient += sum;
    }
}

/// One channel of a depthwise convolution: `out[q] = Σ_t w[t] · x[shift_t + q]`; `out` has room for [`SLACK`] more than
/// n, and so has `x`.
#[inline(always)]
pub(super) fn slide<T: Real, S: Simd<T>>(simd: S, out: &mut [T], n: usize, x: &[T], shifts: &[usize], weights: &[T]) {
    const VECTORS: usize = 4;
    for q in (0..n).step_by(VECTORS * LANES) {
        let mut sums = [simd.splat(T::ZERO); VECTORS];
        for (&shift, &weight) in shifts.iter().zip(weights) {
            let x = x[shift + q..shift + q + VECTORS * LANES].as_chunks::<LANES>().0;
            let weight = simd.splat(weight);
            for n in 0..VECTORS {
                sums[n] = simd.fma(weight, simd.load(&x[n]), sums[n]);
            }
        }
        let out = out[q..q + VECTORS * LANES].as_chunks_mut::<LANES>().0;
        for n in 0..VECTORS {
            out[n] = simd.array(sums[n]);
        }
    }
}

/// Σ x.
#[inline(always)]
pub(super) fn total<T: Real, S: Simd<T>>(simd: S, x: &[T]) -> T {
    let one = simd.splat(T::ONE);
    let (chunks, rest) = x.as_chunks::<LANES>();
    let (pairs, odd) = chunks.as_chunks::<2>();
    let mut sums = [simd.splat(T::ZERO); 2];
    for pair in pairs {
        for n in 0..2 {
            sums[n] = simd.fma(simd.load(&pair[n]), one, sums[n]);
        }
    }
    for chunk in odd {
        sums[0] = simd.fma(simd.load(chunk), one, sums[0]);
    }
    rest.iter().fold(simd.sum(sums[0]) + simd.sum(sums[1]), |sum, &x| sum + x)
}

/// Σ (x − near) and Σ (x − near)².
#[inline(always)]
pub(super) fn deviations<T: Real, S: Simd<T>>(simd: S, x: &[T], near: T) -> [T; 2] {
    let (one, minus) = (simd.splat(T::ONE), simd.splat(-near));
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut sums = [simd.splat(T::ZERO); 2];
    for chunk in chunks {
        let off = simd.fma(simd.load(chunk), one, minus);
        sums = [simd.fma(off, one, sums[0]), simd.fma(off, off, sums[1])];
    }
    rest.iter().fold(sums.map(|sum| simd.sum(sum)), |[off, square], &x| {
        let by = x - near;
        [off + by, square + by * by]
    })
}

/// Σ a · (b − mean).
#[inline(always)]
pub(super) fn dot<T: Real, S: Simd<T>>(simd: S, a: &[T], b: &[T], mean: T) -> T {
    let (one, minus) = (simd.splat(T::ONE), simd.splat(-mean));
    let ((xs, x_rest), (ys, y_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sum = simd.splat(T::ZERO);
    for (x, y) in xs.iter().zip(ys) {
        sum = simd.fma(simd.load(x), simd.fma(simd.load(y), one, minus), sum);
    }
    x_rest.iter().zip(y_rest).fold(simd.sum(sum), |sum, (&a, &b)| sum + a * (b - mean))
}
