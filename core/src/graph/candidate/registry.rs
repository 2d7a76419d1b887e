//! Candidate operations of applications.

use std::sync::{Arc, PoisonError, RwLock};

use super::{Candidate, CandidateContext};
use crate::graph::{Builder, ValueId};
use crate::space::{Operation, OwnOperation};

static CANDIDATES: RwLock<Vec<Arc<dyn Candidate>>> = RwLock::new(Vec::new());

/// Name that cannot be given to an operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operation `{name}` cannot be added: {reason}")]
pub struct OperationTaken {
    /// The name.
    pub name: String,
    /// Reason of the refusal.
    pub reason: &'static str,
}

/// Adds a candidate operation to this process. From then on its name is one in spaces, genotypes and files.
///
/// # Errors
/// [`OperationTaken`] if the name is in use, is no name (letters, digits and `_`), or 256 operations have been added.
///
/// ```
/// use lambda_darts::graph::{Builder, CandidateContext, ValueId, Window, register};
///
/// // ReLU, 5×5 convolution, batch norm.
/// let operation = register("nor_conv_5x5", |builder: &mut Builder, x: ValueId, context: CandidateContext| {
///     let channels = builder.channels(x);
///     let y = builder.conv(x, true, "op.1", channels, Window::square(5, context.stride, 2, 1));
///     builder.norm(y, "op.2", context.affine);
///     y
/// })?;
/// assert_eq!(operation.name(), "nor_conv_5x5");
/// # Ok::<(), lambda_darts::graph::OperationTaken>(())
/// ```
pub fn register(name: &'static str, candidate: impl Candidate + 'static) -> Result<Operation, OperationTaken> {
    let mut candidates = CANDIDATES.write().unwrap_or_else(PoisonError::into_inner);
    let own = OwnOperation::add(name).map_err(|reason| OperationTaken { name: name.to_owned(), reason })?;
    candidates.push(Arc::new(candidate));
    Ok(Operation::Own(own))
}

/// Adds an application's candidate to a graph.
pub(super) fn build(own: OwnOperation, builder: &mut Builder, x: ValueId, context: CandidateContext) -> ValueId {
    let candidates = CANDIDATES.read().unwrap_or_else(PoisonError::into_inner);
    let candidate = Arc::clone(&candidates[own.index()]);
    drop(candidates);
    candidate.build(builder, x, context)
}
