//! Summary of a comparison: each method's values, and their significance against the first method.

use super::done::Done;
use super::measure::{self, Measure};
use crate::statistics::{mean_and_deviation, paired_t_test};

/// Fewest pairs of seeds that a difference is tested with.
const FEWEST: usize = 3;

/// A method with its seeds.
pub(super) struct Method {
    pub(super) label: String,
    pub(super) seeds: Vec<u64>,
    /// Every measure that all seeds have.
    pub(super) values: Vec<Values>,
}

/// Values of a measure.
pub(super) struct Values {
    pub(super) measure: &'static Measure,
    /// A value for each seed.
    pub(super) each: Vec<f64>,
    pub(super) mean: f64,
    /// Sample standard deviation, with two seeds or more.
    pub(super) deviation: Option<f64>,
    /// p of the paired t-test against the first method, over the seeds that both have.
    pub(super) p: Option<f64>,
}

impl Method {
    /// Values of a measure, if all seeds have it.
    pub(super) fn values(&self, measure: &Measure) -> Option<&Values> {
        self.values.iter().find(|values| values.measure.key == measure.key)
    }
}

pub(super) fn summarize(done: &[&Done]) -> Vec<Method> {
    let mut labels: Vec<&str> = Vec::new();
    for one in done {
        if !labels.contains(&one.label.as_str()) {
            labels.push(&one.label);
        }
    }
    let runs = |label: &str| {
        let mut runs: Vec<&Done> = done.iter().copied().filter(|done| done.label == label).collect();
        runs.sort_by_key(|done| done.seed);
        runs
    };
    let first = labels.first().map(|label| runs(label)).unwrap_or_default();
    labels.iter().map(|label| method(label, &runs(label), &first)).collect()
}

fn method(label: &str, runs: &[&Done], first: &[&Done]) -> Method {
    let values = measure::SEARCH.iter().chain(&measure::TABLE).filter_map(|measure| {
        let each = runs.iter().map(|done| measure.of(done)).collect::<Option<Vec<_>>>()?;
        let (mean, deviation) = mean_and_deviation(&each);
        let differences: Vec<f64> = runs
            .iter()
            .filter_map(|done| {
                let other = first.iter().find(|other| other.seed == done.seed && other.label != label)?;
                Some(measure.of(done)? - measure.of(other)?)
            })
            .collect();
        let tested = measure.key != "seconds" && differences.len() >= FEWEST;
        let p = if tested { paired_t_test(&differences) } else { None };
        Some(Values { measure, each, mean, deviation, p })
    });
    Method { label: label.to_owned(), seeds: runs.iter().map(|done| done.seed).collect(), values: values.collect() }
}

/// Returns the measures that some method has; the fields of the others are empty.
pub(super) fn columns(methods: &[Method], measures: &'static [Measure]) -> Vec<&'static Measure> {
    measures.iter().filter(|measure| methods.iter().any(|method| method.values(measure).is_some())).collect()
}
