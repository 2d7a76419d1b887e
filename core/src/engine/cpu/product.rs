//! The four inner loops: products of shifted rows, and their dot products, densely and channel by channel.
//!
//! ```text
//! multiply:   out[r, q]  = Σ_k w[r, k] · x[shift_k + q]
//! correlate:  dw[r, k]  += Σ_q d[r, q] · x[shift_k + q]
//! ```
//!
//! Every sum has the order of sixteen virtual lanes or a multiple of them, so that wider vectors give the same bits:
//! number i of a sum is added to lane i mod 16 (mod 32 if there are four chains), and lanes are added pairwise.
//!
//! q runs over the pixels of a plane, which lie in a row. A row of a convolution's matrix is a shifted view of the
//! padded image, so no matrix is ever written out.

use super::Real;
use super::matrix::store;
use super::rounds::rounds;
use super::simd::{Simd, WIDTH};

/// Rows that a tile holds: with two vectors each, their sums fit the registers and hide the latency of an addition.
pub(super) const TILE: usize = 4;
/// Vectors of a row that a tile holds, and columns whose dot products are taken at a time: the registers of a browser's
/// 128 bits hold half, and those of AVX-512 twice as many.
const VECTORS: usize = if cfg!(target_family = "wasm") { 1 } else { 2 };
const COLUMNS: usize = if cfg!(target_family = "wasm") { 1 } else { 3 };
/// Numbers of a row that a tile holds, with any set of instructions.
pub(super) const STRIP: usize = VECTORS * WIDTH;
/// Readable numbers that have to follow every row.
pub(super) const SLACK: usize = 4 * WIDTH;

/// Packs weights `[rows, depth]` with tiles of rows side by side: `[⌈rows / TILE⌉, depth, TILE]`.
pub(super) fn pack<T: Real>(rows: usize, depth: usize, weight: impl Fn(usize, usize) -> T, packed: &mut Vec<T>) {
    packed.clear();
    for first in (0..rows).step_by(TILE) {
        for k in 0..depth {
            packed.extend((first..first + TILE).map(|row| if row < rows { weight(row, k) } else { T::ZERO }));
        }
    }
}

/// Computes a strip of one tile: `N` vectors of each of its rows.
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
        let x = &x[shift + q..shift + q + N * WIDTH];
        let x = x.as_chunks::<WIDTH>().0;
        let mut values = [simd.splat(T::ZERO); N];
        rounds!(n < N, { values[n] = simd.load(&x[n]) });
        rounds!(row < TILE, {
            let weight = simd.splat(weights[row]);
            rounds!(n < N, { sums[row][n] = simd.fma(weight, values[n], sums[row][n]) });
        });
    }
    sums
}

/// Stretches of a row, of one length and at one distance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretches {
    pub(super) count: usize,
    pub(super) length: usize,
    /// Distance from one stretch to the next, in the output and in the input.
    pub(super) steps: [usize; 2],
}

impl Stretches {
    /// A row that is one stretch.
    pub(super) const fn one(length: usize) -> Self {
        Self { count: 1, length, steps: [0; 2] }
    }

    /// True if [`slide`] can write into the stretches themselves; never in browsers, whose modules have to be small.
    pub(super) fn can_slide(&self) -> bool {
        !cfg!(target_family = "wasm") && self.length.is_multiple_of(SLIDE)
    }

    /// Offsets of the stretches, in the output and in the input.
    #[inline(always)]
    fn starts(self) -> impl Iterator<Item = [usize; 2]> {
        (0..self.count).map(move |at| [at * self.steps[0], at * self.steps[1]])
    }
}

/// Computes `out[r · stride + q]` for q of all stretches; every shifted row of `x` has to be readable for [`SLACK`]
/// more.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "two matrices and their product")]
pub(super) fn multiply<T: Real, S: Simd<T>>(
    simd: S,
    out: &mut [T],
    rows: usize,
    stride: usize,
    x: &[T],
    shifts: &[usize],
    packed: &[T],
    over: Stretches,
) {
    let n = over.length;
    for [to, from] in over.starts() {
        let (out, x) = (&mut out[to..], &x[from..]);
        if shifts.is_empty() {
            (0..rows).for_each(|row| out[row * stride..row * stride + n].fill(T::ZERO));
            continue;
        }
        let mut q = 0;
        while q < n {
            let width = if S::MANY_REGISTERS && n - q > STRIP {
                strip::<T, S, { 2 * VECTORS }>(simd, out, [rows, stride], x, shifts, packed, [q, n])
            } else {
                strip::<T, S, VECTORS>(simd, out, [rows, stride], x, shifts, packed, [q, n])
            };
            q += width;
        }
    }
}

/// Computes a strip of `N` vectors of all rows, at most up to n; returns the numbers of a row that it holds.
#[inline(always)]
fn strip<T: Real, S: Simd<T>, const N: usize>(
    simd: S,
    out: &mut [T],
    [rows, stride]: [usize; 2],
    x: &[T],
    shifts: &[usize],
    packed: &[T],
    [q, n]: [usize; 2],
) -> usize {
    let whole = N * WIDTH;
    let width = whole.min(n - q);
    for (block, packed) in packed.chunks_exact(shifts.len() * TILE).enumerate() {
        let sums = tile::<T, S, N>(simd, x, shifts, packed, q);
        for (row, sums) in sums.iter().enumerate().take(rows - (block * TILE).min(rows)) {
            let start = (block * TILE + row) * stride + q;
            // Vector by vector, since a longer copy is a call.
            if width == whole {
                rounds!(n < N, { store(simd, out, start + n * WIDTH, sums[n]) });
                continue;
            }
            let mut values = [[T::ZERO; WIDTH]; N];
            for n in 0..N {
                values[n] = simd.array(sums[n]);
            }
            out[start..start + width].copy_from_slice(&values.as_flattened()[..width]);
        }
    }
    width
}

/// Dot products of `R` rows of `d` with `K` shifted rows of `x`, over n numbers, in vectors still to be summed.
#[inline(always)]
fn dots<T: Real, S: Simd<T>, const R: usize, const K: usize>(
    simd: S,
    d: [&[T]; R],
    x: [&[T]; K],
    whole: usize,
) -> [[S::Vector; R]; K] {
    let (ds, xs) = (vectors(d, whole), vectors(x, whole));
    // Vectors in turn belong to the first and the second half of sixteen virtual lanes.
    let mut lanes = [[[simd.splat(T::ZERO); R]; K]; 2];
    let mut j = 0;
    while j + 1 < whole {
        rounds!(half < 2, { multiply_add(simd, &ds, &xs, j + half, &mut lanes[half]) });
        j += 2;
    }
    if j < whole {
        multiply_add(simd, &ds, &xs, j, &mut lanes[0]);
    }
    let [mut sums, second] = lanes;
    rounds!(k < K, {
        rounds!(r < R, { sums[k][r] = simd.add(sums[k][r], second[k][r]) });
    });
    sums
}

/// Adds to each sum the product of one vector of its row and its column.
#[inline(always)]
fn multiply_add<T: Real, S: Simd<T>, const R: usize, const K: usize>(
    simd: S,
    ds: &[&[[T; WIDTH]]; R],
    xs: &[&[[T; WIDTH]]; K],
    j: usize,
    sums: &mut [[S::Vector; R]; K],
) {
    // Columns first: with them and the sums, the registers are full.
    let mut columns = [simd.splat(T::ZERO); K];
    rounds!(k < K, { columns[k] = simd.load(&xs[k][j]) });
    rounds!(r < R, {
        let row = simd.load(&ds[r][j]);
        rounds!(k < K, { sums[k][r] = simd.fma(row, columns[k], sums[k][r]) });
    });
}

/// Whole vectors of some rows. (Here and below, loops take the place of `map` on arrays, which is a call in browsers.)
#[inline(always)]
fn vectors<T: Real, const N: usize>(rows: [&[T]; N], whole: usize) -> [&[[T; WIDTH]]; N] {
    let mut vectors: [&[[T; WIDTH]]; N] = [&[]; N];
    for n in 0..N {
        vectors[n] = &rows[n].as_chunks::<WIDTH>().0[..whole];
    }
    vectors
}

/// Views of `n` numbers, each from its own place on.
#[inline(always)]
fn views<'a, T: Real, const N: usize>(x: &'a [T], places: &[usize; N], n: usize) -> [&'a [T]; N] {
    let mut views: [&[T]; N] = [&[]; N];
    for k in 0..N {
        views[k] = &x[places[k]..places[k] + n];
    }
    views
}

/// Dot product over the last numbers, from `from` on, which fill no vector.
#[inline(always)]
fn rest<T: Real>(d: &[T], x: &[T], from: usize) -> T {
    d[from..].iter().zip(&x[from..]).fold(T::ZERO, |sum, (&d, &x)| sum + d * x)
}

/// Adds the products of a column with all rows of a tile, `depth` apart. (A closure would not be inlined, and outside
/// of its caller it would be compiled without vector instructions.)
#[inline(always)]
fn add<T: Real, S: Simd<T>>(
    simd: S,
    gradient: &mut [T],
    depth: usize,
    sums: [S::Vector; TILE],
    d: [&[T]; TILE],
    x: &[T],
) {
    let sums = simd.sums(sums);
    let whole = x.len() / WIDTH * WIDTH;
    rounds!(r < TILE, {
        gradient[r * depth] += if whole < x.len() { sums[r] + rest(d[r], x, whole) } else { sums[r] };
    });
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
    let (depth, whole) = (shifts.len(), n / WIDTH);
    // Modules of browsers have to be small.
    if whole == 0 && !cfg!(target_family = "wasm") {
        correlate_short(gradient, d, stride, [rows, n], x, shifts);
        return;
    }
    let (threes, odd) = shifts.as_chunks::<COLUMNS>();
    for first in (0..rows / TILE * TILE).step_by(TILE) {
        let d = views(d, &[first * stride, (first + 1) * stride, (first + 2) * stride, (first + 3) * stride], n);
        for (block, shifts) in threes.iter().enumerate() {
            let x = views(x, shifts, n);
            let sums = if S::MANY_REGISTERS {
                dots::<T, S, TILE, COLUMNS>(simd, d, x, whole)
            } else {
                // Two rows at a time: both halves of their lanes fit the registers.
                let low = dots::<T, S, 2, COLUMNS>(simd, [d[0], d[1]], x, whole);
                let high = dots::<T, S, 2, COLUMNS>(simd, [d[2], d[3]], x, whole);
                let mut sums = [[simd.splat(T::ZERO); TILE]; COLUMNS];
                rounds!(k < COLUMNS, { sums[k] = [low[k][0], low[k][1], high[k][0], high[k][1]] });
                sums
            };
            for k in 0..COLUMNS {
                add(simd, &mut gradient[first * depth + block * COLUMNS + k..], depth, sums[k], d, x[k]);
            }
        }
        for (k, &shift) in odd.iter().enumerate() {
            let x = &x[shift..shift + n];
            let [sums] = dots::<T, S, TILE, 1>(simd, d, [x], whole);
            add(simd, &mut gradient[first * depth + threes.len() * COLUMNS + k..], depth, sums, d, x);
        }
    }
    for row in rows / TILE * TILE..rows {
        taps(simd, &mut gradient[row * depth..(row + 1) * depth], &d[row * stride..row * stride + n], x, shifts);
    }
}

/// [`correlate`] for rows that fill no vector: columns lie in its lanes.
#[inline(always)]
fn correlate_short<T: Real>(
    gradient: &mut [T],
    d: &[T],
    stride: usize,
    [rows, n]: [usize; 2],
    x: &[T],
    shifts: &[usize],
) {
    let depth = shifts.len();
    for (block, shifts) in shifts.chunks(WIDTH).enumerate() {
        let mut columns = [[T::ZERO; WIDTH]; WIDTH];
        for (q, numbers) in columns.iter_mut().enumerate().take(n) {
            numbers.iter_mut().zip(shifts).for_each(|(number, shift)| *number = x[shift + q]);
        }
        for row in 0..rows {
            let mut sums = [T::ZERO; WIDTH];
            for (numbers, &d) in columns.iter().zip(&d[row * stride..][..n]) {
                for lane in 0..WIDTH {
                    sums[lane] += d * numbers[lane];
                }
            }
            let to = &mut gradient[row * depth + block * WIDTH..][..shifts.len()];
            to.iter_mut().zip(&sums).for_each(|(to, &sum)| *to += sum);
        }
    }
}

/// Correlation of one row: `gradient[k] += Σ_q d[q] · x[shift_k + q]`.
#[inline(always)]
pub(super) fn taps<T: Real, S: Simd<T>>(simd: S, gradient: &mut [T], d: &[T], x: &[T], shifts: &[usize]) {
    const COLUMNS: usize = 4;
    let (n, whole) = (d.len(), d.len() / WIDTH);
    let (fours, odd) = shifts.as_chunks::<COLUMNS>();
    for (gradient, shifts) in gradient.chunks_exact_mut(COLUMNS).zip(fours) {
        let x = views(x, shifts, n);
        let [[a], [b], [c], [e]] = dots::<T, S, 1, COLUMNS>(simd, [d], x, whole);
        for (k, (gradient, sum)) in gradient.iter_mut().zip(simd.sums([a, b, c, e])).enumerate() {
            *gradient += sum + rest(d, x[k], whole * WIDTH);
        }
    }
    for (gradient, &shift) in gradient[fours.len() * COLUMNS..].iter_mut().zip(odd) {
        let x = &x[shift..shift + n];
        let [[sum]] = dots::<T, S, 1, 1>(simd, [d], [x], whole);
        *gradient += simd.sum(sum) + rest(d, x, whole * WIDTH);
    }
}

/// Numbers that a depthwise convolution computes at a time.
const SLIDE: usize = 4 * WIDTH;

/// One channel of a depthwise convolution: `out[q] = Σ_t w[t] · x[shift_t + q]`; `out` and `x` have [`SLACK`] numbers
/// more than n.
#[inline(always)]
pub(super) fn slide<T: Real, S: Simd<T>>(simd: S, out: &mut [T], n: usize, x: &[T], shifts: &[usize], weights: &[T]) {
    const VECTORS: usize = SLIDE / WIDTH;
    for q in (0..n).step_by(SLIDE) {
        let mut sums = [simd.splat(T::ZERO); VECTORS];
        for (&shift, &weight) in shifts.iter().zip(weights) {
            let x = x[shift + q..shift + q + SLIDE].as_chunks::<WIDTH>().0;
            let weight = simd.splat(weight);
            rounds!(n < VECTORS, { sums[n] = simd.fma(weight, simd.load(&x[n]), sums[n]) });
        }
        let out = out[q..q + SLIDE].as_chunks_mut::<WIDTH>().0;
        rounds!(n < VECTORS, { out[n] = simd.array(sums[n]) });
    }
}

/// [`slide`] over stretches for which [`Stretches::can_slide`] is true.
#[inline(always)]
pub(super) fn slide_over<T: Real, S: Simd<T>>(
    simd: S,
    out: &mut [T],
    over: Stretches,
    x: &[T],
    shifts: &[usize],
    weights: &[T],
) {
    for [to, from] in over.starts() {
        slide(simd, &mut out[to..], over.length, &x[from..], shifts, weights);
    }
}

/// Number of sums that are accumulated at a time, to hide the latency of an addition.
const CHAINS: usize = 4;

/// Σ x.
#[inline(always)]
pub(super) fn total<T: Real, S: Simd<T>>(simd: S, x: &[T]) -> T {
    let one = simd.splat(T::ONE);
    let (fours, rest) = x.as_chunks::<{ CHAINS * WIDTH }>();
    let mut sums = [simd.splat(T::ZERO); CHAINS];
    for four in fours {
        let four = four.as_chunks::<WIDTH>().0;
        rounds!(n < CHAINS, { sums[n] = simd.fma(simd.load(&four[n]), one, sums[n]) });
    }
    rest.iter().fold(added(simd.sums(sums)), |sum, &x| sum + x)
}

#[inline(always)]
fn added<T: Real>([a, b, c, d]: [T; CHAINS]) -> T {
    (a + b) + (c + d)
}

/// Σ (x − near) and Σ (x − near)².
#[inline(always)]
pub(super) fn deviations<T: Real, S: Simd<T>>(simd: S, x: &[T], near: T) -> [T; 2] {
    let (one, minus) = (simd.splat(T::ONE), simd.splat(-near));
    let (fours, rest) = x.as_chunks::<{ CHAINS * WIDTH }>();
    let mut sums = [[simd.splat(T::ZERO); CHAINS]; 2];
    for four in fours {
        let four = four.as_chunks::<WIDTH>().0;
        rounds!(n < CHAINS, {
            let off = simd.fma(simd.load(&four[n]), one, minus);
            sums[0][n] = simd.fma(off, one, sums[0][n]);
            sums[1][n] = simd.fma(off, off, sums[1][n]);
        });
    }
    let [off, square] = [added(simd.sums(sums[0])), added(simd.sums(sums[1]))];
    rest.iter().fold([off, square], |[off, square], &x| {
        let by = x - near;
        [off + by, square + by * by]
    })
}

/// Σ a · (b − mean).
#[inline(always)]
pub(super) fn dot<T: Real, S: Simd<T>>(simd: S, a: &[T], b: &[T], mean: T) -> T {
    let (one, minus) = (simd.splat(T::ONE), simd.splat(-mean));
    let ((xs, x_rest), (ys, y_rest)) = (a.as_chunks::<{ CHAINS * WIDTH }>(), b.as_chunks::<{ CHAINS * WIDTH }>());
    let mut sums = [simd.splat(T::ZERO); CHAINS];
    for (x, y) in xs.iter().zip(ys) {
        let (x, y) = (x.as_chunks::<WIDTH>().0, y.as_chunks::<WIDTH>().0);
        rounds!(n < CHAINS, {
            sums[n] = simd.fma(simd.load(&x[n]), simd.fma(simd.load(&y[n]), one, minus), sums[n]);
        });
    }
    x_rest.iter().zip(y_rest).fold(added(simd.sums(sums)), |sum, (&a, &b)| sum + a * (b - mean))
}

/// Σ x, Σ x · (a − mean) and Σ x · b.
#[inline(always)]
pub(super) fn three_sums<T: Real, S: Simd<T>>(simd: S, x: &[T], a: &[T], mean: T, b: &[T]) -> [T; 3] {
    let (one, minus) = (simd.splat(T::ONE), simd.splat(-mean));
    let ((xs, x_rest), (ys, y_rest)) = (x.as_chunks::<{ CHAINS * WIDTH }>(), a.as_chunks::<{ CHAINS * WIDTH }>());
    let (zs, z_rest) = b.as_chunks::<{ CHAINS * WIDTH }>();
    let mut sums = [[simd.splat(T::ZERO); CHAINS]; 3];
    for ((x, y), z) in xs.iter().zip(ys).zip(zs) {
        let (x, y, z) = (x.as_chunks::<WIDTH>().0, y.as_chunks::<WIDTH>().0, z.as_chunks::<WIDTH>().0);
        rounds!(n < CHAINS, {
            let own = simd.load(&x[n]);
            sums[0][n] = simd.fma(own, one, sums[0][n]);
            sums[1][n] = simd.fma(own, simd.fma(simd.load(&y[n]), one, minus), sums[1][n]);
            sums[2][n] = simd.fma(own, simd.load(&z[n]), sums[2][n]);
        });
    }
    let whole = [added(simd.sums(sums[0])), added(simd.sums(sums[1])), added(simd.sums(sums[2]))];
    let rest = x_rest.iter().zip(y_rest).zip(z_rest);
    rest.fold(whole, |[x_sum, y_sum, z_sum], ((&x, &y), &z)| [x_sum + x, y_sum + x * (y - mean), z_sum + x * z])
}
