//! Table in LaTeX, with the rules of the package booktabs.

use std::fmt::Write;

use super::SIGNIFICANT;
use crate::compare::measure::{self, Measure};
use crate::compare::summary::{Method, Values, columns};
use crate::figure::label as proper_name;

/// Returns the summary as a `table*` that is as wide as a page of two columns: the measures of the search, and those of
/// the found cells in the table.
pub(in crate::compare) fn latex(methods: &[Method]) -> String {
    let mut text = String::from(
        "% needs \\usepackage{booktabs}\n\\begin{table*}[t]\n\\centering\n\\footnotesize\n\\setlength{\\tabcolsep}{4pt}\n",
    );
    let known = columns(methods, &measure::TABLE);
    text.push_str(&tabular(methods, &columns(methods, &measure::SEARCH)));
    if !known.is_empty() {
        text.push_str("\n\\medskip\n\n");
        text.push_str(&tabular(methods, &known));
    }
    let seeds = methods.first().map_or(&[][..], |method| &method.seeds);
    // Rows of different seeds are told apart by their number alone.
    let alike = methods.iter().all(|method| method.seeds == seeds);
    let seeds = if alike { format!(" ({})", super::seeds(seeds)) } else { String::new() };
    let first = methods.first().map_or_else(String::new, |method| spelt(&proper_name(&method.label)));
    let accuracies = if known.is_empty() { "" } else { " Below: accuracy of the found cell after training in full." };
    let _ = write!(
        text,
        "\\caption{{Mean $\\pm$ standard deviation over $n$ seeds{}.{accuracies} ${{}}^*$: differs from {first}, \
         $p < {SIGNIFICANT}$, paired $t$-test, not corrected for the number of comparisons.}}\n\\label{{tab:comparison}}\n\\end{{table*}}\n",
        spelt(&seeds),
    );
    text
}

fn tabular(methods: &[Method], columns: &[&Measure]) -> String {
    let heads: Vec<(String, String)> = columns.iter().map(|measure| head(measure.title)).collect();
    let mut text = format!("\\begin{{tabular}}{{lr{}}}\n\\toprule\n &", "r".repeat(columns.len()));
    for group in heads.chunk_by(|one, next| one.0 == next.0) {
        let _ = write!(text, " & \\multicolumn{{{}}}{{c}}{{{}}}", group.len(), spelt(&group[0].0));
    }
    text.push_str(" \\\\\nmethod & $n$");
    for (_, below) in &heads {
        let _ = write!(text, " & \\multicolumn{{1}}{{c}}{{{}}}", spelt(below));
    }
    text.push_str(" \\\\\n\\midrule\n");
    for method in methods {
        let _ = write!(text, "{} & {}", spelt(&proper_name(&method.label)), method.seeds.len());
        for measure in columns {
            let _ = write!(text, " & {}", method.values(measure).map_or_else(String::new, number));
        }
        text.push_str(" \\\\\n");
    }
    text.push_str("\\bottomrule\n\\end{tabular}\n");
    text
}

/// Returns the two lines above a column: the data set and its part, or the measure and its unit.
fn head(title: &str) -> (String, String) {
    let (name, unit) =
        title.split_once(", ").map_or((title, String::new()), |(name, unit)| (name, format!("({unit})")));
    match name.rsplit_once(' ') {
        Some((set, part @ ("valid" | "test"))) => (format!("{set} {unit}"), part.to_owned()),
        _ => (name.to_owned(), unit),
    }
}

fn number(values: &Values) -> String {
    let Values { measure, mean, deviation, p, .. } = values;
    let deviation = deviation.map_or_else(String::new, |value| format!(" \\pm {}", measure.print(value)));
    let star = if p.is_some_and(|p| p < SIGNIFICANT) { "^*" } else { "" };
    format!("${}{deviation}{star}$", measure.print(*mean))
}

/// Returns a text as LaTeX writes it.
fn spelt(text: &str) -> String {
    let mut spelt = String::new();
    for c in text.chars() {
        match c {
            'Λ' => spelt.push_str("$\\Lambda$"),
            'λ' => spelt.push_str("$\\lambda$"),
            'ε' => spelt.push_str("$\\varepsilon$"),
            'α' => spelt.push_str("$\\alpha$"),
            'β' => spelt.push_str("$\\beta$"),
            '±' => spelt.push_str("$\\pm$"),
            '−' => spelt.push_str("$-$"),
            '₀' => spelt.push_str("$_0$"),
            '–' => spelt.push_str("--"),
            '\\' => spelt.push_str("\\textbackslash{}"),
            '~' => spelt.push_str("\\textasciitilde{}"),
            '^' => spelt.push_str("\\textasciicircum{}"),
            '%' | '&' | '#' | '_' | '$' | '{' | '}' => spelt.extend(['\\', c]),
            _ => spelt.push(c),
        }
    }
    // Formulas that follow each other are one.
    spelt.replace("$$", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_two_lines_above_them() {
        for (title, above, below) in [
            ("CIFAR-10 test, %", "CIFAR-10 (%)", "test"),
            ("supernet, %", "supernet", "(%)"),
            ("no weights", "no weights", ""),
        ] {
            assert_eq!(head(title), (above.to_owned(), below.to_owned()));
        }
    }

    #[test]
    fn every_method_is_spelt_in_ascii() {
        for preset in lambda_darts::method::PRESETS {
            assert!(spelt(&proper_name(preset.name())).is_ascii(), "{}", preset.name());
        }
    }

    #[test]
    fn names_are_spelt_for_latex() {
        assert_eq!(spelt("Λ±-DARTS, ε₀ = 1e-1"), "$\\Lambda\\pm$-DARTS, $\\varepsilon_0$ = 1e-1");
        assert_eq!(spelt("a_b & 5 %\\"), "a\\_b \\& 5 \\%\\textbackslash{}");
    }
}
