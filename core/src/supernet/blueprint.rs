//! What a network is built of: a space with all its candidates, or the one operation an edge that a genotype keeps.

use crate::space::{CellKind, Convention, Edge, Genotype, GenotypeCell, Layout, Operation, Output, Space};

/// One kind of cell.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) inputs: usize,
    pub(super) nodes: usize,
    /// In the order of their weights.
    pub(super) edges: Vec<Edge>,
    /// The nodes that are concatenated; a single one is handed on as it is.
    pub(super) outputs: Vec<usize>,
}

impl Kind {
    /// How many times wider than one node the cell's output is.
    pub(super) fn width(&self) -> usize {
        self.outputs.len()
    }
}

/// A network before it has a size.
#[derive(Clone, Debug)]
pub(crate) struct Blueprint {
    pub(super) kinds: Vec<Kind>,
    /// Every edge has the one operation that was derived, and all batch norms have parameters.
    pub(super) derived: bool,
    space: Space,
}

impl Blueprint {
    /// A supernet.
    pub(crate) fn searched(space: &Space) -> Self {
        let kinds = space.kinds.iter().map(|kind: &CellKind| {
            let outputs = match kind.output {
                Output::Concat => kind.intermediate().collect(),
                Output::Last => vec![kind.inputs + kind.nodes - 1],
            };
            Kind { inputs: kind.inputs, nodes: kind.nodes, edges: kind.edges.clone(), outputs }
        });
        Self::new(space, kinds.collect(), false)
    }

    /// What a genotype stands for, stacked as `space` stacks its cells.
    ///
    /// # Errors
    /// A sentence that says why the two do not go together.
    pub(crate) fn derived(space: &Space, genotype: &Genotype) -> Result<Self, String> {
        genotype.check()?;
        if genotype.cells.len() != space.kinds.len() {
            let [ours, theirs] = [genotype.cells.len(), space.kinds.len()];
            return Err(format!("the genotype has {ours} kinds of cell, but {} has {theirs}", space.name));
        }
        let kinds = genotype.cells.iter().zip(&space.kinds).map(|(cell, kind)| kind_of(cell, kind, space));
        Ok(Self::new(space, kinds.collect::<Result<_, _>>()?, true))
    }

    fn new(space: &Space, kinds: Vec<Kind>, derived: bool) -> Self {
        Self { kinds, derived, space: space.clone() }
    }

    pub(super) fn layout(&self) -> Layout {
        self.space.layout
    }

    pub(super) fn convention(&self) -> Convention {
        self.space.convention
    }

    /// How many operations and nodes all cells have together.
    pub(super) fn parts(&self, cells: usize) -> usize {
        let of = |kind: &Kind| kind.nodes + kind.edges.iter().map(|edge| edge.operations.len()).sum::<usize>();
        let each: Vec<usize> = self.kinds.iter().map(of).collect();
        self.cells(cells).iter().map(|&kind| each[kind]).fold(0, usize::saturating_add)
    }

    /// The kind of every cell, from stem to classifier.
    pub(super) fn cells(&self, cells: usize) -> Vec<usize> {
        self.space.cells(cells)
    }
}

fn kind_of(cell: &GenotypeCell, kind: &CellKind, space: &Space) -> Result<Kind, String> {
    let name = &cell.kind;
    if (name, cell.inputs) != (&kind.name, kind.inputs) {
        return Err(format!(
            "the genotype has a cell `{name}` of {} inputs, but {} has `{}` of {}",
            cell.inputs, space.name, kind.name, kind.inputs
        ));
    }
    // Input nodes may be of another size, and staged cells hand on as many channels as they read.
    for (at, &node) in cell.output.iter().enumerate() {
        if node < cell.inputs || cell.output[..at].contains(&node) {
            return Err(format!("{name}: the output takes node {node}, which is an input or there twice"));
        }
    }
    if space.layout == Layout::Staged && cell.output.len() != 1 {
        return Err(format!("{name}: the output takes {} nodes, and {} has one", cell.output.len(), space.name));
    }
    let edge = |to: usize, &(operation, from): &(Operation, usize)| Edge { from, to, operations: vec![operation] };
    let nodes = (cell.inputs..).zip(&cell.nodes);
    let edges = nodes.flat_map(|(to, reads)| reads.iter().map(move |read| edge(to, read))).collect();
    Ok(Kind { inputs: cell.inputs, nodes: cell.nodes.len(), edges, outputs: cell.output.clone() })
}
