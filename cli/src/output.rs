//! Printing of results on stdout.

use std::io::{self, Write};

use crate::failure::Failure;

/// Prints a text and ends its line. A reader that has closed the pipe, as `head` does, is not an error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}
