//! A window over images of one size: where everything lies in the padded planes.

use super::product::SLACK;
use crate::kernels::plan::Window;

/// The planes of one channel over a group of images, one after the other: the padded input in its phases, and the
/// padded gradient of the output. Both have rows of one length, so that one shift fits both.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) window: Window,
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
    /// Numbers in a row of a plane.
    pub(super) pitch: usize,
    /// Numbers of an image in the plane of the input, all phases.
    pub(super) x_image: usize,
    /// Numbers of an image in the plane of the output's gradient.
    pub(super) d_image: usize,
    /// Each phase, (vertical, horizontal), and where it begins within an image.
    pub(super) phases: Vec<Phase>,
    /// Where each tap reads the plane of the input.
    pub(super) shifts: Vec<usize>,
    /// The output's first gradient within its plane.
    pub(super) d_start: usize,
    /// Rows of a phase that the image reaches.
    reached: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Phase {
    pub(super) at: [usize; 2],
    pub(super) start: usize,
    /// The taps that read it.
    pub(super) taps: Vec<usize>,
    /// Where the plane of the output's gradient is read for each of them.
    pub(super) d_shifts: Vec<usize>,
    /// Where the pixels of each input row lie in it, and where their gradients lie in what `d_shifts` give.
    pub(super) rows: Vec<[Option<Run>; 2]>,
}

impl Frame {
    pub(super) fn new(window: Window, input: [usize; 2]) -> Self {
        let Window { kernel, stride, padding, dilation } = window;
        let output = [0, 1].map(|axis| input[axis].div_ceil(stride[axis]));
        let reach = [0, 1].map(|axis| (kernel[axis] - 1) * dilation[axis] / stride[axis]);
        let low = [0, 1].map(|axis| padding[axis].max(0).unsigned_abs() / stride[axis]);
        let high = [0, 1].map(|axis| {
            let last = input[axis].cast_signed() - 1 + padding[axis];
            last.max(0).unsigned_abs() / stride[axis]
        });
        let reached = [0, 1].map(|axis| high[axis] - low[axis] + 1);
        let pitch = (output[1] + reach[1]).max(reached[1] + reach[1]);
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
            shifts.push(phases[phase].start + steps[0] * pitch + steps[1]);
            phases[phase].taps.push(tap);
            phases[phase].d_shifts.push((reach[0] - steps[0]) * pitch + reach[1] - steps[1]);
        }
        // A gradient's place in its plane: the padding above and to the left of it.
        let above = [0, 1].map(|axis| reach[axis] - low[axis].min(reach[axis]));
        let d_rows = (reached[0] + reach[0]).max(output[0] + above[0]);
        let mut frame = Self {
            window,
            input,
            output,
            pitch,
            x_image: phases.len() * rows * pitch,
            d_image: d_rows * pitch,
            phases,
            shifts,
            d_start: above[0] * pitch + above[1],
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

    /// Numbers of a channel in the plane of the input, for so many images.
    pub(super) fn x_stride(&self, images: usize) -> usize {
        images * self.x_image + self.shifts.iter().max().unwrap_or(&0) + self.pitch + SLACK
    }

    /// Numbers of a channel in the plane of the output's gradient.
    pub(super) fn d_stride(&self, images: usize) -> usize {
        images * self.d_image + self.d_start + self.longest_d_shift() + self.pitch + SLACK
    }

    fn longest_d_shift(&self) -> usize {
        self.phases.iter().flat_map(|phase| &phase.d_shifts).copied().max().unwrap_or(0)
    }

    /// Numbers of an output image in rows of the pitch.
    pub(super) fn run(&self) -> usize {
        self.output[0] * self.pitch
    }

    /// Numbers of a phase's gradient in rows of the pitch.
    pub(super) fn back_run(&self) -> usize {
        self.reached * self.pitch
    }

    /// Whether planes are the images themselves.
    pub(super) fn is_plain(&self) -> bool {
        self.window == Window::ONE
    }

    /// For a row of the input: its phase's vertical part and row there, unless no output ever reads it.
    fn row(&self, y: usize) -> Option<[usize; 2]> {
        let padded = y.checked_add_signed(self.window.padding[0])?;
        Some([padded % self.window.stride[0], padded / self.window.stride[0]])
    }

    /// The pixels of an input row that lie in a phase. `rows` is how many rows its plane has, `low` its first row and
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
        let count = (self.input[1] - first).div_ceil(step).min(self.pitch - column);
        Some(Run { first, step, place: row * self.pitch + column, count })
    }
}

/// Pixels `first, first + step, …` of a row lie at `place, place + 1, …`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) first: usize,
    pub(super) step: usize,
    pub(super) place: usize,
    pub(super) count: usize,
}
