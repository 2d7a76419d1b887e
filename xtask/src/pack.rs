//! `cargo xtask pack`: packs published data into the files that the library embeds.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::fashion;
use crate::run::{refuse, root};

pub(crate) const ABOUT: &str = "\
Pack published data into the files that the library embeds. The modules that read them describe their layouts.";

#[derive(Subcommand)]
pub(crate) enum Data {
    /// Pack the accuracies of NAS-Bench-201: nas_bench_201.bin and cifar10_test.bin in core/src/benchmark.
    Table {
        /// CSV file with all 15,625 cells, with accuracies to a thousandth of a percent at most.
        file: PathBuf,
    },
    /// Pack a part of Fashion-MNIST: fashion_train.bin and fashion_test.bin in core/src/data/fashion.
    FashionMnist {
        /// Folder with the four gzipped IDX files.
        dir: PathBuf,
    },
}

pub(crate) fn pack(data: &Data) -> Result<(), ExitCode> {
    let packed = match data {
        Data::Table { file } => table(file).and_then(|bytes| {
            // The column that stands alone is the first one after the numbers of the cells.
            let cells = OPERATIONS.len().pow(6);
            let alone = &bytes[2 * cells..5 * cells];
            Ok(vec![
                ("core/src/benchmark/nas_bench_201.bin", compressed(&bytes)?),
                ("core/src/benchmark/cifar10_test.bin", compressed(alone)?),
            ])
        }),
        Data::FashionMnist { dir } => fashion::pack(dir),
    };
    let written = packed.and_then(|files| files.iter().try_for_each(|(file, bytes)| write(file, bytes)));
    written.or_else(|what| refuse(&what))
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(bytes).and_then(|()| zlib.finish()).map_err(|error| error.to_string())
}

/// Writes a file of this project.
fn write(file: &str, bytes: &[u8]) -> Result<(), String> {
    fs::write(root().join(file), bytes).map_err(|error| error.to_string())?;
    println!("   {file}: {} bytes", bytes.len());
    Ok(())
}

/// Operations of NAS-Bench-201 in the order of their digits.
const OPERATIONS: [&str; 5] = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"];

/// Columns of accuracies, each with the place of the column that it is stored as the difference to.
const COLUMNS: [(&str, Option<usize>); 6] = [
    ("c10_test", None),
    ("c10_valid", Some(0)),
    ("c100_test", Some(0)),
    ("c100_valid", Some(2)),
    ("in16_test", Some(2)),
    ("in16_valid", Some(4)),
];

fn table(file: &Path) -> Result<Vec<u8>, String> {
    let mut csv = csv::Reader::from_path(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut cells: BTreeMap<usize, (u16, Vec<i64>)> = BTreeMap::new();
    for row in csv.deserialize::<BTreeMap<String, String>>() {
        let row = row.map_err(|error| error.to_string())?;
        let field = |name: &str| row.get(name).map(String::as_str).ok_or_else(|| format!("no column {name}"));
        let thousandths = COLUMNS.iter().map(|&(name, _)| thousandths(field(name)?)).collect::<Result<_, _>>()?;
        let index = field("index")?.parse().map_err(|_| "an index that is no number".to_owned())?;
        if cells.insert(number(field("arch")?)?, (index, thousandths)).is_some() {
            return Err(format!("{} is there twice", field("arch")?));
        }
    }
    let all = OPERATIONS.len().pow(6);
    if cells.len() != all {
        return Err(format!("{} cells of {all}", cells.len()));
    }
    let mut bytes = Vec::new();
    for high in [true, false] {
        bytes.extend(cells.values().map(|(index, _)| index.to_be_bytes()[usize::from(!high)]));
    }
    for (column, (_, base)) in COLUMNS.iter().enumerate() {
        let numbers: Vec<u32> = cells
            .values()
            .map(|(_, accuracies)| {
                let difference = accuracies[column] - base.map_or(0, |base| accuracies[base]);
                let packed = match (base, difference) {
                    (None, number) => number,
                    (_, 0..) => 2 * difference,
                    _ => -2 * difference - 1,
                };
                u32::try_from(packed).map_err(|_| "an accuracy below 0".to_owned())
            })
            .collect::<Result<_, _>>()?;
        for byte in 1..4 {
            bytes.extend(numbers.iter().map(|number| number.to_be_bytes()[byte]));
        }
    }
    Ok(bytes)
}

/// Returns the digits of a cell's operations as one number.
fn number(cell: &str) -> Result<usize, String> {
    let operations = cell.split(['|', '+']).filter_map(|edge| edge.split_once('~')).map(|(operation, _)| operation);
    operations.into_iter().try_fold(0, |number, operation| {
        let digit = OPERATIONS.iter().position(|known| *known == operation);
        digit.map(|digit| OPERATIONS.len() * number + digit).ok_or_else(|| format!("{cell}: unknown operation"))
    })
}

/// Returns a number in thousandths, which have to be whole.
fn thousandths(text: &str) -> Result<i64, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 {
        return Err(format!("{text} has more than three decimals"));
    }
    format!("{whole}{fraction:0<3}").parse().map_err(|_| format!("{text} is no number"))
}
