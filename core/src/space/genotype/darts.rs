//! DARTS's notation: `Genotype(normal=[('op', node), …], normal_concat=range(2, 6), reduce=[…], reduce_concat=…)`, with
//! two operations for each node.

use std::fmt::Write;

use super::scan::Scanner;
use super::{Genotype, GenotypeCell, GenotypeError, MOST_NODES};

pub(super) fn write(genotype: &Genotype) -> Option<String> {
    let fields: Option<Vec<_>> = genotype.cells.iter().map(write_cell).collect();
    Some(format!("Genotype({})", fields?.join(", ")))
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

pub(super) fn parse(text: &str) -> Result<Genotype, GenotypeError> {
    let mut scan = Scanner::new(text);
    scan.expect("Genotype")?;
    scan.expect("(")?;
    let mut cells = vec![cell(&mut scan, "normal")?];
    if scan.take(",") && !scan.take(")") {
        cells.push(cell(&mut scan, "reduce")?);
        scan.take(",");
        scan.expect(")")?;
    } else if cells.len() == 1 {
        // A single normal cell. If a comma came before the bracket, the condition above has taken the bracket already.
        scan.take(")");
    }
    scan.end()?;
    Ok(Genotype { cells })
}

fn cell(scan: &mut Scanner<'_>, kind: &str) -> Result<GenotypeCell, GenotypeError> {
    scan.expect(kind)?;
    scan.expect("=")?;
    scan.expect("[")?;
    let mut nodes: Vec<Vec<_>> = Vec::new();
    let mut pair = Vec::new();
    while !scan.take("]") {
        let node = nodes.len() + 2;
        scan.expect("(")?;
        let quote = if scan.take("\"") { "\"" } else { scan.expect("'").map(|()| "'")? };
        let operation = scan.operation()?;
        scan.expect(quote)?;
        scan.expect(",")?;
        scan.spaces();
        let place = scan.place();
        let from = scan.number()?;
        if from >= node {
            return scan.error_at(place, format!("node {node} cannot read node {from}"));
        }
        scan.take(",");
        scan.expect(")")?;
        pair.push((operation, from));
        if pair.len() == 2 {
            nodes.push(std::mem::take(&mut pair));
            if nodes.len() > MOST_NODES {
                return scan.error(format!("more than {MOST_NODES} nodes"));
            }
        }
        if !scan.take(",") {
            scan.expect("]")?;
            break;
        }
    }
    if !pair.is_empty() || nodes.is_empty() {
        return scan.error("expected two operations for every node");
    }
    scan.expect(",")?;
    scan.expect(kind)?;
    scan.expect("_concat")?;
    scan.expect("=")?;
    Ok(GenotypeCell { kind: kind.to_owned(), inputs: 2, nodes, output: concat(scan)? })
}

fn concat(scan: &mut Scanner<'_>) -> Result<Vec<usize>, GenotypeError> {
    if scan.take("range") {
        scan.expect("(")?;
        let first = scan.number()?;
        scan.expect(",")?;
        let end = scan.number()?;
        scan.expect(")")?;
        return Ok((first..end).collect());
    }
    // The references print a range, a list or a tuple.
    let close = if scan.take("(") { ")" } else { scan.expect("[").map(|()| "]")? };
    let mut nodes = Vec::new();
    while !scan.take(close) {
        nodes.push(scan.number()?);
        // The output takes at most as many nodes as a cell has, its two inputs included.
        if nodes.len() > MOST_NODES + 2 {
            return scan.error(format!("more than {} nodes", MOST_NODES + 2));
        }
        if !scan.take(",") {
            scan.expect(close)?;
            break;
        }
    }
    Ok(nodes)
}
