//! Context of a pass: the plan for images of one size, weights, and statistics.

use std::collections::BTreeMap;

use super::Real;
use super::component::{Component, Pair};
use super::conv::dense_weights;
use super::conv::winograd::{Grid, Pack, Tiles, Tiling};
use super::frame::Frame;
use super::group::Group;
use super::plane::Channel;
use super::product::pack;
use crate::engine::{Mask, Paths, Plan, Want};
use crate::graph::{Coefficient, Conv, IMAGE, Pool, Primitive, ValueId};

/// Plan for images of one size.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Height and width of every value.
    pub(super) sizes: Vec<[usize; 2]>,
    /// Window of each operation that has one, by the number of images in a group.
    pub(super) frames: BTreeMap<usize, Vec<Option<Frame>>>,
    /// Tiles of transformed convolutions, by the number of images in a group and their size; absent before
    /// [`Self::lay_tiles`].
    tilings: BTreeMap<(usize, [usize; 2]), Tiling>,
    /// True for each operation that is a transformed convolution: see `conv::winograd`.
    transformed: Vec<bool>,
}

impl Layout {
    pub(super) fn new(plan: &Plan, size: [usize; 2], images: &[usize]) -> Self {
        let sizes = plan.sizes(size);
        let frame = |step: &Primitive, images: usize| match step {
            Primitive::Conv(conv) => Some(Frame::new(conv.window(), sizes[conv.x], images)),
            Primitive::Pool(Pool { window, x, .. }) => Some(Frame::new(*window, sizes[*x], images)),
            _ => None,
        };
        let mut frames = BTreeMap::new();
        for &images in images.iter().filter(|&&images| images > 0) {
            frames
                .entry(images)
                .or_insert_with(|| plan.operations.iter().map(|step| frame(step, images)).collect::<Vec<_>>());
        }
        let is_transformed = |step: &Primitive| match step {
            Primitive::Conv(conv) => Grid::of(plan, conv, sizes[conv.x], 1).is_some(),
            _ => false,
        };
        let transformed = plan.operations.iter().map(is_transformed).collect();
        Self { sizes, frames, tilings: BTreeMap::new(), transformed }
    }

    /// Lays the tiles of all transformed convolutions. Their lists are as long as the images, so that this comes after
    /// memory was reserved.
    pub(super) fn lay_tiles(&mut self, plan: &Plan) {
        for step in &plan.operations {
            let Primitive::Conv(conv) = step else { continue };
            for &images in self.frames.keys() {
                let size = self.sizes[conv.x];
                if let Some(grid) = Grid::of(plan, conv, size, images) {
                    self.tilings.entry((images, size)).or_insert_with(|| Tiling::new(grid));
                }
            }
        }
    }

    /// True if an operation is a transformed convolution.
    pub(super) fn is_transformed(&self, step: usize) -> bool {
        // In browsers none is, and the code for them is left out.
        !cfg!(target_family = "wasm") && self.transformed[step]
    }

    /// Tiles of a group of images, if a convolution is transformed.
    fn tiling(&self, step: usize, conv: &Conv, images: usize) -> Option<&Tiling> {
        if self.is_transformed(step) { self.tilings.get(&(images, self.sizes[conv.x])) } else { None }
    }

    pub(super) fn pixels(&self, value: ValueId) -> usize {
        self.sizes[value][0] * self.sizes[value][1]
    }
}

/// Weights of a dense filter in the order in which the inner loops read them.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed<T> {
    pub(super) forward: Vec<T>,
    /// Weights for the input's gradient, by phase of the stride.
    pub(super) backward: Vec<Vec<T>>,
}

impl<T: Real> Packed<T> {
    /// Packs the weights of a transformed convolution.
    pub(super) fn transform(&mut self, conv: &Conv, channels: usize, omega: &[T], backward: bool) {
        let weights = &omega[dense_weights(conv, channels)];
        T::run(Pack { weights, rows: conv.rows, channels, packed: self, backward });
    }

    pub(super) fn fill(&mut self, conv: &Conv, channels: usize, frame: &Frame, omega: &[T], backward: bool) {
        let taps = conv.dense.window.taps();
        let depth = channels * taps;
        let weights = &omega[dense_weights(conv, channels)];
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

/// Coefficients by which all normalized channels are read, forward and backward.
#[derive(Clone, Debug)]
pub(super) struct Readers<T> {
    pub(super) norms: Vec<Channel<T>>,
    /// Means over all pixels of the gradient, and of the gradient times the normalized value: ⟨g⟩ and ⟨g ẑ⟩.
    pub(super) means: Vec<[T; 2]>,
    /// Means of the tangent, and of the tangent times the normalized value: ⟨ż⟩ and ⟨ż ẑ⟩.
    pub(super) slopes: Vec<[T; 2]>,
    pub(super) gradient_tangents: Vec<GradientTangent<T>>,
}

impl<T: Real> Readers<T> {
    pub(super) fn new(normalized: usize) -> Self {
        Self {
            norms: vec![Channel::PLAIN; normalized],
            means: vec![[T::ZERO; 2]; normalized],
            slopes: vec![[T::ZERO; 2]; normalized],
            gradient_tangents: vec![GradientTangent::default(); normalized],
        }
    }
}

/// Coefficients of the derivative of a channel's gradient, `a·ġ + b·g + c·ż + d·(z − μ) + e`: see `norm`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GradientTangent<T> {
    pub(super) g_dot: T,
    pub(super) gradient: T,
    pub(super) tangent: T,
    pub(super) value: T,
    pub(super) shift: T,
}

/// Arguments of a pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a, T> {
    pub(super) omega: &'a [T],
    /// Operation weights p_l of each searched cell.
    pub(super) p: &'a [Vec<T>],
    /// Masks by slot; none if nothing is dropped.
    pub(super) masks: &'a [Mask],
    pub(super) want: Want,
    pub(super) paths: &'a Paths,
    /// True if a tangent is to follow, which needs the gradients of all values.
    pub(super) keep: bool,
    pub(super) along: Option<Along<'a, T>>,
}

/// Further arguments of a tangent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Along<'a, T> {
    /// Direction ṗ of each searched cell.
    pub(super) directions: &'a [Vec<T>],
    /// Coefficient by which the gradient itself is added to its derivative.
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
    pub(super) fn weight(&self, weight: Coefficient) -> T {
        match weight {
            Coefficient::One => T::ONE,
            Coefficient::Operation { cell, index } => self.p[cell][index],
        }
    }

    /// Derivative of a coefficient along the direction.
    #[inline(always)]
    pub(super) fn direction(&self, weight: Coefficient) -> T {
        match (weight, self.along) {
            (Coefficient::Operation { cell, index }, Some(along)) => along.directions[cell][index],
            _ => T::ZERO,
        }
    }
}

impl<T: Real> Context<'_, T> {
    /// Component that the pass computes.
    #[inline(always)]
    pub(super) fn component(&self) -> Component {
        if self.given.along.is_some() { Component::Tangent } else { Component::Primal }
    }

    /// True if the pass runs the operations that write a value.
    #[inline(always)]
    pub(super) fn runs(&self, value: ValueId) -> bool {
        self.plan.schedule.runs(value, self.given.paths)
    }

    /// Window of an operation over a group's images.
    #[inline(always)]
    pub(super) fn frame(&self, step: usize, group: &Group<T>) -> Option<&Frame> {
        self.layout.frames.get(&group.images)?[step].as_ref()
    }

    /// Tiles of a convolution over a group's images, if it is transformed.
    #[inline(always)]
    pub(super) fn tiling(&self, step: usize, conv: &Conv, group: &Group<T>) -> Option<&Tiling> {
        self.layout.tiling(step, conv, group.images)
    }

    /// Reader of channel `channel` of a value.
    #[inline(always)]
    pub(super) fn channel(&self, value: ValueId, channel: usize) -> Channel<T> {
        self.plan.values[value].norm.map_or(Channel::PLAIN, |norm| self.readers.norms[norm.offset + channel])
    }

    /// Means of a channel's tangent, and of the tangent times the normalized value; zeros if the value has no norm.
    #[inline(always)]
    pub(super) fn slope(&self, value: ValueId, channel: usize) -> [T; 2] {
        self.plan.values[value].norm.map_or([T::ZERO; 2], |norm| self.readers.slopes[norm.offset + channel])
    }

    /// True if a wanted result depends on a value's gradient.
    #[inline(always)]
    pub(super) fn needs(&self, value: ValueId) -> bool {
        let Given { want, keep, .. } = self.given;
        if value == IMAGE {
            return want.image;
        }
        want.weights != 0.0 || want.image || keep || !self.plan.schedule.fixed[value]
    }
}

/// Buffers that the operations of a shard share.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch<T> {
    pub(super) inputs: Pair<Inputs<T>>,
    /// Gradients of an operation's output; `d_middle` has those of the input of a 1×1 convolution.
    pub(super) d: Pair<Vec<T>>,
    pub(super) d_middle: Pair<Vec<T>>,
    /// Padded planes of one of these gradients.
    pub(super) d_planes: Vec<T>,
    /// Rows of the pitch; `row` and `other_row` have a channel without padding.
    pub(super) rows: Vec<T>,
    pub(super) row: Vec<T>,
    pub(super) other_row: Vec<T>,
    pub(super) shifts: Vec<usize>,
    pub(super) tiles: Tiles<T>,
}

/// Inputs of convolutions in the form that the inner loops read.
#[derive(Clone, Debug, Default)]
pub(super) struct Inputs<T> {
    /// Padded inputs of a dense convolution or of all channels of a depthwise one.
    pub(super) planes: Vec<T>,
    /// Input of a 1×1 convolution.
    pub(super) middle: Vec<T>,
    /// Keys of the inputs that `planes` and `middle` hold, so that convolutions with the same input share it.
    pub(super) planes_of: Option<Held>,
    pub(super) middle_of: Option<Held>,
}

/// Key of a prepared input: the value, the window, and true if it is read through a ReLU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) x: ValueId,
    pub(super) window: crate::graph::Window,
    pub(super) relu: bool,
}

impl<T: Real> Scratch<T> {
    /// Forgets the prepared inputs, which belong to other images.
    pub(super) fn forget(&mut self) {
        for component in [Component::Primal, Component::Tangent] {
            self.inputs[component].planes_of = None;
            self.inputs[component].middle_of = None;
        }
        self.tiles.input_of = None;
    }
}

/// Returns the first `count` numbers of a buffer, which grows if it is shorter. Their values are arbitrary.
#[inline(always)]
pub(super) fn capacity<T: Real>(buffer: &mut Vec<T>, count: usize) -> &mut [T] {
    if buffer.len() < count {
        buffer.resize(count, T::ZERO);
    }
    &mut buffer[..count]
}
