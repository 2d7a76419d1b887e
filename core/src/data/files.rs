//! Reading of whole files up to a maximum size.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{DataError, DataSet};

/// Makes the error that a file of `set` is missing.
pub(super) fn missing(path: &Path, set: DataSet, expected: &str) -> DataError {
    DataError::Missing { path: path.to_owned(), expected: expected.to_owned(), set }
}

pub(super) fn unreadable(path: &Path, source: io::Error) -> DataError {
    DataError::Read { path: path.to_owned(), source }
}

/// Reads a file of at most `most` bytes. A pipe or a device is an error.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>, DataError> {
    let cannot = |source| unreadable(path, source);
    let known = std::fs::metadata(path).map_err(cannot)?;
    if !known.is_file() {
        return Err(cannot(io::Error::new(io::ErrorKind::InvalidInput, "not a file")));
    }
    let too_large = |size| DataError::WrongSize {
        path: path.to_owned(),
        size,
        what: format!("too large: at most {most} bytes are expected"),
    };
    if known.len() > most {
        return Err(too_large(known.len()));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes)).map_err(cannot)?;
    let size = bytes.len() as u64;
    if size > most { Err(too_large(size)) } else { Ok(bytes) }
}

/// Reads a file like [`read`]; if it is missing, the error names the data set that needs it.
pub(super) fn read_needed(path: &Path, most: u64, set: DataSet, expected: &str) -> Result<Vec<u8>, DataError> {
    read(path, most).map_err(|error| match error {
        DataError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => missing(path, set, expected),
        other => other,
    })
}
