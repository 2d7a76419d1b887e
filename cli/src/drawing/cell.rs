//! Parts of the drawing of a cell: its nodes, its edges and their looks, without places.

use lambda_darts::search::CellTypeReport;
use lambda_darts::space::{self, CellType, Genotype, GenotypeCell, Operation, Output, Space};

use super::names;

/// Thickness of an edge without weight, and what the whole weight adds.
const THINNEST: f64 = 1.2;
const WIDEST: f64 = 11.0;
/// Thickness of all edges where no weights are known.
const PLAIN: f64 = 3.0;
/// Maximum number of input nodes and of intermediate nodes.
const MOST_NODES: usize = 64;
/// Text below the nodes that the output concatenates.
const CONCATENATED: &str = "concatenated: the cell's output";

/// Cell to be drawn.
pub(super) struct Cell {
    /// Name of its type.
    pub(super) name: String,
    /// Number of input nodes.
    pub(super) inputs: usize,
    /// Number of intermediate nodes.
    pub(super) nodes: usize,
    /// Edges, each between two nodes of the cell.
    pub(super) edges: Vec<Edge>,
    /// First and last intermediate node of every group of neighbours that the output concatenates.
    pub(super) concatenated: Vec<(usize, usize)>,
    /// Text below these groups.
    pub(super) caption: String,
}

/// Edge to be drawn.
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Operations of the derived architecture on this edge; more than one are added up.
    pub(super) derived: Vec<Operation>,
    /// Thickness.
    pub(super) thickness: f64,
    pub(super) look: Look,
    /// Candidates and their weights, where they are known.
    pub(super) weights: Vec<(Operation, f64)>,
}

/// Look of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Operation of the derived architecture.
    Ink,
    /// Skip connection of the derived architecture.
    Skip,
    /// Edge that is not in the derived architecture.
    Pale,
    /// Edge that is not in the derived architecture, and whose strongest candidate is a skip connection.
    PaleSkip,
    /// Edge that is not connected.
    Dotted,
}

impl Cell {
    /// Number of all nodes.
    pub(super) fn total(&self) -> usize {
        self.inputs + self.nodes
    }

    /// Leaves out edges that lead from or to nowhere.
    fn checked(mut self) -> Self {
        let (inputs, total) = (self.inputs, self.total());
        self.edges.retain(|edge| edge.from < edge.to && (inputs..total).contains(&edge.to));
        self
    }
}

/// Returns the cells of an architecture: with weights every type of the space and all its edges, without them the
/// derived edges alone. A cell with more nodes than any notation has is left out.
pub(super) fn cells(space: &Space, genotype: &Genotype, weights: Option<&[CellTypeReport]>) -> Vec<Cell> {
    let Some(reports) = weights else {
        let cells = genotype.cells.iter().filter(|cell| cell.inputs.max(cell.nodes.len()) <= MOST_NODES);
        return cells.map(|cell| derived(space, cell)).collect();
    };
    let kinds = space.cell_types.iter().enumerate().filter(|(_, kind)| kind.inputs.max(kind.nodes) <= MOST_NODES);
    kinds.map(|(at, kind)| weighted(kind, genotype.cells.get(at), reports.get(at))).collect()
}

fn weighted(kind: &CellType, genotype: Option<&GenotypeCell>, report: Option<&CellTypeReport>) -> Cell {
    let nodes: &[_] = genotype.map_or(&[], |cell| &cell.nodes);
    let edge = |(at, edge): (usize, &space::Edge)| {
        let row = report.and_then(|report| report.probabilities.get(at)).map_or(&[][..], Vec::as_slice);
        let weights = edge.operations.iter().copied().zip(row.iter().copied().chain(std::iter::repeat(0.0)));
        let weights: Vec<_> = weights.collect();
        let (strongest, weight) = strongest(&weights);
        let reads = edge.to.checked_sub(kind.inputs).and_then(|node| nodes.get(node));
        let derived: Vec<_> = reads
            .into_iter()
            .flatten()
            .filter(|(_, from)| *from == edge.from)
            .map(|(operation, _)| *operation)
            .collect();
        let look = match strongest {
            _ if !derived.is_empty() => Look::of(&derived),
            // Before the first epoch nothing is stronger than anything else.
            _ if nodes.is_empty() => Look::Pale,
            Some(Operation::SkipConnect) => Look::PaleSkip,
            Some(Operation::None) => Look::Dotted,
            _ => Look::Pale,
        };
        Edge { from: edge.from, to: edge.to, derived, thickness: THINNEST + WIDEST * weight, look, weights }
    };
    let edges = kind.edges.iter().enumerate().map(edge).collect();
    let concatenated = match (kind.output, kind.intermediate().next_back()) {
        (Output::Concat, Some(last)) => vec![(kind.inputs, last)],
        _ => Vec::new(),
    };
    let (name, inputs, nodes, caption) = (kind.name.clone(), kind.inputs, kind.nodes, CONCATENATED.to_owned());
    Cell { name, inputs, nodes, edges, concatenated, caption }.checked()
}

fn derived(space: &Space, cell: &GenotypeCell) -> Cell {
    let mut edges: Vec<Edge> = Vec::new();
    for (to, reads) in (cell.inputs..).zip(&cell.nodes) {
        for &(operation, from) in reads {
            match edges.iter_mut().find(|edge| (edge.from, edge.to) == (from, to)) {
                Some(edge) => {
                    edge.derived.push(operation);
                    edge.look = Look::of(&edge.derived);
                }
                None => edges.push(Edge {
                    from,
                    to,
                    derived: vec![operation],
                    thickness: PLAIN,
                    look: Look::of(&[operation]),
                    weights: Vec::new(),
                }),
            }
        }
    }
    let last = (cell.inputs + cell.nodes.len()).saturating_sub(1);
    let concat = space.cell_types.iter().any(|kind| kind.name == cell.kind && kind.output == Output::Concat);
    let concatenated = if cell.output == [last] && !concat { Vec::new() } else { neighbours(cell) };
    let (name, inputs, nodes) = (cell.kind.clone(), cell.inputs, cell.nodes.len());
    let too = (0..inputs).filter(|node| cell.output.contains(node)).map(|node| names::node(inputs, nodes, node));
    let caption = match too.collect::<Vec<_>>().join(" and ") {
        _ if cell.output.len() == 1 => "the cell's output".to_owned(),
        too if too.is_empty() => CONCATENATED.to_owned(),
        too => format!("concatenated with {too}: the cell's output"),
    };
    Cell { name, inputs, nodes, edges, concatenated, caption }.checked()
}

/// Returns the groups of neighbours among the intermediate nodes that the output takes.
fn neighbours(cell: &GenotypeCell) -> Vec<(usize, usize)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for node in (cell.inputs..).take(cell.nodes.len()).filter(|node| cell.output.contains(node)) {
        match groups.last_mut() {
            Some((_, last)) if *last + 1 == node => *last = node,
            _ => groups.push((node, node)),
        }
    }
    groups
}

/// Returns the first of the candidates with the largest weight.
fn strongest(weights: &[(Operation, f64)]) -> (Option<Operation>, f64) {
    let mut best = (weights.first().map(|(operation, _)| *operation), 0.0);
    for &(operation, weight) in weights {
        if weight > best.1 {
            best = (Some(operation), weight.min(1.0));
        }
    }
    best
}

impl Look {
    /// Returns the look of an edge of the derived architecture.
    fn of(derived: &[Operation]) -> Self {
        let all = |wanted| derived.iter().all(|operation| *operation == wanted);
        if all(Operation::None) {
            Self::Dotted
        } else if all(Operation::SkipConnect) {
            Self::Skip
        } else {
            Self::Ink
        }
    }
}
