//! Tools of the tests of this module: a server that misbehaves on demand, archives and temporary folders.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::{env, fs, process, thread};

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};

/// A temporary folder, removed when it is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("lambda-darts-fetch-{}-{number}", process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(super) fn md5(bytes: &[u8]) -> String {
    let digest: [u8; 16] = Md5::digest(bytes).into();
    format!("{:032x}", u128::from_be_bytes(digest))
}

/// Makes a `.tar.gz` of entries with any name, type byte and content. Links point to `../elsewhere`.
pub(super) fn archive(entries: &[(&str, u8, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for &(name, kind, content) in entries {
        let link = kind == b'1' || kind == b'2';
        let content = if link { "" } else { content };
        let mut header = tar::Header::new_gnu();
        // The setter of the crate would refuse the malicious names.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(tar::EntryType::new(kind));
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        if link {
            header.set_link_name_literal("../elsewhere").unwrap();
        }
        header.set_cksum();
        tar.append(&header, content.as_bytes()).unwrap();
    }
    compress(&tar.into_inner().unwrap())
}

pub(super) fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Behaviour of the server at a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Answer with the whole file, even if a range is asked for.
    Whole,
    /// Answer with the range that is asked for.
    Ranges,
    /// Answer with a range that starts one byte later than the one that is asked for.
    WrongRange,
    /// Answer that announces the whole file and sends half of it.
    Half,
    /// Answer with the whole file, without its length.
    NoLength,
    /// Answer that the file does not exist.
    Missing,
}

/// Starts a server on a port of its own that answers one request for each behaviour. The thread returns the requests.
pub(super) fn serve(content: Vec<u8>, behaviours: Vec<Behaviour>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = thread::spawn(move || {
        let answered = behaviours.into_iter().map(|behaviour| {
            let (mut stream, _) = listener.accept().unwrap();
            let request = request(&mut stream);
            // The client may have hung up already.
            let _ = stream.write_all(&answer(&request, &content, behaviour));
            request
        });
        answered.collect()
    });
    (url, requests)
}

fn request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        request.push(byte[0]);
    }
    String::from_utf8(request).unwrap()
}

fn answer(request: &str, content: &[u8], behaviour: Behaviour) -> Vec<u8> {
    let lower = request.to_ascii_lowercase();
    let range =
        lower.lines().find_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let length = content.len();
    let (status, headers, body) = match (behaviour, range) {
        (Behaviour::Ranges, Some(start)) if start >= length => {
            ("416 Range Not Satisfiable", "Content-Length: 0".to_owned(), &content[..0])
        }
        (Behaviour::Ranges | Behaviour::WrongRange, Some(start)) => {
            let start = start + usize::from(behaviour == Behaviour::WrongRange);
            let range = format!("Content-Range: bytes {start}-{}/{length}", length - 1);
            ("206 Partial Content", format!("{range}\r\nContent-Length: {}", length - start), &content[start..])
        }
        (Behaviour::Half, _) => ("200 OK", format!("Content-Length: {length}"), &content[..length / 2]),
        (Behaviour::NoLength, _) => ("200 OK", "Accept-Ranges: none".to_owned(), content),
        (Behaviour::Missing, _) => ("404 Not Found", "Content-Length: 0".to_owned(), &content[..0]),
        _ => ("200 OK", format!("Content-Length: {length}"), content),
    };
    let head = format!("HTTP/1.1 {status}\r\n{headers}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}
