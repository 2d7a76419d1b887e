//! NNI's dictionaries: `{'0_1': 'conv_3x3', …}` for NAS-Bench-201, and `{'normal/op_2_0': 'sep_conv_3x3',
//! 'normal/input_2_0': 0, …}` for DARTS.

use std::collections::BTreeMap;

use super::python::{Item, Value};
use super::scan::Scanner;
use super::{Genotype, GenotypeCell, GenotypeError, MOST_NODES, nas_bench_201};
use crate::space::Operation;

/// Reads the dictionary that begins at `at`.
pub(super) fn genotype(
    scan: &Scanner<'_>,
    at: usize,
    entries: &[(Item<'_>, Item<'_>)],
) -> Result<Genotype, GenotypeError> {
    let mut edges = Vec::new();
    let mut cells = [Cell::default(), Cell::default()];
    for (key, item) in entries {
        let text = key.text().unwrap_or_default();
        let (kind, name) = text.rsplit_once('/').unwrap_or(("", text));
        let place = ["normal", "reduce"].iter().position(|known| *known == kind);
        let numbers = |name: &str| -> Option<[usize; 2]> {
            let (first, second) = name.split_once('_')?;
            let number = |digits: &str| digits.parse().ok().filter(|&number: &usize| number <= MOST_NODES + 2);
            Some([number(first)?, number(second)?])
        };
        let part = |name: &str| ["op_", "input_"].iter().position(|part| name.starts_with(part));
        match (place, part(name)) {
            (Some(place), Some(part)) => {
                let Some(numbers) = numbers(name.trim_start_matches(["op_", "input_"][part])) else {
                    return scan.error_at(key.at, "expected a key such as 'normal/op_2_0'");
                };
                let cell = &mut cells[place];
                let twice = if part == 0 {
                    let Some(text) = item.text() else {
                        return scan.error_at(item.at, "expected the name of an operation");
                    };
                    cell.operations.insert(numbers, (scan.known(text, item.at)?, key.at)).is_some()
                } else {
                    // One input is a number, or a list of it.
                    let input = match item.list() {
                        Some([input]) => input,
                        _ => item,
                    };
                    let from = scan.node(input.whole().unwrap_or_default(), input.at)?;
                    cell.inputs.insert(numbers, (from, input.at)).is_some()
                };
                if twice {
                    return scan.error_at(key.at, format!("'{text}' is there twice"));
                }
            }
            _ if numbers(name).is_some() => edges.extend(numbers(name).map(|numbers| (numbers, item))),
            // The width and the depth of a network are not part of its cells.
            _ if matches!(item.value, Value::Number(_)) => {}
            _ => return scan.error_at(key.at, "expected NNI's keys, such as '0_1' or 'normal/op_2_0'"),
        }
    }
    let [normal, reduce] = cells;
    if !edges.is_empty() && normal.is_empty() && reduce.is_empty() {
        return nas_bench_201::dictionary(scan, &edges);
    }
    if edges.is_empty() && !normal.is_empty() {
        let mut cells = vec![normal.named(scan, at, "normal")?];
        if !reduce.is_empty() {
            cells.push(reduce.named(scan, at, "reduce")?);
        }
        return Ok(Genotype { cells });
    }
    scan.error_at(at, "expected NNI's keys, such as '0_1' or 'normal/op_2_0'")
}

/// Operations and inputs by node and place, with their places in the text.
#[derive(Default)]
struct Cell {
    operations: BTreeMap<[usize; 2], (Operation, usize)>,
    inputs: BTreeMap<[usize; 2], (usize, usize)>,
}

impl Cell {
    fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.inputs.is_empty()
    }

    /// Makes the cell. The output takes all of its nodes, as in DARTS.
    fn named(self, scan: &Scanner<'_>, at: usize, kind: &str) -> Result<GenotypeCell, GenotypeError> {
        let mut nodes: Vec<Vec<(Operation, usize)>> = Vec::new();
        for ([node, place], (operation, key)) in self.operations {
            let Some(&(from, input)) = self.inputs.get(&[node, place]) else {
                return scan.error_at(key, format!("'{kind}/input_{node}_{place}' is missing"));
            };
            if from >= node {
                return scan.error_at(input, format!("node {node} cannot read node {from}"));
            }
            if node < 2 || node > 2 + nodes.len() || node >= 2 + MOST_NODES {
                return scan.error_at(key, format!("the node before node {node} is missing"));
            }
            if node == 2 + nodes.len() {
                nodes.push(Vec::new());
            }
            nodes[node - 2].push((operation, from));
        }
        let reads: usize = nodes.iter().map(Vec::len).sum();
        if reads != self.inputs.len() {
            return scan
                .error_at(at, format!("{} inputs of a cell `{kind}` with {reads} operations", self.inputs.len()));
        }
        if nodes.is_empty() {
            return scan.error_at(at, format!("a cell `{kind}` without operations"));
        }
        let output = (2..2 + nodes.len()).collect();
        Ok(GenotypeCell { kind: kind.to_owned(), inputs: 2, nodes, output })
    }
}
