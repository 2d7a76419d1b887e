//! Masks of a pass, which drop at random what they multiply and scale the rest.
//!
//! A mask of dropout has a factor for each number of a feature map, too many to be kept or sent to a device. The factor
//! follows from two keys and the number's place in `[batch, channels, height, width]`, so that every engine computes the
//! same one where it needs it:
//!
//! ```text
//! u = ⌊h(h(place ⊕ k₁) + k₂) / 2⁸⌋ / 2²⁴,   m = 1 / (1 − d) if u < 1 − d, else 0
//! ```
//!
//! with h the permutation of 32 bits `lowbias32` of Wellons's hash-prospector.

use rand::{Rng, RngExt};

use crate::graph::MaskKind;

/// Probabilities with which the masks of a pass drop what they multiply, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DropRates {
    /// Probability of the drop paths.
    pub drop_path: f64,
    /// Probability of dropout.
    pub dropout: f64,
}

impl DropRates {
    /// Probability of a kind of mask.
    #[must_use]
    pub const fn of(self, kind: MaskKind) -> f64 {
        match kind {
            MaskKind::DropPath => self.drop_path,
            MaskKind::Dropout => self.dropout,
        }
    }
}

/// Mask that multiplies a sum in a pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Mask {
    /// Drop path, by the factor of each image.
    Images(Vec<f32>),
    /// Dropout.
    Numbers(Dropout),
}

impl Mask {
    /// Draws a mask for some images, which drops with a probability below 1.
    pub(super) fn draw(kind: MaskKind, images: usize, probability: f64, random: &mut impl Rng) -> Self {
        match kind {
            MaskKind::DropPath => {
                let kept = factor(probability);
                let factor = |_| if random.random_bool(probability.min(1.0)) { 0.0 } else { kept };
                Self::Images((0..images).map(factor).collect())
            }
            MaskKind::Dropout => Self::Numbers(Dropout::new([random.next_u32(), random.next_u32()], probability)),
        }
    }

    /// True if the mask is one of a kind for some images.
    pub(super) fn fits(&self, kind: MaskKind, images: usize) -> bool {
        match (self, kind) {
            (Self::Images(factors), MaskKind::DropPath) => factors.len() == images,
            (Self::Numbers(_), MaskKind::Dropout) => true,
            _ => false,
        }
    }
}

/// Mask of dropout by its keys; the module's comment has the formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// Keys k₁ and k₂.
    pub(super) keys: [u32; 2],
    /// Probability 1 − d of keeping a number.
    pub(super) keep: f32,
    /// Factor of the numbers that are kept.
    pub(super) kept: f32,
}

impl Dropout {
    /// Mask by its keys that drops a number with a probability below 1.
    #[must_use]
    pub fn new(keys: [u32; 2], probability: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "networks compute in single precision")]
        let keep = (1.0 - probability) as f32;
        Self { keys, keep, kept: factor(probability) }
    }

    /// Factor of the number at a place of `[batch, channels, height, width]`. Places beyond 2³² begin anew.
    #[must_use]
    #[inline]
    pub fn factor(self, place: usize) -> f32 {
        #[expect(clippy::cast_possible_truncation, reason = "they begin anew")]
        let place = place as u32;
        let drawn = mixed(mixed(place ^ self.keys[0]).wrapping_add(self.keys[1])) >> 8;
        #[expect(clippy::cast_precision_loss, reason = "24 bits fit")]
        let drawn = drawn as f32 / 16_777_216.0;
        if drawn < self.keep { self.kept } else { 0.0 }
    }
}

/// Factor of what is kept where the rest is dropped with a probability.
fn factor(probability: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "networks compute in single precision")]
    let kept = (1.0 / (1.0 - probability)) as f32;
    kept
}

/// Permutation `lowbias32` of 32 bits.
#[inline]
const fn mixed(bits: u32) -> u32 {
    let bits = (bits ^ (bits >> 16)).wrapping_mul(0x7feb_352d);
    let bits = (bits ^ (bits >> 15)).wrapping_mul(0x846c_a68b);
    bits ^ (bits >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, stream};

    /// The factors by an implementation of the formula in Python.
    #[test]
    fn factors_follow_from_the_keys() {
        let dropout = Dropout::new([0x1234_5678, 0x9abc_def0], 0.4);
        let found: Vec<bool> = (0..24).map(|place| dropout.factor(place) > 0.0).collect();
        let expected = [0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 0];
        assert_eq!(found, expected.map(|one| one == 1));
        assert!((f64::from(dropout.factor(2)) - 1.0 / 0.6).abs() < 1e-6);
        let none = Dropout::new([0x1234_5678, 0x9abc_def0], 0.0);
        assert!((0..1000).all(|place| (none.factor(place) - 1.0).abs() < f32::EPSILON));
    }

    /// Both kinds drop as often as they should, and masks are drawn apart.
    #[test]
    fn masks_drop_with_their_probability() {
        let mut random = stream(5, Stream::DropPath, 0);
        let mut draw = |kind| Mask::draw(kind, 100_000, 0.25, &mut random);
        let mut all = Vec::new();
        for kind in [MaskKind::DropPath, MaskKind::Dropout, MaskKind::Dropout] {
            let factors: Vec<f32> = match draw(kind) {
                Mask::Images(factors) => factors,
                Mask::Numbers(dropout) => (0..100_000).map(|place| dropout.factor(place)).collect(),
            };
            let mean = factors.iter().copied().map(f64::from).sum::<f64>() / 1e5;
            assert!((mean - 1.0).abs() < 0.01, "{kind:?}: {mean}");
            all.push(factors);
        }
        let both = all[1].iter().zip(&all[2]).map(|(one, other)| f64::from(one * other)).sum::<f64>() / 1e5;
        assert!((both - 1.0).abs() < 0.01, "{both}");
    }
}
