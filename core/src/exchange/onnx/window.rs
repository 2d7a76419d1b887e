//! Padding of windows.

use crate::graph::Window;

/// Returns the padding of a window over an image of `size`, (above, left) and (below, right), with which the last tap
/// of the last place is the last pixel. Negative numbers leave pixels out.
pub(super) fn pads(window: Window, size: [usize; 2]) -> [[isize; 2]; 2] {
    let output = window.output(size);
    let end = [0, 1].map(|axis| {
        let last = output[axis].saturating_sub(1) * window.stride[axis];
        let taps = window.kernel[axis].saturating_sub(1) * window.dilation[axis] + 1;
        (last + taps).cast_signed() - window.padding[axis] - size[axis].cast_signed()
    });
    [window.padding, end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_below_follows_from_the_size() {
        assert_eq!(pads(Window::square(3, 1, 1, 1), [8, 7]), [[1, 1], [1, 1]]);
        assert_eq!(pads(Window::square(3, 2, 1, 1), [8, 7]), [[1, 1], [0, 1]]);
        assert_eq!(pads(Window::square(5, 2, 4, 2), [8, 7]), [[4, 4], [3, 4]]);
        assert_eq!(pads(Window::square(1, 2, 0, 1).shifted(1), [8, 7]), [[-1, -1], [0, 1]]);
        assert_eq!(pads(Window::valid(5, 3), [8, 9]), [[0, 0], [0, -1]]);
    }
}
