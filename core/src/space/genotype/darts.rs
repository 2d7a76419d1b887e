//! DARTS's notation: `Genotype(normal=[('op', node), …], normal_concat=range(2, 6), reduce=[…], reduce_concat=…)`, with
//! two operations for each node.
//!
//! Other projects write it in other forms, which are read too: fields in another order or without names, a list or tuple
//! for each node (pt.darts, AutoDL-Projects), `(op, node, from)` (FairDARTS), and `(op, from, weight)` (GDAS).

use std::fmt::Write;

use super::python::{Argument, Item, Value};
use super::scan::Scanner;
use super::{Genotype, GenotypeCell, GenotypeError, MOST_NODES};
use crate::space::Operation;

const FIELDS: [&str; 4] = ["normal", "normal_concat", "reduce", "reduce_concat"];

pub(super) fn write(genotype: &Genotype) -> Option<String> {
    let mut fields: Vec<String> = genotype.cells.iter().map(write_cell).collect::<Option<_>>()?;
    if genotype.cells.len() == 1 {
        // The reference's tuple has four fields in any case.
        fields.push("reduce=[], reduce_concat=[]".to_owned());
    }
    Some(format!("Genotype({})", fields.join(", ")))
}

fn write_cell(cell: &GenotypeCell) -> Option<String> {
    if cell.inputs != 2 || cell.nodes.iter().any(|reads| reads.len() != 2) {
        return None;
    }
    let pairs: Vec<_> = cell.nodes.iter().flatten().map(|(op, from)| format!("('{op}', {from})")).collect();
    let mut text = format!("{}=[{}], {}_concat=", cell.kind, pairs.join(", "), cell.kind);
    // A genotype that was built by hand rather than parsed may have any numbers in it, or none.
    let first = *cell.output.first()?;
    let end = first.checked_add(cell.output.len())?;
    if cell.output.iter().copied().eq(first..end) {
        write!(text, "range({first}, {end})").ok()?;
    } else {
        write!(text, "{:?}", cell.output).ok()?;
    }
    Some(text)
}

/// Reads the arguments of `Genotype(…)`; `at` is the place of the word.
pub(super) fn genotype(scan: &Scanner<'_>, at: usize, fields: Vec<Argument<'_>>) -> Result<Genotype, GenotypeError> {
    let mut found: [Option<Item<'_>>; 4] = [const { None }; 4];
    for (place, Argument { name, item }) in fields.into_iter().enumerate() {
        let field = match name {
            Some(name) => FIELDS.iter().position(|field| *field == name),
            None => Some(place).filter(|&place| place < FIELDS.len()),
        };
        match field {
            Some(field) if found[field].is_some() => {
                return scan.error_at(item.at, format!("a second field `{}`", FIELDS[field]));
            }
            // AutoDL-Projects has two more fields, which are `None`.
            Some(field) if !item.is_none() => found[field] = Some(item),
            _ if item.is_none() => {}
            _ => return scan.error_at(item.at, format!("expected the fields {} alone", FIELDS.join(", "))),
        }
    }
    let [normal, normal_concat, reduce, reduce_concat] = found;
    let mut cells = Vec::new();
    for (kind, nodes, output) in [("normal", normal, normal_concat), ("reduce", reduce, reduce_concat)] {
        let is_empty = |item: &Item<'_>| item.list().is_some_and(<[_]>::is_empty);
        match (nodes, output) {
            (Some(nodes), Some(output)) if kind == "reduce" && is_empty(&nodes) && is_empty(&output) => {}
            (Some(nodes), Some(output)) => {
                let (nodes, output) = (read_nodes(scan, &nodes)?, concat(scan, &output)?);
                cells.push(GenotypeCell { kind: kind.to_owned(), inputs: 2, nodes, output });
            }
            (None, None) if kind == "reduce" => {}
            (None, _) => return scan.error_at(at, format!("the field `{kind}` is missing")),
            (Some(_), None) => return scan.error_at(at, format!("the field `{kind}_concat` is missing")),
        }
    }
    Ok(Genotype { cells })
}

/// One operation of a list, as the projects write it.
struct Edge {
    at: usize,
    operation: Operation,
    from: usize,
    /// Node that takes the operation's result, if it is written.
    node: Option<usize>,
}

impl Edge {
    fn read(scan: &Scanner<'_>, item: &Item<'_>) -> Result<Self, GenotypeError> {
        let what = "expected an operation and the node that it reads, such as ('skip_connect', 0)";
        let Some([name, numbers @ ..]) = item.list() else { return scan.error_at(item.at, what) };
        let Some(text) = name.text() else { return scan.error_at(item.at, what) };
        let operation = scan.known(text, name.at)?;
        let number = |item: &Item<'_>| scan.node(item.whole().unwrap_or_default(), item.at);
        let (at, from, node) = match numbers {
            [from] => (from.at, number(from)?, None),
            // A weight of the operation, which the network does not have.
            [from, Item { value: Value::Number(weight), .. }] if weight.contains(['.', 'e', 'E']) => {
                (from.at, number(from)?, None)
            }
            [node, from] => (from.at, number(from)?, Some(number(node)?)),
            _ => return scan.error_at(item.at, what),
        };
        Ok(Self { at, operation, from, node })
    }
}

/// Reads the operations of a cell: a list of them, or a list for each node.
pub(super) fn read_nodes(scan: &Scanner<'_>, list: &Item<'_>) -> Result<Vec<Vec<(Operation, usize)>>, GenotypeError> {
    let Some(items) = list.list() else { return scan.error_at(list.at, "expected a list of operations") };
    let of_node = |item: &Item<'_>| item.list().is_some_and(|inside| inside.iter().all(|edge| edge.list().is_some()));
    let mut nodes: Vec<Vec<(Operation, usize)>> = Vec::new();
    if items.iter().all(of_node) {
        for (node, item) in (2..).zip(items) {
            let edges: Result<Vec<_>, _> =
                item.list().unwrap_or_default().iter().map(|edge| Edge::read(scan, edge)).collect();
            let mut reads = Vec::new();
            for edge in edges? {
                if edge.node.is_some_and(|named| named != node) {
                    return scan.error_at(edge.at, format!("an operation of another node in the list of node {node}"));
                }
                reads.push(checked(scan, &edge, node)?);
            }
            if reads.is_empty() {
                return scan.error_at(item.at, format!("node {node} reads nothing"));
            }
            nodes.push(reads);
        }
    } else {
        let edges: Vec<Edge> = items.iter().map(|item| Edge::read(scan, item)).collect::<Result<_, _>>()?;
        let named = edges.iter().filter(|edge| edge.node.is_some()).count();
        if named == 0 && !edges.len().is_multiple_of(2) {
            return scan.error_at(list.at, "expected two operations for every node");
        }
        if named != 0 && named != edges.len() {
            return scan.error_at(list.at, "expected two values for every operation, or three for every one");
        }
        for (place, edge) in edges.iter().enumerate() {
            let node = edge.node.unwrap_or(2 + place / 2);
            let at = node.checked_sub(2).filter(|&at| at <= nodes.len());
            let Some(at) = at else {
                return scan
                    .error_at(edge.at, format!("node {node} comes before node {} has an operation", 2 + nodes.len()));
            };
            if at == nodes.len() {
                nodes.push(Vec::new());
            }
            nodes[at].push(checked(scan, edge, node)?);
        }
    }
    if nodes.is_empty() {
        return scan.error_at(list.at, "expected two operations for every node");
    }
    if nodes.len() > MOST_NODES {
        return scan.error_at(list.at, format!("more than {MOST_NODES} nodes"));
    }
    Ok(nodes)
}

fn checked(scan: &Scanner<'_>, edge: &Edge, node: usize) -> Result<(Operation, usize), GenotypeError> {
    let &Edge { at, operation, from, .. } = edge;
    if from < node {
        return Ok((operation, from));
    }
    scan.error_at(at, format!("node {node} cannot read node {from}"))
}

/// Reads the nodes of the output: a range, or a list or tuple.
fn concat(scan: &Scanner<'_>, item: &Item<'_>) -> Result<Vec<usize>, GenotypeError> {
    let number = |item: &Item<'_>| scan.node(item.whole().unwrap_or_default(), item.at);
    match &item.value {
        Value::Call("list" | "tuple", arguments) if arguments.len() == 1 => concat(scan, &arguments[0].item),
        Value::Call("range", arguments) => match arguments.as_slice() {
            [end] => Ok((0..number(&end.item)?).collect()),
            [first, end] => Ok((number(&first.item)?..number(&end.item)?).collect()),
            _ => scan.error_at(item.at, "expected range(first, end)"),
        },
        // The output takes at most as many nodes as a cell has, its two inputs included.
        Value::List(items) if items.len() > MOST_NODES + 2 => {
            scan.error_at(item.at, format!("more than {} nodes", MOST_NODES + 2))
        }
        Value::List(items) => items.iter().map(number).collect(),
        _ => scan.error_at(item.at, "expected the nodes of the output, such as range(2, 6)"),
    }
}
