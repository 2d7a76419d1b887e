//! Equivalence of cells: cells that compute the same function have the same formula.

use crate::space::{Genotype, GenotypeCell, Operation};

/// Notation of NAS-Bench-201 for a term that is always zero.
const DEAD: &str = "#";
/// Maximum length of a formula in bytes. A node repeats the formulas of the nodes that it reads, which can grow
/// exponentially.
const LONGEST: usize = 64 * 1024;
/// Maximum number of intermediate nodes of a genotype in any notation.
const MOST_NODES: usize = 64;

/// Returns the formula of a cell, which depends neither on the order of terms nor on the numbers of nodes: two cells
/// with the same formula compute the same function.
///
/// The formula is exactly the unique string of NAS-Bench-201 with zeros considered. The input is `0`, a node is the
/// sorted sum of its terms, and `skip_connect` is the formula of the node that it reads. Any other operation is written
/// `(formula)@operation`; `none`, or an operation on `#`, is `#`. As in the paper's code, `#` remains a term of its
/// sum, so that some cells have different formulas although they compute the same function. The 15,625 cells of that
/// space have 6,466 different formulas.
///
/// A cell with too long a formula is equivalent to itself only.
///
/// ```
/// use lambda_darts::benchmark::canonical;
/// use lambda_darts::space::Genotype;
///
/// let cell = Genotype::parse("|skip_connect~0|+|nor_conv_3x3~0|none~1|+|none~0|avg_pool_3x3~1|skip_connect~2|")?;
/// let same = Genotype::parse("|skip_connect~0|+|none~0|nor_conv_3x3~1|+|avg_pool_3x3~0|none~1|skip_connect~2|")?;
/// assert_eq!(canonical(&cell), "#+#+(0)@nor_conv_3x3+(0)@avg_pool_3x3");
/// assert_eq!(canonical(&cell), canonical(&same));
/// # Ok::<(), lambda_darts::space::GenotypeError>(())
/// ```
#[must_use]
pub fn canonical(genotype: &Genotype) -> String {
    let cells = normalised(genotype).cells;
    let formulas: Option<Vec<_>> = cells.iter().map(formula).collect();
    formulas.map_or_else(|| format!("{cells:?}"), |formulas| formulas.join("; "))
}

/// Returns the same genotype in which every node reads all earlier nodes in order; missing inputs are read through
/// `none`.
pub(super) fn normalised(genotype: &Genotype) -> Genotype {
    Genotype { cells: genotype.cells.iter().map(dense).collect() }
}

/// Returns true if the numbers of a cell are within bounds. A genotype that was built by hand rather than parsed may
/// have any numbers.
fn plausible(cell: &GenotypeCell) -> bool {
    cell.inputs <= 2 && cell.nodes.len() <= MOST_NODES
}

fn dense(cell: &GenotypeCell) -> GenotypeCell {
    let mut cell = cell.clone();
    if plausible(&cell) {
        for (node, reads) in (cell.inputs..).zip(&mut cell.nodes) {
            reads.retain(|&(operation, _)| operation != Operation::None);
            for from in 0..node {
                if reads.iter().all(|&(_, read)| read != from) {
                    reads.push((Operation::None, from));
                }
            }
            reads.sort_by_key(|&(_, from)| from);
        }
    }
    cell
}

/// Returns the formula of a cell's output, or `None` if it is too long.
fn formula(cell: &GenotypeCell) -> Option<String> {
    if !plausible(cell) {
        return None;
    }
    let inputs: &[&str] = if cell.inputs == 2 { &["c_k-2", "c_k-1"] } else { &["0"] };
    let mut nodes: Vec<String> = inputs.iter().map(|&input| input.to_owned()).collect();
    for reads in &cell.nodes {
        let mut terms = Vec::with_capacity(reads.len());
        let mut length = 0;
        for &(operation, from) in reads {
            let input = nodes.get(from)?;
            let term = if operation == Operation::None || input == DEAD {
                DEAD.to_owned()
            } else if operation == Operation::SkipConnect {
                input.clone()
            } else {
                format!("({input})@{operation}")
            };
            length += term.len() + 1;
            if length > LONGEST {
                return None;
            }
            terms.push(term);
        }
        terms.sort_unstable();
        nodes.push(terms.join("+"));
    }
    let output: Option<Vec<_>> = cell.output.iter().map(|&node| nodes.get(node).map(String::as_str)).collect();
    Some(output?.join(", "))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const OPERATIONS: [&str; 5] = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"];

    fn cell(number: usize) -> Genotype {
        let op = |edge: u32| OPERATIONS[number / 5_usize.pow(edge) % 5];
        let text = format!("|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|", op(0), op(1), op(2), op(3), op(4), op(5));
        Genotype::parse(&text).unwrap()
    }

    #[test]
    fn the_published_number_of_cells_differ() {
        let texts: HashSet<_> = (0..15_625).map(|number| cell(number).to_nas_bench_201().unwrap()).collect();
        let forms: HashSet<_> = (0..15_625).map(|number| canonical(&cell(number))).collect();
        assert_eq!((texts.len(), forms.len()), (15_625, 6_466));
    }

    #[test]
    fn formulas_read_like_the_benchmarks() {
        let form = |text| canonical(&Genotype::parse(text).unwrap());
        let residual = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|";
        assert_eq!(form(residual), "#+#+((0)@nor_conv_3x3)@nor_conv_3x3+0");
        let dead = "|none~0|+|nor_conv_3x3~0|skip_connect~1|+|skip_connect~0|avg_pool_3x3~1|skip_connect~2|";
        assert_eq!(form(dead), "#+#+(0)@nor_conv_3x3+0");
    }

    #[test]
    fn what_is_not_read_is_read_through_none() {
        let full = cell(1234);
        let mut sparse = full.clone();
        for reads in &mut sparse.cells[0].nodes {
            reads.retain(|&(operation, _)| operation != Operation::None);
            reads.reverse();
        }
        assert_ne!(sparse, full);
        assert_eq!(normalised(&sparse), full);
        assert_eq!(canonical(&sparse), canonical(&full));
    }

    #[test]
    fn no_cell_is_too_large() {
        let group = |node: usize| (0..node).map(|from| format!("nor_conv_3x3~{from}|")).collect::<Vec<_>>().concat();
        let groups: Vec<_> = (1..=40).map(|node| format!("|{}", group(node))).collect();
        let large = Genotype::parse(&groups.join("+")).unwrap();
        assert!(canonical(&large).starts_with("[GenotypeCell"));

        let mut wild = cell(7);
        wild.cells[0].inputs = usize::MAX;
        wild.cells[0].output = vec![usize::MAX];
        assert!(!canonical(&wild).is_empty());
        wild.cells[0].inputs = 1;
        assert!(!canonical(&wild).is_empty());
    }
}
