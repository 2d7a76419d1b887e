//! Summary of the results in numbers.

use std::fmt::Write;

use lambda_darts::search::EpochEvent;
use serde_json::{Value, json};

use super::Done;

/// A quantity that is compared at the end of a search.
struct Measure {
    key: &'static str,
    title: &'static str,
    digits: usize,
    of: fn(&EpochEvent) -> Option<f64>,
}

static MEASURES: [Measure; 5] = [
    Measure { key: "alignment", title: "Λ", digits: 3, of: alignment },
    Measure { key: "entropy", title: "entropy", digits: 3, of: entropy },
    Measure { key: "skip_connections", title: "skip connections", digits: 1, of: skips },
    Measure {
        key: "supernet_accuracy",
        title: "supernet accuracy, %",
        digits: 2,
        of: |e| Some(100.0 * e.supernet_accuracy),
    },
    Measure { key: "cifar10_test", title: "table: CIFAR-10 test, %", digits: 2, of: accuracy },
];

/// Returns Λ of the normal cells.
pub(super) fn alignment(epoch: &EpochEvent) -> Option<f64> {
    epoch.cell_types.first()?.alignment
}

/// Returns the CIFAR-10 test accuracy of the cell in the table, in percent.
pub(super) fn accuracy(epoch: &EpochEvent) -> Option<f64> {
    epoch.benchmark.map(|known| known.accuracies.cifar10_test)
}

fn entropy(epoch: &EpochEvent) -> Option<f64> {
    Some(epoch.cell_types.first()?.saturation.mean_entropy())
}

#[expect(clippy::cast_precision_loss, clippy::unnecessary_wraps, reason = "edges are few; one of several")]
fn skips(epoch: &EpochEvent) -> Option<f64> {
    Some(epoch.skip_connections as f64)
}

/// A method with its seeds. Every measure that all seeds have comes with a value for each seed.
pub(super) struct Method {
    name: String,
    seeds: Vec<u64>,
    values: Vec<(&'static Measure, Vec<f64>)>,
}

pub(super) fn summarize(done: &[Done]) -> Vec<Method> {
    let mut methods: Vec<Method> = Vec::new();
    for one in done {
        if methods.iter().any(|method| method.name == one.method) {
            continue;
        }
        let all: Vec<_> = done.iter().filter(|other| other.method == one.method).collect();
        let values = MEASURES.iter().filter_map(|measure| {
            let values = all.iter().map(|done| done.epochs.last().and_then(measure.of)).collect::<Option<Vec<_>>>()?;
            Some((measure, values))
        });
        methods.push(Method {
            name: one.method.clone(),
            seeds: all.iter().map(|done| done.seed).collect(),
            values: values.collect(),
        });
    }
    methods
}

/// Returns the mean of values, and the sample standard deviation if there are two or more.
pub(super) fn mean_and_deviation(values: &[f64]) -> (f64, Option<f64>) {
    #[expect(clippy::cast_precision_loss, reason = "seeds are few")]
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (mean, (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt()))
}

/// Returns the summary in Markdown: mean ± standard deviation, and the value of each seed in brackets.
pub(super) fn table(methods: &[Method]) -> String {
    // The table has a column for each measure that all methods have.
    let columns: Vec<_> = MEASURES
        .iter()
        .filter(|measure| methods.iter().all(|method| method.values.iter().any(|(one, _)| one.key == measure.key)))
        .collect();
    let seeds: Vec<_> = methods.first().map_or(&[][..], |method| &method.seeds).iter().map(u64::to_string).collect();
    let mut text = format!("| method (seeds {}) |", seeds.join(", "));
    for measure in &columns {
        let _ = write!(text, " {} |", measure.title);
    }
    let _ = writeln!(text, "\n|---|{}", "---|".repeat(columns.len()));
    for method in methods {
        let _ = write!(text, "| {} |", method.name);
        for (measure, values) in
            method.values.iter().filter(|(one, _)| columns.iter().any(|column| column.key == one.key))
        {
            let digits = measure.digits;
            let (mean, deviation) = mean_and_deviation(values);
            let deviation = deviation.map_or_else(String::new, |deviation| format!(" ± {deviation:.digits$}"));
            let each: Vec<_> = values.iter().map(|value| format!("{value:.digits$}")).collect();
            let _ = write!(text, " {mean:.digits$}{deviation} ({}) |", each.join(", "));
        }
        text.push('\n');
    }
    text
}

/// Returns the summary as JSON, with all digits of every number.
pub(super) fn json(methods: &[Method]) -> Value {
    let of = |method: &Method| {
        let mut result = json!({ "method": method.name, "seeds": method.seeds });
        for (measure, values) in &method.values {
            let (mean, deviation) = mean_and_deviation(values);
            result[measure.key] = json!({ "mean": mean, "standard_deviation": deviation, "values": values });
        }
        result
    };
    json!({ "methods": methods.iter().map(of).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(mean_and_deviation(&[2.0, 4.0, 9.0]), (5.0, Some(13_f64.sqrt())));
        assert_eq!(mean_and_deviation(&[3.0]), (3.0, None));
    }
}
