//! A cursor over a text that knows its position.

use super::GenotypeError;
use crate::space::Operation;

/// Characters that editors and chat programs put in the place of `'`, and of `"`.
const QUOTES: [[char; 3]; 2] = [['\'', '‘', '’'], ['"', '“', '”']];

#[derive(Clone)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// Makes a cursor at a byte of the text.
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    pub(super) fn rest(&self) -> &'a str {
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

    /// Passes over blanks, comments of Python, and the mark that some editors put at the beginning.
    pub(super) fn spaces(&mut self) {
        loop {
            let rest = self.rest().trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    /// Returns the next character after blanks.
    pub(super) fn next(&mut self) -> Option<char> {
        self.spaces();
        self.rest().chars().next()
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

    /// Takes a text in quotes of any form; returns it without them.
    pub(super) fn quoted(&mut self) -> Result<Option<&'a str>, GenotypeError> {
        self.spaces();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let Some(quotes) = QUOTES.iter().find(|quotes| quotes.contains(&first)) else { return Ok(None) };
        let inside = &rest[first.len_utf8()..];
        let Some(end) = inside.find(|c: char| quotes.contains(&c) || c == '\n') else {
            return self.error("the quote has no end");
        };
        let Some(last) = inside[end..].chars().next().filter(|&c| c != '\n') else {
            return self.error("the quote has no end on its line");
        };
        self.at += first.len_utf8() + end + last.len_utf8();
        Ok(Some(&inside[..end]))
    }

    /// Takes the characters that are allowed.
    pub(super) fn word(&mut self, allowed: impl Fn(char) -> bool) -> &'a str {
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
        self.known(word, at)
    }

    /// Returns the operation of a name that stands at a byte of the text.
    pub(super) fn known(&self, name: &str, at: usize) -> Result<Operation, GenotypeError> {
        if let Ok(operation) = name.parse() {
            return Ok(operation);
        }
        let short: String = name.chars().take(64).collect();
        let near = |operation: &Operation| strsim::damerau_levenshtein(&short, operation.name());
        let nearest = Operation::ALL.into_iter().min_by_key(near);
        // A name that shares little with every known one is not a slip of the pen.
        match nearest.filter(|operation| near(operation) <= short.len() / 2) {
            Some(nearest) => {
                self.error_at(at, format!("unknown operation `{short}`; the nearest known one is `{nearest}`"))
            }
            None => self.error_at(at, format!("unknown operation `{short}`")),
        }
    }

    pub(super) fn number(&mut self) -> Result<usize, GenotypeError> {
        self.spaces();
        let at = self.at;
        let word = self.word(|c| c.is_ascii_digit());
        self.node(word, at)
    }

    /// Returns the number of a node that stands at a byte of the text.
    pub(super) fn node(&self, digits: &str, at: usize) -> Result<usize, GenotypeError> {
        match digits.parse() {
            Ok(number) if number <= super::MOST_NODES + 2 => Ok(number),
            _ => self.error_at(at, "expected the number of a node"),
        }
    }
}

/// Returns the position, in characters counted from 1, of a line and column as `serde_json` counts them, with columns
/// in bytes.
pub(super) fn characters_before(text: &str, line: usize, column: usize) -> usize {
    let lines: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = lines.saturating_add(column.max(1));
    text.char_indices().take_while(|&(at, _)| at < end).count().max(1)
}
