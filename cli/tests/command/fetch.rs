//! Tests of `data fetch` with a server of their own. The real archives are too large to be served here; how they are
//! unpacked is tested in `cli/src/fetch/`.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::program::{contents, run, text};

/// The name of CIFAR-10's archive.
const ARCHIVE: &str = "cifar-10-binary.tar.gz";
/// The size of CIFAR-10's archive.
const BYTES: usize = 170_052_171;

/// An answer of the server.
#[derive(Clone, Copy)]
enum Answer {
    /// The status 404.
    Missing,
    /// A short file that is not the archive.
    Another,
    /// The archive from the byte that is asked for on, cut off after this number of bytes.
    Cut(usize),
}

/// A server in a thread of the test, and the requests that it has had.
struct Server {
    url: String,
    requests: Receiver<String>,
}

impl Server {
    /// Starts a server that gives these answers, one a request, and then ends.
    fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/mirror/", listener.local_addr().unwrap());
        let (sender, requests) = channel();
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let request = request(&mut stream);
                // Both may fail: the program may have hung up, and the test may be over.
                let _ = stream.write_all(&answered(&request, answer));
                let _ = sender.send(request);
            }
        });
        Self { url, requests }
    }

    /// Waits for the next request and returns it in lower case.
    fn request(&self) -> String {
        let request = self.requests.recv_timeout(Duration::from_secs(30));
        request.expect("the program asks within half a minute").to_ascii_lowercase()
    }
}

/// Reads the head of a request.
fn request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        request.push(byte[0]);
    }
    text(&request)
}

/// Writes down the answer to a request, head and body.
fn answered(request: &str, answer: Answer) -> Vec<u8> {
    let lower = request.to_ascii_lowercase();
    let range =
        lower.lines().find_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let (head, body) = match (answer, range) {
        (Answer::Missing, _) => ("404 Not Found\r\nContent-Length: 9".to_owned(), b"not found".to_vec()),
        (Answer::Another, _) => ("200 OK\r\nContent-Length: 13".to_owned(), b"please log in".to_vec()),
        (Answer::Cut(sent), None) => (format!("200 OK\r\nContent-Length: {BYTES}"), archive(0, sent)),
        (Answer::Cut(sent), Some(start)) => {
            let range = format!("206 Partial Content\r\nContent-Range: bytes {start}-{}/{BYTES}", BYTES - 1);
            (format!("{range}\r\nContent-Length: {}", BYTES - start), archive(start, sent))
        }
    };
    [format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").into_bytes(), body].concat()
}

/// Returns `length` bytes of a made-up archive, from the byte `start` on.
fn archive(start: usize, length: usize) -> Vec<u8> {
    (0..=250).cycle().skip(start % 251).take(length).collect()
}

fn fetch(folder: &Path, url: &str) -> Output {
    run(&["data", "fetch", "cifar10", "--data-dir", "data", "--url", url], folder)
}

/// Checks that a command failed with one line which contains `parts`, and printed nothing on standard output.
fn refused(out: &Output, parts: &[&str]) {
    let message = text(&out.stderr);
    assert_eq!((out.status.code(), text(&out.stdout).as_str()), (Some(1), ""), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.starts_with("error: ") && !message.contains("panicked"), "{message}");
    for part in parts {
        assert!(message.contains(part), "{part} is not in {message}");
    }
}

/// Returns the names of the files in the folder of the data.
fn left(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder.join("data"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(vec![Answer::Missing]);
    let out = fetch(folder.path(), &server.url);
    refused(&out, &[&format!("{}{ARCHIVE}: ", server.url), "404", "--url"]);
    let request = server.request();
    assert!(request.starts_with(&format!("get /mirror/{ARCHIVE} http/1.1")), "{request}");
    assert!(!request.contains("\r\nrange:"), "{request}");
    assert!(left(folder.path()).is_empty(), "{:?}", left(folder.path()));
}

#[test]
fn another_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(vec![Answer::Another]);
    let out = fetch(folder.path(), &server.url);
    refused(&out, &[ARCHIVE, "another file", "13 bytes", "170052171"]);
    assert!(left(folder.path()).is_empty(), "{:?}", left(folder.path()));
}

#[test]
fn a_connection_that_breaks_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(vec![Answer::Cut(300_000), Answer::Cut(200_000), Answer::Missing]);
    let part = folder.path().join("data").join(format!("{ARCHIVE}.part"));
    let mut have = 0;
    for sent in [300_000, 200_000] {
        let out = fetch(folder.path(), &server.url);
        refused(&out, &[ARCHIVE, "broke after", "of 170052171 bytes", "run the command again"]);
        let request = server.request();
        let range = format!("\r\nrange: bytes={have}-\r\n");
        assert_eq!(request.contains(&range), have > 0, "{request}");
        assert_eq!(request.contains("\r\nrange:"), have > 0, "{request}");
        let bytes = fs::read(&part).unwrap();
        assert!(have < bytes.len() && bytes.len() <= have + sent, "{have} and {sent} became {}", bytes.len());
        assert!(bytes == archive(0, bytes.len()), "the parts do not fit together");
        assert!(text(&out.stderr).contains(&format!("after {} of", bytes.len())), "{}", text(&out.stderr));
        have = bytes.len();
        assert_eq!(left(folder.path()), [format!("{ARCHIVE}.part")]);
    }
    // A mirror without the file: the part that is there stays.
    refused(&fetch(folder.path(), &server.url), &["404"]);
    assert_eq!(fs::metadata(&part).unwrap().len(), u64::try_from(have).unwrap());
}

#[test]
fn a_file_of_the_right_size_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let part = File::create(folder.path().join("data").join(format!("{ARCHIVE}.part"))).unwrap();
    part.set_len(u64::try_from(BYTES).unwrap()).unwrap();
    drop(part);
    let server = Server::start(Vec::new());
    let out = fetch(folder.path(), &server.url);
    refused(&out, &[ARCHIVE, "MD5", "c32a1d4ab5d03f1284b67883e8d87530"]);
    assert!(left(folder.path()).is_empty(), "{:?}", left(folder.path()));
}

#[test]
fn what_is_there_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir_all(data.join("cifar-10-batches-bin")).unwrap();
    fs::write(data.join("cifar-10-batches-bin/data_batch_1.bin"), "mine").unwrap();
    let server = Server::start(Vec::new());
    let before = contents(folder.path());
    refused(
        &fetch(folder.path(), &server.url),
        &["cifar-10-batches-bin", "in the way", "data_batch_1.bin has 4 bytes"],
    );
    assert!(contents(folder.path()) == before);

    fs::remove_dir_all(data.join("cifar-10-batches-bin")).unwrap();
    fs::write(data.join(ARCHIVE), "mine too").unwrap();
    let before = contents(folder.path());
    refused(&fetch(folder.path(), &server.url), &[ARCHIVE, "in the way", "8 bytes, not 170052171"]);
    assert!(contents(folder.path()) == before);
}

#[test]
fn addresses_that_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    // A port where nobody listens: it was free a moment ago.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, part) in [
        (format!("http://{closed}"), "cannot be reached"),
        ("no address".to_owned(), "not the address"),
        ("ftp://127.0.0.1/mirror".to_owned(), "ftp://127.0.0.1/mirror"),
        (String::new(), ARCHIVE),
    ] {
        refused(&fetch(folder.path(), &url), &[ARCHIVE, part]);
        assert!(left(folder.path()).is_empty(), "{:?}", left(folder.path()));
    }
    fs::write(folder.path().join("file"), "mine").unwrap();
    let out = run(&["data", "fetch", "svhn", "--data-dir", "file/data", "--url", "http://127.0.0.1:1"], folder.path());
    refused(&out, &["data"]);
    let out = run(&["data", "fetch", "kmnist"], folder.path());
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("mnist") && text(&out.stderr).contains("cifar10"), "{}", text(&out.stderr));
}
