//! The table of a benchmark in memory, and lookups in it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ErrorKind, Position, StringRecord};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::equivalence::{canonical, normalised};
use crate::space::Genotype;
use crate::text::hex;

/// Maximum size of a table in bytes; a table of all 15,625 cells has 2 MB.
const MOST_BYTES: u64 = 64 << 20;
const MOST_ROWS: usize = 20_000;
/// Number of intermediate nodes of a cell of NAS-Bench-201.
const NODES: usize = 3;

/// The columns; [`Line`] takes a field by the index of its column here.
const COLUMNS: [&str; 10] = [
    "index",
    "arch",
    "c10_valid",
    "c10_test",
    "c100_valid",
    "c100_test",
    "in16_valid",
    "in16_test",
    "params_m",
    "c10_train_s",
];
/// Number of the columns that a table needs, the first of [`COLUMNS`].
const REQUIRED: usize = 8;
/// Characters between fields; all but the first leave the comma to decimal fractions.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Accuracies of one cell, as shares from 0 to 1. The table that a page loads has those on the test images of CIFAR-10
/// alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Accuracies {
    /// Accuracy on the validation images of CIFAR-10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub cifar10_valid: Option<f64>,
    /// Accuracy on the test images of CIFAR-10.
    pub cifar10_test: f64,
    /// Accuracy on the validation images of CIFAR-100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub cifar100_valid: Option<f64>,
    /// Accuracy on the test images of CIFAR-100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub cifar100_test: Option<f64>,
    /// Accuracy on the validation images of ImageNet16-120.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub imagenet16_120_valid: Option<f64>,
    /// Accuracy on the test images of ImageNet16-120.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub imagenet16_120_test: Option<f64>,
}

/// One row of a [`Table`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Number of the cell in the benchmark, if the table has it.
    pub index: Option<u32>,
    /// Cell in NAS-Bench-201's notation.
    pub arch: String,
    /// Accuracies of the cell.
    pub accuracies: Accuracies,
    /// Number of the network's parameters in millions, if the table has it.
    pub parameters_millions: Option<f64>,
    /// Duration of the training on CIFAR-10 in seconds, if the table has it.
    pub train_seconds: Option<f64>,
}

/// Result of a lookup.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// Number of the cell in the benchmark, if the table has it.
    pub index: Option<u32>,
    /// Cell of the table: the one that was asked for, or an equivalent one.
    pub arch: String,
    /// Accuracies of the cell.
    pub accuracies: Accuracies,
    /// Number of the network's parameters in millions, if the table has it.
    pub parameters_millions: Option<f64>,
    /// Duration of the training on CIFAR-10 in seconds, if the table has it.
    pub train_seconds: Option<f64>,
    /// Rank of the cell: one more than the number of cells with a better test accuracy on CIFAR-10.
    pub rank: usize,
}

/// Error of a table that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// File that cannot be read.
    #[error("{}: cannot be read", .path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// File that is too large to be a table.
    #[error("{name}: too large: a table has at most {} MiB and {} rows", MOST_BYTES >> 20, MOST_ROWS)]
    TooLarge {
        /// Name of the table.
        name: String,
    },
    /// Header that lacks columns.
    #[error("{name}: the header lacks {columns}; it needs {}", COLUMNS[..REQUIRED].join(","))]
    MissingColumns {
        /// Name of the table.
        name: String,
        /// Missing columns.
        columns: String,
    },
    /// Line that is not a row of the table.
    #[error("{name}: line {line}: {what}")]
    BadLine {
        /// Name of the table.
        name: String,
        /// Line of the file, counted from 1.
        line: usize,
        /// Description of the fault.
        what: String,
    },
    /// Field that is not the number that its column needs.
    #[error("{name}: line {line}, column `{column}`: `{text}` is not {expected}")]
    BadNumber {
        /// Name of the table.
        name: String,
        /// Line of the file, counted from 1.
        line: usize,
        /// Name of the column.
        column: &'static str,
        /// Text of the field.
        text: String,
        /// Description of the expected number.
        expected: &'static str,
    },
    /// Cell that occurs twice in the table.
    #[error("{name}: line {line}: the cell {arch} is on line {first} already")]
    Duplicate {
        /// Name of the table.
        name: String,
        /// Line of the second occurrence, counted from 1.
        line: usize,
        /// Cell in NAS-Bench-201's notation.
        arch: String,
        /// Line of the first occurrence, counted from 1.
        first: usize,
    },
    /// Packed table that is not one.
    #[error("not the packed accuracies of NAS-Bench-201's cells")]
    NotPacked,
    /// Table with a header but without rows.
    #[error("{name}: the table has no rows")]
    Empty {
        /// Name of the table.
        name: String,
    },
}

/// A table of the cells of a benchmark and their accuracies.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Row>,
    /// Index of the row of each cell.
    exact: HashMap<String, usize>,
    /// Indices of the rows of all cells with the same formula.
    equivalent: HashMap<String, Vec<usize>>,
}

impl Table {
    /// Reads the table in a CSV file.
    ///
    /// # Errors
    /// [`TableError`] with the file and, if it has one, the line.
    pub fn read(path: &Path) -> Result<Self, TableError> {
        let cannot = |source| TableError::Read { path: path.to_owned(), source };
        let name = path.display().to_string();
        let known = std::fs::metadata(path).map_err(cannot)?;
        // Opening a pipe would wait for a writer.
        if !known.is_file() {
            return Err(cannot(io::Error::new(io::ErrorKind::InvalidInput, "not a file")));
        }
        if known.len() > MOST_BYTES {
            return Err(TableError::TooLarge { name });
        }
        Self::parse(File::open(path).map_err(cannot)?, &name)
    }

    /// Reads a table in CSV, with commas, semicolons or tabs; error messages call it `name`.
    ///
    /// Accuracies may be percentages or, in the whole table, fractions of 1.
    ///
    /// # Errors
    /// [`TableError`] with the line, if it has one.
    ///
    /// ```
    /// use lambda_darts::benchmark::Table;
    /// use lambda_darts::space::Genotype;
    ///
    /// let csv = "\
    /// index,arch,c10_valid,c10_test,c100_valid,c100_test,in16_valid,in16_test
    /// 7,|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|,40,54.3,15,15.6,16.4,16.3
    /// ";
    /// let table = Table::parse(csv.as_bytes(), "mine")?;
    /// let cell = Genotype::parse("| none~0 | + | none~0 | none~1 | + | skip_connect~0 | none~1 | none~2 |")?;
    /// assert_eq!(table.look_up(&cell).map(|found| (found.index, found.rank)), Some((Some(7), 1)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(reader: impl Read, name: &str) -> Result<Self, TableError> {
        let mut bytes = Vec::new();
        let read = reader.take(MOST_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|source| TableError::Read { path: name.into(), source })?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(TableError::TooLarge { name: name.to_owned() });
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let text = Text { name, bytes };
        let delimiter = delimiter(bytes);
        let mut csv = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
        let places = text.places(csv.headers().map_err(|error| text.damaged(&error))?)?;
        // A table has points or commas in its numbers, and not both.
        let decimal_comma = delimiter != b',' && !bytes.contains(&b'.');

        let mut table = Self::empty();
        let mut starts = Vec::new();
        for record in csv.records() {
            let record = record.map_err(|error| text.damaged(&error))?;
            if table.rows.len() == MOST_ROWS {
                return Err(TableError::TooLarge { name: name.to_owned() });
            }
            let start = record.position().map_or(0, Position::byte);
            let line = Line { text: &text, record: &record, places: &places, decimal_comma, start };
            let (row, form) = line.row()?;
            if let Some(&first) = table.exact.get(&row.arch) {
                let (line, first) = (text.line(start), text.line(starts[first]));
                return Err(TableError::Duplicate { name: name.to_owned(), line, arch: row.arch, first });
            }
            table.add(row, form);
            starts.push(start);
        }
        if table.is_empty() {
            return Err(TableError::Empty { name: name.to_owned() });
        }
        // Fractions of 1, unless some accuracy is larger: no cell is as bad as 1 % in every column.
        if table.rows.iter().any(|row| row.accuracies.known().any(|accuracy| accuracy > 1.0)) {
            for row in &mut table.rows {
                row.accuracies = row.accuracies.map(share);
            }
        }
        Ok(table)
    }

    pub(super) fn empty() -> Self {
        Self { rows: Vec::new(), exact: HashMap::new(), equivalent: HashMap::new() }
    }

    /// Adds a row with the canonical form of its cell.
    pub(super) fn add(&mut self, row: Row, form: String) {
        self.exact.insert(row.arch.clone(), self.rows.len());
        self.equivalent.entry(form).or_default().push(self.rows.len());
        self.rows.push(row);
    }

    /// Returns the rows, in the order of the file.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the number of cells of the table.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns true if the table has no cell; a table that was read always has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the row of a cell, or else the first row of an [equivalent](super::canonical) one.
    ///
    /// Missing inputs of a node count as `none`, and the order of its inputs does not matter.
    #[must_use]
    pub fn look_up(&self, genotype: &Genotype) -> Option<Found> {
        let row = self.row(genotype)?;
        let better = |other: &&Row| other.accuracies.cifar10_test > row.accuracies.cifar10_test;
        Some(Found {
            index: row.index,
            arch: row.arch.clone(),
            accuracies: row.accuracies,
            parameters_millions: row.parameters_millions,
            train_seconds: row.train_seconds,
            rank: 1 + self.rows.iter().filter(better).count(),
        })
    }

    /// Returns the row that [`look_up`](Self::look_up) finds, without its rank, which takes a pass over the table.
    #[must_use]
    pub fn row(&self, genotype: &Genotype) -> Option<&Row> {
        let exact = normalised(genotype).to_nas_bench_201().and_then(|arch| self.exact.get(&arch));
        exact.and_then(|&place| self.rows.get(place)).or_else(|| self.equivalents(genotype).first().copied())
    }

    /// Returns the SHA-256 of all rows, in hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for row in &self.rows {
            // Numbers and texts in JSON have ends.
            hash.update(serde_json::to_string(row).unwrap_or_default());
        }
        hex(&hash.finalize())
    }

    /// Returns the rows of all cells that are [equivalent](super::canonical) to this one, itself included.
    #[must_use]
    pub fn equivalents(&self, genotype: &Genotype) -> Vec<&Row> {
        let [cell] = genotype.cells.as_slice() else { return Vec::new() };
        if cell.inputs != 1 {
            return Vec::new();
        }
        let places = self.equivalent.get(&canonical(genotype)).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|&place| self.rows.get(place)).collect()
    }
}

impl Accuracies {
    /// Returns every accuracy that is known.
    fn known(self) -> impl Iterator<Item = f64> {
        let others = [self.cifar100_valid, self.cifar100_test, self.imagenet16_120_valid, self.imagenet16_120_test];
        [self.cifar10_valid, Some(self.cifar10_test)].into_iter().chain(others).flatten()
    }

    fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Self {
            cifar10_valid: self.cifar10_valid.map(&change),
            cifar10_test: change(self.cifar10_test),
            cifar100_valid: self.cifar100_valid.map(&change),
            cifar100_test: self.cifar100_test.map(&change),
            imagenet16_120_valid: self.imagenet16_120_valid.map(&change),
            imagenet16_120_test: self.imagenet16_120_test.map(&change),
        }
    }
}

/// Returns a percentage as a share of 1; one of up to six decimals is the nearest number to its decimal share.
#[expect(clippy::float_cmp, reason = "the decimal is the number itself or it is not")]
fn share(percent: f64) -> f64 {
    let millionths = (percent * 1e6).round();
    if millionths / 1e6 == percent { millionths / 1e8 } else { percent / 100.0 }
}

/// Returns the delimiter that finds most of the columns in the header.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let found = |delimiter: u8| {
        let fields = header.split(|&byte| byte == delimiter).map(<[u8]>::trim_ascii);
        let names =
            fields.map(|field| field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field));
        names.filter(|name| COLUMNS.iter().any(|column| column.as_bytes() == *name)).count()
    };
    // The last of equals is the one that `max_by_key` takes.
    DELIMITERS.into_iter().rev().max_by_key(|&delimiter| found(delimiter)).unwrap_or(b',')
}

/// The bytes of a table and its name.
struct Text<'a> {
    name: &'a str,
    bytes: &'a [u8],
}

impl Text<'_> {
    /// Returns the line of the record at byte `start`. The count of the `csv` crate is one too small if lines end in
    /// `\r\n`, as the position that it gives is that of the `\n`.
    fn line(&self, start: u64) -> usize {
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(self.bytes.len());
        let (before, rest) = self.bytes.split_at(start);
        let blank = rest.iter().take_while(|&&byte| byte == b'\r' || byte == b'\n').count();
        1 + before.iter().chain(&rest[..blank]).filter(|&&byte| byte == b'\n').count()
    }

    fn bad(&self, start: u64, what: String) -> TableError {
        TableError::BadLine { name: self.name.to_owned(), line: self.line(start), what }
    }

    fn damaged(&self, error: &csv::Error) -> TableError {
        let what = match error.kind() {
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} fields, but the header has {expected_len}")
            }
            ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
            _ => error.to_string(),
        };
        self.bad(error.position().map_or(0, Position::byte), what)
    }

    /// Returns the index of each of [`COLUMNS`] in a record, if it is there.
    fn places(&self, header: &StringRecord) -> Result<[Option<usize>; COLUMNS.len()], TableError> {
        let found = COLUMNS.map(|column| header.iter().position(|field| field.trim() == column));
        let missing = COLUMNS.iter().zip(found).take(REQUIRED).filter(|(_, place)| place.is_none());
        let missing: Vec<_> = missing.map(|(column, _)| format!("`{column}`")).collect();
        if missing.is_empty() {
            Ok(found)
        } else {
            Err(TableError::MissingColumns { name: self.name.to_owned(), columns: missing.join(", ") })
        }
    }
}

/// One record, with its position for error messages.
struct Line<'a> {
    text: &'a Text<'a>,
    record: &'a StringRecord,
    places: &'a [Option<usize>; COLUMNS.len()],
    /// True if numbers may have a comma for a point.
    decimal_comma: bool,
    start: u64,
}

impl Line<'_> {
    fn field(&self, column: usize) -> &str {
        self.places[column].and_then(|place| self.record.get(place)).unwrap_or_default().trim()
    }

    fn bad_number(&self, column: usize, expected: &'static str) -> TableError {
        TableError::BadNumber {
            name: self.text.name.to_owned(),
            line: self.text.line(self.start),
            column: COLUMNS[column],
            text: short(self.field(column)),
            expected,
        }
    }

    fn number(&self, column: usize, most: f64, expected: &'static str) -> Result<f64, TableError> {
        let text = self.field(column);
        let parsed = if self.decimal_comma { text.replace(',', ".").parse::<f64>() } else { text.parse() };
        let number = parsed.ok().filter(|number| (0.0..=most).contains(number));
        number.ok_or_else(|| self.bad_number(column, expected))
    }

    fn percent(&self, column: usize) -> Result<f64, TableError> {
        self.number(column, 100.0, "a number from 0 to 100")
    }

    /// Returns the number of an optional column.
    fn amount(&self, column: usize) -> Result<Option<f64>, TableError> {
        let there = self.places[column].is_some() && !self.field(column).is_empty();
        there.then(|| self.number(column, f64::MAX, "a number from 0 up")).transpose()
    }

    /// Returns the row and the canonical form of its cell.
    fn row(&self) -> Result<(Row, String), TableError> {
        let text = self.field(1);
        let bad = |what: String| self.text.bad(self.start, format!("`{}`: {what}", short(text)));
        let genotype = normalised(&Genotype::parse(text).map_err(|error| bad(error.to_string()))?);
        let small = genotype.cells.iter().all(|cell| cell.nodes.len() == NODES);
        let arch = genotype.to_nas_bench_201().filter(|_| small);
        let arch = arch.ok_or_else(|| bad(format!("not a cell of one input and {NODES} nodes")))?;
        let row = Row {
            index: Some(self.field(0).parse().map_err(|_| self.bad_number(0, "a whole number"))?),
            arch,
            accuracies: Accuracies {
                cifar10_valid: Some(self.percent(2)?),
                cifar10_test: self.percent(3)?,
                cifar100_valid: Some(self.percent(4)?),
                cifar100_test: Some(self.percent(5)?),
                imagenet16_120_valid: Some(self.percent(6)?),
                imagenet16_120_test: Some(self.percent(7)?),
            },
            parameters_millions: self.amount(8)?,
            train_seconds: self.amount(9)?,
        };
        Ok((row, canonical(&genotype)))
    }
}

/// Returns the first 80 characters of a text.
fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "index,arch,c10_valid,c10_test,c100_valid,c100_test,in16_valid,in16_test,params_m,c10_train_s";
    const SKIPS: &str =
        "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|";
    const ONE: &str = "|skip_connect~0|+|nor_conv_3x3~0|none~1|+|none~0|avg_pool_3x3~1|skip_connect~2|";
    /// A cell that computes the same function as [`ONE`].
    const OTHER: &str = "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|avg_pool_3x3~0|none~1|skip_connect~2|";

    /// The candidates of NAS-Bench-201.
    const EDGES: [&str; 5] = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"];

    fn line(index: u32, arch: &str, accuracy: &str) -> String {
        format!("{index},{arch},40,{accuracy},30,31,20,21,0.5,1000")
    }

    fn table(lines: &[String]) -> Result<Table, TableError> {
        Table::parse(format!("{HEADER}\n{}\n", lines.join("\n")).as_bytes(), "t.csv")
    }

    fn cell(text: &str) -> Genotype {
        Genotype::parse(text).unwrap()
    }

    #[test]
    fn a_cell_is_found_in_every_notation() {
        let table = table(&[line(3, SKIPS, "54.3"), line(8, ONE, "90"), line(9, OTHER, "54.3")]).unwrap();
        assert_eq!((table.len(), table.is_empty()), (3, false));
        let json = serde_json::to_string(&cell(ONE)).unwrap();
        for text in [ONE, ONE.replace('|', " | ").as_str(), json.as_str()] {
            let found = table.look_up(&cell(text)).unwrap();
            assert_eq!((found.index, found.rank, found.accuracies.cifar10_test), (Some(8), 1, 0.9));
        }
        // Equal accuracies share a rank.
        assert_eq!([SKIPS, OTHER].map(|text| table.look_up(&cell(text)).unwrap().rank), [2, 2]);
        let mut sparse = cell(ONE);
        sparse.cells[0].nodes.iter_mut().for_each(|reads| reads.reverse());
        sparse.cells[0].nodes[1].remove(0);
        assert_eq!(table.look_up(&sparse).unwrap().index, Some(8));
    }

    #[test]
    fn an_equivalent_cell_stands_in_for_one_that_is_missing() {
        let table = table(&[line(3, SKIPS, "54.3"), line(9, OTHER, "90")]).unwrap();
        let found = table.look_up(&cell(ONE)).unwrap();
        assert_eq!((found.index, found.arch.as_str()), (Some(9), OTHER));
        assert_eq!(table.equivalents(&cell(ONE)).iter().filter_map(|row| row.index).collect::<Vec<_>>(), [9]);
        let missing = cell("|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|");
        assert_eq!((table.look_up(&missing), table.equivalents(&missing).len()), (None, 0));
        let darts = cell("Genotype(normal=[('none', 0), ('none', 1)], normal_concat=[2])");
        assert_eq!(table.look_up(&darts), None);
    }

    #[test]
    fn columns_have_any_order_and_company() {
        let text = "note,c10_train_s,params_m,in16_test,in16_valid,\
                    c100_test,c100_valid,c10_test,c10_valid,arch, index\r\n\
                    hi,1,2,3,4,5,6,7,8,|none~0|+|none~0|none~1|+|none~0|none~1|none~2|, 11\r\n";
        let table = Table::parse(text.as_bytes(), "t.csv").unwrap();
        let row = &table.rows[0];
        assert_eq!((row.index, row.train_seconds, row.parameters_millions), (Some(11), Some(1.0), Some(2.0)));
        assert_eq!((row.accuracies.cifar10_valid, row.accuracies.imagenet16_120_test), (Some(0.08), Some(0.03)));
    }

    #[test]
    fn eight_columns_are_enough_between_any_delimiters() {
        let cell = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
        let header = "index,arch,c10_valid,c10_test,c100_valid,c100_test,in16_valid,in16_test";
        let percentages = ["91.25", "93.5", "70", "70.5", "44.25", "44.5"];
        let fractions = ["0.9125", "0.935", ".7", "0.705", "0.4425", "0.445"];
        let lines = |between: &str, numbers: [&str; 6], point: &str| {
            let numbers = numbers.map(|number| number.replace('.', point)).join(between);
            format!("{}\n7{between}{cell}{between}{numbers}\n", header.replace(',', between))
        };
        let expected = Accuracies {
            cifar10_valid: Some(0.9125),
            cifar10_test: 0.935,
            cifar100_valid: Some(0.7),
            cifar100_test: Some(0.705),
            imagenet16_120_valid: Some(0.4425),
            imagenet16_120_test: Some(0.445),
        };
        for text in [
            lines(",", percentages, "."),
            lines(";", percentages, "."),
            lines(";", percentages, ","),
            lines("\t", percentages, "."),
            lines(",", fractions, "."),
            lines(";", fractions, ","),
            format!("\u{feff}{}", lines(",", percentages, ".")),
        ] {
            let table = Table::parse(text.as_bytes(), "t.csv").unwrap();
            let row = &table.rows[0];
            assert_eq!((row.accuracies, row.parameters_millions, row.train_seconds), (expected, None, None), "{text}");
        }
    }

    #[test]
    fn damage_has_a_place() {
        let good = line(0, SKIPS, "54.3");
        for (lines, parts) in [
            (vec![good.clone(), line(1, ONE, "9o")], ["t.csv: line 3, column `c10_test`", "`9o`"]),
            (vec![line(1, ONE, "NaN")], ["line 2, column `c10_test`", "0 to 100"]),
            (vec![line(1, ONE, "101")], ["line 2, column `c10_test`", "`101`"]),
            (vec![String::new(), line(1, ONE, "")], ["line 3, column `c10_test`", "``"]),
            (vec![good.replacen('0', "-1", 1)], ["line 2, column `index`", "whole number"]),
            (vec![good.clone(), line(1, "|none~0|+|nine~0|", "9")], ["line 3: `|none~0|+|nine~0|`", "character 11"]),
            (vec![line(1, "|none~0|", "9")], ["line 2: `|none~0|`", "3 nodes"]),
            (vec![good.clone(), line(1, ONE, "9"), good.clone()], ["line 4: the cell |skip", "line 2 already"]),
            (vec![good.clone(), "1,2".to_owned()], ["line 3", "2 fields, but the header has 10"]),
            (vec![], ["t.csv", "no rows"]),
        ] {
            let message = table(&lines).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
            let windows = format!("{HEADER}\r\n{}\r\n", lines.join("\r\n"));
            assert_eq!(Table::parse(windows.as_bytes(), "t.csv").unwrap_err().to_string(), message);
        }
        let header = HEADER.replace("c100_test,", "").replace("arch", "cell");
        let message = Table::parse(header.as_bytes(), "t.csv").unwrap_err().to_string();
        assert!(message.contains("lacks `arch`, `c100_test`;"), "{message}");
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let endless = Table::parse(io::repeat(b'x'), "t.csv").unwrap_err();
        assert!(matches!(endless, TableError::TooLarge { .. }), "{endless}");
        // With five operations, there are fewer distinct cells than the maximum number of rows; all thirteen give
        // enough.
        let names = crate::space::Operation::ALL;
        let cells = (0..=MOST_ROWS).map(|n| {
            let op = |edge: u32| names[n / 13_usize.pow(edge) % 13];
            format!("|{}~0|+|{}~0|{}~1|+|{}~0|none~1|none~2|", op(0), op(1), op(2), op(3))
        });
        let lines: Vec<_> = (0..).zip(cells).map(|(index, arch)| line(index, &arch, "50")).collect();
        assert!(matches!(table(&lines), Err(TableError::TooLarge { .. })));
        assert_eq!(table(&lines[1..]).unwrap().len(), MOST_ROWS);
    }

    #[test]
    fn the_published_table() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/nb201/nas-bench-201.csv");
        if !path.exists() {
            println!("skipped: no ../shared");
            return;
        }
        let table = Table::read(&path).unwrap();
        assert_eq!((table.len(), table.equivalent.len()), (15_625, 6_466));
        for (index, accuracy) in [(9930, 0.9436), (1835, 0.5430)] {
            let row = table.rows.iter().find(|row| row.index == Some(index)).unwrap();
            let found = table.look_up(&cell(&row.arch)).unwrap();
            assert_eq!((found.index, &found.arch), (Some(index), &row.arch));
            assert!((found.accuracies.cifar10_test - accuracy).abs() < 1e-4, "{found:?}");
        }
        assert_eq!(table.look_up(&cell(SKIPS)).unwrap().index, Some(1835));
        let best = table.rows.iter().max_by(|a, b| a.accuracies.cifar10_test.total_cmp(&b.accuracies.cifar10_test));
        assert_eq!(table.look_up(&cell(&best.unwrap().arch)).unwrap().rank, 1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_table_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Table::parse(bytes.as_slice(), "t.csv");
            let _ = Table::parse([HEADER.as_bytes(), b"\n".as_slice(), bytes.as_slice()].concat().as_slice(), "t.csv");
        }

        #[test]
        fn any_field_is_read_or_refused(text in "[ -~\n\r]{0,40}", column in 0_usize..10) {
            let mut fields: Vec<_> = line(1, ONE, "50").split(',').map(str::to_owned).collect();
            fields[column] = text;
            if let Ok(table) = table(&[fields.join(",")]) {
                for row in &table.rows {
                    prop_assert!(table.look_up(&cell(&row.arch)).is_some());
                }
            }
        }

        #[test]
        fn every_notation_finds_the_same_row(edges in prop::collection::vec(0_usize..5, 6)) {
            let [a, b, c, d, e, f] = <[usize; 6]>::try_from(edges).unwrap().map(|edge| EDGES[edge]);
            let arch = format!("|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|");
            // A row that is not asked for must not be the answer.
            let mut lines = vec![line(7, &arch, "50")];
            if arch != SKIPS {
                lines.push(line(8, SKIPS, "40"));
            }
            let table = table(&lines).unwrap();
            let asked = cell(&arch);
            let mut sparse = asked.clone();
            for reads in &mut sparse.cells[0].nodes {
                reads.retain(|&(operation, _)| operation != crate::space::Operation::None);
                reads.reverse();
            }
            let json = serde_json::to_string(&asked).unwrap();
            let spaced = arch.replace('|', " | ").replace('~', " ~ ");
            let sparse_json = serde_json::to_string(&sparse).unwrap();
            for other in [asked, sparse, cell(&json), cell(&spaced), cell(&sparse_json)] {
                let found = table.look_up(&other).unwrap();
                prop_assert_eq!((found.index, found.rank, &found.arch), (Some(7), 1, &arch));
            }
        }

        #[test]
        fn an_equivalent_cell_finds_the_row(edges in prop::collection::vec(0_usize..5, 5)) {
            // The first node equals the input, so that the operations on the two may be exchanged.
            let [b, c, d, e, f] = <[usize; 5]>::try_from(edges).unwrap().map(|edge| EDGES[edge]);
            let arch = format!("|skip_connect~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|");
            let other = cell(&format!("|skip_connect~0|+|{c}~0|{b}~1|+|{e}~0|{d}~1|{f}~2|"));
            prop_assert_eq!(canonical(&other), canonical(&cell(&arch)));
            let table = table(&[line(7, &arch, "50")]).unwrap();
            let found = table.look_up(&other).unwrap();
            prop_assert_eq!((found.index, &found.arch), (Some(7), &arch));
        }
    }
}
