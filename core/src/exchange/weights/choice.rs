//! Choice of the tensors that a network may need among those of a file.

use std::collections::BTreeMap;

use crate::graph::Graph;

/// Prefix that `DataParallel` gives to all names.
const PARALLEL: &str = "module.";

/// Returns the tensors that are not known to be left out, without the prefix of `DataParallel`.
pub(super) fn relevant<'t, T>(graph: &Graph, tensors: &'t BTreeMap<String, T>) -> BTreeMap<&'t str, &'t T> {
    let is_parallel = tensors.keys().all(|name| name.starts_with(PARALLEL));
    let named = |(name, tensor): (&'t String, &'t T)| {
        let short = name.strip_prefix(PARALLEL).filter(|_| is_parallel);
        (short.unwrap_or(name.as_str()), tensor)
    };
    tensors.iter().map(named).filter(|(name, _)| !is_left_out(graph, name)).collect()
}

/// Returns true for what belongs to training, to a search, or to an auxiliary head that the network does not have.
fn is_left_out(graph: &Graph, name: &str) -> bool {
    name.ends_with("num_batches_tracked")
        || ["momentum.", "gradient.", "alphas_", "betas_"].iter().any(|prefix| name.starts_with(prefix))
        || (graph.heads().len() < 2 && name.starts_with("auxiliary_head."))
}
