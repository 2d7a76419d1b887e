//! Eight numbers at a time: AVX2 where the processor has it, else whatever the compiler makes of arrays.

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
    fn sums(self, vectors: [[T; LANES]; 4]) -> [T; 4] {
        vectors.map(pairwise)
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

/// Single precision: with AVX2 if it is there.
pub(super) fn single<W: Work<f32>>(work: W) -> W::Output {
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
    work.run(Portable)
}
