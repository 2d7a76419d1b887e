//! Reading and writing of the text files that a user names.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::failure::Failure;

/// Maximum size of a text file in bytes.
const LONGEST: u64 = 1 << 20;

pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let cannot = |error| Failure::file(path, error);
    let known = fs::metadata(path).map_err(cannot)?;
    // A pipe might never end.
    if !known.is_file() {
        return Err(Failure::inside(path, "not a file".to_owned()));
    }
    let mut bytes = Vec::new();
    if known.len() <= LONGEST {
        let file = File::open(path).map_err(cannot)?;
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(cannot)?;
    }
    if known.len() > LONGEST || bytes.len() as u64 > LONGEST {
        return Err(Failure::inside(path, format!("too large: at most {} MiB are read", LONGEST >> 20)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].split(|&byte| byte == b'\n').count();
        Failure::inside(path, format!("line {line}: not text in UTF-8"))
    })
}

/// Writes a file whole or not at all. A file that exists is replaced only with `force`.
pub(crate) fn write_new(path: &Path, content: impl AsRef<[u8]>, force: bool) -> Result<(), Failure> {
    if !force && path.exists() {
        return Err(Failure::Exists { path: path.to_owned() });
    }
    let mut part = OsString::from(path);
    part.push(".part");
    let written = fs::write(&part, content).and_then(|()| fs::rename(&part, path));
    written.map_err(|error| {
        // The first error is the one to report.
        let _ = fs::remove_file(&part);
        Failure::file(path, error)
    })
}
