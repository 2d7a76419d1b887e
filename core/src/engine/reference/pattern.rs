//! Activation pattern: the masks of ReLUs and the argmax of max pools in a pass.

use burn::tensor::{Bool, Int, Tensor};

/// Choice of one ReLU or max pool.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    /// True where the input of a ReLU is not positive.
    Closed(Tensor<4, Bool>),
    /// Argmax of a max pool as places in the flattened image, `[batch, channels, height·width]`.
    Winners(Tensor<3, Int>),
}

/// Activation pattern of a pass, in the order of its operations.
#[derive(Clone, Debug, Default)]
pub(super) enum ActivationPattern {
    /// Pattern of the pass itself.
    #[default]
    Own,
    /// Pattern of the pass itself, recorded.
    Record(Vec<Choice>),
    /// Recorded pattern of another pass, and the number of choices that have been used.
    Held(Vec<Choice>, usize),
}

impl ActivationPattern {
    fn next(&mut self) -> Option<Choice> {
        let Self::Held(choices, used) = self else { return None };
        *used += 1;
        choices.get(*used - 1).cloned()
    }

    /// Mask of a ReLU if the pattern is held; adds the mask to a pattern that is recorded.
    pub(super) fn relu(&mut self, x: &Tensor<4>) -> Option<Tensor<4, Bool>> {
        if let Self::Record(choices) = self {
            choices.push(Choice::Closed(x.clone().without_autodiff().lower_equal_scalar(0.0)));
        }
        match self.next() {
            Some(Choice::Closed(mask)) => Some(mask),
            _ => None,
        }
    }

    /// Argmax of a max pool if the pattern is held.
    pub(super) fn winners(&mut self) -> Option<Tensor<3, Int>> {
        match self.next() {
            Some(Choice::Winners(winners)) => Some(winners),
            _ => None,
        }
    }

    pub(super) fn records(&self) -> bool {
        matches!(self, Self::Record(_))
    }

    pub(super) fn push_winners(&mut self, winners: Tensor<3, Int>) {
        if let Self::Record(choices) = self {
            choices.push(Choice::Winners(winners));
        }
    }
}
