//! State of an engine, and the optimizer's step on it.

use std::ops::Range;

use super::EngineError;
use crate::graph::Graph;

/// Part of an engine's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Weights ω in the order of [`Graph::parameters`].
    Weights,
    /// Gradient that passes add to.
    Gradient,
    /// Momentum of SGD.
    Momentum,
    /// Running means of all normalized channels.
    RunningMean,
    /// Running unbiased variances of all normalized channels.
    RunningVariance,
}

impl State {
    /// Length of this part for a graph.
    #[must_use]
    pub fn len(self, graph: &Graph) -> usize {
        match self {
            Self::Weights | Self::Gradient | Self::Momentum => graph.parameter_count(),
            Self::RunningMean | Self::RunningVariance => graph.normalized_channels(),
        }
    }

    /// Checks the number of numbers that are to be written.
    pub(crate) fn check(self, graph: &Graph, found: usize) -> Result<(), EngineError> {
        let expected = self.len(graph);
        if found == expected {
            return Ok(());
        }
        let what = match self {
            Self::Weights => "weights",
            Self::Gradient => "slopes",
            Self::Momentum => "momenta",
            Self::RunningMean | Self::RunningVariance => "running statistics",
        };
        Err(EngineError::Length { what, found, expected })
    }
}

/// SGD with momentum (dampening 0) and L2 decay, as `torch.optim.SGD` has it:
///
/// ```text
/// d = scale · g + decay · ω,   m ← momentum · m + d,   ω ← ω − lr · m
/// ```
///
/// With Nesterov's momentum, the last is ω ← ω − lr · (d + momentum · m).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdStep {
    /// Learning rate.
    pub lr: f64,
    /// Momentum.
    pub momentum: f64,
    /// L2 decay.
    pub decay: f64,
    /// Factor of the gradient, by which it is clipped.
    pub scale: f64,
    /// True for Nesterov's momentum.
    pub nesterov: bool,
}

impl SgdStep {
    /// Factor that clips a gradient of `norm` to a global norm, as `torch.nn.utils.clip_grad_norm_` does.
    #[must_use]
    pub fn clip_scale(norm: f64, clip: f64) -> f64 {
        (clip / (norm + 1e-6)).min(1.0)
    }
}

/// Parts of ranges that are within a vector of some length, in order; those that touch are one.
pub(super) fn merged(ranges: &[Range<usize>], length: usize) -> Vec<Range<usize>> {
    let within = ranges.iter().map(|range| range.start.min(length)..range.end.min(length));
    let mut sorted: Vec<Range<usize>> = within.filter(|range| !range.is_empty()).collect();
    sorted.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Bytes that all engines of a GPU have sent to it and received from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Traffic {
    /// Bytes sent to the GPU.
    pub sent: u64,
    /// Bytes received from the GPU.
    pub received: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_merged_in_order_and_cut() {
        assert_eq!(merged(&[8..20, 2..4, 3..5, 5..6, 7..7, 40..50], 10), [2..6, 8..10]);
        assert!(merged(&[0..3], 0).is_empty());
    }
}
