//! NAS-Bench-201's notation: `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, with one group for each node.
//!
//! An edge that is left out is `none`. Other projects write the cell in other forms, which are read too: as lists
//! (AutoDL-Projects), as six numbers (NASLib), and as a dictionary (NNI).

use super::python::Item;
use super::scan::Scanner;
use super::{Genotype, GenotypeCell, GenotypeError, MOST_NODES};
use crate::space::Operation;

/// Operations by their number in NASLib: Identity, Zero, ReLUConvBN3x3, ReLUConvBN1x1, AvgPool1x1, in
/// `naslib/search_spaces/nasbench201/conversions.py`.
const NASLIB: [Operation; 5] =
    [Operation::SkipConnect, Operation::None, Operation::NorConv3x3, Operation::NorConv1x1, Operation::AvgPool3x3];

/// Edges in the order of NASLib's six numbers, each from a node to another.
const NASLIB_EDGES: [[usize; 2]; 6] = [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]];

pub(super) fn write(genotype: &Genotype) -> Option<String> {
    let [cell] = genotype.cells.as_slice() else { return None };
    let dense = (1..).zip(&cell.nodes).all(|(node, reads)| reads.iter().map(|&(_, from)| from).eq(0..node));
    if cell.inputs != 1 || !dense || cell.output != [cell.nodes.len()] {
        return None;
    }
    let groups: Vec<_> = cell
        .nodes
        .iter()
        .map(|reads| {
            let reads: Vec<_> = reads.iter().map(|(operation, from)| format!("{operation}~{from}")).collect();
            format!("|{}|", reads.join("|"))
        })
        .collect();
    Some(groups.join("+"))
}

/// Reads the groups of the nodes. What follows them is left.
pub(super) fn groups(scan: &mut Scanner<'_>) -> Result<Genotype, GenotypeError> {
    let mut cell = Cell::default();
    loop {
        cell.node(scan)?;
        let node = cell.nodes.len();
        scan.expect("|")?;
        // A node without an edge is written as two strokes.
        if !scan.take("|") {
            edge(scan, &mut cell, node)?;
            while edge_follows(scan) {
                edge(scan, &mut cell, node)?;
            }
        }
        // What follows the last group is left as it is.
        let mut ahead = scan.clone();
        if !ahead.take("+") {
            if cell.nodes.iter().flatten().all(Option::is_none) {
                return scan.error("expected an operation");
            }
            return Ok(cell.genotype());
        }
        *scan = ahead;
    }
}

/// Reads `op~from|`.
fn edge(scan: &mut Scanner<'_>, cell: &mut Cell, node: usize) -> Result<(), GenotypeError> {
    let operation = scan.operation()?;
    scan.expect("~")?;
    scan.spaces();
    let at = scan.place();
    let from = scan.number()?;
    cell.edge(scan, at, [from, node], operation)?;
    scan.expect("|")
}

/// Returns true if `op~` comes next, after blanks alone.
fn edge_follows(scan: &Scanner<'_>) -> bool {
    is_edge(scan.rest())
}

/// Returns true if a text begins with `op~`.
pub(super) fn is_edge(text: &str) -> bool {
    let text = text.trim_start();
    let rest = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    rest.len() < text.len() && rest.trim_start().starts_with('~')
}

/// Reads a list of the edges of each node.
pub(super) fn lists(scan: &Scanner<'_>, nodes: &[Item<'_>]) -> Result<Genotype, GenotypeError> {
    let mut cell = Cell::default();
    for item in nodes {
        cell.node(scan)?;
        let node = cell.nodes.len();
        for edge in item.list().unwrap_or_default() {
            let what = "expected an operation and the node that it reads, such as ('skip_connect', 0)";
            let Some([name, from]) = edge.list() else { return scan.error_at(edge.at, what) };
            let Some(text) = name.text() else { return scan.error_at(edge.at, what) };
            let from_node = scan.node(from.whole().unwrap_or_default(), from.at)?;
            cell.edge(scan, from.at, [from_node, node], scan.known(text, name.at)?)?;
        }
    }
    Ok(cell.genotype())
}

/// Reads NASLib's six numbers.
pub(super) fn numbers(scan: &Scanner<'_>, items: &[Item<'_>]) -> Result<Genotype, GenotypeError> {
    let mut cell = Cell { nodes: (1..=3).map(|node| vec![None; node]).collect() };
    for (item, [from, to]) in items.iter().zip(NASLIB_EDGES) {
        let number = item.whole().and_then(|digits| digits.parse().ok());
        let Some(&operation) = number.and_then(|number: usize| NASLIB.get(number)) else {
            return scan.error_at(item.at, "expected NASLib's number of an operation, 0 to 4");
        };
        cell.nodes[to - 1][from] = Some(operation);
    }
    Ok(cell.genotype())
}

/// Reads NNI's dictionary, whose keys are `from_to`.
pub(super) fn dictionary(scan: &Scanner<'_>, entries: &[([usize; 2], &Item<'_>)]) -> Result<Genotype, GenotypeError> {
    let mut cell = Cell::default();
    let nodes = entries.iter().map(|([_, to], _)| *to).max().unwrap_or(0);
    for _ in 0..nodes {
        cell.node(scan)?;
    }
    for &([from, to], item) in entries {
        let Some(text) = item.text() else { return scan.error_at(item.at, "expected the name of an operation") };
        let operation = match text {
            "conv_1x1" => Operation::NorConv1x1,
            "conv_3x3" => Operation::NorConv3x3,
            other => scan.known(other, item.at)?,
        };
        cell.edge(scan, item.at, [from, to], operation)?;
    }
    Ok(cell.genotype())
}

/// Edges that were read, `nodes[to − 1][from]`.
#[derive(Default)]
struct Cell {
    nodes: Vec<Vec<Option<Operation>>>,
}

impl Cell {
    /// Begins the next node.
    fn node(&mut self, scan: &Scanner<'_>) -> Result<(), GenotypeError> {
        if self.nodes.len() == MOST_NODES {
            return scan.error(format!("more than {MOST_NODES} nodes"));
        }
        self.nodes.push(vec![None; self.nodes.len() + 1]);
        Ok(())
    }

    fn edge(
        &mut self,
        scan: &Scanner<'_>,
        at: usize,
        [from, to]: [usize; 2],
        operation: Operation,
    ) -> Result<(), GenotypeError> {
        match to.checked_sub(1).and_then(|node| self.nodes.get_mut(node)?.get_mut(from)) {
            None => scan.error_at(at, format!("node {to} cannot read node {from}")),
            Some(Some(_)) => scan.error_at(at, format!("node {to} reads node {from} twice")),
            Some(place) => {
                *place = Some(operation);
                Ok(())
            }
        }
    }

    fn genotype(self) -> Genotype {
        let named = |reads: Vec<Option<Operation>>| {
            reads
                .into_iter()
                .enumerate()
                .map(|(from, operation)| (operation.unwrap_or(Operation::None), from))
                .collect()
        };
        let nodes: Vec<Vec<_>> = self.nodes.into_iter().map(named).collect();
        let output = vec![nodes.len()];
        Genotype { cells: vec![GenotypeCell { kind: "normal".to_owned(), inputs: 1, nodes, output }] }
    }
}
