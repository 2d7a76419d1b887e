//! Panels to choose from.

use super::quantity::{self, Quantity};
use super::{Group, epochs};

/// Panel of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Panel {
    /// Λ of the normal cells.
    Alignment,
    /// CIFAR-10 test accuracy of the cell in the table if all runs have it, otherwise the supernet's accuracy.
    Accuracy,
    /// Accuracy of the supernet on the validation images.
    Supernet,
    /// Number of operations without weights in the genotype.
    ParameterFree,
    /// Number of skip connections in the genotype.
    Skips,
    /// Entropy of the normal cells' edges.
    Entropy,
    /// Training loss.
    Loss,
    /// Norm of the weights' gradient.
    GradientNorm,
}

impl Panel {
    /// Every panel.
    pub(crate) const ALL: [Self; 8] = [
        Self::Alignment,
        Self::Accuracy,
        Self::Supernet,
        Self::ParameterFree,
        Self::Skips,
        Self::Entropy,
        Self::Loss,
        Self::GradientNorm,
    ];

    /// Returns the name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Alignment => "alignment",
            Self::Accuracy => "accuracy",
            Self::Supernet => "supernet",
            Self::ParameterFree => "parameter-free",
            Self::Skips => "skips",
            Self::Entropy => "entropy",
            Self::Loss => "loss",
            Self::GradientNorm => "gradient-norm",
        }
    }

    /// Returns the panel of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|panel| panel.name() == name)
    }

    /// Returns the panel itself, or the one in its place if some run lacks its quantity.
    pub(super) fn known(self, groups: &[Group]) -> Self {
        let is_known = || epochs(groups).all(|epoch| epoch.benchmark.is_some());
        if self == Self::Accuracy && !is_known() { Self::Supernet } else { self }
    }

    /// Returns the quantity that the panel shows.
    pub(super) fn quantity(self, groups: &[Group]) -> Quantity {
        match self {
            Self::Alignment => quantity::ALIGNMENT,
            Self::Accuracy => quantity::TABLE,
            Self::Supernet => quantity::SUPERNET,
            Self::ParameterFree => quantity::PARAMETER_FREE,
            Self::Skips => quantity::SKIPS,
            Self::Entropy => quantity::entropy(groups),
            Self::Loss => quantity::LOSS,
            Self::GradientNorm => quantity::GRADIENT_NORM,
        }
    }
}
