//! Derived networks: the network that a genotype stands for, which is trained from scratch once a search is over.
//!
//! Its cells have the one derived operation on every edge, its batch norms have scale and shift, and DARTS's pools
//! stand alone, as in the references. An edge whose operation is `none` adds nothing.

use super::cell::{CellPlan, NetworkPlan};
use super::supernet::build;
use super::{Graph, NetworkSize, SizeError};
use crate::space::{CellType, Edge, Genotype, GenotypeCell, MacroLayout, Operation, Space};

/// Parts of a derived network that serve its training alone. By default it has none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NetworkOptions {
    /// Coefficient in the loss of an auxiliary head, which reads the output of the cell at ⅔ in DARTS's layouts; 0.4 as
    /// published. Absent without such a head.
    pub auxiliary_weight: Option<f64>,
    /// True if every operation other than the identity is behind a drop path.
    pub drop_path: bool,
    /// Label smoothing of all heads; 0 for plain labels.
    pub label_smoothing: f64,
}

/// Genotype that does not fit a space.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct GenotypeMismatch {
    what: String,
}

/// Network that cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The genotype is not one of the space's layout.
    #[error(transparent)]
    Genotype(#[from] GenotypeMismatch),
    /// A size is out of range.
    #[error(transparent)]
    Size(#[from] SizeError),
}

impl Graph {
    /// Network of a genotype, its cells arranged as `space` arranges them.
    ///
    /// # Errors
    /// [`NetworkError::Genotype`] if the genotype has other cell types than the space, or other inputs or outputs than
    /// its layout can stack, or if an auxiliary head is asked for in a staged layout; [`NetworkError::Size`] if a size
    /// is out of range.
    pub fn derived(
        space: &Space,
        genotype: &Genotype,
        size: NetworkSize,
        options: NetworkOptions,
    ) -> Result<Self, NetworkError> {
        let mismatch = |what: String| GenotypeMismatch { what };
        if options.auxiliary_weight.is_some() && space.layout == MacroLayout::Staged {
            return Err(mismatch(format!("{} has no auxiliary head", space.name)).into());
        }
        let cell_types = cell_types(space, genotype).map_err(mismatch)?;
        let (layout, style, cells) = (space.layout, space.style, space.cells(size.cells.min(1 << 16)));
        let plan = NetworkPlan {
            cell_types,
            layout,
            style,
            derived: true,
            drop_path: options.drop_path,
            dropout: false,
            partial: None,
            cells,
        };
        Ok(build(&plan, size, &options)?)
    }
}

fn cell_types(space: &Space, genotype: &Genotype) -> Result<Vec<CellPlan>, String> {
    genotype.check()?;
    if genotype.cells.len() != space.cell_types.len() {
        let [ours, theirs] = [genotype.cells.len(), space.cell_types.len()];
        return Err(format!("cell types: the genotype has {ours}, and {} has {theirs}", space.name));
    }
    genotype.cells.iter().zip(&space.cell_types).map(|(cell, cell_type)| cell_plan(cell, cell_type, space)).collect()
}

fn cell_plan(cell: &GenotypeCell, cell_type: &CellType, space: &Space) -> Result<CellPlan, String> {
    let name = &cell.kind;
    if (name, cell.inputs) != (&cell_type.name, cell_type.inputs) {
        return Err(format!(
            "the genotype has a cell `{name}` of {} inputs, but {} has `{}` of {}",
            cell.inputs, space.name, cell_type.name, cell_type.inputs
        ));
    }
    // Input nodes may be of another size, and staged cells hand on as many channels as they read.
    for (at, &node) in cell.output.iter().enumerate() {
        if node < cell.inputs || cell.output[..at].contains(&node) {
            return Err(format!("{name}: the output takes node {node}, which is an input or there twice"));
        }
    }
    if space.layout == MacroLayout::Staged && cell.output.len() != 1 {
        return Err(format!("{name}: the output takes {} nodes, and {} has one", cell.output.len(), space.name));
    }
    let edge = |to: usize, &(operation, from): &(Operation, usize)| Edge { from, to, operations: vec![operation] };
    let nodes = (cell.inputs..).zip(&cell.nodes);
    let edges = nodes.flat_map(|(to, reads)| reads.iter().map(move |read| edge(to, read))).collect();
    Ok(CellPlan { inputs: cell.inputs, nodes: cell.nodes.len(), edges, outputs: cell.output.clone() })
}
