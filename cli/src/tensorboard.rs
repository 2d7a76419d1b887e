//! Event files for TensorBoard.
//!
//! A file is a series of [TFRecords](https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details):
//! the length of the data, its checksum, the data and the checksum of the data, all little-endian. Each holds one
//! message of [`tensorflow/core/util/event.proto`][event], encoded by hand: `Event` has `wall_time` (1, double), `step`
//! (2, int64), and either `file_version` (3, string) or `summary` (5). A `Summary` of
//! [`tensorflow/core/framework/summary.proto`][summary] has any number of `value` (1), each with `tag` (1, string) and
//! `simple_value` (2, float).
//!
//! [event]: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto
//! [summary]: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/summary.proto

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

// Keys of the fields: the number of the field, shifted, and the type of its value (0: varint, 1: 64 bits, 2: length and
// as many bytes, 5: 32 bits).
const WALL_TIME: u8 = 1 << 3 | 1;
const STEP: u8 = 2 << 3;
const FILE_VERSION: u8 = 3 << 3 | 2;
const SUMMARY: u8 = 5 << 3 | 2;
const VALUE: u8 = 1 << 3 | 2;
const TAG: u8 = 1 << 3 | 2;
const SIMPLE_VALUE: u8 = 2 << 3 | 5;

/// An event file that is being written. After an error, its last record may be incomplete, and TensorBoard ignores all
/// records after that one.
#[derive(Debug)]
pub(crate) struct TensorBoard {
    file: File,
}

impl TensorBoard {
    /// Makes the folder and a new file in it. If another file has the name, a number is appended.
    pub(crate) fn create(folder: &Path, wall_seconds: f64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        // TensorBoard reads every file with "tfevents" in its name.
        let name = format!("events.out.tfevents.{:.0}.lambda-darts", wall_seconds.floor());
        let mut path = folder.join(&name);
        let mut number = 0_u32;
        let file = loop {
            match File::create_new(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    number += 1;
                    path = folder.join(format!("{name}.{number}"));
                }
                created => break created?,
            }
        };
        let mut board = Self { file };
        let mut event = wall_time(wall_seconds);
        bytes(&mut event, FILE_VERSION, b"brain.Event:2");
        board.file.write_all(&record(&event))?;
        Ok(board)
    }

    /// Appends an event with scalars in one piece, so that the file ends with a whole record even if the process is
    /// killed.
    pub(crate) fn scalars(&mut self, step: i64, wall_seconds: f64, values: &[(&str, f64)]) -> io::Result<()> {
        let mut summary = Vec::new();
        for &(tag, value) in values {
            let mut message = Vec::new();
            bytes(&mut message, TAG, tag.as_bytes());
            message.push(SIMPLE_VALUE);
            #[expect(clippy::cast_possible_truncation, reason = "TensorBoard's scalars are 32 bits wide")]
            message.extend((value as f32).to_le_bytes());
            bytes(&mut summary, VALUE, &message);
        }
        let mut event = wall_time(wall_seconds);
        event.push(STEP);
        varint(&mut event, step.cast_unsigned());
        bytes(&mut event, SUMMARY, &summary);
        self.file.write_all(&record(&event))
    }
}

/// Returns the beginning of an event.
fn wall_time(seconds: f64) -> Vec<u8> {
    let mut event = vec![WALL_TIME];
    event.extend(seconds.to_le_bytes());
    event
}

/// Appends a field that holds text or a message.
fn bytes(message: &mut Vec<u8>, key: u8, content: &[u8]) {
    message.push(key);
    varint(message, content.len() as u64);
    message.extend(content);
}

/// Appends a number as a varint: seven bits in each byte, the lowest first; the eighth bit is set if more bytes follow.
fn varint(message: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        message.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    message.push(number.to_le_bytes()[0]);
}

/// Returns the TFRecord of `data`.
fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length[..], &masked_crc(&length).to_le_bytes(), data, &masked_crc(data).to_le_bytes()].concat()
}

/// Returns the masked checksum of a TFRecord. The checksum of data that contain checksums would be weak without the
/// mask.
fn masked_crc(data: &[u8]) -> u32 {
    crc32c(data).rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// Computes the CRC-32C (Castagnoli) checksum.
fn crc32c(data: &[u8]) -> u32 {
    !data.iter().fold(!0, |crc, &byte| CRC_OF_BYTE[usize::from(crc.to_le_bytes()[0] ^ byte)] ^ (crc >> 8))
}

static CRC_OF_BYTE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u32;
    while byte < 256 {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 };
            bit += 1;
        }
        table[byte as usize] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_format() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(masked_crc(b"123456789"), 0xC78A_B0E5);
        assert_eq!(masked_crc(b""), 0xA282_EAD8);
    }

    #[test]
    fn numbers_are_encoded_as_protobuf_encodes_them() {
        let encoded = |number: i64| {
            let mut message = Vec::new();
            varint(&mut message, number.cast_unsigned());
            message
        };
        assert_eq!(encoded(0), [0]);
        assert_eq!(encoded(127), [0x7F]);
        assert_eq!(encoded(128), [0x80, 1]);
        assert_eq!(encoded(-1), [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]);
    }

    /// The bytes that `RecordWriter` of PyPI's tensorboard 2.21.0 writes for the same two events.
    const EXPECTED: &[u8] = b"\x18\0\0\0\0\0\0\0\xA3\x7F\x4B\x22\
        \x09\x00\x00\x20\x40\xFC\x54\xD9\x41\x1A\x0Dbrain.Event:2\x2B\x35\x31\x10\
        \x26\0\0\0\0\0\0\0\x73\x4F\xE3\x00\
        \x09\x00\x00\x50\x40\xFC\x54\xD9\x41\x10\xAC\x02\x2A\x18\
        \x0A\x0B\x0A\x04loss\x15\xCD\xCC\xCC\x3D\x0A\x09\x0A\x02\xCE\xBB\x15\x00\x00\x00\xC0\x02\x8E\x3B\xFA";

    #[test]
    fn a_file_has_the_bytes_that_tensorboard_writes_and_is_never_overwritten() {
        let top = std::env::temp_dir().join(format!("lambda-darts-tensorboard-{}", std::process::id()));
        let folder = top.join("made");
        let mut board = TensorBoard::create(&folder, 1_700_000_000.5).unwrap();
        board.scalars(300, 1_700_000_001.25, &[("loss", 0.1), ("λ", -2.0)]).unwrap();
        for _ in 0..2 {
            TensorBoard::create(&folder, 1_700_000_000.5).unwrap();
        }
        let mut files: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect();
        files.sort();
        fs::remove_dir_all(&top).unwrap();

        let name = "events.out.tfevents.1700000000.lambda-darts";
        let head = &EXPECTED[..40];
        let expected = [(name.to_owned(), EXPECTED), (format!("{name}.1"), head), (format!("{name}.2"), head)];
        assert_eq!(files, expected.map(|(name, content)| (name, content.to_vec())));
    }
}
