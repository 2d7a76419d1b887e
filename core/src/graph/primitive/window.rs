//! Windows of filters and pools over an image.

/// Kernel, stride, padding and dilation, each (vertical, horizontal).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Taps a side.
    pub kernel: [usize; 2],
    /// Pixels from one place of the window to the next.
    pub stride: [usize; 2],
    /// Pixels of padding above and to the left. Negative padding begins inside of the image.
    pub padding: [isize; 2],
    /// Pixels from one tap to the next.
    pub dilation: [usize; 2],
    /// Rule for the number of places.
    pub extent: Extent,
}

/// Rule for the size of an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// ⌈side / stride⌉ places; padding below and to the right follows from it.
    #[default]
    Same,
    /// Places at which every tap lies inside of the image: ⌊(side − (kernel − 1)·dilation − 1) / stride⌋ + 1.
    Valid,
}

impl Window {
    /// Window of one tap.
    pub const ONE: Self = Self::square(1, 1, 0, 1);

    /// Square window with `Same` extent.
    #[must_use]
    pub const fn square(kernel: usize, stride: usize, padding: usize, dilation: usize) -> Self {
        Self {
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [padding.cast_signed(); 2],
            dilation: [dilation; 2],
            extent: Extent::Same,
        }
    }

    /// Square window over whole places only, without padding.
    #[must_use]
    pub const fn valid(kernel: usize, stride: usize) -> Self {
        Self { extent: Extent::Valid, ..Self::square(kernel, stride, 0, 1) }
    }

    /// Window of height 1 or width 1 whose padding keeps the size.
    #[must_use]
    pub const fn strip(kernel: [usize; 2], stride: [usize; 2]) -> Self {
        let padding = [(kernel[0] / 2).cast_signed(), (kernel[1] / 2).cast_signed()];
        Self { kernel, stride, padding, dilation: [1; 2], extent: Extent::Same }
    }

    /// Same window, moved into the image by some pixels.
    #[must_use]
    pub fn shifted(self, by: usize) -> Self {
        Self { padding: self.padding.map(|padding| padding - by.cast_signed()), ..self }
    }

    /// Number of taps.
    #[must_use]
    pub const fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Places of all taps, row by row.
    pub(crate) fn places(&self) -> impl Iterator<Item = [usize; 2]> {
        let Self { kernel, dilation, .. } = *self;
        (0..kernel[0]).flat_map(move |y| (0..kernel[1]).map(move |x| [y * dilation[0], x * dilation[1]]))
    }

    /// Size of the output over an image of `size`; 0 where a `Valid` window does not fit.
    #[must_use]
    pub fn output(&self, size: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| match self.extent {
            Extent::Same => size[axis].div_ceil(self.stride[axis]),
            Extent::Valid => {
                let reach = (self.kernel[axis] - 1) * self.dilation[axis];
                size[axis].checked_sub(reach + 1).map_or(0, |rest| rest / self.stride[axis] + 1)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_pytorch() {
        assert_eq!(Window::square(3, 2, 1, 1).output([7, 8]), [4, 4]);
        // The auxiliary head of DARTS: AvgPool2d(5, stride=3), then Conv2d(…, 2).
        assert_eq!(Window::valid(5, 3).output([8, 8]), [2, 2]);
        assert_eq!(Window::valid(2, 1).output([2, 2]), [1, 1]);
        assert_eq!(Window::valid(5, 3).output([4, 9]), [0, 2]);
    }
}
