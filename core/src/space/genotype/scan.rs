//! A cursor over a text that knows its position.

use super::GenotypeError;
use crate::space::Operation;

pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn error<T>(&self, what: impl Into<String>) -> Result<T, GenotypeError> {
        self.error_at(self.at, what)
    }

    pub(super) fn error_at<T>(&self, at: usize, what: impl Into<String>) -> Result<T, GenotypeError> {
        Err(GenotypeError { at: 1 + self.text[..at].chars().count(), what: what.into() })
    }

    /// Returns the byte offset, for [`error_at`](Self::error_at).
    pub(super) fn place(&self) -> usize {
        self.at
    }

    pub(super) fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes `token` and the spaces before it if it comes next; returns true if it did.
    pub(super) fn take(&mut self, token: &str) -> bool {
        self.spaces();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), GenotypeError> {
        if self.take(token) { Ok(()) } else { self.error(format!("expected `{token}`")) }
    }

    fn word(&mut self, allowed: impl Fn(char) -> bool) -> &'a str {
        self.spaces();
        let rest = self.rest();
        let end = rest.find(|c| !allowed(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    pub(super) fn operation(&mut self) -> Result<Operation, GenotypeError> {
        self.spaces();
        let at = self.at;
        let word = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
        word.parse().or_else(|_| self.error_at(at, format!("unknown operation `{word}`")))
    }

    pub(super) fn number(&mut self) -> Result<usize, GenotypeError> {
        self.spaces();
        let at = self.at;
        match self.word(|c| c.is_ascii_digit()).parse() {
            Ok(number) if number <= super::MOST_NODES + 2 => Ok(number),
            _ => self.error_at(at, "expected the number of a node"),
        }
    }

    pub(super) fn end(&mut self) -> Result<(), GenotypeError> {
        self.spaces();
        if self.rest().is_empty() { Ok(()) } else { self.error("expected the end") }
    }
}

/// Returns the position, in characters counted from 1, of a line and column as `serde_json` counts them, with columns
/// in bytes.
pub(super) fn characters_before(text: &str, line: usize, column: usize) -> usize {
    let lines: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = lines.saturating_add(column.max(1));
    text.char_indices().take_while(|&(at, _)| at < end).count().max(1)
}
