//! Window over images of one size: offsets of pixels and taps in padded planes.
//!
//! The padding to the right of a row is that to the left of the next one: a plane has those columns once.

use super::product::{SLACK, STRIP, Stretches};
use crate::graph::Window;

/// Planes of one channel of a group of images, whose pixels lie side by side: the padded input in its phases, and the
/// padded gradient of the output. Both have rows of one length, so that one shift fits both. Offsets and lengths count
/// numbers; a pixel has one number for each image.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) window: Window,
    /// Pixels, vertically and horizontally.
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
    pub(super) images: usize,
    /// Numbers in a row of a plane.
    pub(super) pitch: usize,
    /// Numbers in the plane of the input, all phases, and in that of the output's gradient.
    x_plane: usize,
    d_plane: usize,
    /// Phases of the stride, vertical and horizontal.
    pub(super) phases: Vec<Phase>,
    /// Offset at which each tap reads the plane of the input.
    pub(super) shifts: Vec<usize>,
    /// Offset of the output's first gradient within its plane.
    pub(super) d_start: usize,
    /// Rows of a phase that have pixels of the image.
    reached: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Phase {
    pub(super) at: [usize; 2],
    pub(super) start: usize,
    /// Taps that read the phase.
    pub(super) taps: Vec<usize>,
    /// Offset at which the plane of the output's gradient is read for each of these taps.
    pub(super) d_shifts: Vec<usize>,
    /// Run of each input row's pixels in the phase, and of their gradients in the rows read by `d_shifts`.
    pub(super) rows: Vec<[Option<Run>; 2]>,
}

impl Frame {
    pub(super) fn new(window: Window, input: [usize; 2], images: usize) -> Self {
        let Window { kernel, stride, padding, dilation, .. } = window;
        let output = window.output(input);
        let reach = [0, 1].map(|axis| (kernel[axis] - 1) * dilation[axis] / stride[axis]);
        let low = [0, 1].map(|axis| padding[axis].max(0).unsigned_abs() / stride[axis]);
        let high = [0, 1].map(|axis| {
            let last = input[axis].cast_signed() - 1 + padding[axis];
            last.max(0).unsigned_abs() / stride[axis]
        });
        let reached = [0, 1].map(|axis| high[axis] - low[axis] + 1);
        let pitch = (output[1] + reach[1] - low[1].min(reach[1])).max(low[1] + reached[1]) * images;
        let rows = output[0] + reach[0];
        let mut phases: Vec<Phase> = Vec::new();
        let mut shifts = Vec::new();
        for (tap, place) in window.places().enumerate() {
            let at = [0, 1].map(|axis| place[axis] % stride[axis]);
            let known = phases.iter().position(|phase| phase.at == at);
            let phase = known.unwrap_or_else(|| {
                let start = phases.len() * rows * pitch;
                phases.push(Phase { at, start, taps: Vec::new(), d_shifts: Vec::new(), rows: Vec::new() });
                phases.len() - 1
            });
            let steps = [0, 1].map(|axis| place[axis] / stride[axis]);
            shifts.push(phases[phase].start + steps[0] * pitch + steps[1] * images);
            phases[phase].taps.push(tap);
            phases[phase].d_shifts.push((reach[0] - steps[0]) * pitch + (reach[1] - steps[1]) * images);
        }
        // A gradient's place in its plane: the padding above and to the left of it.
        let above = [0, 1].map(|axis| reach[axis] - low[axis].min(reach[axis]));
        let d_rows = (reached[0] + reach[0]).max(output[0] + above[0]);
        let mut frame = Self {
            window,
            input,
            output,
            images,
            pitch,
            x_plane: phases.len() * rows * pitch,
            d_plane: d_rows * pitch,
            phases,
            shifts,
            d_start: above[0] * pitch + above[1] * images,
            reached: reached[0],
        };
        for index in 0..frame.phases.len() {
            let at = frame.phases[index].at;
            let places =
                (0..input[0]).map(|y| [frame.run_of(y, at, [0; 2], rows), frame.run_of(y, at, low, reached[0])]);
            frame.phases[index].rows = places.collect();
        }
        frame
    }

    /// Numbers from one channel's plane of the input to the next.
    pub(super) fn x_stride(&self) -> usize {
        let last = self.shifts.iter().max().unwrap_or(&0) + self.run();
        self.x_plane.max(last) + SLACK
    }

    /// Numbers from one channel's plane of the output's gradient to the next.
    pub(super) fn d_stride(&self) -> usize {
        let shift = self.phases.iter().flat_map(|phase| &phase.d_shifts).max().unwrap_or(&0);
        self.d_plane.max(shift + self.back_run()).max(self.d_start + self.run()) + SLACK
    }

    /// Numbers in a row of the output.
    pub(super) fn width(&self) -> usize {
        self.output[1] * self.images
    }

    /// Stretches of the output's rows and of those in the planes of the input, if whole vectors fill them.
    pub(super) fn rows(&self) -> Option<Stretches> {
        let length = self.width();
        let rows = Stretches { count: self.output[0], length, steps: [length, self.pitch] };
        length.is_multiple_of(STRIP).then_some(rows)
    }

    /// Stretches of the input's rows and of those in the planes of the output's gradient, if the only phase has all
    /// rows and whole vectors fill them.
    pub(super) fn back_rows(&self) -> Option<Stretches> {
        let Window { stride, padding, .. } = self.window;
        let length = self.input[1] * self.images;
        let rows = Stretches { count: self.input[0], length, steps: [length, self.pitch] };
        let all = stride == [1; 2] && padding.iter().all(|&component| component >= 0);
        (all && length.is_multiple_of(STRIP)).then_some(rows)
    }

    /// Numbers of the output in rows of the pitch.
    pub(super) fn run(&self) -> usize {
        self.output[0] * self.pitch
    }

    /// Numbers of a phase's gradient in rows of the pitch.
    pub(super) fn back_run(&self) -> usize {
        self.reached * self.pitch
    }

    /// True if planes are the images themselves.
    pub(super) fn is_plain(&self) -> bool {
        self.window == Window::ONE
    }

    /// Vertical part of the phase of an input row, and the row within the phase; none if no output reads it.
    fn row(&self, y: usize) -> Option<[usize; 2]> {
        let padded = y.checked_add_signed(self.window.padding[0])?;
        Some([padded % self.window.stride[0], padded / self.window.stride[0]])
    }

    /// Pixels of an input row that lie in a phase. `rows` is the number of rows of its plane, `low` its first row and
    /// column.
    fn run_of(&self, y: usize, phase: [usize; 2], low: [usize; 2], rows: usize) -> Option<Run> {
        let [at, row] = self.row(y)?;
        let row = row.checked_sub(low[0])?;
        if at != phase[0] || row >= rows {
            return None;
        }
        let (step, padding) = (self.window.stride[1], self.window.padding[1]);
        let place = |x: usize| x.checked_add_signed(padding).filter(|place| place % step == phase[1]);
        let first = (0..self.input[1]).find(|&x| place(x).is_some())?;
        let column = (place(first)? / step).checked_sub(low[1])?;
        let count = (self.input[1] - first).div_ceil(step).min(self.pitch / self.images - column);
        Some(Run { first: first * self.images, step, place: row * self.pitch + column * self.images, count })
    }
}

/// Run of `count` pixels: `step` pixels apart in a row of the image, from the number `first` on; side by side in a
/// plane, from the number `place` on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) first: usize,
    pub(super) step: usize,
    pub(super) place: usize,
    pub(super) count: usize,
}
