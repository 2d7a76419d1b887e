//! Feature maps, whose channels lie in rows, to pixels, whose channels lie side by side, and back.

use super::super::super::Real;
use super::super::super::matrix::{load, store};
use super::super::super::rounds::rounds;
use super::super::super::simd::{Simd, WIDTH};

/// Writes numbers of eight channels, which lie in rows at a distance of `stride`, to their pixels.
#[inline(always)]
pub(super) fn from_rows<T: Real, S: Simd<T>>(
    simd: S,
    pixels: &mut [T],
    channels: usize,
    places: &[usize],
    rows: &[T],
    stride: usize,
) {
    let (eights, rest) = places.as_chunks::<WIDTH>();
    for (block, places) in eights.iter().enumerate() {
        let mut vectors = [simd.splat(T::ZERO); WIDTH];
        rounds!(row < WIDTH, { vectors[row] = load(simd, rows, row * stride + block * WIDTH) });
        let vectors = simd.transpose(vectors);
        rounds!(at < WIDTH, { store(simd, pixels, places[at] * channels, vectors[at]) });
    }
    for (at, place) in rest.iter().enumerate() {
        for row in 0..WIDTH {
            pixels[place * channels + row] = rows[row * stride + eights.len() * WIDTH + at];
        }
    }
}

/// Writes eight channels of some pixels to rows at a distance of `stride`.
#[inline(always)]
pub(super) fn to_rows<T: Real, S: Simd<T>>(
    simd: S,
    pixels: &[T],
    channels: usize,
    places: &[usize],
    rows: &mut [T],
    stride: usize,
) {
    let (eights, rest) = places.as_chunks::<WIDTH>();
    for (block, places) in eights.iter().enumerate() {
        let mut vectors = [simd.splat(T::ZERO); WIDTH];
        rounds!(at < WIDTH, { vectors[at] = load(simd, pixels, places[at] * channels) });
        let vectors = simd.transpose(vectors);
        rounds!(row < WIDTH, { store(simd, rows, row * stride + block * WIDTH, vectors[row]) });
    }
    for (at, place) in rest.iter().enumerate() {
        for row in 0..WIDTH {
            rows[row * stride + eights.len() * WIDTH + at] = pixels[place * channels + row];
        }
    }
}
