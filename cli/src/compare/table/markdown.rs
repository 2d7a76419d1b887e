//! Table in Markdown.

use std::fmt::Write;

use super::SIGNIFICANT;
use crate::compare::measure::{self, Measure};
use crate::compare::summary::{Method, columns};
use crate::figure::label as proper_name;

/// Returns the summary in Markdown: mean ± standard deviation of each measure that a method has. A star marks a
/// difference to the first method that is significant.
pub(in crate::compare) fn markdown(methods: &[Method]) -> String {
    let mut text = block(methods, &columns(methods, &measure::SEARCH));
    let known = columns(methods, &measure::TABLE);
    if !known.is_empty() {
        text.push_str("\nAccuracy of the found cell in the table, after training in full:\n\n");
        text.push_str(&block(methods, &known));
    }
    let starred = methods.iter().flat_map(|method| &method.values).any(|values| values.p.is_some_and(significant));
    if let (true, Some(first)) = (starred, methods.first()) {
        let first = proper_name(&first.label);
        let _ = writeln!(
            text,
            "\n\\* differs from {first}: p < {SIGNIFICANT}, paired t-test over the seeds that both have, not corrected for \
             the number of comparisons"
        );
    }
    text
}

fn significant(p: f64) -> bool {
    p < SIGNIFICANT
}

fn block(methods: &[Method], columns: &[&Measure]) -> String {
    let mut text = String::from("| method | seeds | n |");
    for measure in columns {
        let _ = write!(text, " {} |", measure.title);
    }
    let _ = writeln!(text, "\n|---|---|--:|{}", "--:|".repeat(columns.len()));
    for method in methods {
        let Method { label, seeds, .. } = method;
        let _ = write!(text, "| {} | {} | {} |", proper_name(label), super::seeds(seeds), seeds.len());
        for measure in columns {
            let Some(values) = method.values(measure) else {
                text.push_str(" |");
                continue;
            };
            let deviation = values.deviation.map_or_else(String::new, |value| format!(" ± {}", measure.print(value)));
            let star = if values.p.is_some_and(significant) { "\\*" } else { "" };
            let _ = write!(text, " {}{deviation}{star} |", measure.print(values.mean));
        }
        text.push('\n');
    }
    text
}
