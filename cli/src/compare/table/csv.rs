//! Tables in CSV, with all digits of every number.

use crate::compare::done::Done;
use crate::compare::measure::{self, Measure};
use crate::compare::summary::Method;
use crate::csv_text::{csv_text, optional};

fn measures() -> impl Iterator<Item = &'static Measure> {
    measure::SEARCH.iter().chain(&measure::TABLE)
}

/// Returns the method of a label, and its settings such as `epsilon=0.1`.
fn parts(label: &str) -> (String, String) {
    let (method, settings) = label.split_once(',').unwrap_or((label, ""));
    (method.to_owned(), settings.to_owned())
}

/// Returns a row for each method: mean, standard deviation and p of every measure.
pub(in crate::compare) fn methods(methods: &[Method]) -> String {
    let mut head = ["method", "settings", "n"].map(str::to_owned).to_vec();
    head.extend(measures().flat_map(|measure| ["", "_deviation", "_p"].map(|what| format!("{}{what}", measure.key))));
    let row = |method: &Method| {
        let (name, settings) = parts(&method.label);
        let mut row = vec![name, settings, method.seeds.len().to_string()];
        for measure in measures() {
            let values = method.values(measure);
            row.push(optional(values.map(|values| values.mean)));
            row.push(optional(values.and_then(|values| values.deviation)));
            row.push(optional(values.and_then(|values| values.p)));
        }
        row
    };
    csv_text([head].into_iter().chain(methods.iter().map(row)))
}

/// Returns a row for each search: the value of every measure.
pub(in crate::compare) fn runs(done: &[&Done]) -> String {
    let mut head: Vec<String> = ["method", "settings", "seed", "run"].map(str::to_owned).into();
    head.extend(measures().map(|measure| measure.key.to_owned()));
    let row = |one: &&Done| {
        let (name, settings) = parts(&one.label);
        let mut row = vec![name, settings, one.seed.to_string(), one.folder.display().to_string()];
        row.extend(measures().map(|measure| optional(measure.of(one))));
        row
    };
    csv_text([head].into_iter().chain(done.iter().map(row)))
}
