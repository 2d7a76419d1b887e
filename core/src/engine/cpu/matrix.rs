//! Product of two matrices of which the second lies in rows of whole vectors.

use super::Real;
use super::rounds::rounds;
use super::simd::{Simd, WIDTH};

/// First matrix of a product, with the distances between its rows and between its columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left<'a, T> {
    pub(super) numbers: &'a [T],
    pub(super) row: usize,
    pub(super) column: usize,
}

impl<T> Left<'_, T> {
    /// Rows from one on.
    #[inline(always)]
    fn rows_from(self, row: usize) -> Self {
        Self { numbers: &self.numbers[row * self.row..], ..self }
    }
}

/// Computes `out[r, q] = Σ_k left[r, k] · right[k, q]`, and adds it to what `out` holds if `ADD` is true. `out` and
/// `right` have rows of `width` numbers, a multiple of [`WIDTH`]; the sums are in the order of k.
#[inline(always)]
pub(super) fn product<T: Real, S: Simd<T>, const ADD: bool>(
    simd: S,
    out: &mut [T],
    [rows, width]: [usize; 2],
    left: Left<'_, T>,
    right: &[T],
    depth: usize,
) {
    let mut q = 0;
    while q < width {
        let (out, right, vectors) = (&mut out[q..], &right[q..], (width - q) / WIDTH);
        // As many sums as the registers hold.
        q += WIDTH
            * match (S::MANY_REGISTERS, vectors) {
                (true, 4..) => strip::<T, S, ADD, 4, 4>(simd, out, [rows, width], left, right, depth),
                (true, 2..) => strip::<T, S, ADD, 8, 2>(simd, out, [rows, width], left, right, depth),
                (false, 2..) => strip::<T, S, ADD, 4, 2>(simd, out, [rows, width], left, right, depth),
                _ => strip::<T, S, ADD, 8, 1>(simd, out, [rows, width], left, right, depth),
            };
    }
}

/// Computes `N` vectors of all rows; returns `N`.
#[inline(always)]
fn strip<T: Real, S: Simd<T>, const ADD: bool, const R: usize, const N: usize>(
    simd: S,
    out: &mut [T],
    [rows, width]: [usize; 2],
    left: Left<'_, T>,
    right: &[T],
    depth: usize,
) -> usize {
    let whole = rows / R * R;
    for row in (0..whole).step_by(R) {
        block::<T, S, ADD, R, N>(simd, &mut out[row * width..], width, left.rows_from(row), right, depth);
    }
    for row in whole..rows {
        block::<T, S, ADD, 1, N>(simd, &mut out[row * width..], width, left.rows_from(row), right, depth);
    }
    N
}

/// Computes `N` vectors of `R` rows.
#[inline(always)]
fn block<T: Real, S: Simd<T>, const ADD: bool, const R: usize, const N: usize>(
    simd: S,
    out: &mut [T],
    width: usize,
    left: Left<'_, T>,
    right: &[T],
    depth: usize,
) {
    let mut sums = [[simd.splat(T::ZERO); N]; R];
    if ADD {
        rounds!(r < R, {
            rounds!(n < N, { sums[r][n] = load(simd, out, r * width + n * WIDTH) });
        });
    }
    let reach = (R - 1) * left.row + 1;
    for k in 0..depth {
        let factors = &left.numbers[k * left.column..][..reach];
        let right = right[k * width..][..N * WIDTH].as_chunks::<WIDTH>().0;
        let mut vectors = [simd.splat(T::ZERO); N];
        rounds!(n < N, { vectors[n] = simd.load(&right[n]) });
        rounds!(r < R, {
            let factor = simd.splat(factors[r * left.row]);
            rounds!(n < N, { sums[r][n] = simd.fma(factor, vectors[n], sums[r][n]) });
        });
    }
    rounds!(r < R, {
        rounds!(n < N, { store(simd, out, r * width + n * WIDTH, sums[r][n]) });
    });
}

/// Loads the vector at a place.
#[inline(always)]
pub(super) fn load<T: Real, S: Simd<T>>(simd: S, from: &[T], place: usize) -> S::Vector {
    simd.load(&from[place..place + WIDTH].as_chunks::<WIDTH>().0[0])
}

/// Stores a vector at a place.
#[inline(always)]
pub(super) fn store<T: Real, S: Simd<T>>(simd: S, to: &mut [T], place: usize, vector: S::Vector) {
    to[place..place + WIDTH].copy_from_slice(&simd.array(vector));
}

#[cfg(test)]
mod tests {
    use super::super::Real;
    use super::super::simd::Work;
    use super::*;

    struct Product {
        sizes: [usize; 3],
        transposed: bool,
    }

    impl Work<f32> for Product {
        type Output = ();

        #[inline(always)]
        fn run<S: Simd<f32>>(self, simd: S) {
            let Self { sizes: [rows, width, depth], transposed } = self;
            let number = |at: usize| f32::from(u16::try_from(at * 7 % 23).unwrap()) - 11.0;
            let numbers: Vec<f32> = (0..rows * depth).map(number).collect();
            let right: Vec<f32> = (0..depth * width).map(|at| number(at + 5)).collect();
            let [row, column] = if transposed { [1, rows] } else { [depth, 1] };
            let (left, mut out) = (Left { numbers: &numbers, row, column }, vec![0.5; rows * width]);
            product::<f32, S, false>(simd, &mut out, [rows, width], left, &right, depth);
            product::<f32, S, true>(simd, &mut out, [rows, width], left, &right, depth);
            for r in 0..rows {
                for q in 0..width {
                    let terms = (0..depth).map(|k| numbers[r * row + k * column] * right[k * width + q]);
                    // Whole numbers: the sums are exact.
                    assert!((out[r * width + q] - 2.0 * terms.sum::<f32>()).abs() < 0.1, "{rows} {width} {r} {q}");
                }
            }
        }
    }

    #[test]
    fn products_are_those_of_matrices() {
        for width in [8, 16, 24, 32, 56] {
            for rows in [1, 3, 8, 13] {
                for transposed in [false, true] {
                    f32::run(Product { sizes: [rows, width, 9], transposed });
                }
            }
        }
    }
}
