//! Quantities of an epoch or an evaluation, in the units in which they are drawn.

use std::ops::RangeInclusive;

use super::{Epoch, Group, count, epochs};

/// Quantity of an epoch or an evaluation.
pub(super) struct Quantity {
    pub(super) title: &'static str,
    /// Name of the axis that the values stand over.
    pub(super) over: &'static str,
    /// Value in an epoch, or of an evaluation.
    pub(super) of: fn(&Epoch) -> Option<f64>,
    /// Values that it can have.
    pub(super) possible: RangeInclusive<f64>,
    pub(super) scale: Scale,
}

/// Scale of the values' axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Linear,
    /// Linear, for whole numbers.
    Whole,
    Logarithmic,
}

/// Name of the axis of epochs.
const EPOCHS: &str = "epoch";

/// Entropy above which an edge is so undecided that the rest to 1 says more.
const UNDECIDED: f64 = 0.9;

pub(super) const ALIGNMENT: Quantity = Quantity {
    title: "layer alignment Λ",
    over: EPOCHS,
    of: |epoch| epoch.search()?.cell_types.first()?.alignment,
    possible: -1.0..=1.0,
    scale: Scale::Linear,
};

pub(super) const TABLE: Quantity = Quantity {
    title: "CIFAR-10 test accuracy in the table, %",
    over: EPOCHS,
    of: |epoch| Some(100.0 * epoch.search()?.benchmark?.accuracies.cifar10_test),
    possible: 0.0..=100.0,
    scale: Scale::Linear,
};

pub(super) const SUPERNET: Quantity = Quantity {
    title: "supernet accuracy, %",
    over: EPOCHS,
    of: |epoch| Some(100.0 * epoch.search()?.supernet_accuracy),
    possible: 0.0..=100.0,
    scale: Scale::Linear,
};

pub(super) const PARAMETER_FREE: Quantity = Quantity {
    title: "operations without weights",
    over: EPOCHS,
    of: |epoch| Some(count(epoch.search()?.parameter_free)),
    possible: 0.0..=f64::INFINITY,
    scale: Scale::Whole,
};

pub(super) const SKIPS: Quantity = Quantity {
    title: "skip connections",
    over: EPOCHS,
    of: |epoch| Some(count(epoch.search()?.skip_connections)),
    possible: 0.0..=f64::INFINITY,
    scale: Scale::Whole,
};

pub(super) const LOSS: Quantity = Quantity {
    title: "training loss",
    over: EPOCHS,
    of: |epoch| Some(epoch.search()?.train_loss),
    possible: 0.0..=f64::INFINITY,
    scale: Scale::Linear,
};

pub(super) const GRADIENT_NORM: Quantity = Quantity {
    title: "norm of the weights' gradient",
    over: EPOCHS,
    of: |epoch| Some(epoch.search()?.gradient_norm),
    possible: 0.0..=f64::INFINITY,
    scale: Scale::Linear,
};

pub(super) const TEST_ACCURACY: Quantity = Quantity {
    title: "test accuracy, %",
    over: EPOCHS,
    of: |epoch| Some(100.0 * epoch.training()?.test_accuracy),
    possible: 0.0..=100.0,
    scale: Scale::Linear,
};

pub(super) const TRAIN_LOSS: Quantity = Quantity {
    title: "training loss of the derived network",
    over: EPOCHS,
    of: |epoch| Some(epoch.training()?.train_loss),
    possible: 0.0..=f64::INFINITY,
    scale: Scale::Linear,
};

pub(super) const BEST: Quantity = Quantity {
    title: "best fitness so far, %",
    over: "evaluation",
    of: |epoch| Some(100.0 * epoch.evaluation()?.best),
    possible: 0.0..=100.0,
    scale: Scale::Linear,
};

/// Returns the mean entropy h over the edges of the normal cells. If it always is near 1, this is the rest 1 − h, in
/// the unit and on the scale that its values need.
pub(super) fn entropy(groups: &[Group]) -> Quantity {
    let rests = || epochs(groups).filter_map(rest);
    let largest = rests().fold(0.0, f64::max);
    let smallest = rests().fold(f64::INFINITY, f64::min);
    if largest >= 1.0 - UNDECIDED {
        return Quantity {
            title: "edge entropy h",
            over: EPOCHS,
            of: |epoch| Some(1.0 - rest(epoch)?),
            possible: 0.0..=1.0,
            scale: Scale::Linear,
        };
    }
    // A rest of zero has no logarithm.
    let several_powers = smallest > 0.0 && largest >= 10.0 * smallest;
    let scale = if several_powers { Scale::Logarithmic } else { Scale::Linear };
    let title = match (largest < 1e-3, several_powers) {
        (false, false) => "saturation, 1 − h in %",
        (false, true) => "saturation, 1 − h in % (log scale)",
        (true, false) => "saturation, 1 − h in ppm",
        (true, true) => "saturation, 1 − h in ppm (log scale)",
    };
    if largest < 1e-3 {
        Quantity { title, over: EPOCHS, of: |epoch| Some(1e6 * rest(epoch)?), possible: 0.0..=1e6, scale }
    } else {
        Quantity { title, over: EPOCHS, of: |epoch| Some(100.0 * rest(epoch)?), possible: 0.0..=100.0, scale }
    }
}

/// Returns 1 − h, without the error of rounding below 0.
fn rest(epoch: &Epoch) -> Option<f64> {
    Some((1.0 - epoch.search()?.cell_types.first()?.saturation.mean_entropy()).max(0.0))
}
