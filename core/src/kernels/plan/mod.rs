//! A network as a list of steps: what the kernels of every device run, forward and backward.
//!
//! A value is a feature map. Where a batch norm follows, the value is stored as it was before it, and whoever reads it
//! normalizes while reading: nothing is written twice. States of a cell are sums, and sums are stored as they are.

mod planner;
mod schedule;
mod window;

pub(crate) use planner::{Offsets, Planner};
pub(crate) use schedule::{Schedule, Stage};
pub(crate) use window::Window;

/// A feature map's place in [`Plan::values`].
pub(crate) type ValueId = usize;

/// A feature map `[batch, channels, height, width]`.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) channels: usize,
    /// How often each side of the image has been halved, rounding up: (vertical, horizontal).
    pub(crate) halvings: [u32; 2],
    /// What its readers do to it first.
    pub(crate) norm: Option<Norm>,
}

impl Value {
    /// Height and width where the image has `size`.
    pub(crate) fn size(&self, size: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| (0..self.halvings[axis]).fold(size[axis], |side, _| side.div_ceil(2)))
    }
}

/// A batch norm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Norm {
    /// Its first channel within all normalized channels.
    pub(crate) offset: usize,
    /// The offsets within ω of scale and shift.
    pub(crate) affine: Option<[usize; 2]>,
}

/// A filter's weights: its offset within ω and how it moves over the image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter {
    pub(crate) weight: usize,
    pub(crate) window: Window,
}

/// ReLU, perhaps a depthwise convolution, and a dense one: `y[first..first + rows] = W ∗ (D ∗ relu(x))`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conv {
    pub(crate) x: ValueId,
    pub(crate) relu: bool,
    /// If there is one, the dense filter is 1×1 at stride 1.
    pub(crate) depthwise: Option<Filter>,
    pub(crate) dense: Filter,
    pub(crate) y: ValueId,
    /// The first of the output's channels that it gives.
    pub(crate) first: usize,
    pub(crate) rows: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PoolKind {
    /// 3×3 maximum, padded by one pixel that never wins.
    Max3x3,
    /// 3×3 mean over the pixels that exist.
    Average3x3,
    /// 2×2 mean without padding.
    Average2x2,
}

/// What a summand is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    One,
    /// p_l\[at\] of searched cell l.
    Operation {
        cell: usize,
        at: usize,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Conv(Conv),
    Pool {
        kind: PoolKind,
        window: Window,
        x: ValueId,
        y: ValueId,
    },
    Noise {
        slot: usize,
        y: ValueId,
    },
    /// y = Σ weight · normalized x; without summands, zeros.
    Sum {
        terms: Vec<(ValueId, Weight)>,
        y: ValueId,
    },
    Concat {
        parts: Vec<ValueId>,
        y: ValueId,
    },
}

impl Step {
    pub(crate) fn output(&self) -> ValueId {
        match self {
            Self::Conv(conv) => conv.y,
            Self::Pool { y, .. } | Self::Noise { y, .. } | Self::Sum { y, .. } | Self::Concat { y, .. } => *y,
        }
    }

    pub(crate) fn inputs(&self) -> Vec<ValueId> {
        match self {
            Self::Conv(conv) => vec![conv.x],
            Self::Pool { x, .. } => vec![*x],
            Self::Noise { .. } => Vec::new(),
            Self::Sum { terms, .. } => terms.iter().map(|&(x, _)| x).collect(),
            Self::Concat { parts, .. } => parts.clone(),
        }
    }
}

/// The mean over the pixels of `x`, perhaps through a ReLU, and a linear layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) relu: bool,
    /// The offsets within ω of weight `[classes, channels]` and bias.
    pub(crate) weight: usize,
    pub(crate) bias: usize,
    pub(crate) classes: usize,
}

/// A network, ready to be run on images of any size.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The image is the first.
    pub(crate) values: Vec<Value>,
    pub(crate) steps: Vec<Step>,
    /// What the network ends in.
    pub(crate) output: ValueId,
    /// Without one, the output is the result: an operation on its own.
    pub(crate) head: Option<Head>,
    pub(crate) schedule: Schedule,
    /// How many operation weights each searched cell reads.
    pub(crate) cells: Vec<usize>,
    pub(crate) weights: usize,
    pub(crate) normalized: usize,
}

impl Plan {
    /// The multiplications of its convolutions and of the head for one image of `size` (height, width), each with an
    /// addition.
    pub(crate) fn multiply_adds(&self, size: [usize; 2]) -> u128 {
        let pixels = |value: ValueId| self.values[value].size(size).map(|side| side as u128).iter().product::<u128>();
        let convolutions = self.steps.iter().filter_map(|step| {
            let Step::Conv(Conv { x, depthwise, dense, y, rows, .. }) = step else { return None };
            let channels = self.values[*x].channels as u128;
            let taps = channels * dense.window.taps() as u128 * *rows as u128;
            let depthwise = depthwise.map_or(0, |filter| channels * filter.window.taps() as u128);
            Some(pixels(*y) * (taps + depthwise))
        });
        let head = self.head.map_or(0, |head| self.values[self.output].channels as u128 * head.classes as u128);
        convolutions.sum::<u128>() + head
    }

    /// The slots that noise is drawn for, in the order of the steps, with the shape of each for a batch of images.
    pub(crate) fn noises(&self, [batch, _, height, width]: [usize; 4]) -> impl Iterator<Item = (usize, [usize; 4])> {
        self.steps.iter().filter_map(move |step| {
            let Step::Noise { slot, y } = step else { return None };
            let value = &self.values[*y];
            let [height, width] = value.size([height, width]);
            Some((*slot, [batch, value.channels, height, width]))
        })
    }

    /// What noise is written to, in the same order.
    pub(crate) fn noisy(&self) -> impl Iterator<Item = ValueId> {
        self.steps.iter().filter(|step| matches!(step, Step::Noise { .. })).map(Step::output)
    }
}

/// The image's place.
pub(crate) const IMAGE: ValueId = 0;
