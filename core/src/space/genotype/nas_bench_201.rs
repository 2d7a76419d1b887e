//! NAS-Bench-201's notation: `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, with one group for each node, which reads every
//! earlier node in order.

use super::scan::Scanner;
use super::{Genotype, GenotypeCell, GenotypeError, MOST_NODES};

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

pub(super) fn parse(text: &str) -> Result<Genotype, GenotypeError> {
    let mut scan = Scanner::new(text);
    let mut nodes = Vec::new();
    loop {
        let node = nodes.len() + 1;
        scan.expect("|")?;
        let mut reads = Vec::new();
        for earlier in 0..node {
            let operation = scan.operation()?;
            scan.expect("~")?;
            scan.spaces();
            let place = scan.place();
            if scan.number()? != earlier {
                return scan
                    .error_at(place, format!("node {node} reads its earlier nodes in order: expected {earlier}"));
            }
            scan.expect("|")?;
            reads.push((operation, earlier));
        }
        nodes.push(reads);
        if nodes.len() > MOST_NODES {
            return scan.error(format!("more than {MOST_NODES} nodes"));
        }
        if !scan.take("+") {
            break;
        }
    }
    scan.end()?;
    let output = vec![nodes.len()];
    Ok(Genotype { cells: vec![GenotypeCell { kind: "normal".to_owned(), inputs: 1, nodes, output }] })
}
