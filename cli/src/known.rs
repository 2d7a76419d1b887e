//! The accuracies that are known of the cells of NAS-Bench-201.

use std::path::Path;
use std::sync::Arc;

use lambda_darts::benchmark::{Found, Table};
use lambda_darts::search::SearchConfig;

use crate::failure::Failure;

/// Returns the table that a search looks its cells up in: the one of a file, or the built-in one in its space.
pub(crate) fn table(file: Option<&Path>, config: &SearchConfig) -> Result<Option<Arc<Table>>, Failure> {
    match file {
        Some(file) => Ok(Some(Arc::new(Table::read(file)?))),
        None => Ok(built_in(config)),
    }
}

/// Returns the built-in table, if the search is in its space.
pub(crate) fn built_in(config: &SearchConfig) -> Option<Arc<Table>> {
    is_nas_bench_201(config).then(|| Arc::new(Table::nas_bench_201()))
}

/// Returns true if the cells of the space are those of the built-in table.
pub(crate) fn is_nas_bench_201(config: &SearchConfig) -> bool {
    config.custom_space.is_none() && config.space == "nas-bench-201"
}

/// Describes the worth of a cell.
pub(crate) fn worth(found: &Found, table: &Table) -> String {
    format!(
        "trained in full, this cell gets {:.2} % of CIFAR-10's test images right in NAS-Bench-201: rank {} of {}",
        100.0 * found.accuracies.cifar10_test,
        found.rank,
        table.len(),
    )
}
