//! Curves of runs as rows of a table.

use std::collections::{BTreeMap, BTreeSet};

/// Columns of the curves.
const COLUMNS: [&str; 32] = [
    "run",
    "method",
    "space",
    "seed",
    "epoch",
    "lambda",
    "learning_rate",
    "train_loss",
    "valid_loss",
    "supernet_accuracy",
    "parameter_free",
    "skip_connections",
    "gradient_norm",
    "loss_gradient_norm",
    "regularizer_gradient_norm",
    "clipped",
    "curvature",
    "seconds",
    "cell_type",
    "alignment",
    "entropy",
    "cifar10_test",
    "recipe",
    "drop_path",
    "train_accuracy",
    "test_loss",
    "test_accuracy",
    "test_top5",
    "evaluation",
    "fitness",
    "best",
    "seconds_simulated",
];

/// Fields of a row by the names of their columns.
pub(super) type Row = BTreeMap<String, String>;

/// Returns a row with these fields.
pub(super) fn row<const N: usize>(fields: [(&str, String); N]) -> Row {
    fields.into_iter().map(|(column, field)| (column.to_owned(), field)).collect()
}

/// Returns the table of some rows, its head first. Measures of methods have columns after the others, by the alphabet;
/// a field that a row lacks is empty.
pub(super) fn table(rows: &[Row]) -> Vec<Vec<String>> {
    let names: BTreeSet<&str> = rows.iter().flat_map(Row::keys).map(String::as_str).collect();
    let measures = names.into_iter().filter(|name| !COLUMNS.contains(name));
    let columns: Vec<&str> = COLUMNS.into_iter().chain(measures).collect();
    let fields = |row: &Row| columns.iter().map(|column| row.get(*column).cloned().unwrap_or_default()).collect();
    let head = columns.iter().map(|&column| column.to_owned()).collect();
    std::iter::once(head).chain(rows.iter().map(fields)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_have_columns_of_their_own() {
        let rows = [row([("run", "a".to_owned()), ("oles.frozen", "0.5".to_owned())]), row([("run", "b".to_owned())])];
        let table = table(&rows);
        let ends = |row: &Vec<String>| (row[0].clone(), row[COLUMNS.len()].clone());
        let expected = [("run", "oles.frozen"), ("a", "0.5"), ("b", "")];
        let expected = expected.map(|(first, last)| (first.to_owned(), last.to_owned()));
        assert_eq!(table.iter().map(ends).collect::<Vec<_>>(), expected);
    }
}
