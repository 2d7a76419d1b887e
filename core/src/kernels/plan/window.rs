//! How a filter moves over an image, and how a padded image is laid out so that all of it is shifts.
//!
//! A padded image is split into the phases of the stride: phase (f_y, f_x) holds the pixels whose padded place is f
//! modulo the stride. A tap of the filter then reads one phase at a constant shift, whatever the stride, and a
//! convolution over a whole plane is a product of matrices whose rows are shifted views of it.

/// Kernel, stride, padding and dilation, each (vertical, horizontal). The output has ⌈side / stride⌉ pixels a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    /// Negative: the filter begins inside of the image.
    pub(crate) padding: [isize; 2],
    pub(crate) dilation: [usize; 2],
}

impl Window {
    pub(crate) const ONE: Self = Self { kernel: [1; 2], stride: [1; 2], padding: [0; 2], dilation: [1; 2] };

    pub(crate) fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Each tap's place, row by row.
    pub(crate) fn places(&self) -> impl Iterator<Item = [usize; 2]> {
        let Self { kernel, dilation, .. } = *self;
        (0..kernel[0]).flat_map(move |y| (0..kernel[1]).map(move |x| [y * dilation[0], x * dilation[1]]))
    }
}
