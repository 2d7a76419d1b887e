//! A reader of arrays of numbers in MATLAB 5 files.
//!
//! A file is a header of 128 bytes and a list of elements. An element is a tag (type and length) and its bytes, padded
//! to a multiple of eight. A variable is an element that consists of elements: flags, dimensions, name, numbers. It may
//! be compressed as a whole.

use std::io::Read;

use super::error::Fault;

const HEADER: usize = 128;
/// The types of elements that the reader knows.
const INT8: u32 = 1;
const UINT8: u32 = 2;
const INT16: u32 = 3;
const UINT16: u32 = 4;
const INT32: u32 = 5;
const UINT32: u32 = 6;
const SINGLE: u32 = 7;
const DOUBLE: u32 = 9;
const INT64: u32 = 12;
const UINT64: u32 = 13;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// Maximum size of a variable in bytes.
const MOST_BYTES: u64 = 2 << 30;
/// Maximum ratio of inflated to compressed bytes. Images compress to a half or a third; a much larger ratio is an
/// attempt to fill the memory.
const MOST_INFLATED: u64 = 100;
const SMALL: u64 = 1 << 20;
/// Maximum size in bytes of the flags, of the dimensions and of the name.
const MOST_NAME: u64 = 64;

/// A variable: a named array of numbers.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    /// Position of the element in the file, in bytes.
    pub(super) offset: usize,
    pub(super) dimensions: Vec<usize>,
    /// Type of the stored numbers.
    kind: u32,
    /// Bytes of the numbers; the first dimension varies fastest.
    data: Vec<u8>,
}

impl Variable {
    /// Returns the numbers if they are stored as bytes.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        (self.kind == UINT8).then_some(&self.data)
    }

    /// Returns the numbers, of any type.
    #[expect(clippy::cast_precision_loss, reason = "labels are small; a huge integer is out of range either way")]
    pub(super) fn numbers(&self) -> Option<Vec<f64>> {
        fn each<const N: usize>(data: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
            data.as_chunks::<N>().0.iter().map(|&bytes| number(bytes)).collect()
        }
        Some(match self.kind {
            INT8 => each(&self.data, |bytes| f64::from(i8::from_le_bytes(bytes))),
            UINT8 => each(&self.data, |bytes| f64::from(u8::from_le_bytes(bytes))),
            INT16 => each(&self.data, |bytes| f64::from(i16::from_le_bytes(bytes))),
            UINT16 => each(&self.data, |bytes| f64::from(u16::from_le_bytes(bytes))),
            INT32 => each(&self.data, |bytes| f64::from(i32::from_le_bytes(bytes))),
            UINT32 => each(&self.data, |bytes| f64::from(u32::from_le_bytes(bytes))),
            INT64 => each(&self.data, |bytes| i64::from_le_bytes(bytes) as f64),
            UINT64 => each(&self.data, |bytes| u64::from_le_bytes(bytes) as f64),
            SINGLE => each(&self.data, |bytes| f64::from(f32::from_le_bytes(bytes))),
            DOUBLE => each(&self.data, f64::from_le_bytes),
            _ => return None,
        })
    }
}

/// Reads the first variable of each of the wanted names. Others are skipped; of compressed ones, only the start is
/// inflated.
pub(super) fn read(file: &[u8], wanted: &[&str]) -> Result<Vec<Variable>, Fault> {
    check_header(file)?;
    let mut found: Vec<Variable> = Vec::new();
    let mut at = HEADER;
    while at < file.len() && found.len() < wanted.len() {
        let fault = |what: String| Fault { offset: at, what };
        let missing: Vec<&str> =
            wanted.iter().copied().filter(|&name| found.iter().all(|variable| variable.name != name)).collect();
        let mut rest = &file[at..];
        let (kind, length) = tag(&mut rest).map_err(fault)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let body = rest.get(..length).ok_or_else(|| fault("the file ends early: it is truncated".into()))?;
        let variable = match kind {
            COMPRESSED => inflated(body, &missing).map_err(fault)?,
            MATRIX => {
                let mut inside = body;
                matrix(&mut inside, body.len() as u64, &missing).map_err(fault)?
            }
            _ => None,
        };
        found.extend(variable.map(|variable| Variable { offset: at, ..variable }));
        // Compressed elements are not padded.
        at += 8 + if kind == COMPRESSED { length } else { length.next_multiple_of(8) };
    }
    Ok(found)
}

fn check_header(file: &[u8]) -> Result<(), Fault> {
    let fault = |offset, what: &str| Err(Fault { offset, what: what.to_owned() });
    match file.get(124..HEADER) {
        Some([0, 1, b'I', b'M']) => Ok(()),
        Some([_, 2, b'I', b'M']) => fault(124, "a MATLAB 7.3 (HDF5) file; save it with `-v7` or `-v6`"),
        Some([_, _, b'M', b'I']) => fault(126, "a big-endian MATLAB file; save it on a little-endian machine"),
        _ => fault(0, "not a MATLAB 5 file: its header is missing"),
    }
}

fn inflated(body: &[u8], wanted: &[&str]) -> Result<Option<Variable>, String> {
    let mut inflate = flate2::read::ZlibDecoder::new(body);
    let (kind, length) = tag(&mut inflate)?;
    if kind != MATRIX {
        return Ok(None);
    }
    let most = (body.len() as u64).saturating_mul(MOST_INFLATED).saturating_add(SMALL);
    if length > most {
        return Err(format!("{} compressed bytes inflate to {length}: no images shrink like that", body.len()));
    }
    matrix(&mut inflate.take(length), length, wanted)
}

/// Reads the content of a variable of `length` bytes; returns `None` if its name is not wanted.
fn matrix(input: &mut impl Read, length: u64, wanted: &[&str]) -> Result<Option<Variable>, String> {
    let (kind, flags) = element(input, MOST_NAME)?;
    if kind != UINT32 || flags.len() != 8 {
        return Err("a variable without array flags".into());
    }
    let (kind, dimensions) = element(input, MOST_NAME)?;
    if kind != INT32 {
        return Err("a variable without dimensions".into());
    }
    let dimensions: Option<Vec<usize>> =
        dimensions.as_chunks::<4>().0.iter().map(|&bytes| usize::try_from(i32::from_le_bytes(bytes)).ok()).collect();
    let dimensions = dimensions.ok_or("a negative dimension")?;
    let (kind, name) = element(input, MOST_NAME)?;
    if kind != INT8 {
        return Err("a variable without a name".into());
    }
    let name = String::from_utf8_lossy(&name).into_owned();
    if !wanted.contains(&name.as_str()) {
        return Ok(None);
    }
    let (kind, data) = element(input, length.min(MOST_BYTES))?;
    let width = match kind {
        INT8 | UINT8 => 1,
        INT16 | UINT16 => 2,
        INT32 | UINT32 | SINGLE => 4,
        INT64 | UINT64 | DOUBLE => 8,
        _ => return Err(format!("`{name}` is stored as type {kind}; known are integers, singles and doubles")),
    };
    let count = dimensions.iter().try_fold(width, |product: usize, &side| product.checked_mul(side));
    if count != Some(data.len()) {
        return Err(format!("`{name}` has the dimensions {dimensions:?}, but {} bytes", data.len()));
    }
    Ok(Some(Variable { name, offset: 0, dimensions, kind, data }))
}

/// Reads an element inside a variable: its type and at most `most` bytes. Memory is taken only for bytes that exist.
fn element(input: &mut impl Read, most: u64) -> Result<(u32, Vec<u8>), String> {
    let mut words = [0; 8];
    input.read_exact(&mut words).map_err(|error| ends(&error))?;
    let [word, data] = halves(words);
    // A small element has its length in the upper half of the type, and its bytes instead of the length.
    let (kind, small) = (word & 0xffff, word >> 16);
    if small > 0 {
        let bytes = data.to_le_bytes();
        let bytes = usize::try_from(small).ok().and_then(|length| bytes.get(..length));
        return bytes.map(|bytes| (kind, bytes.to_vec())).ok_or_else(|| "a small element of more than 4 bytes".into());
    }
    let length = u64::from(data);
    if length > most {
        return Err(format!("an element of {length} bytes, where at most {most} are valid"));
    }
    let mut bytes = Vec::new();
    input.by_ref().take(length).read_to_end(&mut bytes).map_err(|error| ends(&error))?;
    if bytes.len() as u64 != length {
        return Err("a variable ends early: it is truncated".into());
    }
    // The last element may lack its padding.
    let padding = length.next_multiple_of(8) - length;
    std::io::copy(&mut input.by_ref().take(padding), &mut std::io::sink()).map_err(|error| ends(&error))?;
    Ok((kind, bytes))
}

/// Reads the type and the length of a whole variable.
fn tag(input: &mut impl Read) -> Result<(u32, u64), String> {
    let mut words = [0; 8];
    input.read_exact(&mut words).map_err(|error| ends(&error))?;
    let [kind, length] = halves(words);
    Ok((kind, u64::from(length)))
}

fn halves(words: [u8; 8]) -> [u32; 2] {
    let (words, _) = words.as_chunks::<4>();
    [words[0], words[1]].map(u32::from_le_bytes)
}

fn ends(error: &std::io::Error) -> String {
    format!("a variable is damaged or ends early: {error}")
}

/// MATLAB files made by hand, for tests.
#[cfg(test)]
pub(super) mod made {
    use std::io::Write;

    use super::{COMPRESSED, HEADER, INT8, INT32, MATRIX, UINT32};

    pub(in super::super) fn element(kind: u32, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap();
        let mut bytes = [kind.to_le_bytes(), length.to_le_bytes()].concat();
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    /// Makes a variable whose name is one letter, in a small element.
    pub(in super::super) fn variable(name: u8, dimensions: &[i32], kind: u32, data: &[u8]) -> Vec<u8> {
        let sides: Vec<u8> = dimensions.iter().flat_map(|side| side.to_le_bytes()).collect();
        let small = (INT8 | (1 << 16)).to_le_bytes();
        let inside = [
            element(UINT32, &[9, 0, 0, 0, 0, 0, 0, 0]),
            element(INT32, &sides),
            [small, [name, 0, 0, 0]].concat(),
            element(kind, data),
        ];
        element(MATRIX, &inside.concat())
    }

    pub(in super::super) fn compressed(variable: &[u8]) -> Vec<u8> {
        let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        deflate.write_all(variable).unwrap();
        let data = deflate.finish().unwrap();
        let length = u32::try_from(data.len()).unwrap();
        [COMPRESSED.to_le_bytes().to_vec(), length.to_le_bytes().to_vec(), data].concat()
    }

    pub(in super::super) fn file(variables: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"MATLAB 5.0 MAT-file".to_vec();
        bytes.resize(HEADER - 4, b' ');
        bytes.extend([0, 1, b'I', b'M']);
        bytes.extend(variables.concat());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::made::{compressed, file, variable};
    use super::*;

    fn small() -> Vec<u8> {
        file(&[
            variable(b'z', &[1, 1], UINT8, &[7]),
            compressed(&variable(b'X', &[2, 3], UINT8, &[1, 2, 3, 4, 5, 6])),
            variable(b'y', &[2, 1], DOUBLE, &[1.0_f64.to_le_bytes(), 10.0_f64.to_le_bytes()].concat()),
        ])
    }

    #[test]
    fn compressed_and_plain_variables_are_read() {
        let found = read(&small(), &["X", "y"]).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name.as_str(), &found[0].dimensions[..]), ("X", &[2, 3][..]));
        assert_eq!(found[0].bytes(), Some(&[1, 2, 3, 4, 5, 6][..]));
        assert_eq!(found[1].numbers(), Some(vec![1.0, 10.0]));
    }

    #[test]
    fn hostile_and_damaged_files_are_refused() {
        let zeros = vec![0; 64 << 20];
        let bomb = file(&[compressed(&variable(b'X', &[8192, 8192], UINT8, &zeros))]);
        let mut modern = small();
        modern[125] = 2;
        for (bytes, part) in [
            (bomb, "no images shrink like that"),
            (modern, "7.3"),
            (small()[..small().len() - 1].to_vec(), "truncated"),
            (b"\x89PNG".to_vec(), "not a MATLAB 5 file"),
            (file(&[variable(b'X', &[2, 4], UINT8, &[0; 6])]), "but 6 bytes"),
            (file(&[variable(b'X', &[-2, -3], UINT8, &[0; 6])]), "negative"),
            (file(&[variable(b'X', &[6], 8, &[0; 12])]), "type 8"),
        ] {
            let fault = read(&bytes, &["X", "y"]).unwrap_err();
            assert!(fault.what.contains(part), "{fault:?}");
        }
    }

    proptest! {
        #[test]
        fn damage_never_panics(
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = small();
            for (place, value) in damage {
                let place = place.index(bytes.len());
                bytes[place] = value;
            }
            for end in [bytes.len(), cut.index(bytes.len())] {
                for variable in read(&bytes[..end], &["X", "y", "z"]).unwrap_or_default() {
                    let _ = (variable.bytes(), variable.numbers());
                }
            }
        }
    }
}
