//! Precisions of the CPU's engine.

use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use super::simd::{Portable, Work, single};
use crate::engine::Numbers;

/// Type of the numbers: `f32`, or `f64` to check numbers with.
pub(crate) trait Real:
    Copy
    + std::fmt::Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + 'static
{
    const ZERO: Self;
    const ONE: Self;
    const LEAST: Self;

    fn of(value: f64) -> Self;
    fn wide(self) -> f64;
    /// Whole number below 256.
    fn small(self) -> u8;
    /// Numbers for the host.
    fn numbers(values: &[Self]) -> Numbers;
    /// a · b + c; in single precision rounded once.
    fn fma(self, b: Self, c: Self) -> Self;
    fn run<W: Work<Self>>(work: W) -> W::Output;
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const LEAST: Self = f32::NEG_INFINITY;

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "single precision is what was asked for")]
    fn of(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
    fn small(self) -> u8 {
        self as u8
    }

    fn numbers(values: &[Self]) -> Numbers {
        Numbers::Single(values.to_vec())
    }

    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        // WebAssembly has no such instruction.
        if cfg!(target_family = "wasm") { self * b + c } else { self.mul_add(b, c) }
    }

    fn run<W: Work<Self>>(work: W) -> W::Output {
        single(work)
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const LEAST: Self = f64::NEG_INFINITY;

    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
    fn small(self) -> u8 {
        self as u8
    }

    fn numbers(values: &[Self]) -> Numbers {
        Numbers::Double(values.to_vec())
    }

    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        self * b + c
    }

    fn run<W: Work<Self>>(work: W) -> W::Output {
        work.run(Portable)
    }
}
