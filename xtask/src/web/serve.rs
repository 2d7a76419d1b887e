//! A small server for the built page, for this machine alone.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use tiny_http::{Header, Method, Response, ResponseBox, Server};

use crate::run::{refuse, root};

/// Number of threads, and so of files that can be sent at a time.
const THREADS: usize = 4;

/// Serves web/dist until the process is ended.
pub(super) fn serve(port: u16) -> Result<(), ExitCode> {
    let folder = root().join("web/dist");
    let Ok(folder) = folder.canonicalize() else { return refuse("there is no web/dist") };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let server = match Server::http(address) {
        Ok(server) => server,
        Err(error) => return refuse(&format!("cannot serve on {address}: {error}; choose another --port")),
    };
    // With port 0, the system has chosen a port.
    let address = server.server_addr().to_ip().unwrap_or(address);
    println!("   http://{address}/ shows the page; Ctrl-C ends");
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Ok(request) = server.recv() {
                    let response = response(&folder, request.method(), request.url());
                    if let Err(error) = request.respond(response) {
                        eprintln!("   an answer was not sent: {error}");
                    }
                }
            });
        }
    });
    Ok(())
}

fn response(folder: &Path, method: &Method, url: &str) -> ResponseBox {
    if !matches!(method, Method::Get | Method::Head) {
        return Response::from_string("This server only gives files.\n").with_status_code(405).boxed();
    }
    let found = file_of(folder, url).and_then(|path| Some((content_type(&path), File::open(path).ok()?)));
    let Some((kind, file)) = found else {
        return Response::from_string("There is no such file.\n").with_status_code(404).boxed();
    };
    let headers = [("Content-Type", kind), ("Cache-Control", "no-cache"), ("X-Content-Type-Options", "nosniff")];
    // The file is sent in one piece, so that the browser knows its size.
    let mut response = Response::from_file(file).with_chunked_threshold(usize::MAX);
    for header in headers.into_iter().filter_map(|(name, value)| Header::from_bytes(name, value).ok()) {
        response.add_header(header);
    }
    response.boxed()
}

/// Returns the file of an address, or `None` if it would lie outside of the folder, whose path must be canonical.
fn file_of(folder: &Path, url: &str) -> Option<PathBuf> {
    let path = decoded(url.split(['?', '#']).next()?)?;
    let mut file = folder.to_owned();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        // The part leads upwards, is hidden, or has a separator or a drive of another system.
        if part.starts_with('.') || part.contains(['\\', ':', '\0']) {
            return None;
        }
        file.push(part);
    }
    if file.is_dir() {
        file.push("index.html");
    }
    // A link may lead out of the folder.
    let file = file.canonicalize().ok()?;
    (file.starts_with(folder) && file.is_file()).then_some(file)
}

/// Decodes each `%` with two hexadecimal digits to its byte.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let value = digit()? * 16 + digit()?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Returns the content type of a file. A browser rejects a module or a .wasm with a wrong type.
fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "csv" | "jsonl" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_files_of_the_folder_are_given() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().canonicalize().unwrap().join("dist");
        fs::create_dir_all(folder.join("assets")).unwrap();
        for name in ["dist/index.html", "dist/assets/a b.js", "dist/.hidden", "secret.txt"] {
            fs::write(outside.path().join(name), name).unwrap();
        }
        let found = |url: &str| file_of(&folder, url).map(|path| fs::read_to_string(path).unwrap());
        for url in ["/", "", "/index.html", "/?seed=1#heat", "//index.html", "/%69ndex.html"] {
            assert_eq!(found(url).as_deref(), Some("dist/index.html"), "{url}");
        }
        for url in ["/assets/a%20b.js", "/assets%2Fa%20b.js?x"] {
            assert_eq!(found(url).as_deref(), Some("dist/assets/a b.js"), "{url}");
        }
        for url in [
            "/../secret.txt",
            "/assets/../../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/..\\secret.txt",
            "/%5c..%5csecret.txt",
            "/.hidden",
            "/assets",
            "/nothing.js",
            "/%",
            "/%4",
            "/%zz",
            "/%ff",
            "/index.html%00.js",
            "http://127.0.0.1/index.html",
        ] {
            assert_eq!(found(url), None, "{url}");
        }
        let absolute = format!("/{}", outside.path().join("secret.txt").display());
        assert_eq!(found(&absolute), None, "{absolute}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_does_not_lead_out() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().canonicalize().unwrap().join("dist");
        fs::create_dir(&folder).unwrap();
        fs::write(outside.path().join("secret.txt"), "").unwrap();
        fs::write(folder.join("own.txt"), "").unwrap();
        std::os::unix::fs::symlink("../secret.txt", folder.join("out.txt")).unwrap();
        std::os::unix::fs::symlink("own.txt", folder.join("in.txt")).unwrap();
        assert_eq!((file_of(&folder, "/out.txt"), file_of(&folder, "/in.txt")), (None, Some(folder.join("own.txt"))));
    }

    #[test]
    fn answers_have_a_status_and_a_type() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().canonicalize().unwrap();
        fs::write(folder.join("a_bg.wasm"), "\0asm").unwrap();
        let status = |method, url| response(&folder, &method, url).status_code().0;
        assert_eq!(status(Method::Get, "/a_bg.wasm"), 200);
        assert_eq!(status(Method::Get, "/b.wasm"), 404);
        assert_eq!(status(Method::Post, "/a_bg.wasm"), 405);
        let response = response(&folder, &Method::Get, "/a_bg.wasm");
        let kind = response.headers().iter().find(|header| header.field.equiv("Content-Type")).unwrap();
        assert_eq!((kind.value.as_str(), response.data_length()), ("application/wasm", Some(4)));
    }
}
