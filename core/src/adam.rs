//! PyTorch's Adam, as DARTS uses it on the architecture parameters and REINFORCE on its policy.

use serde::{Deserialize, Serialize};

/// Adam with L2 decay inside the gradient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Adam {
    mean: Vec<f64>,
    square: Vec<f64>,
    steps: u32,
}

impl Adam {
    const EPSILON: f64 = 1e-8;

    /// True if the state is one that some steps of a search with `count` parameters can have led to.
    pub(crate) fn fits(&self, count: usize) -> bool {
        let untouched = self.steps == 0 && self.mean.is_empty() && self.square.is_empty();
        let touched = self.mean.len() == count && self.square.len() == count && self.steps < u32::MAX;
        untouched || touched && self.square.iter().all(|&square| square >= 0.0)
    }

    /// Goes on with another number of parameters: new ones come last, and have had no gradient.
    pub(crate) fn resize(&mut self, count: usize) {
        if self.steps > 0 {
            self.mean.resize(count, 0.0);
            self.square.resize(count, 0.0);
        }
    }

    pub(crate) fn step(&mut self, values: &mut [f64], gradient: &[f64], lr: f64, betas: [f64; 2], decay: f64) {
        self.mean.resize(values.len(), 0.0);
        self.square.resize(values.len(), 0.0);
        self.steps += 1;
        let correction = betas.map(|beta| 1.0 - libm::pow(beta, f64::from(self.steps)));
        for (((value, g), mean), square) in values.iter_mut().zip(gradient).zip(&mut self.mean).zip(&mut self.square) {
            let g = g + decay * *value;
            *mean = betas[0] * *mean + (1.0 - betas[0]) * g;
            *square = betas[1] * *square + (1.0 - betas[1]) * g * g;
            *value -= lr * (*mean / correction[0]) / ((*square / correction[1]).sqrt() + Self::EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two steps of `torch.optim.Adam([1.0, -2.0], lr=.1, betas=(.5, .999), weight_decay=.01)` in double precision.
    #[test]
    fn adam_equals_pytorch() {
        let (mut adam, mut values) = (Adam::default(), [1.0, -2.0]);
        for gradient in [[0.5, -1.0], [0.2, 0.3]] {
            adam.step(&mut values, &gradient, 0.1, [0.5, 0.999], 0.01);
        }
        for (value, expected) in values.into_iter().zip([0.820_614_936_586_020_9, -1.879_588_852_023_943_7]) {
            assert!((value - expected).abs() < 1e-14, "{values:?}");
        }
    }
}
