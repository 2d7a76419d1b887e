//! The weights of a network as one vector: which part of it is which layer's.
//!
//! Everything that method.md writes as ω is then one tensor of rank 1: its gradient, the momentum, the two-sided
//! difference of the regularizer and the unrolled step are vector arithmetic.

use std::ops::Range;

use burn::tensor::{Gradients, Tensor};
use rand::RngExt;

use crate::device::Place;
use crate::kernels::plan::{Offsets, Planner};
use crate::random::{Purpose, stream};

/// How a weight starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Initial {
    /// Uniform in ±bound, PyTorch's default for convolutions and linear layers with bound = 1/√fan-in.
    Uniform { bound: f64 },
    /// A constant.
    Constant(f64),
}

/// One weight within the vector.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) offset: usize,
    pub(crate) initial: Initial,
}

impl Slot {
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// One batch norm's channels within the vectors of running means and variances.
#[derive(Clone, Debug)]
pub(crate) struct NormSlot {
    pub(crate) name: String,
    pub(crate) channels: usize,
    pub(crate) offset: usize,
}

/// What a network has to be given to run: weights, running statistics and noise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) weights: Vec<Slot>,
    pub(crate) norms: Vec<NormSlot>,
    pub(crate) noises: Vec<String>,
}

impl Layout {
    /// Name, shape and offset of every weight.
    pub(crate) fn weight_names(&self) -> impl Iterator<Item = (&str, &[usize], usize)> {
        self.weights.iter().map(|slot| (slot.name.as_str(), slot.shape.as_slice(), slot.offset))
    }

    /// Name and place of every batch norm.
    pub(crate) fn norm_names(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.norms.iter().map(|slot| (slot.name.as_str(), slot.offset..slot.offset + slot.channels))
    }

    /// How many weights there are.
    pub(crate) fn len(&self) -> usize {
        self.weights.last().map_or(0, |slot| slot.offset + slot.len())
    }

    /// How many channels are normalized.
    pub(crate) fn normalized(&self) -> usize {
        self.norms.last().map_or(0, |slot| slot.offset + slot.channels)
    }

    /// A plan for the kernels to begin, for images of some channels.
    pub(crate) fn planner(&self, image_channels: usize) -> Planner {
        let offsets = Offsets {
            weights: self.weights.iter().map(|slot| slot.offset).collect(),
            all_weights: self.len(),
            norms: self.norms.iter().map(|slot| slot.offset).collect(),
            all_normalized: self.normalized(),
        };
        Planner::new(offsets, image_channels)
    }

    /// The first weights under a seed, the same on every device.
    pub(crate) fn initial(&self, seed: u64) -> Vec<f64> {
        let mut random = stream(seed, Purpose::Weights, 0);
        let mut values = Vec::with_capacity(self.len());
        for slot in &self.weights {
            values.extend((0..slot.len()).map(|_| match slot.initial {
                Initial::Constant(value) => value,
                Initial::Uniform { bound } => random.random_range(-bound..bound),
            }));
        }
        values
    }

    /// The vector in parts, one a weight; with `track` their gradients are kept.
    pub(crate) fn leaves(&self, vector: &Tensor<1>, place: &Place, track: bool) -> Vec<Tensor<1>> {
        debug_assert!(!place.device(false).is_autodiff());
        self.weights
            .iter()
            .map(|slot| {
                let part = vector.clone().slice([slot.offset..slot.offset + slot.len()]);
                if track { part.autodiff().require_grad() } else { part }
            })
            .collect()
    }
}

/// The gradients of leaves as one vector; zero where a leaf had no part in the loss.
pub(crate) fn collect(leaves: &[Tensor<1>], gradients: &mut Gradients) -> Tensor<1> {
    let part =
        |leaf: &Tensor<1>| leaf.grad_remove(gradients).unwrap_or_else(|| leaf.clone().without_autodiff().zeros_like());
    Tensor::cat(leaves.iter().map(part).collect(), 0)
}

/// Hands out slots while a network is put together; names are dotted paths.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    path: Vec<String>,
    layout: Layout,
}

impl Builder {
    /// Runs `build` with `name` appended to the path.
    pub(crate) fn within<T>(&mut self, name: impl Into<String>, build: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(name.into());
        let built = build(self);
        self.path.pop();
        built
    }

    fn full(&self, name: &str) -> String {
        self.path.iter().map(String::as_str).chain((!name.is_empty()).then_some(name)).collect::<Vec<_>>().join(".")
    }

    pub(crate) fn weight(&mut self, name: &str, shape: &[usize], initial: Initial) -> usize {
        let slot = Slot { name: self.full(name), shape: shape.to_vec(), offset: self.layout.len(), initial };
        self.layout.weights.push(slot);
        self.layout.weights.len() - 1
    }

    pub(crate) fn norm(&mut self, name: &str, channels: usize) -> usize {
        let slot = NormSlot { name: self.full(name), channels, offset: self.layout.normalized() };
        self.layout.norms.push(slot);
        self.layout.norms.len() - 1
    }

    pub(crate) fn noise(&mut self) -> usize {
        let name = self.full("");
        self.layout.noises.push(name);
        self.layout.noises.len() - 1
    }

    pub(crate) fn finish(self) -> Layout {
        self.layout
    }
}
