//! Panels to choose from.

use super::quantity::{self, Quantity};
use super::{Epoch, Group, epochs};

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
    /// Training loss of the supernet.
    Loss,
    /// Norm of the weights' gradient.
    GradientNorm,
    /// Largest fitness so far of a searcher, by evaluation.
    Best,
    /// Accuracy of a training on the test images.
    TestAccuracy,
    /// Training loss of a training.
    TrainLoss,
}

impl Panel {
    /// Panels of searches.
    pub(crate) const OF_SEARCHES: [Self; 9] = [
        Self::Alignment,
        Self::Accuracy,
        Self::Supernet,
        Self::ParameterFree,
        Self::Skips,
        Self::Entropy,
        Self::Loss,
        Self::GradientNorm,
        Self::Best,
    ];
    /// Panels of trainings.
    pub(crate) const OF_TRAININGS: [Self; 2] = [Self::TestAccuracy, Self::TrainLoss];

    /// Returns every panel.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::OF_SEARCHES.into_iter().chain(Self::OF_TRAININGS)
    }

    /// Returns the panels of a figure that names none.
    pub(super) fn usual(groups: &[Group]) -> &'static [Self] {
        let searches = epochs(groups).any(|epoch| epoch.search().is_some());
        let searchers = epochs(groups).any(|epoch| epoch.evaluation().is_some());
        match (searches, searchers) {
            (true, true) => &[Self::Alignment, Self::Accuracy, Self::Best],
            (true, false) => &[Self::Alignment, Self::Accuracy],
            (false, true) => &[Self::Best],
            (false, false) => &Self::OF_TRAININGS,
        }
    }

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
            Self::Best => "best",
            Self::TestAccuracy => "test-accuracy",
            Self::TrainLoss => "train-loss",
        }
    }

    /// Returns the panel of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::all().find(|panel| panel.name() == name)
    }

    /// Returns the panel itself, or the one in its place if some run lacks its quantity.
    pub(super) fn known(self, groups: &[Group]) -> Self {
        let is_known = || epochs(groups).filter_map(Epoch::search).all(|epoch| epoch.benchmark.is_some());
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
            Self::Best => quantity::BEST,
            Self::TestAccuracy => quantity::TEST_ACCURACY,
            Self::TrainLoss => quantity::TRAIN_LOSS,
        }
    }
}
