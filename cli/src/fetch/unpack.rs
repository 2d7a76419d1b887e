//! Unpacking of an untrusted archive: files and folders only, none outside the target, and all entries or none.

use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process;

use flate2::read::GzDecoder;

use super::FetchError;

/// Maximum size of the unpacked files in bytes; the largest data set has 184 MB in 8 files.
const MOST_BYTES: u64 = 1 << 30;
const MOST_ENTRIES: usize = 10_000;
const BUFFER: usize = 64 * 1024;

/// A temporary folder for incomplete files, removed when it is dropped.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // A folder that remains does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Unpacks a `.tar.gz` into the folder `into`. The top entries of the archive must not exist there yet.
pub(crate) fn unpack(archive: &Path, into: &Path) -> Result<(), FetchError> {
    let temporary = Temporary(into.join(format!(".unpacking-{}", process::id())));
    let cannot = |error| FetchError::disk(&temporary.0, error);
    match fs::remove_dir_all(&temporary.0) {
        // The folder was left by an earlier process with the same process number.
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(cannot(error)),
    }
    fs::create_dir(&temporary.0).map_err(cannot)?;
    extract(archive, &temporary.0)?;

    let mut moves = Vec::new();
    for entry in fs::read_dir(&temporary.0).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let target = into.join(entry.file_name());
        if target.symlink_metadata().is_ok() {
            return Err(FetchError::InTheWay {
                path: target,
                what: "the archive has an entry of this name".to_owned(),
            });
        }
        moves.push((entry.path(), target));
    }
    for (from, to) in &moves {
        fs::rename(from, to).map_err(|error| FetchError::disk(to, error))?;
    }
    Ok(())
}

/// Unpacks into an empty folder.
fn extract(archive: &Path, into: &Path) -> Result<(), FetchError> {
    let bad = |what: String| FetchError::BadArchive { path: archive.to_owned(), what };
    let damaged = |error: io::Error| bad(format!("the archive is damaged: {error}"));
    let file = File::open(archive).map_err(|error| FetchError::disk(archive, error))?;
    let mut tar = tar::Archive::new(GzDecoder::new(BufReader::new(file)));
    let mut buffer = vec![0; BUFFER];
    let mut total: u64 = 0;
    // The entries are raw, as the crate would otherwise read a long name of any length into memory.
    for (number, entry) in tar.entries().map_err(damaged)?.raw(true).enumerate() {
        let mut entry = entry.map_err(damaged)?;
        total = total.saturating_add(entry.size());
        if number >= MOST_ENTRIES || total > MOST_BYTES {
            return Err(bad(format!("more than {MOST_ENTRIES} entries or {} MiB", MOST_BYTES >> 20)));
        }
        let kind = entry.header().entry_type();
        if kind.is_pax_local_extensions() || kind.is_pax_global_extensions() {
            continue;
        }
        let path = entry.path().map_err(damaged)?.into_owned();
        let name = path.display();
        // In the oldest archives, only the slash at the end of the name marks a folder.
        let folder = kind.is_dir() || (kind.is_file() && entry.path_bytes().ends_with(b"/"));
        if !folder && !kind.is_file() {
            return Err(bad(format!("`{name}` is neither a file nor a folder; links and the like are refused")));
        }
        let Some(inside) = inside(&path) else {
            return Err(bad(format!("`{name}` would lie outside the folder")));
        };
        let target = into.join(inside);
        let cannot = |error| FetchError::disk(&target, error);
        if folder {
            fs::create_dir_all(&target).map_err(cannot)?;
            continue;
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(cannot)?;
        }
        let size = entry.size();
        let mut written: u64 = 0;
        let mut output = File::create_new(&target).map_err(cannot)?;
        while let Some(read) = read_some(&mut entry, &mut buffer).map_err(damaged)? {
            output.write_all(&buffer[..read]).map_err(cannot)?;
            written += read as u64;
        }
        if written != size {
            return Err(bad(format!("the archive ends within `{name}`")));
        }
    }
    Ok(())
}

/// Reads some bytes and returns their number, or `None` at the end.
fn read_some(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    loop {
        match reader.read(buffer) {
            Ok(0) => return Ok(None),
            Ok(read) => return Ok(Some(read)),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Returns the path if it stays inside a folder: plain names only.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut inside = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => inside.push(name),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => return None,
        }
    }
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Folder, archive, compress};
    use super::*;

    /// Unpacks to a folder in a folder, and returns the names in both of them afterwards.
    fn try_unpack(folder: &Folder, bytes: &[u8]) -> (Result<(), FetchError>, Vec<String>) {
        let file = folder.path().join("x.tar.gz");
        fs::write(&file, bytes).unwrap();
        let into = folder.path().join("into");
        fs::create_dir_all(&into).unwrap();
        let result = unpack(&file, &into);
        let mut names = Vec::new();
        for place in [folder.path(), &into] {
            for entry in fs::read_dir(place).unwrap() {
                names.push(entry.unwrap().file_name().into_string().unwrap());
            }
        }
        names.sort();
        (result, names)
    }

    #[test]
    fn files_and_folders_come_out() {
        let folder = Folder::new();
        let bytes = archive(&[
            ("pax", b'x', "30 mtime=1\n"),
            ("./set/", b'0', ""),
            ("set/deep/er/a.bin", b'0', "abc"),
            ("set/empty/", b'5', ""),
        ]);
        let (result, names) = try_unpack(&folder, &bytes);
        result.unwrap();
        assert_eq!(names, ["into", "set", "x.tar.gz"]);
        let set = folder.path().join("into/set");
        assert_eq!(fs::read(set.join("deep/er/a.bin")).unwrap(), b"abc");
        assert!(set.join("empty").is_dir());

        // The second time, the first result is in the way and remains unchanged.
        let (result, names) = try_unpack(&folder, &bytes);
        assert!(matches!(result, Err(FetchError::InTheWay { .. })));
        assert_eq!(names, ["into", "set", "x.tar.gz"]);
    }

    #[test]
    fn what_leads_outside_is_refused() {
        for (name, kind) in [
            ("../evil", b'0'),
            ("set/../../evil", b'0'),
            ("../evil/", b'5'),
            ("/lambda-darts-evil", b'0'),
            ("evil", b'2'),
            ("evil", b'1'),
            ("evil", b'3'),
            ("evil", b'6'),
            ("evil", b'L'),
            ("evil", b'S'),
        ] {
            let folder = Folder::new();
            let bytes = archive(&[("set/a.bin", b'0', "abc"), (name, kind, ""), ("evil/b.bin", b'0', "abc")]);
            let (result, names) = try_unpack(&folder, &bytes);
            let error = result.unwrap_err();
            assert!(matches!(error, FetchError::BadArchive { .. }), "{error}");
            assert!(error.to_string().contains(name), "{error}");
            assert_eq!(names, ["into", "x.tar.gz"], "{error}");
            assert!(!Path::new("/lambda-darts-evil").exists());
        }
    }

    #[test]
    fn two_entries_of_one_name_are_refused() {
        let folder = Folder::new();
        let (result, names) = try_unpack(&folder, &archive(&[("set/a", b'0', "1"), ("set/a", b'0', "2")]));
        assert!(matches!(result, Err(FetchError::File { .. })));
        assert_eq!(names, ["into", "x.tar.gz"]);
    }

    #[test]
    fn too_much_is_refused() {
        let folder = Folder::new();
        let many = vec![("set/", b'5', ""); MOST_ENTRIES + 1];
        let (result, names) = try_unpack(&folder, &archive(&many));
        assert!(result.unwrap_err().to_string().contains("10000 entries"));
        assert_eq!(names, ["into", "x.tar.gz"]);

        // The size in the header alone is too large.
        let mut header = tar::Header::new_gnu();
        header.set_path("set/a").unwrap();
        header.set_size(MOST_BYTES + 1);
        header.set_cksum();
        let (result, names) = try_unpack(&folder, &compress(header.as_bytes()));
        assert!(result.unwrap_err().to_string().contains("1024 MiB"));
        assert_eq!(names, ["into", "x.tar.gz"]);
    }

    #[test]
    fn damage_leaves_nothing() {
        let content = "0123456789".repeat(1000);
        let good = archive(&[("set/a.bin", b'0', content.as_str()), ("set/b.bin", b'0', content.as_str())]);
        let mut header = tar::Header::new_gnu();
        header.set_path("set/a").unwrap();
        header.set_size(1000);
        header.set_cksum();
        let ends_early = compress(&[header.as_bytes().as_slice(), b"too short".as_slice()].concat());
        let other = compress(&[b'x'; 2000]);
        for bytes in [good[..good.len() / 2].to_vec(), b"not an archive at all".to_vec(), other, ends_early] {
            let folder = Folder::new();
            let (result, names) = try_unpack(&folder, &bytes);
            let error = result.unwrap_err();
            assert!(matches!(error, FetchError::BadArchive { .. }), "{error}");
            assert_eq!(names, ["into", "x.tar.gz"], "{error}");
        }
    }
}
