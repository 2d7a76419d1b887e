//! What the kernels of a pass read: the plan for images of one size, weights, and statistics.

use std::collections::BTreeMap;

use super::Real;
use super::frame::Frame;
use super::group::Group;
use super::plane::Channel;
use super::product::pack;
use super::side::{Side, Sides};
use crate::kernels::pass::Wanted;
use crate::kernels::plan::{Conv, Plan, Step, ValueId, Weight};

/// A plan for images of one size.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Height and width of every value.
    pub(super) sizes: Vec<[usize; 2]>,
    /// The window of each step that has one, for groups of each number of images.
    pub(super) frames: BTreeMap<usize, Vec<Option<Frame>>>,
}

impl Layout {
    pub(super) fn new(plan: &Plan, size: [usize; 2], images: impl IntoIterator<Item = usize>) -> Self {
        let sizes: Vec<_> = plan.values.iter().map(|value| value.size(size)).collect();
        let frame = |step: &Step, images: usize| match step {
            Step::Conv(conv) => {
                let window = conv.depthwise.map_or(conv.dense.window, |depthwise| depthwise.window);
                Some(Frame::new(window, sizes[conv.x], images))
            }
            Step::Pool { window, x, .. } => Some(Frame::new(*window, sizes[*x], images)),
            _ => None,
        };
        let frames = |images: usize| plan.steps.iter().map(|step| frame(step, images)).collect();
        let frames = images.into_iter().map(|images| (images, frames(images))).collect();
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

/// How every normalized channel is read, forward and backward.
#[derive(Clone, Debug)]
pub(super) struct Readers<T> {
    pub(super) norms: Vec<Channel<T>>,
    /// The means over all pixels of gradient, and of gradient times normalized value.
    pub(super) means: Vec<[T; 2]>,
    /// The same of the tangent.
    pub(super) slopes: Vec<[T; 2]>,
    pub(super) turns: Vec<Turn<T>>,
}

impl<T: Real> Readers<T> {
    pub(super) fn new(normalized: usize) -> Self {
        Self {
            norms: vec![Channel::PLAIN; normalized],
            means: vec![[T::ZERO; 2]; normalized],
            slopes: vec![[T::ZERO; 2]; normalized],
            turns: vec![Turn::default(); normalized],
        }
    }
}

/// The derivative of a channel's gradient, `a·ġ + b·g + c·ż + d·(z − μ) + e`: see `norm`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn<T> {
    pub(super) turned: T,
    pub(super) gradient: T,
    pub(super) tangent: T,
    pub(super) value: T,
    pub(super) shift: T,
}

/// What a pass is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a, T> {
    pub(super) omega: &'a [T],
    /// What each searched cell reads.
    pub(super) p: &'a [Vec<T>],
    pub(super) wanted: Wanted,
    /// Whether a pass along a direction is to follow, which needs all gradients.
    pub(super) keep: bool,
    pub(super) along: Option<Along<'a, T>>,
}

/// What a pass along a direction is given besides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Along<'a, T> {
    /// ṗ of each searched cell.
    pub(super) directions: &'a [Vec<T>],
    /// How often the gradient itself is added to its derivative.
    pub(super) base: T,
}

pub(super) struct Context<'a, T> {
    pub(super) plan: &'a Plan,
    pub(super) layout: &'a Layout,
    pub(super) packed: &'a [Packed<T>],
    pub(super) readers: &'a Readers<T>,
    pub(super) given: Given<'a, T>,
}

impl<T: Real> Given<'_, T> {
    #[inline(always)]
    pub(super) fn weight(&self, weight: Weight) -> T {
        match weight {
            Weight::One => T::ONE,
            Weight::Operation { cell, at } => self.p[cell][at],
        }
    }

    /// How that weight moves.
    #[inline(always)]
    pub(super) fn direction(&self, weight: Weight) -> T {
        match (weight, self.along) {
            (Weight::Operation { cell, at }, Some(along)) => along.directions[cell][at],
            _ => T::ZERO,
        }
    }
}

impl<T: Real> Context<'_, T> {
    /// What the pass is of.
    #[inline(always)]
    pub(super) fn side(&self) -> Side {
        if self.given.along.is_some() { Side::Tangent } else { Side::Value }
    }

    /// The window of a step over a group's images.
    #[inline(always)]
    pub(super) fn frame(&self, step: usize, group: &Group<T>) -> Option<&Frame> {
        self.layout.frames.get(&group.images)?[step].as_ref()
    }

    /// How channel `channel` of a value is read.
    #[inline(always)]
    pub(super) fn channel(&self, value: ValueId, channel: usize) -> Channel<T> {
        self.plan.values[value].norm.map_or(Channel::PLAIN, |norm| self.readers.norms[norm.offset + channel])
    }

    /// The means of a channel's tangent, and of tangent times normalized value; zeros where nothing is normalized.
    #[inline(always)]
    pub(super) fn slope(&self, value: ValueId, channel: usize) -> [T; 2] {
        self.plan.values[value].norm.map_or([T::ZERO; 2], |norm| self.readers.slopes[norm.offset + channel])
    }

    /// Whether anything that is wanted depends on a value's gradient.
    #[inline(always)]
    pub(super) fn needs(&self, value: ValueId) -> bool {
        let Given { wanted, keep, .. } = self.given;
        if value == crate::kernels::plan::IMAGE {
            return wanted.image;
        }
        wanted.weights || wanted.image || keep || !self.plan.schedule.fixed[value]
    }
}

/// Buffers that a lane's kernels share.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch<T> {
    pub(super) inputs: Sides<Inputs<T>>,
    /// Gradients of an output, and of what a 1×1 convolution read.
    pub(super) d: Sides<Vec<T>>,
    pub(super) d_middle: Sides<Vec<T>>,
    /// Padded planes of one of them.
    pub(super) d_planes: Vec<T>,
    /// Rows of the pitch, and rows of the image.
    pub(super) rows: Vec<T>,
    pub(super) row: Vec<T>,
    pub(super) other_row: Vec<T>,
    pub(super) shifts: Vec<usize>,
}

/// What convolutions read, in the form that the inner loops want.
#[derive(Clone, Debug, Default)]
pub(super) struct Inputs<T> {
    /// Padded inputs of a dense convolution or of all channels of a depthwise one.
    pub(super) planes: Vec<T>,
    /// What a 1×1 convolution reads.
    pub(super) middle: Vec<T>,
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
        for side in [Side::Value, Side::Tangent] {
            self.inputs[side].planes_of = None;
            self.inputs[side].middle_of = None;
        }
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
