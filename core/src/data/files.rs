//! Reading of whole files up to a maximum size.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{DataError, DataSet};

/// Number of names that an error lists.
const LISTED: usize = 5;

/// Makes the error that a file of `set` is missing: at a path, or in a folder.
pub(super) fn missing(path: &Path, set: DataSet, expected: &str) -> DataError {
    DataError::Missing { path: path.to_owned(), there: there(path), expected: expected.to_owned(), set }
}

/// Describes what lies in a folder, or beside a file that is missing.
fn there(path: &Path) -> String {
    if path.exists() && !path.is_dir() {
        return "not a folder".to_owned();
    }
    let (folder, before) = if path.is_dir() { (Some(path), "has only ") } else { (path.parent(), "not found beside ") };
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    let Some(entries) = entries else { return "not found".to_owned() };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort_unstable();
    let more = names.len().saturating_sub(LISTED);
    let listed: Vec<String> = names.into_iter().take(LISTED).collect();
    match (listed.as_slice(), more) {
        ([], _) if path.is_dir() => "the folder is empty".to_owned(),
        ([], _) => "not found".to_owned(),
        (listed, 0) => format!("{before}{}", listed.join(", ")),
        (listed, more) => format!("{before}{} and {more} more", listed.join(", ")),
    }
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
