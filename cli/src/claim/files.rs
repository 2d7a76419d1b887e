//! The files of the claims on a folder.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::text_file::read_text;

/// Claim as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) number: u64,
    pub(super) text: String,
}

/// Returns true if a process works in a folder, or has died there.
pub(crate) fn is_claimed(folder: &Path) -> bool {
    numbers(folder).is_ok_and(|numbers| !numbers.is_empty())
}

pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("claim-{number}.json"))
}

/// Returns the numbers of the claims on a folder; none if there is no such folder.
pub(super) fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(numbers),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let number =
            name.to_str().and_then(|name| name.strip_prefix("claim-")?.strip_suffix(".json")?.parse::<u64>().ok());
        numbers.extend(number);
    }
    Ok(numbers)
}

/// Returns the text of a claim; an empty one if it cannot be read, as a claim that is no file.
pub(super) fn text(folder: &Path, number: u64) -> String {
    read_text(&path(folder, number)).unwrap_or_default()
}

/// Returns the claim that counts, which is the one with the highest number.
pub(super) fn newest(folder: &Path) -> Result<Option<Found>, Failure> {
    let numbers = numbers(folder).map_err(|error| Failure::file(folder, error))?;
    Ok(numbers.into_iter().max().map(|number| Found { number, text: text(folder, number) }))
}
