//! `cargo xtask pack`: packs published data into the files that the library embeds.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::Subcommand;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::ZlibEncoder;

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
    /// Pack a part of Fashion-MNIST: core/src/data/fashion.bin.
    FashionMnist {
        /// Folder with the four gzipped IDX files.
        dir: PathBuf,
    },
}

pub(crate) fn pack(data: &Data) -> Result<(), ExitCode> {
    let packed = match data {
        Data::Table { file } => table(file).map(|bytes| {
            // The column that stands alone is the first one after the numbers of the cells.
            let cells = OPERATIONS.len().pow(6);
            let alone = bytes[2 * cells..5 * cells].to_vec();
            vec![("core/src/benchmark/nas_bench_201.bin", bytes), ("core/src/benchmark/cifar10_test.bin", alone)]
        }),
        Data::FashionMnist { dir } => fashion_mnist(dir).map(|bytes| vec![("core/src/data/fashion.bin", bytes)]),
    };
    let written = packed.and_then(|files| files.iter().try_for_each(|(file, bytes)| write(file, bytes)));
    written.or_else(|what| refuse(&what))
}

/// Compresses bytes and writes them to a file of this project.
fn write(file: &str, bytes: &[u8]) -> Result<(), String> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    let packed = zlib.write_all(bytes).and_then(|()| zlib.finish()).map_err(|error| error.to_string())?;
    fs::write(root().join(file), &packed).map_err(|error| error.to_string())?;
    println!("   {file}: {} bytes", packed.len());
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

/// Numbers of images from the training part and from the test part.
const TAKEN: [usize; 2] = [4000, 1000];
const SIDE: usize = 28;
/// Steps between the stored levels of grey.
const STEP: u32 = 5;

fn fashion_mnist(dir: &Path) -> Result<Vec<u8>, String> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (part, taken) in ["train", "t10k"].into_iter().zip(TAKEN) {
        let read = |name: &str, header: usize| {
            let path = dir.join(name);
            let bytes = gunzip(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            bytes.get(header..).map(<[u8]>::to_vec).ok_or_else(|| format!("{}: too short", path.display()))
        };
        let images = read(&format!("{part}-images-idx3-ubyte.gz"), 16)?;
        labels.extend(read(&format!("{part}-labels-idx1-ubyte.gz"), 8)?.into_iter().take(taken));
        for image in images.chunks_exact(SIDE * SIDE).take(taken) {
            pixels.extend(filtered(&halved(image)));
        }
    }
    let all: usize = TAKEN.iter().sum();
    if labels.len() != all || pixels.len() != all * SIDE * SIDE / 4 {
        return Err(format!("fewer than {all} images"));
    }
    pixels.extend(labels);
    Ok(pixels)
}

fn gunzip(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    MultiGzDecoder::new(fs::File::open(path)?).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the levels of an image of half the side: means of four pixels.
fn halved(image: &[u8]) -> Vec<u8> {
    let half = SIDE / 2;
    let level = |place: usize| {
        let corner = place / half * 2 * SIDE + place % half * 2;
        let sum: u32 = [0, 1, SIDE, SIDE + 1].iter().map(|offset| u32::from(image[corner + offset])).sum();
        u8::try_from((sum + 2 * STEP) / (4 * STEP)).unwrap_or(u8::MAX)
    };
    (0..half * half).map(level).collect()
}

/// Returns each level less the neighbour that PNG's Paeth filter predicts it from.
fn filtered(levels: &[u8]) -> Vec<u8> {
    let side = SIDE / 2;
    let at = |row: usize, column: usize| -> i32 {
        match (row.checked_sub(1), column.checked_sub(1)) {
            (Some(row), Some(column)) => i32::from(levels[row * side + column]),
            _ => 0,
        }
    };
    (0..side * side)
        .map(|place| {
            // One more than the row and the column: zero stands for the border.
            let (row, column) = (place / side + 1, place % side + 1);
            let (left, above, corner) = (at(row, column - 1), at(row - 1, column), at(row - 1, column - 1));
            let estimate = left + above - corner;
            let [by_left, by_above, by_corner] = [left, above, corner].map(|level| (estimate - level).abs());
            let predicted = match () {
                () if by_left <= by_above && by_left <= by_corner => left,
                () if by_above <= by_corner => above,
                () => corner,
            };
            levels[place].wrapping_sub(u8::try_from(predicted).unwrap_or(0))
        })
        .collect()
}
