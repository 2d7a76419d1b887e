//! Curves of runs as rows of a table.

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

/// Returns the names of the columns.
pub(super) fn head() -> Vec<String> {
    COLUMNS.map(str::to_owned).to_vec()
}

/// Returns the row with these fields; the others are empty.
pub(super) fn row(fields: &[(&str, String)]) -> Vec<String> {
    let field = |column: &str| fields.iter().find(|(name, _)| *name == column).map(|(_, value)| value.clone());
    COLUMNS.into_iter().map(|column| field(column).unwrap_or_default()).collect()
}
