//! Vectors of eight numbers: AVX2 if the CPU has it, with the registers of AVX-512 if it has those, WebAssembly's vectors
//! in browsers, arrays elsewhere.
//!
//! Every implementation outside of browsers gives the same bits: products are fused with their additions, and lanes are
//! summed in one order. (WebAssembly has no fused multiply-add.)

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use std::arch::wasm32::{f32x4_add, f32x4_eq, f32x4_gt, f32x4_mul, f32x4_splat, v128, v128_and, v128_bitselect};

#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};

use super::Real;

/// Numbers in a vector.
pub(super) const WIDTH: usize = 8;

/// Set of vector instructions.
pub(crate) trait Simd<T: Real>: Copy {
    type Vector: Copy;
    /// True if there are 32 registers, and not 16.
    const MANY_REGISTERS: bool = false;
    fn splat(self, value: T) -> Self::Vector;
    /// Loads eight numbers.
    fn load(self, from: &[T; WIDTH]) -> Self::Vector;
    fn array(self, vector: Self::Vector) -> [T; WIDTH];
    /// a · b + c.
    fn fma(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// a − b.
    #[inline(always)]
    fn subtract(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        self.fma(self.splat(-T::ONE), b, a)
    }
    fn sum(self, vector: Self::Vector) -> T;
    /// Sums of the lanes of four vectors.
    fn sums(self, vectors: [Self::Vector; 4]) -> [T; 4];
    /// Best number and its tag in each lane: x and `tag` if x > best, else as in `best`.
    fn better(self, x: Self::Vector, tag: Self::Vector, best: [Self::Vector; 2]) -> [Self::Vector; 2];
    /// Columns of eight rows.
    #[inline(always)]
    fn transpose(self, rows: [Self::Vector; WIDTH]) -> [Self::Vector; WIDTH] {
        let mut columns = [[T::ZERO; WIDTH]; WIDTH];
        for row in 0..WIDTH {
            let numbers = self.array(rows[row]);
            for column in 0..WIDTH {
                columns[column][row] = numbers[column];
            }
        }
        let mut vectors = rows;
        for column in 0..WIDTH {
            vectors[column] = self.load(&columns[column]);
        }
        vectors
    }
    /// x in the lanes where a = b, 0 elsewhere.
    fn where_equal(self, a: Self::Vector, b: Self::Vector, x: Self::Vector) -> Self::Vector;
}

/// Computation that runs with the best vector instructions there are. All functions that it calls have to be inlined
/// into it.
pub(crate) trait Work<T: Real> {
    type Output;
    fn run<S: Simd<T>>(self, simd: S) -> Self::Output;
}

/// Vectors as arrays, without vector instructions.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl<T: Real> Simd<T> for Portable {
    type Vector = [T; WIDTH];

    #[inline(always)]
    fn splat(self, value: T) -> [T; WIDTH] {
        [value; WIDTH]
    }

    #[inline(always)]
    fn load(self, from: &[T; WIDTH]) -> [T; WIDTH] {
        *from
    }

    #[inline(always)]
    fn array(self, vector: [T; WIDTH]) -> [T; WIDTH] {
        vector
    }

    #[inline(always)]
    fn fma(self, a: [T; WIDTH], b: [T; WIDTH], mut c: [T; WIDTH]) -> [T; WIDTH] {
        for lane in 0..WIDTH {
            c[lane] = a[lane].fma(b[lane], c[lane]);
        }
        c
    }

    #[inline(always)]
    fn sum(self, vector: [T; WIDTH]) -> T {
        reduce(vector)
    }

    #[inline(always)]
    fn add(self, mut a: [T; WIDTH], b: [T; WIDTH]) -> [T; WIDTH] {
        for lane in 0..WIDTH {
            a[lane] += b[lane];
        }
        a
    }

    #[inline(always)]
    fn sums(self, [a, b, c, d]: [[T; WIDTH]; 4]) -> [T; 4] {
        [reduce(a), reduce(b), reduce(c), reduce(d)]
    }

    #[inline(always)]
    fn better(self, x: [T; WIDTH], tag: [T; WIDTH], [mut best, mut tags]: [[T; WIDTH]; 2]) -> [[T; WIDTH]; 2] {
        for lane in 0..WIDTH {
            let better = x[lane] > best[lane];
            best[lane] = if better { x[lane] } else { best[lane] };
            tags[lane] = if better { tag[lane] } else { tags[lane] };
        }
        [best, tags]
    }

    #[inline(always)]
    fn where_equal(self, a: [T; WIDTH], b: [T; WIDTH], mut x: [T; WIDTH]) -> [T; WIDTH] {
        for lane in 0..WIDTH {
            x[lane] = if a[lane] == b[lane] { x[lane] } else { T::ZERO };
        }
        x
    }
}

/// Sum of the lanes in the order of two horizontal additions and one of halves.
#[inline(always)]
fn reduce<T: Real>(v: [T; WIDTH]) -> T {
    ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]))
}

/// Transposes both halves of four rows.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn fours(simd: V3, [a, b, c, d]: [pulp::f32x8; 4]) -> [pulp::f32x8; 4] {
    let (a, b, c, d) = (pulp::cast(a), pulp::cast(b), pulp::cast(c), pulp::cast(d));
    let avx = simd.avx;
    let (ab_low, ab_high) = (avx._mm256_unpacklo_ps(a, b), avx._mm256_unpackhi_ps(a, b));
    let (cd_low, cd_high) = (avx._mm256_unpacklo_ps(c, d), avx._mm256_unpackhi_ps(c, d));
    [
        pulp::cast(avx._mm256_shuffle_ps::<0x44>(ab_low, cd_low)),
        pulp::cast(avx._mm256_shuffle_ps::<0xEE>(ab_low, cd_low)),
        pulp::cast(avx._mm256_shuffle_ps::<0x44>(ab_high, cd_high)),
        pulp::cast(avx._mm256_shuffle_ps::<0xEE>(ab_high, cd_high)),
    ]
}

/// One half of each of two vectors.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn halves<const PICK: i32>(simd: V3, a: pulp::f32x8, b: pulp::f32x8) -> pulp::f32x8 {
    pulp::cast(simd.avx._mm256_permute2f128_ps::<PICK>(pulp::cast(a), pulp::cast(b)))
}

#[cfg(target_arch = "x86_64")]
impl Simd<f32> for V3 {
    type Vector = pulp::f32x8;

    #[inline(always)]
    fn splat(self, value: f32) -> pulp::f32x8 {
        self.splat_f32x8(value)
    }

    #[inline(always)]
    fn load(self, from: &[f32; WIDTH]) -> pulp::f32x8 {
        pulp::cast(*from)
    }

    #[inline(always)]
    fn array(self, vector: pulp::f32x8) -> [f32; WIDTH] {
        pulp::cast(vector)
    }

    #[inline(always)]
    fn fma(self, a: pulp::f32x8, b: pulp::f32x8, c: pulp::f32x8) -> pulp::f32x8 {
        self.mul_add_f32x8(a, b, c)
    }

    #[inline(always)]
    fn add(self, a: pulp::f32x8, b: pulp::f32x8) -> pulp::f32x8 {
        self.add_f32x8(a, b)
    }

    #[inline(always)]
    fn subtract(self, a: pulp::f32x8, b: pulp::f32x8) -> pulp::f32x8 {
        self.sub_f32x8(a, b)
    }

    #[inline(always)]
    fn sum(self, vector: pulp::f32x8) -> f32 {
        reduce(self.array(vector))
    }

    #[inline(always)]
    fn sums(self, vectors: [pulp::f32x8; 4]) -> [f32; 4] {
        let [a, b, c, d] = vectors.map(pulp::cast);
        let pairs = self.avx._mm256_hadd_ps(self.avx._mm256_hadd_ps(a, b), self.avx._mm256_hadd_ps(c, d));
        let (low, high) = (self.avx._mm256_castps256_ps128(pairs), self.avx._mm256_extractf128_ps::<1>(pairs));
        pulp::cast(self.sse._mm_add_ps(low, high))
    }

    #[inline(always)]
    fn better(self, x: pulp::f32x8, tag: pulp::f32x8, [best, tags]: [pulp::f32x8; 2]) -> [pulp::f32x8; 2] {
        let better = self.cmp_gt_f32x8(x, best);
        [self.select_f32x8(better, x, best), self.select_f32x8(better, tag, tags)]
    }

    #[inline(always)]
    fn transpose(self, [a, b, c, d, e, f, g, h]: [pulp::f32x8; WIDTH]) -> [pulp::f32x8; WIDTH] {
        let [a, b, c, d] = fours(self, [a, b, c, d]);
        let [e, f, g, h] = fours(self, [e, f, g, h]);
        [
            halves::<0x20>(self, a, e),
            halves::<0x20>(self, b, f),
            halves::<0x20>(self, c, g),
            halves::<0x20>(self, d, h),
            halves::<0x31>(self, a, e),
            halves::<0x31>(self, b, f),
            halves::<0x31>(self, c, g),
            halves::<0x31>(self, d, h),
        ]
    }

    #[inline(always)]
    fn where_equal(self, a: pulp::f32x8, b: pulp::f32x8, x: pulp::f32x8) -> pulp::f32x8 {
        self.select_f32x8(self.cmp_eq_f32x8(a, b), x, self.splat_f32x8(0.0))
    }
}

/// The vectors of AVX2: AVX-512 has twice as many registers for them.
#[cfg(target_arch = "x86_64")]
impl Simd<f32> for V4 {
    type Vector = pulp::f32x8;
    const MANY_REGISTERS: bool = true;

    #[inline(always)]
    fn splat(self, value: f32) -> pulp::f32x8 {
        (*self).splat(value)
    }

    #[inline(always)]
    fn load(self, from: &[f32; WIDTH]) -> pulp::f32x8 {
        (*self).load(from)
    }

    #[inline(always)]
    fn array(self, vector: pulp::f32x8) -> [f32; WIDTH] {
        (*self).array(vector)
    }

    #[inline(always)]
    fn fma(self, a: pulp::f32x8, b: pulp::f32x8, c: pulp::f32x8) -> pulp::f32x8 {
        (*self).fma(a, b, c)
    }

    #[inline(always)]
    fn add(self, a: pulp::f32x8, b: pulp::f32x8) -> pulp::f32x8 {
        (*self).add(a, b)
    }

    #[inline(always)]
    fn subtract(self, a: pulp::f32x8, b: pulp::f32x8) -> pulp::f32x8 {
        (*self).subtract(a, b)
    }

    #[inline(always)]
    fn sum(self, vector: pulp::f32x8) -> f32 {
        (*self).sum(vector)
    }

    #[inline(always)]
    fn sums(self, vectors: [pulp::f32x8; 4]) -> [f32; 4] {
        (*self).sums(vectors)
    }

    #[inline(always)]
    fn better(self, x: pulp::f32x8, tag: pulp::f32x8, best: [pulp::f32x8; 2]) -> [pulp::f32x8; 2] {
        (*self).better(x, tag, best)
    }

    #[inline(always)]
    fn transpose(self, rows: [pulp::f32x8; WIDTH]) -> [pulp::f32x8; WIDTH] {
        (*self).transpose(rows)
    }

    #[inline(always)]
    fn where_equal(self, a: pulp::f32x8, b: pulp::f32x8, x: pulp::f32x8) -> pulp::f32x8 {
        (*self).where_equal(a, b, x)
    }
}

/// Vectors as two of WebAssembly's, which have 128 bits.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[derive(Clone, Copy)]
struct Simd128;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Simd<f32> for Simd128 {
    type Vector = [v128; 2];

    #[inline(always)]
    fn splat(self, value: f32) -> [v128; 2] {
        [f32x4_splat(value); 2]
    }

    #[inline(always)]
    fn load(self, from: &[f32; WIDTH]) -> [v128; 2] {
        bytemuck::cast(*from)
    }

    #[inline(always)]
    fn array(self, vector: [v128; 2]) -> [f32; WIDTH] {
        bytemuck::cast(vector)
    }

    #[inline(always)]
    fn fma(self, a: [v128; 2], b: [v128; 2], c: [v128; 2]) -> [v128; 2] {
        [f32x4_add(c[0], f32x4_mul(a[0], b[0])), f32x4_add(c[1], f32x4_mul(a[1], b[1]))]
    }

    #[inline(always)]
    fn add(self, a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        [f32x4_add(a[0], b[0]), f32x4_add(a[1], b[1])]
    }

    #[inline(always)]
    fn sum(self, vector: [v128; 2]) -> f32 {
        reduce(self.array(vector))
    }

    #[inline(always)]
    fn sums(self, [a, b, c, d]: [[v128; 2]; 4]) -> [f32; 4] {
        [self.sum(a), self.sum(b), self.sum(c), self.sum(d)]
    }

    #[inline(always)]
    fn better(self, x: [v128; 2], tag: [v128; 2], [best, tags]: [[v128; 2]; 2]) -> [[v128; 2]; 2] {
        let better = [f32x4_gt(x[0], best[0]), f32x4_gt(x[1], best[1])];
        let select = |new: [v128; 2], old: [v128; 2]| {
            [v128_bitselect(new[0], old[0], better[0]), v128_bitselect(new[1], old[1], better[1])]
        };
        [select(x, best), select(tag, tags)]
    }

    #[inline(always)]
    fn where_equal(self, a: [v128; 2], b: [v128; 2], x: [v128; 2]) -> [v128; 2] {
        [v128_and(f32x4_eq(a[0], b[0]), x[0]), v128_and(f32x4_eq(a[1], b[1]), x[1])]
    }
}

/// Work and the instructions that it is compiled for.
#[cfg(target_arch = "x86_64")]
struct Vectorized<W, S>(W, S);

#[cfg(target_arch = "x86_64")]
impl<W: Work<f32>, S: Simd<f32>> pulp::NullaryFnOnce for Vectorized<W, S> {
    type Output = W::Output;

    #[inline(always)]
    fn call(self) -> W::Output {
        self.0.run(self.1)
    }
}

/// Runs a computation in single precision: with AVX-512's registers or AVX2 if the CPU has them, in a browser with
/// WebAssembly's vectors.
pub(super) fn single<W: Work<f32>>(work: W) -> W::Output {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return work.run(Simd128);
    #[cfg(target_arch = "x86_64")]
    match sets() {
        (Some(simd), _) => return simd.vectorize(Vectorized(work, simd)),
        (None, Some(simd)) => return simd.vectorize(Vectorized(work, simd)),
        (None, None) => {}
    }
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    work.run(Portable)
}

/// Sets of vector instructions that this CPU has.
#[cfg(target_arch = "x86_64")]
fn sets() -> (Option<V4>, Option<V3>) {
    use std::sync::OnceLock;
    static SETS: OnceLock<(Option<V4>, Option<V3>)> = OnceLock::new();
    *SETS.get_or_init(|| (V4::try_new(), V3::try_new()))
}

/// Name of the vector instructions that [`single`] uses.
pub(crate) fn vector_instructions() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    return match sets() {
        (Some(_), _) => "AVX-512",
        (None, Some(_)) => "AVX2",
        (None, None) => "those of the build",
    };
    #[cfg(not(target_arch = "x86_64"))]
    return if cfg!(target_feature = "simd128") { "SIMD128" } else { "those of the build" };
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use proptest::prelude::*;

    use super::super::matrix::{Left, product};
    use super::super::product::{correlate, deviations, dot, three_sums, total};
    use super::*;

    /// All sums over lanes.
    struct Sums<'a>(&'a [f32], &'a [f32]);

    impl Work<f32> for Sums<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn run<S: Simd<f32>>(self, simd: S) -> Vec<f32> {
            let Self(a, b) = self;
            let mut sums = vec![total(simd, a), dot(simd, a, b, 0.3)];
            sums.extend(deviations(simd, a, 0.1));
            sums.extend(three_sums(simd, a, b, 0.2, a));
            // Five rows of n numbers, and views of the other at four places.
            let n = a.len() / 5;
            let (mut gradient, shifts) = (vec![0.5; 20], [0, 1, 2, 3]);
            if n > 3 {
                correlate(simd, &mut gradient, a, n, [5, n - 3], b, &shifts);
            }
            sums.extend(gradient);
            if let Some(rows) = a.first_chunk::<{ WIDTH * WIDTH }>() {
                let rows = rows.as_chunks::<WIDTH>().0;
                let mut vectors = [simd.splat(0.0); WIDTH];
                for row in 0..WIDTH {
                    vectors[row] = simd.load(&rows[row]);
                }
                let columns = simd.transpose(vectors);
                for column in columns {
                    sums.extend(simd.array(column));
                }
            }
            // Products of as many rows and columns as there are numbers, with all widths of a strip.
            for width in [8, 16, 24, 32, 56] {
                let depth = b.len() / width;
                let Some(rows) = a.len().checked_div(depth) else { continue };
                let (rows, left) = (rows.min(11), Left { numbers: a, row: depth, column: 1 });
                let mut out = vec![0.25; rows * width];
                product::<f32, S, true>(simd, &mut out, [rows, width], left, b, depth);
                sums.extend(out);
            }
            sums
        }
    }

    proptest! {
        /// CPUs with AVX-512, with AVX2 and with neither compute the same bits.
        #[test]
        fn arrays_and_vectors_give_the_same_bits(
            (a, b) in (0_usize..400).prop_flat_map(|n| {
                let numbers = || proptest::collection::vec(-10.0_f32..10.0, n);
                (numbers(), numbers())
            }),
        ) {
            let bits = |sums: Vec<f32>| sums.into_iter().map(f32::to_bits).collect::<Vec<_>>();
            let portable = bits(Sums(&a, &b).run(Portable));
            prop_assert_eq!(&bits(single(Sums(&a, &b))), &portable);
            if let Some(simd) = V3::try_new() {
                prop_assert_eq!(&bits(simd.vectorize(Vectorized(Sums(&a, &b), simd))), &portable);
            }
        }
    }
}
