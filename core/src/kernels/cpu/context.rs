//! What the kernels of a pass read: the plan for images of one size, weights, and statistics.

use super::Real;
use super::frame::Frame;
use super::group::Kept;
use super::plane::{Channel, Gate};
use super::product::pack;
use crate::kernels::pass::Wanted;
use crate::kernels::plan::{Conv, Plan, Step, ValueId, Weight};

/// A plan for images of one size.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Height and width of every value.
    pub(super) sizes: Vec<[usize; 2]>,
    /// The window of each step that has one.
    pub(super) frames: Vec<Option<Frame>>,
}

impl Layout {
    pub(super) fn new(plan: &Plan, size: [usize; 2]) -> Self {
        let sizes: Vec<_> = plan.values.iter().map(|value| value.size(size)).collect();
        let frame = |step: &Step| match step {
            Step::Conv(conv) => {
                let window = conv.depthwise.map_or(conv.dense.window, |depthwise| depthwise.window);
                Some(Frame::new(window, sizes[conv.x]))
            }
            Step::Pool { window, x, .. } => Some(Frame::new(*window, sizes[*x])),
            _ => None,
        };
        let frames = plan.steps.iter().map(frame).collect();
        Self { sizes, frames }
    }

    pub(super) fn pixels(&self, value: ValueId) -> usize {
        self.sizes[value][0] * self.sizes[value][1]
    }
}

/// A dense filter's weights as the inner loops want them.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed<T> {
    pub(super) forward: Vec<T>,
    /// For the input's gradient, by phase of the stride.
    pub(super) backward: Vec<Vec<T>>,
}

impl<T: Real> Packed<T> {
    pub(super) fn fill(&mut self, conv: &Conv, channels: usize, frame: &Frame, omega: &[T], backward: bool) {
        let taps = conv.dense.window.taps();
        let depth = channels * taps;
        let weights = &omega[conv.dense.weight..conv.dense.weight + conv.rows * depth];
        pack(conv.rows, depth, |row, k| weights[row * depth + k], &mut self.forward);
        if !backward {
            return;
        }
        let one = [0];
        let phases: Vec<&[usize]> = match conv.depthwise {
            Some(_) => vec![&one],
            None => frame.phases.iter().map(|phase| phase.taps.as_slice()).collect(),
        };
        self.backward.resize_with(phases.len(), Vec::new);
        for (packed, taps_of) in self.backward.iter_mut().zip(phases) {
            let weight = |channel: usize, k: usize| {
                let (row, tap) = (k / taps_of.len(), taps_of[k % taps_of.len()]);
                weights[row * depth + channel * taps + tap]
            };
            pack(channels, conv.rows * taps_of.len(), weight, packed);
        }
    }
}

pub(super) struct Context<'a, T> {
    pub(super) plan: &'a Plan,
    pub(super) layout: &'a Layout,
    pub(super) omega: &'a [T],
    pub(super) packed: &'a [Packed<T>],
    /// What each searched cell reads.
    pub(super) p: &'a [Vec<T>],
    /// How each normalized channel is read.
    pub(super) norms: &'a [Channel<T>],
    /// The means over all pixels of gradient, and of gradient times normalized value.
    pub(super) means: &'a [[T; 2]],
    pub(super) wanted: Wanted,
}

impl<T: Real> Context<'_, T> {
    #[inline(always)]
    pub(super) fn weight(&self, weight: Weight) -> T {
        match weight {
            Weight::One => T::ONE,
            Weight::Operation { cell, at } => self.p[cell][at],
        }
    }

    /// How channel `channel` of a value is read.
    #[inline(always)]
    pub(super) fn channel(&self, value: ValueId, channel: usize) -> Channel<T> {
        self.plan.values[value].norm.map_or(Channel::PLAIN, |norm| self.norms[norm.offset + channel])
    }

    /// Whether anything that is wanted depends on a value's gradient.
    #[inline(always)]
    pub(super) fn needs(&self, value: ValueId) -> bool {
        if value == crate::kernels::plan::IMAGE {
            return self.wanted.image;
        }
        self.wanted.weights || self.wanted.image || !self.plan.schedule.fixed[value]
    }
}

/// What decides which way the ReLU before a step goes.
#[inline(always)]
pub(super) fn gate(relu: bool, value: ValueId, kept: Option<&Kept>) -> Gate<'_> {
    match (relu, kept) {
        (false, _) => Gate::None,
        (true, None) => Gate::Own,
        (true, Some(kept)) => Gate::Kept(&kept.open[value]),
    }
}

/// Buffers that a lane's kernels share.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch<T> {
    /// Padded inputs of a dense convolution or of all channels of a depthwise one.
    pub(super) planes: Vec<T>,
    /// What a 1×1 convolution reads.
    pub(super) middle: Vec<T>,
    /// The output's gradient, its planes, and that of what a 1×1 convolution read.
    pub(super) d: Vec<T>,
    pub(super) d_planes: Vec<T>,
    pub(super) d_middle: Vec<T>,
    /// Rows of the pitch, and rows of the image.
    pub(super) rows: Vec<T>,
    pub(super) row: Vec<T>,
    pub(super) shifts: Vec<usize>,
    /// What `planes` and `middle` hold, so that convolutions that read the same share it.
    pub(super) planes_of: Option<Held>,
    pub(super) middle_of: Option<Held>,
}

/// An input in its prepared form: the value, its window and whether through a ReLU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) x: ValueId,
    pub(super) window: crate::kernels::plan::Window,
    pub(super) relu: bool,
}

impl<T: Real> Scratch<T> {
    /// Forgets what was held, which belonged to other images.
    pub(super) fn turn(&mut self) {
        self.planes_of = None;
        self.middle_of = None;
    }
}

/// At least `count` numbers, of no particular value.
#[inline(always)]
pub(super) fn room<T: Real>(buffer: &mut Vec<T>, count: usize) -> &mut [T] {
    if buffer.len() < count {
        buffer.resize(count, T::ZERO);
    }
    &mut buffer[..count]
}
