//! `data fetch`: downloads a public data set from its home page, or a mirror, and unpacks it.

mod download;
mod sets;
#[cfg(test)]
mod testing;
mod unpack;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use sets::FetchSet;

use download::download;
use sets::Source;
use unpack::unpack;

/// Error of the download of a data set.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("{url}: cannot be reached: {what}; check the network, or name a mirror with --url")]
    Network { url: String, what: String },
    #[error("{error}; a file that is put there by hand is taken, too: {}", .file.display())]
    ByHand { error: Box<FetchError>, file: PathBuf },
    #[error("{url}: not the address of a file on the web: {what}")]
    BadUrl { url: String, what: String },
    #[error("{url}: the server answers with HTTP status {status}; try again later, or name a mirror with --url")]
    Status { url: String, status: u16 },
    #[error("{url}: this is another file: it has {found}, but {expected} bytes are expected; name a mirror with --url")]
    WrongSize { url: String, found: String, expected: u64 },
    #[error(
        "{url}: the connection broke after {have} of {expected} bytes: {what}; run the command again to go on there"
    )]
    Broken { url: String, have: u64, expected: u64, what: String },
    #[error(
        "{url}: the file is damaged or another one: its MD5 checksum is {found}, but {expected} is expected; \
         the download was removed; run the command again"
    )]
    WrongChecksum { url: String, found: String, expected: String },
    #[error("{}: is in the way: {what}; move it elsewhere and run the command again", .path.display())]
    InTheWay { path: PathBuf, what: String },
    #[error("{}: another process is downloading this file", .path.display())]
    Busy { path: PathBuf },
    #[error("{}: the disk is full; make room and run the command again to go on from there", .path.display())]
    DiskFull { path: PathBuf },
    #[error("{}: no permission to write here; name another folder", .path.display())]
    NotPermitted { path: PathBuf },
    #[error("{}: cannot be read or written", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{}: not unpacked: {what}", .path.display())]
    BadArchive { path: PathBuf, what: String },
}

impl FetchError {
    /// Converts the system's error for a file.
    fn disk(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::NotPermitted { path },
            _ => Self::File { path, source },
        }
    }
}

/// Downloads a data set to the folder `into` unless it is there, and returns the folder of its files.
///
/// `base_url` is a mirror: the address up to the name of the file.
pub(crate) fn fetch(set: FetchSet, into: &Path, base_url: Option<&str>) -> Result<PathBuf, FetchError> {
    let mut data = into.to_owned();
    for source in set.sources() {
        let folder = source.within.map_or_else(|| into.to_owned(), |within| into.join(within));
        let fetched = fetch_source(&source, &folder, base_url)?;
        data = if source.folder.is_some() { fetched } else { folder };
    }
    Ok(data)
}

fn fetch_source(source: &Source, into: &Path, base_url: Option<&str>) -> Result<PathBuf, FetchError> {
    let url = format!("{}/{}", base_url.unwrap_or(source.home).trim_end_matches('/'), source.file);
    let data = into.join(source.folder.unwrap_or(source.file));
    if source.folder.is_some() && data.exists() {
        return match source.lacks(into) {
            None => {
                eprintln!("{}: already there and complete", data.display());
                Ok(data)
            }
            Some(what) => Err(FetchError::InTheWay { path: data, what }),
        };
    }
    fs::create_dir_all(into).map_err(|error| FetchError::disk(into, error))?;
    let file = into.join(source.file);
    let by_hand = |error| match error {
        FetchError::Network { .. } | FetchError::Status { .. } => {
            FetchError::ByHand { error: Box::new(error), file: file.clone() }
        }
        other => other,
    };
    if download(&url, &file, source.expected).map_err(by_hand)? {
        eprintln!("{}: downloaded, size and checksum are right", file.display());
    } else {
        eprintln!("{}: already there, size and checksum are right", file.display());
    }
    if source.folder.is_some() {
        unpack(&file, into)?;
        if let Some(what) = source.lacks(into) {
            return Err(FetchError::BadArchive { path: file, what });
        }
        eprintln!("{}: unpacked; {} is no longer needed", data.display(), file.display());
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::download::Expected;
    use super::testing::{Behaviour, Folder, archive, md5, serve};
    use super::*;

    #[test]
    fn a_set_is_fetched_once() {
        let folder = Folder::new();
        let bytes = archive(&[("set/", b'5', ""), ("set/a.bin", b'0', "0123456789"), ("set/notes.txt", b'0', "!")]);
        let md5: &'static str = md5(&bytes).leak();
        let expected = Expected { bytes: bytes.len() as u64, md5 };
        let source = Source {
            within: None,
            home: "http://localhost.invalid",
            file: "set.tar.gz",
            expected,
            folder: Some("set"),
            files: &[("a.bin", 10)],
        };
        let into = folder.path().join("data");
        let (url, requests) = serve(bytes, vec![Behaviour::Whole]);
        let data = fetch_source(&source, &into, Some(format!("{url}/mirror/").as_str())).unwrap();
        assert_eq!(data, into.join("set"));
        assert_eq!(fs::read(data.join("a.bin")).unwrap(), b"0123456789");
        assert!(requests.join().unwrap()[0].starts_with("GET /mirror/set.tar.gz HTTP/1.1"));

        // There is no server any more: the existing files suffice, even the archive alone.
        assert_eq!(fetch_source(&source, &into, Some(url.as_str())).unwrap(), data);
        fs::remove_dir_all(&data).unwrap();
        assert_eq!(fetch_source(&source, &into, Some(url.as_str())).unwrap(), data);

        fs::write(data.join("a.bin"), "012").unwrap();
        let error = fetch_source(&source, &into, Some(url.as_str())).unwrap_err();
        assert!(matches!(error, FetchError::InTheWay { .. }), "{error}");
        assert!(error.to_string().contains("a.bin has 3 bytes"), "{error}");
        assert_eq!(fs::read_dir(&into).unwrap().count(), 2);
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_an_error() {
        let folder = Folder::new();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let error = fetch(FetchSet::Svhn, &file, Some("http://localhost.invalid")).unwrap_err();
        assert!(matches!(&error, FetchError::File { path, .. } if *path == file), "{error}");
    }
}
