//! Encoding of the architectures of a space as a few whole numbers.
//!
//! A number stands for a read: an operation and the node that it is applied to. A cell whose output is its last node
//! has a read for each edge. In a concatenated cell, a node with more than two edges has two reads of different nodes.

use std::ops::Range;

use super::RandomNumbers;
use crate::space::{CellType, Genotype, Operation, Output, Space};

/// Architecture as numbers: for each read, the index of its option.
pub(super) type Code = Vec<usize>;

/// Encoding of the architectures of a space.
#[derive(Debug)]
pub(super) struct Encoding {
    cell_types: Vec<CellType>,
    reads: Vec<Read>,
}

/// Read of a node.
#[derive(Debug)]
struct Read {
    /// Indices of the type of cell and of the intermediate node.
    node: [usize; 2],
    /// Index among the reads of the node.
    place: usize,
    /// Operations, each with the node that it is applied to.
    options: Vec<(Operation, usize)>,
}

impl Encoding {
    pub(super) fn new(space: &Space) -> Self {
        let mut reads = Vec::new();
        for (at, cell_type) in space.cell_types.iter().enumerate() {
            for (node, to) in cell_type.intermediate().enumerate() {
                let options = options(cell_type, to);
                let options = if cell_type.output == Output::Concat && options.len() > CellType::KEPT_EDGES {
                    vec![options.concat(); CellType::KEPT_EDGES]
                } else {
                    options
                };
                let read = |(place, options)| Read { node: [at, node], place, options };
                reads.extend(options.into_iter().enumerate().map(read));
            }
        }
        Self { cell_types: space.cell_types.clone(), reads }
    }

    /// Number of reads.
    pub(super) fn len(&self) -> usize {
        self.reads.len()
    }

    /// Number of options of all reads.
    pub(super) fn width(&self) -> usize {
        self.reads.iter().map(|read| read.options.len()).sum()
    }

    /// Index of each option of a code among those of all reads.
    pub(super) fn one_hot(&self, code: &[usize]) -> Vec<usize> {
        (0..self.len()).zip(code).map(|(read, option)| self.places(read).start + option).collect()
    }

    /// Indices of the options of a read among those of all reads.
    pub(super) fn places(&self, read: usize) -> Range<usize> {
        let start: usize = self.reads[..read].iter().map(|read| read.options.len()).sum();
        start..start + self.reads[read].options.len()
    }

    /// Index of the option `none` of a read.
    pub(super) fn none(&self, read: usize) -> Option<usize> {
        self.reads[read].options.iter().position(|(operation, _)| *operation == Operation::None)
    }

    /// Options of a read that the other reads of a code, or of the beginning of one, leave: a node reads no other
    /// twice.
    pub(super) fn free(&self, code: &[usize], read: usize) -> Vec<usize> {
        let own = &self.reads[read];
        let others =
            self.reads.iter().zip(code).enumerate().filter(|(at, (other, _))| *at != read && other.node == own.node);
        let taken: Vec<usize> = others.map(|(_, (other, &option))| other.options[option].1).collect();
        (0..own.options.len()).filter(|&option| !taken.contains(&own.options[option].1)).collect()
    }

    /// True if numbers are the code of an architecture.
    pub(super) fn holds(&self, code: &[usize]) -> bool {
        code.len() == self.len()
            && self.reads.iter().zip(code).all(|(read, &option)| option < read.options.len())
            && (0..self.len()).all(|read| self.free(code, read).contains(&code[read]))
    }

    /// Draws an architecture: for each read, one of the options that are left, each as likely as the others.
    pub(super) fn random(&self, random: &mut RandomNumbers) -> Code {
        let mut code = Code::with_capacity(self.len());
        for read in 0..self.len() {
            let free = self.free(&code, read);
            code.push(free[random.below(free.len())]);
        }
        code
    }

    /// Codes that differ in the operation or in the source of one read.
    pub(super) fn neighbours(&self, code: &[usize]) -> Vec<Code> {
        let of_read = |read: usize| {
            let options = &self.reads[read].options;
            let now = options[code[read]];
            let near = move |&option: &usize| {
                let (operation, source) = options[option];
                (operation == now.0) != (source == now.1)
            };
            self.free(code, read).into_iter().filter(near).map(move |option| with(code, read, option))
        };
        (0..self.len()).flat_map(of_read).collect()
    }

    /// Architecture of a code.
    pub(super) fn genotype(&self, code: &[usize]) -> Genotype {
        let mut nodes: Vec<_> = self.cell_types.iter().map(|cell_type| vec![Vec::new(); cell_type.nodes]).collect();
        for (read, &option) in self.reads.iter().zip(code) {
            let [cell_type, node] = read.node;
            nodes[cell_type][node].push(read.options[option]);
        }
        let cells = self.cell_types.iter().zip(nodes).map(|(cell_type, nodes)| cell_type.genotype(nodes));
        Genotype { cells: cells.collect() }
    }

    /// Code of an architecture, if it is one of the space.
    pub(super) fn code(&self, genotype: &Genotype) -> Option<Code> {
        let option = |read: &Read| {
            let [cell_type, node] = read.node;
            let kept = genotype.cells.get(cell_type)?.nodes.get(node)?.get(read.place)?;
            read.options.iter().position(|option| option == kept)
        };
        let code: Code = self.reads.iter().map(option).collect::<Option<_>>()?;
        (self.holds(&code) && self.genotype(&code) == *genotype).then_some(code)
    }
}

/// Code with another option of a read.
pub(super) fn with(code: &[usize], read: usize, option: usize) -> Code {
    let mut other = code.to_vec();
    other[read] = option;
    other
}

/// Options of the edges that lead to a node.
fn options(cell_type: &CellType, to: usize) -> Vec<Vec<(Operation, usize)>> {
    let edges = cell_type.edges_into(to).map(|edge| &cell_type.edges[edge]);
    let kept = edges.map(|edge| {
        let operations = edge.operations.iter().copied().filter(|&operation| cell_type.keeps(edge, operation));
        operations.map(|operation| (operation, edge.from)).collect()
    });
    kept.filter(|options: &Vec<_>| !options.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_architectures_of_the_space_and_back() {
        // A cell of DARTS has nodes with 2, 3, 4 and 5 edges: 2 + 2·(3 + 4 + 5) edges of 7 candidates for the reads.
        for (name, reads, width) in [("nas-bench-201", 6, 30), ("darts", 16, 2 * 26 * 7), ("s3", 16, 2 * 26 * 2)] {
            let space = Space::named(name).unwrap();
            let encoding = Encoding::new(&space);
            assert_eq!((encoding.len(), encoding.width()), (reads, width), "{name}");
            let mut random = RandomNumbers::new(3, 0);
            for _ in 0..100 {
                let code = encoding.random(&mut random);
                for code in std::iter::once(code.clone()).chain(encoding.neighbours(&code)) {
                    let genotype = encoding.genotype(&code);
                    genotype.fits(&space).unwrap();
                    assert_eq!(encoding.code(&genotype), Some(code));
                }
            }
        }
    }

    /// In NAS-Bench-201, a cell has four neighbours for each of six edges.
    #[test]
    fn neighbours_differ_in_one_read() {
        let encoding = Encoding::new(&Space::named("nas-bench-201").unwrap());
        let code = vec![0, 1, 2, 3, 4, 0];
        let neighbours = encoding.neighbours(&code);
        assert_eq!(neighbours.len(), 24);
        for other in &neighbours {
            assert_eq!(other.iter().zip(&code).filter(|(a, b)| a != b).count(), 1);
        }
        assert_eq!(encoding.one_hot(&code), [0, 6, 12, 18, 24, 25]);
    }

    /// A node of DARTS reads two others; it cannot read one twice.
    #[test]
    fn a_node_reads_no_other_twice() {
        let encoding = Encoding::new(&Space::named("darts").unwrap());
        // The first node has an edge from either input; the second has three edges of seven candidates.
        let mut code: Code = [0, 0].into_iter().chain([0, 7].repeat(3)).collect();
        code = code.repeat(2);
        assert!(encoding.holds(&code));
        assert_eq!(encoding.free(&code, 3), (7..21).collect::<Vec<_>>());
        code[3] = 6;
        assert!(!encoding.holds(&code), "both reads are of node 0");
        code[3] = 21;
        assert!(!encoding.holds(&code), "there are 21 options");
        assert!(!encoding.holds(&code[1..]));
        let other = Space::named("nas-bench-201").unwrap();
        let foreign = Encoding::new(&other).genotype(&[0; 6]);
        assert_eq!(encoding.code(&foreign), None);
    }
}
