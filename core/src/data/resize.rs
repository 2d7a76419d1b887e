//! Resizing of images by area.

/// Pixel of 8 or 16 bits.
pub(super) trait Depth: Copy + Into<u64> {
    /// Largest pixel.
    const MOST: u64;

    /// Returns a number as a pixel, at most [`MOST`](Self::MOST).
    fn narrow(number: u64) -> Self;
}

impl Depth for u8 {
    const MOST: u64 = 255;

    fn narrow(number: u64) -> Self {
        Self::try_from(number).unwrap_or(Self::MAX)
    }
}

impl Depth for u16 {
    const MOST: u64 = 65_535;

    fn narrow(number: u64) -> Self {
        Self::try_from(number).unwrap_or(Self::MAX)
    }
}

/// Resizer of planes from one size to another. A new pixel is the mean of the area that it covers; an old pixel at the
/// border of that area counts by its covered part.
///
/// Lengths are whole numbers: along an axis, an old pixel has the length `to` and a new one the length `from`. Only the
/// final mean is rounded.
pub(super) struct Resize {
    width: usize,
    rows: Vec<Vec<(usize, u64)>>,
    columns: Vec<Vec<(usize, u64)>>,
    area: u64,
}

impl Resize {
    /// Makes a resizer between two sizes `[height, width]`, all greater than 0.
    pub(super) fn new(from: [usize; 2], to: [usize; 2]) -> Self {
        Self {
            width: from[1],
            rows: cover(from[0], to[0]),
            columns: cover(from[1], to[1]),
            area: from[0] as u64 * from[1] as u64,
        }
    }

    /// Appends the resized plane.
    pub(super) fn plane<T: Depth>(&self, plane: &[T], resized: &mut Vec<T>) {
        self.channel(plane, [0, 1], resized);
    }

    /// Appends one resized channel of pixels that have several: the number of the channel, and that of all.
    pub(super) fn channel<T: Depth>(&self, pixels: &[T], [channel, channels]: [usize; 2], resized: &mut Vec<T>) {
        let length = self.width * channels;
        for rows in &self.rows {
            for columns in &self.columns {
                let mut sum = self.area / 2;
                for &(row, tall) in rows {
                    let line = &pixels[row * length..(row + 1) * length];
                    let value = |column: usize| line[column * channels + channel].into();
                    sum += tall * columns.iter().map(|&(column, wide)| wide * value(column)).sum::<u64>();
                }
                resized.push(T::narrow(sum / self.area));
            }
        }
    }
}

/// Returns, for each new pixel of an axis, the old pixels that it covers and the covered length of each.
fn cover(from: usize, to: usize) -> Vec<Vec<(usize, u64)>> {
    (0..to)
        .map(|new| {
            let (start, end) = (new * from, (new + 1) * from);
            (start / to..end.div_ceil(to))
                .map(|old| (old, (end.min((old + 1) * to) - start.max(old * to)) as u64))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resized(plane: &[u8], from: [usize; 2], to: [usize; 2]) -> Vec<u8> {
        let mut out = Vec::new();
        Resize::new(from, to).plane(plane, &mut out);
        out
    }

    #[test]
    fn areas_are_exact() {
        // 3 → 2: the new pixels are the means over [0, 1.5) and [1.5, 3).
        assert_eq!(resized(&[30, 60, 90], [1, 3], [1, 2]), [40, 80]);
        // 2 → 3: the pixel in the middle is the mean of both old ones.
        assert_eq!(resized(&[30, 60], [1, 2], [1, 3]), [30, 45, 60]);
        // 2×2 → 1×1, rounded to the nearest: 2.5 → 3.
        assert_eq!(resized(&[1, 2, 3, 4], [2, 2], [1, 1]), [3]);
        // 5×3 → 2×2 by hand: rows cover 2.5, columns 1.5 pixels.
        let plane: Vec<u8> = (0..15).map(|i| i * 10).collect();
        assert_eq!(resized(&plane, [5, 3], [2, 2]), [27, 41, 99, 113]);
        // Enlarging by a whole number repeats pixels; the same size changes nothing.
        assert_eq!(resized(&[1, 9], [2, 1], [4, 2]), [1, 1, 1, 1, 9, 9, 9, 9]);
        assert_eq!(resized(&plane, [5, 3], [5, 3]), plane);
        // The same as the second of two channels.
        let pairs: Vec<u8> = plane.iter().flat_map(|&value| [255 - value, value]).collect();
        let mut second = Vec::new();
        Resize::new([5, 3], [2, 2]).channel(&pairs, [1, 2], &mut second);
        assert_eq!(second, [27, 41, 99, 113]);
    }

    #[test]
    fn the_mean_is_kept() {
        let plane: Vec<u8> = (0..=u8::MAX).cycle().map(|v| v.wrapping_mul(37)).take(31 * 17).collect();
        let mean = |plane: &[u8]| {
            let sum: u32 = plane.iter().map(|&v| u32::from(v)).sum();
            f64::from(sum) / f64::from(u32::try_from(plane.len()).unwrap())
        };
        for to in [[7, 5], [13, 16], [40, 33]] {
            let small = resized(&plane, [31, 17], to);
            assert_eq!(small.len(), to[0] * to[1]);
            assert!((mean(&small) - mean(&plane)).abs() < 0.5, "{to:?}");
        }
    }
}
