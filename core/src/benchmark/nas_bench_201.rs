//! The published accuracies of NAS-Bench-201, packed.
//!
//! `nas_bench_201.bin` is a zlib stream of seven columns in the order of the cells: for each operation of an edge, from
//! the first edge on, the order of [`OPERATIONS`]. A column is the high bytes of all its numbers, then the bytes below.
//! The first column has the numbers of the cells in the benchmark, in two bytes. The others have accuracies in
//! thousandths of a percent, in three bytes, and all but the first of them as the difference to another column: even
//! numbers are positive differences, doubled. `cifar10_test.bin` is a stream of the first of these accuracies alone.
//! `cargo xtask pack table FILE` makes both files from a table.

use std::io::Read;

use super::equivalence::canonical;
use super::table::{Accuracies, Row, Table, TableError};
use crate::space::{Genotype, GenotypeCell, Operation};

static PACKED: &[u8] = include_bytes!("nas_bench_201.bin");

const CELLS: usize = 15_625;
const EDGES: usize = 6;
/// Bytes of a column of accuracies.
const COLUMN: usize = 3 * CELLS;

/// Operations in the order of their digits.
const OPERATIONS: [Operation; 5] =
    [Operation::None, Operation::SkipConnect, Operation::NorConv1x1, Operation::NorConv3x3, Operation::AvgPool3x3];

/// Column that each accuracy is the difference to: CIFAR-10 test and validation, CIFAR-100 test and validation,
/// ImageNet16-120 test and validation.
const BASES: [Option<usize>; 6] = [None, Some(0), Some(0), Some(2), Some(2), Some(4)];

impl Table {
    /// Returns the published accuracies of all cells of NAS-Bench-201 after 200 epochs: means over the seeds, by Dong and
    /// Yang (arXiv:2001.00326, MIT licence).
    ///
    /// # Panics
    /// Never: the table is part of the library.
    ///
    /// ```
    /// use lambda_darts::benchmark::Table;
    /// use lambda_darts::space::Genotype;
    ///
    /// let table = Table::nas_bench_201();
    /// let skips = "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|";
    /// let found = table.look_up(&Genotype::parse(skips)?).expect("every cell is there");
    /// assert_eq!(format!("{:.4}", found.accuracies.cifar10_test), "0.5430");
    /// # Ok::<(), lambda_darts::space::GenotypeError>(())
    /// ```
    #[must_use]
    pub fn nas_bench_201() -> Self {
        let bytes = unpacked(PACKED, 2 * CELLS + BASES.len() * COLUMN).expect("the packed table is whole");
        let (indices, columns) = bytes.split_at(2 * CELLS);
        let mut accuracies: Vec<Vec<i64>> = Vec::new();
        for (column, base) in columns.chunks_exact(COLUMN).zip(BASES) {
            let numbers = numbers(column).enumerate().map(|(cell, n)| match base {
                None => n,
                Some(base) => accuracies[base][cell] + if n % 2 == 0 { n / 2 } else { -(n + 1) / 2 },
            });
            let numbers = numbers.collect();
            accuracies.push(numbers);
        }
        Self::of_cells(|cell| {
            let at = |column: usize| share(accuracies[column][cell]);
            let known = Accuracies {
                cifar10_test: at(0),
                cifar10_valid: Some(at(1)),
                cifar100_test: Some(at(2)),
                cifar100_valid: Some(at(3)),
                imagenet16_120_test: Some(at(4)),
                imagenet16_120_valid: Some(at(5)),
            };
            (Some(u32::from(u16::from_be_bytes([indices[cell], indices[CELLS + cell]]))), known)
        })
    }

    /// Reads the accuracies on the test images of CIFAR-10 alone, as the file `cifar10_test.bin` beside this module has
    /// them: a page loads it, as the other columns are five sixths of the whole.
    ///
    /// # Errors
    /// [`TableError::NotPacked`] for any other bytes.
    pub fn from_packed_cifar10(packed: &[u8]) -> Result<Self, TableError> {
        let bytes = unpacked(packed, COLUMN).ok_or(TableError::NotPacked)?;
        let accuracies: Vec<f64> = numbers(&bytes).map(share).collect();
        if accuracies.iter().any(|accuracy| *accuracy > 1.0) {
            return Err(TableError::NotPacked);
        }
        Ok(Self::of_cells(|cell| {
            let known = Accuracies {
                cifar10_valid: None,
                cifar10_test: accuracies[cell],
                cifar100_valid: None,
                cifar100_test: None,
                imagenet16_120_valid: None,
                imagenet16_120_test: None,
            };
            (None, known)
        }))
    }

    /// Makes the table of all cells, from the number in the benchmark and the accuracies of each.
    fn of_cells(known: impl Fn(usize) -> (Option<u32>, Accuracies)) -> Self {
        let mut table = Self::empty();
        for cell in 0..CELLS {
            let genotype = genotype(cell);
            let (index, accuracies) = known(cell);
            let arch = genotype.to_nas_bench_201().unwrap_or_default();
            let row = Row { index, arch, accuracies, parameters_millions: None, train_seconds: None };
            table.add(row, canonical(&genotype));
        }
        table
    }
}

/// Returns the bytes of a zlib stream, if there are `count` of them.
fn unpacked(packed: &[u8], count: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(count + 1);
    flate2::read::ZlibDecoder::new(packed).take(count as u64 + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() == count).then_some(bytes)
}

/// Returns the numbers of a column.
fn numbers(column: &[u8]) -> impl Iterator<Item = i64> {
    (0..CELLS).map(|cell| (0..3).fold(0, |number, byte| number << 8 | i64::from(column[byte * CELLS + cell])))
}

/// Returns thousandths of a percent as a share of 1.
fn share(thousandths: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "less than 2^24")]
    let number = thousandths as f64;
    number / 100_000.0
}

/// Returns the cell of a number, whose digits to the base of five are its operations.
fn genotype(cell: usize) -> Genotype {
    let mut operations =
        (0..EDGES).rev().map(|edge| OPERATIONS[cell / 5_usize.pow(u32::try_from(edge).unwrap_or(0)) % 5]);
    let nodes = (1..=3).map(|node| (0..node).filter_map(|from| Some((operations.next()?, from))).collect());
    let nodes: Vec<Vec<_>> = nodes.collect();
    Genotype { cells: vec![GenotypeCell { kind: "normal".to_owned(), inputs: 1, nodes, output: vec![3] }] }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_cell_has_its_published_row() {
        let table = Table::nas_bench_201();
        assert_eq!(table.len(), CELLS);
        let best = table.rows().iter().max_by(|a, b| a.accuracies.cifar10_test.total_cmp(&b.accuracies.cifar10_test));
        let best = best.unwrap();
        // The optimum that the paper names.
        assert_eq!(format!("{:.4}", best.accuracies.cifar10_test), "0.9437");
        let packed = include_bytes!("cifar10_test.bin");
        let column = Table::from_packed_cifar10(packed).unwrap();
        assert_eq!(column.len(), CELLS);
        for (alone, row) in column.rows().iter().zip(table.rows()) {
            assert_eq!((&alone.arch, alone.accuracies.cifar10_test), (&row.arch, row.accuracies.cifar10_test));
        }
        for wrong in [&packed[..packed.len() / 2], PACKED, b""] {
            assert!(matches!(Table::from_packed_cifar10(wrong), Err(TableError::NotPacked)));
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/nb201/nas-bench-201.csv");
        if !path.exists() {
            println!("skipped: no ../shared");
            return;
        }
        let published = Table::read(&path).unwrap();
        assert_eq!(published.len(), table.len());
        for row in published.rows() {
            let found = table.look_up(&Genotype::parse(&row.arch).unwrap()).unwrap();
            assert_eq!((found.index, &found.arch, found.accuracies), (row.index, &row.arch, row.accuracies));
        }
    }
}
