//! Download of one file: it can be resumed, has a known size and is checked before it gets its final name.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use md5::{Digest, Md5};
use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::FetchError;

const BUFFER: usize = 64 * 1024;

/// Expected size and checksum of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) bytes: u64,
    /// MD5 checksum as 32 lowercase hexadecimal digits.
    pub(crate) md5: &'a str,
}

/// Downloads `url` to `target` unless that file exists. Returns true if it downloaded the file.
///
/// The bytes go to `target` with `.part` appended, and a later call continues there. The file gets its final name only
/// if the size and the checksum are the expected ones.
pub(crate) fn download(url: &str, target: &Path, expected: Expected<'_>) -> Result<bool, FetchError> {
    if target.exists() {
        return match differs(target, expected).map_err(|error| FetchError::disk(target, error))? {
            None => Ok(false),
            Some(what) => Err(FetchError::InTheWay { path: target.to_owned(), what }),
        };
    }
    let part = part_of(target);
    let cannot = |error| FetchError::disk(&part, error);
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&part).map_err(cannot)?;
    // If a file system has no locks, two simultaneous downloads end with a wrong checksum.
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return Err(FetchError::Busy { path: part });
    }
    let filled = fill(url, &part, &mut file, expected);
    let empty = file.metadata().is_ok_and(|known| known.len() == 0);
    drop(file);
    match filled {
        Ok(()) => fs::rename(&part, target).map(|()| true).map_err(|error| FetchError::disk(target, error)),
        Err(error) => {
            if empty || matches!(error, FetchError::WrongChecksum { .. }) {
                // The error of the download is reported, not one of this removal.
                let _ = fs::remove_file(&part);
            }
            Err(error)
        }
    }
}

fn part_of(target: &Path) -> PathBuf {
    let mut name = OsString::from(target);
    name.push(".part");
    name.into()
}

/// Returns the difference between a file and the expected one, if there is one.
fn differs(path: &Path, expected: Expected<'_>) -> io::Result<Option<String>> {
    let known = fs::metadata(path)?;
    if !known.is_file() {
        return Ok(Some("not a file".to_owned()));
    }
    if known.len() != expected.bytes {
        return Ok(Some(format!("{} bytes, not {}", known.len(), expected.bytes)));
    }
    let found = checksum(&mut File::open(path)?)?;
    Ok((found != expected.md5).then(|| format!("its MD5 checksum is {found}, not {}", expected.md5)))
}

/// Completes the part file and checks it.
fn fill(url: &str, part: &Path, file: &mut File, expected: Expected<'_>) -> Result<(), FetchError> {
    let cannot = |error| FetchError::disk(part, error);
    let mut have = file.metadata().map_err(cannot)?.len();
    if have > expected.bytes {
        file.set_len(0).map_err(cannot)?;
        have = 0;
    }
    if have < expected.bytes {
        let (body, start) = ask(url, have, expected)?;
        file.set_len(start).and_then(|()| file.seek(SeekFrom::Start(start))).map_err(cannot)?;
        receive(url, body, start, part, file, expected)?;
        file.sync_all().map_err(cannot)?;
    }
    let found = checksum(file).map_err(cannot)?;
    if found == expected.md5 {
        Ok(())
    } else {
        Err(FetchError::WrongChecksum { url: url.to_owned(), found, expected: expected.md5.to_owned() })
    }
}

/// Requests the bytes from `have` on. The second value is the position at which the answer starts: `have` or 0.
fn ask(url: &str, have: u64, expected: Expected<'_>) -> Result<(Body, u64), FetchError> {
    let agent = agent();
    let mut resumed = None;
    if have > 0 {
        match agent.get(url).header("Range", format!("bytes={have}-")).call() {
            Ok(response) => {
                resumed = first_byte(&response).filter(|&start| start == have || start == 0).zip(Some(response));
            }
            // The file on the server is shorter and so another one; the request for the whole file will show that.
            Err(ureq::Error::StatusCode(416)) => {}
            Err(error) => return Err(refused(url, error)),
        }
    }
    let (start, response) = if let Some(resumed) = resumed {
        resumed
    } else {
        let response = agent.get(url).call().map_err(|error| refused(url, error))?;
        if first_byte(&response) != Some(0) {
            return Err(FetchError::Status { url: url.to_owned(), status: response.status().as_u16() });
        }
        (0, response)
    };
    let body = response.into_body();
    let total = body.content_length().map(|length| start.saturating_add(length));
    match total {
        Some(total) if total != expected.bytes => Err(FetchError::WrongSize {
            url: url.to_owned(),
            found: format!("{total} bytes"),
            expected: expected.bytes,
        }),
        _ => Ok((body, start)),
    }
}

/// Returns the position in the file at which an answer starts, or `None` if it contains no part of the file.
fn first_byte(response: &Response<Body>) -> Option<u64> {
    match response.status().as_u16() {
        200 => Some(0),
        206 => {
            let range = response.headers().get("Content-Range")?.to_str().ok()?;
            range.trim().strip_prefix("bytes")?.split('-').next()?.trim().parse().ok()
        }
        _ => None,
    }
}

/// Appends the body to the file, never beyond the expected size.
fn receive(
    url: &str,
    body: Body,
    start: u64,
    part: &Path,
    file: &mut File,
    expected: Expected<'_>,
) -> Result<(), FetchError> {
    let broken = |have, what: String| FetchError::Broken { url: url.to_owned(), have, expected: expected.bytes, what };
    let bar = bar(start, expected.bytes);
    let mut reader = body.into_reader();
    let mut buffer = vec![0; BUFFER];
    let mut have = start;
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(have, error.to_string())),
        };
        if read as u64 > expected.bytes - have {
            // The file is larger than expected and so another one; its bytes are useless.
            file.set_len(0).map_err(|error| FetchError::disk(part, error))?;
            return Err(FetchError::WrongSize {
                url: url.to_owned(),
                found: "more bytes".to_owned(),
                expected: expected.bytes,
            });
        }
        file.write_all(&buffer[..read]).map_err(|error| FetchError::disk(part, error))?;
        have += read as u64;
        bar.set_position(have);
    }
    bar.finish_and_clear();
    if have == expected.bytes { Ok(()) } else { Err(broken(have, "it was closed".to_owned())) }
}

/// Makes the progress bar, which is hidden unless stderr is a terminal.
fn bar(start: u64, total: u64) -> ProgressBar {
    let target = if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(total), target);
    let template = "{bar:30} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_position(start);
    bar.reset_eta();
    bar
}

/// Returns the certificates that are trusted: those of the system, or the ones of browsers where it has none.
fn roots() -> RootCerts {
    const FILES: [&str; 4] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|variable| std::env::var_os(variable).is_some());
    if !cfg!(target_os = "linux") || named || FILES.iter().any(|file| Path::new(file).exists()) {
        RootCerts::PlatformVerifier
    } else {
        RootCerts::WebPki
    }
}

fn agent() -> Agent {
    // A stalled server is an error; a slow one is not.
    let config = Agent::config_builder()
        .user_agent(concat!("lambda-darts/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .tls_config(TlsConfig::builder().root_certs(roots()).build())
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_recv_response(Some(Duration::from_mins(1)))
        .timeout_per_read(Some(Duration::from_mins(1)));
    // The servers of the tests are local and need no proxy.
    let config = if cfg!(test) { config.proxy(None) } else { config };
    config.build().new_agent()
}

/// Converts the error of a request.
fn refused(url: &str, error: ureq::Error) -> FetchError {
    let url = url.to_owned();
    match error {
        ureq::Error::StatusCode(status) => FetchError::Status { url, status },
        ureq::Error::BadUri(what) => FetchError::BadUrl { url, what },
        ureq::Error::Http(error) => FetchError::BadUrl { url, what: error.to_string() },
        ureq::Error::HostNotFound => FetchError::Network { url, what: "no such host, or no network".to_owned() },
        ureq::Error::Timeout(_) => FetchError::Network { url, what: "no answer in time".to_owned() },
        ureq::Error::Io(error) => FetchError::Network { url, what: error.to_string() },
        other => FetchError::Network { url, what: other.to_string() },
    }
}

/// Computes the MD5 checksum of a whole file.
fn checksum(file: &mut File) -> io::Result<String> {
    file.rewind()?;
    let mut hasher = Md5::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let digest: [u8; 16] = hasher.finalize().into();
    Ok(format!("{:032x}", u128::from_be_bytes(digest)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Behaviour, Folder, md5, serve};
    use super::*;

    fn content() -> Vec<u8> {
        (0..200_000_u32).flat_map(u32::to_le_bytes).collect()
    }

    /// Downloads `content` to a new folder in which the bytes `part` exist already; returns the result and the
    /// requests.
    fn try_download(
        folder: &Folder,
        content: &[u8],
        served: Vec<u8>,
        part: &[u8],
        behaviours: Vec<Behaviour>,
    ) -> (Result<bool, FetchError>, Vec<String>) {
        let target = folder.path().join("file.bin");
        if !part.is_empty() {
            fs::write(part_of(&target), part).unwrap();
        }
        let (url, requests) = serve(served, behaviours);
        let checksum = md5(content);
        let expected = Expected { bytes: content.len() as u64, md5: &checksum };
        let result = download(&format!("{url}/file.bin"), &target, expected);
        if matches!(result, Ok(true)) {
            assert_eq!(fs::read(&target).unwrap(), content);
            assert!(!part_of(&target).exists());
        } else {
            assert!(!target.exists());
        }
        (result, requests.join().unwrap())
    }

    fn part_bytes(folder: &Folder) -> Option<Vec<u8>> {
        fs::read(folder.path().join("file.bin.part")).ok()
    }

    fn asks_for(request: &str, range: &str) -> bool {
        request.to_ascii_lowercase().contains(&format!("\r\nrange: {range}\r\n"))
    }

    #[test]
    fn a_whole_file_comes() {
        for behaviour in [Behaviour::Whole, Behaviour::Ranges, Behaviour::NoLength] {
            let folder = Folder::new();
            let (result, requests) = try_download(&folder, &content(), content(), b"", vec![behaviour]);
            assert!(result.unwrap());
            assert!(!requests[0].to_ascii_lowercase().contains("\r\nrange:"), "{}", requests[0]);
        }
    }

    #[test]
    fn a_broken_download_goes_on_where_it_stopped() {
        let folder = Folder::new();
        let (result, _) = try_download(&folder, &content(), content(), b"", vec![Behaviour::Half]);
        let error = result.unwrap_err();
        assert!(matches!(error, FetchError::Broken { .. }), "{error}");
        let part = part_bytes(&folder).unwrap();
        assert!(!part.is_empty() && content().starts_with(&part) && part.len() < content().len());

        let (result, requests) = try_download(&folder, &content(), content(), b"", vec![Behaviour::Ranges]);
        assert!(result.unwrap());
        assert!(asks_for(&requests[0], &format!("bytes={}-", part.len())), "{}", requests[0]);
    }

    #[test]
    fn a_server_without_ranges_starts_over() {
        let folder = Folder::new();
        let (result, requests) = try_download(&folder, &content(), content(), b"other", vec![Behaviour::Whole]);
        assert!(result.unwrap());
        assert!(asks_for(&requests[0], "bytes=5-"), "{}", requests[0]);
    }

    #[test]
    fn a_range_that_was_not_asked_for_is_not_used() {
        let folder = Folder::new();
        let behaviours = vec![Behaviour::WrongRange, Behaviour::Whole];
        let (result, requests) = try_download(&folder, &content(), content(), &content()[..99], behaviours);
        assert!(result.unwrap());
        assert_eq!(requests.len(), 2);
    }

    #[test]
    fn a_wrong_checksum_is_named_and_nothing_stays() {
        let mut served = content();
        served[1000] ^= 1;
        for part in [b"".as_slice(), b"other".as_slice()] {
            let folder = Folder::new();
            let (result, _) = try_download(&folder, &content(), served.clone(), part, vec![Behaviour::Ranges]);
            let message = result.unwrap_err().to_string();
            assert!(message.contains(&md5(&content())), "{message}");
            assert_eq!(part_bytes(&folder), None);
        }
    }

    #[test]
    fn a_part_file_that_is_too_long_or_complete_needs_no_care() {
        let folder = Folder::new();
        let long = [content(), content()].concat();
        let (result, requests) = try_download(&folder, &content(), content(), &long, vec![Behaviour::Ranges]);
        assert!(result.unwrap() && !requests[0].to_ascii_lowercase().contains("\r\nrange:"));

        let folder = Folder::new();
        let (result, requests) = try_download(&folder, &content(), content(), &content(), vec![]);
        assert!(result.unwrap() && requests.is_empty());
    }

    #[test]
    fn an_answer_of_another_size_is_refused() {
        let long = [content(), b"and more".to_vec()].concat();
        for (served, behaviour) in [
            (long.clone(), Behaviour::Whole),
            (long, Behaviour::NoLength),
            (b"please log in".to_vec(), Behaviour::Whole),
        ] {
            let folder = Folder::new();
            let (result, _) = try_download(&folder, &content(), served, b"", vec![behaviour]);
            let error = result.unwrap_err();
            assert!(matches!(error, FetchError::WrongSize { .. }), "{error}");
            assert_eq!(part_bytes(&folder), None);
        }
        let folder = Folder::new();
        let (result, _) = try_download(&folder, &content(), content()[..7].to_vec(), b"", vec![Behaviour::NoLength]);
        assert!(matches!(result, Err(FetchError::Broken { have: 7, .. })));
    }

    #[test]
    fn refusals_are_named() {
        let folder = Folder::new();
        let (result, _) = try_download(&folder, &content(), content(), b"", vec![Behaviour::Missing]);
        assert!(matches!(result, Err(FetchError::Status { status: 404, .. })));
        assert_eq!(part_bytes(&folder), None);

        let expected = Expected { bytes: 1, md5: "" };
        let target = folder.path().join("file.bin");
        let (url, requests) = serve(Vec::new(), Vec::new());
        requests.join().unwrap();
        let error = download(&format!("{url}/file.bin"), &target, expected).unwrap_err();
        assert!(matches!(error, FetchError::Network { .. }), "{error}");
        let error = download("no address", &target, expected).unwrap_err();
        assert!(matches!(error, FetchError::BadUrl { .. }), "{error}");
        assert_eq!(part_bytes(&folder), None);

        let nowhere = folder.path().join("no/such/file.bin");
        assert!(matches!(download(&url, &nowhere, expected), Err(FetchError::File { .. })));
        fs::write(&target, "xy").unwrap();
        let error = download(&url, &target, expected).unwrap_err();
        assert!(error.to_string().contains("2 bytes, not 1"), "{error}");
    }

    #[test]
    fn checksums_are_those_of_rfc_1321() {
        let folder = Folder::new();
        let path = folder.path().join("abc");
        fs::write(&path, "message digest").unwrap();
        assert_eq!(checksum(&mut File::open(&path).unwrap()).unwrap(), "f96b697d7cb7938d525a2f31aaf161d0");
    }
}
