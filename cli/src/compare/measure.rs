//! The quantities that are compared at the end of a search.

use lambda_darts::search::EpochEvent;

use super::done::Done;

/// A quantity that is compared.
pub(super) struct Measure {
    /// Name in machine formats, which have the value itself.
    pub(super) key: &'static str,
    /// Name in print.
    pub(super) title: &'static str,
    /// Factor of the value in print.
    pub(super) factor: f64,
    pub(super) digits: usize,
    of: fn(&Done) -> Option<f64>,
}

impl Measure {
    const fn new(
        key: &'static str,
        title: &'static str,
        (factor, digits): (f64, usize),
        of: fn(&Done) -> Option<f64>,
    ) -> Self {
        Self { key, title, factor, digits, of }
    }

    /// Value of a search, if it has one.
    pub(super) fn of(&self, done: &Done) -> Option<f64> {
        (self.of)(done)
    }

    /// Prints a value without its unit.
    pub(super) fn print(&self, value: f64) -> String {
        format!("{:.*}", self.digits, self.factor * value)
    }
}

/// Share, printed in per cent with two decimals.
const PERCENT: (f64, usize) = (100.0, 2);

/// Makes the measure of an accuracy in the table.
macro_rules! accuracy {
    ($name:ident, $title:literal) => {
        Measure::new(stringify!($name), $title, PERCENT, |done| {
            Option::<f64>::from(done.record.known()?.accuracies.$name)
        })
    };
}

/// Measures of the search itself.
pub(super) static SEARCH: [Measure; 11] = [
    Measure::new("alignment", "Λ", (1.0, 3), |done| last(done)?.cell_types.first()?.alignment),
    Measure::new("entropy", "entropy", (1.0, 3), |done| {
        Some(last(done)?.cell_types.first()?.saturation.mean_entropy())
    }),
    Measure::new("parameter_free", "no weights", (1.0, 1), |done| count(done.record.genotype()?.parameter_free())),
    Measure::new("skip_connections", "skips", (1.0, 1), |done| count(done.record.genotype()?.skip_connections())),
    Measure::new("supernet_accuracy", "supernet, %", PERCENT, |done| Some(last(done)?.supernet_accuracy)),
    Measure::new("parameters", "parameters, M", (1e-6, 2), |done| large(done.cost?.parameters)),
    Measure::new("multiply_adds", "multiply-adds, M", (1e-6, 1), |done| large(done.cost?.multiply_adds)),
    Measure::new("evaluations", "evaluations", (1.0, 1), |done| count(done.record.spent.as_ref()?.evaluations)),
    Measure::new("seconds", "seconds", (1.0, 1), |done| Some(done.seconds())),
    Measure::new("test_accuracy", "trained: test, %", PERCENT, |done| Some(done.trained?.last.test_accuracy)),
    Measure::new("train_seconds", "training, s", (1.0, 1), |done| Some(done.trained?.seconds)),
];

/// Accuracies and rank of the found cell in the table.
pub(super) static TABLE: [Measure; 7] = [
    accuracy!(cifar10_valid, "CIFAR-10 valid, %"),
    accuracy!(cifar10_test, "CIFAR-10 test, %"),
    accuracy!(cifar100_valid, "CIFAR-100 valid, %"),
    accuracy!(cifar100_test, "CIFAR-100 test, %"),
    accuracy!(imagenet16_120_valid, "ImageNet16-120 valid, %"),
    accuracy!(imagenet16_120_test, "ImageNet16-120 test, %"),
    Measure::new("rank", "rank", (1.0, 1), |done| count(done.record.known()?.rank)),
];

/// Last epoch of a search with a supernet.
fn last(done: &Done) -> Option<&EpochEvent> {
    done.record.epochs.last()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::unnecessary_wraps,
    reason = "edges, evaluations and cells are few; one of several"
)]
fn count(count: usize) -> Option<f64> {
    Some(count as f64)
}

#[expect(clippy::cast_precision_loss, clippy::unnecessary_wraps, reason = "less than 2^53; one of several")]
fn large(count: u64) -> Option<f64> {
    Some(count as f64)
}
