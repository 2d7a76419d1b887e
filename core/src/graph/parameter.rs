//! Parameters: names, shapes and initial values of the parts of ω.
//!
//! All weights of a network form one vector ω. Its gradient, momentum and second-order terms are vectors alike.

use rand::RngExt;

use super::Graph;
use crate::random::{Stream, stream};

/// Initial value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// Uniform in ±bound. PyTorch's default for convolutions and linear layers is bound = 1/√fan-in.
    Uniform {
        /// Largest absolute value.
        bound: f64,
    },
    /// Constant.
    Constant(f64),
}

/// Parameter of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Dotted path of the PyTorch references.
    pub name: String,
    /// Shape, as PyTorch has it.
    pub shape: Vec<usize>,
    /// Offset within ω.
    pub offset: usize,
    /// Initial value.
    pub initial: Initial,
}

impl Parameter {
    /// Number of weights.
    #[expect(clippy::len_without_is_empty, reason = "no parameter is empty")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Place within ω.
    #[must_use]
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}

impl Graph {
    /// Initial ω under a seed, the same on every device.
    #[must_use]
    pub fn initial_weights(&self, seed: u64) -> Vec<f32> {
        self.drawn_weights(seed, 0)
    }

    /// Draws weights as [`initial_weights`](Self::initial_weights) does; each `number` has its own.
    pub(crate) fn drawn_weights(&self, seed: u64, number: u64) -> Vec<f32> {
        let mut random = stream(seed, Stream::Weights, number);
        let mut values = Vec::with_capacity(self.parameter_count());
        for parameter in &self.parameters {
            values.extend((0..parameter.len()).map(|_| match parameter.initial {
                #[expect(clippy::cast_possible_truncation, reason = "networks compute in single precision")]
                Initial::Constant(value) => value as f32,
                #[expect(clippy::cast_possible_truncation, reason = "networks compute in single precision")]
                Initial::Uniform { bound } => random.random_range(-bound..bound) as f32,
            }));
        }
        values
    }
}
