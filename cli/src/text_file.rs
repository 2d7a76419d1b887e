//! Reading and writing of the text files that a user names.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process;

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

/// Checks before the work that files can be written: their folders take them, none exists, unless it may be overwritten,
/// and none is there twice.
pub(crate) fn check_targets(targets: &[&Path], force: bool) -> Result<(), Failure> {
    for (at, path) in targets.iter().enumerate() {
        if targets[..at].contains(path) {
            return Err(Failure::inside(path, "two of the files have this name".to_owned()));
        }
        check_new(path, force)?;
        let part = part(path);
        let tried = File::create(&part).map(drop).and_then(|()| fs::remove_file(&part));
        tried.map_err(|error| Failure::file(path, error))?;
    }
    Ok(())
}

/// Writes a file whole or not at all. A file that exists is replaced only with `force`.
pub(crate) fn write_new(path: &Path, content: impl AsRef<[u8]>, force: bool) -> Result<(), Failure> {
    write_all_new(&[(path, content.as_ref())], force)
}

/// Writes files whole, all of them or none. Files that exist are replaced only with `force`.
pub(crate) fn write_all_new(files: &[(&Path, &[u8])], force: bool) -> Result<(), Failure> {
    files.iter().try_for_each(|(path, _)| check_new(path, force))?;
    let each = |write: &dyn Fn(&Path, &[u8]) -> io::Result<()>| {
        files.iter().try_for_each(|(path, content)| write(path, content).map_err(|error| Failure::file(path, error)))
    };
    // A disk that is full is noticed before the first file has its name.
    let written = each(&|path, content| fs::write(part(path), content))
        .and_then(|()| each(&|path, _| fs::rename(part(path), path)));
    if written.is_err() {
        // The first error is the one to report.
        for (path, _) in files {
            let _ = fs::remove_file(part(path));
        }
    }
    written
}

/// Checks that a file may have this name.
pub(crate) fn check_new(path: &Path, force: bool) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::inside(path, "a folder, not a file".to_owned()));
    }
    if !force && path.exists() {
        return Err(Failure::Exists { path: path.to_owned() });
    }
    Ok(())
}

/// Name of a file while it is being written; several processes may write the file at a time.
fn part(path: &Path) -> PathBuf {
    let mut part = OsString::from(path);
    part.push(format!(".{}.part", process::id()));
    part.into()
}
