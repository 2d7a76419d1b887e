//! Tensor as it is stored in a file.

use std::borrow::Cow;

use super::super::Source;

/// Maximum number of axes of a tensor; those of networks have up to four.
pub(super) const MAX_AXES: usize = 8;

/// Type of a tensor's numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dtype {
    F16,
    Bf16,
    F32,
    F64,
    /// Type that weights cannot have: its name.
    Other(&'static str),
}

/// Tensor whose numbers lie in the bytes of a file, little-endian.
#[derive(Debug)]
pub(super) struct Stored<'a> {
    shape: Vec<usize>,
    /// Distance of neighbours along each axis, in numbers.
    strides: Vec<usize>,
    /// Place of the first number.
    offset: usize,
    dtype: Dtype,
    bytes: &'a [u8],
}

impl<'a> Stored<'a> {
    /// Tensor with strides; says what is wrong with it if its axes cannot be those of a tensor.
    pub(super) fn strided(
        dtype: Dtype,
        shape: Vec<usize>,
        strides: Vec<usize>,
        offset: usize,
        bytes: &'a [u8],
    ) -> Result<Self, String> {
        if shape.len() > MAX_AXES || strides.len() != shape.len() {
            return Err(format!("has {} axes and {} strides", shape.len(), strides.len()));
        }
        Ok(Self { shape, strides, offset, dtype, bytes })
    }

    /// Tensor whose last axis is the fastest.
    pub(super) fn contiguous(dtype: Dtype, shape: Vec<usize>, bytes: &'a [u8]) -> Result<Self, String> {
        let mut strides: Vec<usize> = Vec::with_capacity(shape.len());
        let mut stride = 1_usize;
        for &size in shape.iter().rev() {
            strides.push(stride);
            stride = stride.saturating_mul(size);
        }
        strides.reverse();
        Self::strided(dtype, shape, strides, 0, bytes)
    }

    /// Returns the places of all numbers in row-major order, if they lie within `count` numbers.
    fn places(&self, count: usize) -> Option<Vec<usize>> {
        let axes = || self.shape.iter().copied().zip(self.strides.iter().copied());
        let last = axes().try_fold(self.offset, |place, (size, stride)| {
            size.checked_sub(1)?.checked_mul(stride).and_then(|reach| place.checked_add(reach))
        });
        if last? >= count {
            return None;
        }
        Some(axes().fold(vec![self.offset], |starts, (size, stride)| {
            starts.iter().flat_map(|start| (0..size).map(move |index| start + index * stride)).collect()
        }))
    }

    /// Decodes the numbers, which have `N` bytes each.
    fn decoded<const N: usize>(&self, number: impl Fn([u8; N]) -> f32) -> Result<Cow<'_, [f32]>, String> {
        let (numbers, _) = self.bytes.as_chunks::<N>();
        let places = self.places(numbers.len()).ok_or("has numbers outside of its storage")?;
        Ok(places.into_iter().map(|place| number(numbers[place])).collect())
    }
}

impl Source for Stored<'_> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn numbers(&self) -> Result<Cow<'_, [f32]>, String> {
        match self.dtype {
            Dtype::F16 => self.decoded(|bytes| half(u16::from_le_bytes(bytes))),
            Dtype::Bf16 => self.decoded(|bytes| f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)),
            Dtype::F32 => self.decoded(f32::from_le_bytes),
            Dtype::F64 => self.decoded(|bytes| single(f64::from_le_bytes(bytes))),
            Dtype::Other(name) => Err(format!("holds {name}, and weights are float16, bfloat16, float32 or float64")),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "networks compute in single precision")]
fn single(number: f64) -> f32 {
    number as f32
}

/// Converts a number in half precision: sign, five bits of exponent, ten of mantissa.
fn half(bits: u16) -> f32 {
    const INFINITY: u32 = 0x7c00 << 13;
    // The exponents of both precisions are 112 apart.
    const SCALE: f32 = f32::from_bits((127 + 112) << 23);
    let magnitude = u32::from(bits & 0x7fff) << 13;
    let value =
        if magnitude >= INFINITY { f32::from_bits(0x7f80_0000 | magnitude) } else { f32::from_bits(magnitude) * SCALE };
    if bits >> 15 == 1 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_exact() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc500, -5.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x83ff, -6.097_555e-5),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits).to_bits(), f32::to_bits(value), "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
        assert_eq!(half(0x8000).to_bits(), (-0.0_f32).to_bits());
    }

    #[test]
    fn strides_are_held_to_the_storage() {
        let bytes: Vec<u8> =
            [0.0_f32, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        let stored = |shape: [usize; 2], strides: [usize; 2], offset| {
            Stored::strided(Dtype::F32, shape.to_vec(), strides.to_vec(), offset, &bytes).unwrap()
        };
        assert_eq!(*stored([3, 2], [1, 3], 1).numbers().unwrap(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(*stored([2, 2], [0, 1], 5).numbers().unwrap(), [5.0, 6.0, 5.0, 6.0]);
        for (shape, strides, offset) in [
            ([3, 2], [1, 3], 2),
            ([2, 2], [usize::MAX, usize::MAX], 0),
            ([usize::MAX, 3], [2, 1], 0),
            ([1, 1], [1, 1], usize::MAX),
        ] {
            assert!(stored(shape, strides, offset).numbers().is_err(), "{shape:?}");
        }
        let tensor = Stored::contiguous(Dtype::F32, vec![7], &bytes).unwrap();
        assert_eq!(*tensor.numbers().unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert!(Stored::contiguous(Dtype::F32, vec![1; 9], &bytes).is_err());
    }
}
