//! Networks as Python modules for PyTorch.
//!
//! A module is the source of one network: its genotype or its cell types as data, the operations that it uses, and
//! nothing else. It needs PyTorch, and safetensors to read files. Parameters have the names of
//! [`Graph::parameters`](crate::graph::Graph::parameters), so that `load_state_dict` takes the tensors of this library.
//!
//! ```
//! use lambda_darts::exchange::pytorch::derived_module;
//! use lambda_darts::graph::NetworkSize;
//! use lambda_darts::space::{Genotype, Space};
//!
//! let space = Space::named("nas-bench-201")?;
//! let cell = Genotype::parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|")?;
//! let size = NetworkSize::published(space.layout, 3, 10);
//! let source = derived_module(&space, &cell, size, false)?;
//! assert!(source.contains("return Network(channels=16, cells=5, image_channels=3, classes=10)"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod data;
mod literal;
mod module;
mod operation;

use std::collections::BTreeSet;

use self::module::Module;
use self::operation::Conventions;
use crate::graph::{Graph, NetworkError, NetworkOptions, NetworkSize, SupernetOptions};
use crate::space::{Genotype, Operation, OperationStyle, Space};

/// Network that has no Python module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PytorchError {
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// An operation is one of an application.
    #[error("the operation `{name}` has no form in PyTorch: it is not one of this library")]
    Operation {
        /// Name of the operation.
        name: String,
    },
    /// A space or a genotype has a form that no module has.
    #[error("{what}")]
    Unsupported {
        /// Description of the fault.
        what: String,
    },
}

/// Form of the mixed operations of a supernet; by default that of DARTS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SupernetForm {
    /// Number k if candidates read the first 1/k of the channels, as with
    /// [`SupernetOptions::partial_channels`](crate::graph::SupernetOptions::partial_channels).
    pub partial_channels: Option<usize>,
    /// True if edges have weights, softmax(β) over the edges into each node.
    pub edge_normalization: bool,
}

/// Source of a Python module with the network of a genotype. The network returns logits; in training with an
/// auxiliary head, it returns those of both heads. Where cells are stacked, its attribute `drop_path_prob` is the
/// probability with which training leaves an operation out, 0 at first.
///
/// # Errors
/// [`PytorchError::Network`] if [`Graph::derived`] refuses the network, [`PytorchError::Operation`] if an operation is
/// one of an application, [`PytorchError::Unsupported`] if a node reads nothing or the space has other types of cell
/// than `normal` and `reduce`.
pub fn derived_module(
    space: &Space,
    genotype: &Genotype,
    size: NetworkSize,
    auxiliary: bool,
) -> Result<String, PytorchError> {
    check::layout(space, size)?;
    let used: BTreeSet<Operation> = genotype.operations().into_keys().collect();
    let operations = operation::table(&used, conventions(space, false))?;
    // The module has no loss, so its coefficient has no effect.
    let options = NetworkOptions { auxiliary_weight: auxiliary.then_some(0.4), ..NetworkOptions::default() };
    let parameters = Graph::derived(space, genotype, size, options)?.parameter_count();
    check::nodes(genotype)?;
    let data = data::genotype(genotype);
    let form = SupernetForm::default();
    Ok(Module { space, size, derived: true, auxiliary, form, parameters, data, operations }.source())
}

/// Source of a Python module with the supernet of a space. Its architecture parameters are `alphas_normal` and
/// `alphas_reduce` and, with edge weights, `betas_normal` and `betas_reduce`, as in checkpoints.
///
/// # Errors
/// As [`derived_module`].
pub fn supernet_module(space: &Space, size: NetworkSize, form: SupernetForm) -> Result<String, PytorchError> {
    check::layout(space, size)?;
    space.cell_types.iter().try_for_each(check::edges)?;
    let edges = space.cell_types.iter().flat_map(|cell_type| &cell_type.edges);
    let used: BTreeSet<Operation> = edges.flat_map(|edge| edge.operations.iter().copied()).collect();
    let operations = operation::table(&used, conventions(space, space.style == OperationStyle::Darts))?;
    let options = SupernetOptions { partial_channels: form.partial_channels, ..SupernetOptions::default() };
    let graph = Graph::supernet_with(space, size, options).map_err(NetworkError::from)?;
    let parameters = graph.parameter_count();
    let data = data::cell_types(space);
    Ok(Module { space, size, derived: false, auxiliary: false, form, parameters, data, operations }.source())
}

fn conventions(space: &Space, normalized_pools: bool) -> Conventions {
    Conventions { style: space.style, normalized_pools, reduces: space.cell_types.len() > 1 }
}

#[cfg(test)]
mod tests;
