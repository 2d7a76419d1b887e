//! Eight numbers at a time: AVX2 where the processor has it, WebAssembly's vectors in browsers, else whatever the compiler makes of arrays.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use std::arch::wasm32::{f32x4_add, f32x4_eq, f32x4_gt, f32x4_mul, f32x4_splat, v128, v128_and, v128_bitselect};

use super::Real;

/// Numbers in a vector.
pub(super) const LANES: usize = 8;

/// The instructions at hand.
pub(crate) trait Simd<T>: Copy {
    type Vector: Copy;
    fn splat(self, value: T) -> Self::Vector;
    /// The first eight of `from`.
    fn load(self, from: &[T; LANES]) -> Self::Vector;
    fn array(self, vector: Self::Vector) -> [T; LANES];
    /// a · b + c.
    fn fma(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    fn sum(self, vector: Self::Vector) -> T;
    /// The sums of four.
    fn sums(self, vectors: [Self::Vector; 4]) -> [T; 4];
    /// Where x > best, x and its tag; elsewhere what there was.
    fn better(self, x: Self::Vector, tag: Self::Vector, best: [Self::Vector; 2]) -> [Self::Vector; 2];
    /// x where a = b, elsewhere 0.
    fn where_equal(self, a: Self::Vector, b: Self::Vector, x: Self::Vector) -> Self::Vector;
}

/// Something to do with the best instructions at hand. Everything it calls has to be inlined into it.
pub(crate) trait Work<T> {
    type Output;
    fn run<S: Simd<T>>(self, simd: S) -> Self::Output;
}

/// Arrays.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl<T: Real> Simd<T> for Portable {
    type Vector = [T; LANES];

    #[inline(always)]
    fn splat(self, value: T) -> [T; LANES] {
        [value; LANES]
    }

    #[inline(always)]
    fn load(self, from: &[T; LANES]) -> [T; LANES] {
        *from
    }

    #[inline(always)]
    fn array(self, vector: [T; LANES]) -> [T; LANES] {
        vector
    }

    #[inline(always)]
    fn fma(self, a: [T; LANES], b: [T; LANES], mut c: [T; LANES]) -> [T; LANES] {
        for lane in 0..LANES {
            c[lane] += a[lane] * b[lane];
        }
        c
    }

    #[inline(always)]
    fn sum(self, vector: [T; LANES]) -> T {
        pairwise(vector)
    }

    #[inline(always)]
    fn sums(self, [a, b, c, d]: [[T; LANES]; 4]) -> [T; 4] {
        [pairwise(a), pairwise(b), pairwise(c), pairwise(d)]
    }

    #[inline(always)]
    fn better(self, x: [T; LANES], tag: [T; LANES], [mut best, mut tags]: [[T; LANES]; 2]) -> [[T; LANES]; 2] {
        for lane in 0..LANES {
            let better = x[lane] > best[lane];
            best[lane] = if better { x[lane] } else { best[lane] };
            tags[lane] = if better { tag[lane] } else { tags[lane] };
        }
        [best, tags]
    }

    #[inline(always)]
    fn where_equal(self, a: [T; LANES], b: [T; LANES], mut x: [T; LANES]) -> [T; LANES] {
        for lane in 0..LANES {
            x[lane] = if a[lane] == b[lane] { x[lane] } else { T::ZERO };
        }
        x
    }
}

#[inline(always)]
fn pairwise<T: Real>(v: [T; LANES]) -> T {
    ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]))
}

#[cfg(target_arch = "x86_64")]
impl Simd<f32> for pulp::x86::V3 {
    type Vector = pulp::f32x8;

    #[inline(always)]
    fn splat(self, value: f32) -> pulp::f32x8 {
        self.splat_f32x8(value)
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> pulp::f32x8 {
        pulp::cast(*from)
    }

    #[inline(always)]
    fn array(self, vector: pulp::f32x8) -> [f32; LANES] {
        pulp::cast(vector)
    }

    #[inline(always)]
    fn fma(self, a: pulp::f32x8, b: pulp::f32x8, c: pulp::f32x8) -> pulp::f32x8 {
        self.mul_add_f32x8(a, b, c)
    }

    #[inline(always)]
    fn sum(self, vector: pulp::f32x8) -> f32 {
        pairwise(self.array(vector))
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
    fn where_equal(self, a: pulp::f32x8, b: pulp::f32x8, x: pulp::f32x8) -> pulp::f32x8 {
        self.select_f32x8(self.cmp_eq_f32x8(a, b), x, self.splat_f32x8(0.0))
    }
}

/// The 128 bits of WebAssembly, twice.
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
    fn load(self, from: &[f32; LANES]) -> [v128; 2] {
        bytemuck::cast(*from)
    }

    #[inline(always)]
    fn array(self, vector: [v128; 2]) -> [f32; LANES] {
        bytemuck::cast(vector)
    }

    #[inline(always)]
    fn fma(self, a: [v128; 2], b: [v128; 2], c: [v128; 2]) -> [v128; 2] {
        [f32x4_add(c[0], f32x4_mul(a[0], b[0])), f32x4_add(c[1], f32x4_mul(a[1], b[1]))]
    }

    #[inline(always)]
    fn sum(self, vector: [v128; 2]) -> f32 {
        pairwise(self.array(vector))
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

/// Single precision: with AVX2 if it is there, in a browser with its vectors.
pub(super) fn single<W: Work<f32>>(work: W) -> W::Output {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return work.run(Simd128);
    #[cfg(target_arch = "x86_64")]
    {
        use std::sync::OnceLock;
        static AVX2: OnceLock<Option<pulp::x86::V3>> = OnceLock::new();
        if let Some(simd) = *AVX2.get_or_init(pulp::x86::V3::try_new) {
            struct Vectorized<W>(W, pulp::x86::V3);
            impl<W: Work<f32>> pulp::NullaryFnOnce for Vectorized<W> {
                type Output = W::Output;
                #[inline(always)]
                fn call(self) -> W::Output {
                    self.0.run(self.1)
                }
            }
            return simd.vectorize(Vectorized(work, simd));
        }
    }
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    work.run(Portable)
}
