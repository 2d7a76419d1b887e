//! Bytes of a pickle: instructions, numbers, texts and lines.

use std::borrow::Cow;

use super::{Fault, Value};

/// Reader of a pickle's bytes.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    /// Position of the next byte.
    at: usize,
    /// Position of the current instruction.
    start: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, start: 0 }
    }

    /// Returns the number of all bytes.
    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the bytes that are left.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Returns a fault at the current instruction.
    pub(super) fn fault<T>(&self, what: impl Into<String>) -> Result<T, Fault> {
        Err(Fault { offset: self.start, what: what.into() })
    }

    /// Reads the next instruction.
    pub(super) fn instruction(&mut self) -> Result<u8, Fault> {
        self.start = self.at;
        Ok(self.take(1)?[0])
    }

    /// Returns the value of an instruction that only pushes a value, or `None` for another instruction.
    pub(super) fn literal(&mut self, instruction: u8) -> Result<Option<Value<'a>>, Fault> {
        Ok(Some(match instruction {
            b'N' => Value::Other,
            b'F' => self.line().map(|_| Value::Other)?,
            b'G' => self.take(8).map(|_| Value::Other)?,
            0x88 => Value::Bool(true),
            0x89 => Value::Bool(false),
            b'I' => match self.text_line()? {
                "00" => Value::Bool(false),
                "01" => Value::Bool(true),
                digits => digits.parse().map_or(Value::Other, Value::Int),
            },
            b'L' => self.text_line()?.trim_end_matches('L').parse().map_or(Value::Other, Value::Int),
            b'J' => integer(self.take(4)?),
            b'K' => Value::Int(i64::from(self.take(1)?[0])),
            b'M' => Value::Int(i64::try_from(self.size(2)?).unwrap_or(0)),
            0x8a => integer(self.counted(1)?),
            0x8b => integer(self.counted(4)?),
            b'C' | b'U' => Value::Bytes(Cow::Borrowed(self.counted(1)?)),
            b'B' | b'T' => Value::Bytes(Cow::Borrowed(self.counted(4)?)),
            0x8e | 0x96 => Value::Bytes(Cow::Borrowed(self.counted(8)?)),
            b'S' => Value::Bytes(Cow::Borrowed(self.quoted()?)),
            0x8c => self.counted(1).and_then(|bytes| self.utf8(bytes))?,
            b'X' => self.counted(4).and_then(|bytes| self.utf8(bytes))?,
            0x8d => self.counted(8).and_then(|bytes| self.utf8(bytes))?,
            b'V' => match self.line().map(unescape)? {
                Some(text) => Value::Text(Cow::Owned(text)),
                None => return self.fault("a text with a damaged escape"),
            },
            b']' => Value::List(Vec::new()),
            b'}' => Value::Dict(Vec::new()),
            b')' => Value::Tuple(Vec::new()),
            _ => return Ok(None),
        }))
    }

    /// Reads the key of the memo entry that an instruction reads or writes.
    pub(super) fn place(&mut self, instruction: u8) -> Result<u64, Fault> {
        match instruction {
            b'h' | b'q' => self.size(1),
            b'j' | b'r' => self.size(4),
            _ => match self.text_line()?.parse() {
                Ok(place) => Ok(place),
                Err(_) => self.fault("a memo key that is not a number"),
            },
        }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let bytes = self.bytes;
        match self.at.checked_add(count).and_then(|end| bytes.get(self.at..end)) {
            Some(taken) => {
                self.at += count;
                Ok(taken)
            }
            None => self.fault("the file ends early"),
        }
    }

    /// Reads an unsigned number of `width` bytes.
    fn size(&mut self, width: usize) -> Result<u64, Fault> {
        Ok(self.take(width)?.iter().rev().fold(0, |number, &byte| (number << 8) | u64::from(byte)))
    }

    /// Takes bytes whose number comes first, in `width` bytes.
    fn counted(&mut self, width: usize) -> Result<&'a [u8], Fault> {
        let count = self.size(width)?;
        self.take(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn line(&mut self) -> Result<&'a [u8], Fault> {
        let bytes = self.bytes;
        let rest = &bytes[self.at..];
        match rest.iter().position(|&byte| byte == b'\n') {
            Some(length) => {
                self.at += length + 1;
                Ok(&rest[..length])
            }
            None => self.fault("the file ends early"),
        }
    }

    pub(super) fn text_line(&mut self) -> Result<&'a str, Fault> {
        let line = self.line()?;
        std::str::from_utf8(line).or_else(|_| self.fault("a text that is not UTF-8"))
    }

    fn utf8(&self, bytes: &'a [u8]) -> Result<Value<'a>, Fault> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::Text(Cow::Borrowed(text))),
            Err(_) => self.fault("a text that is not UTF-8"),
        }
    }

    /// Takes a quoted text without escapes and returns its content.
    fn quoted(&mut self) -> Result<&'a [u8], Fault> {
        let line = self.line()?;
        match line {
            [b'\'', inside @ .., b'\''] | [b'"', inside @ .., b'"'] if !inside.contains(&b'\\') => Ok(inside),
            _ => self.fault("a text with escapes; write the file with pickle protocol 2 or later"),
        }
    }
}

/// Decodes a signed number of any width.
fn integer(bytes: &[u8]) -> Value<'static> {
    let negative = bytes.last().is_some_and(|&byte| byte & 0x80 != 0);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    match wide.get_mut(..bytes.len()) {
        Some(low) => {
            low.copy_from_slice(bytes);
            Value::Int(i64::from_le_bytes(wide))
        }
        None => Value::Other,
    }
}

/// Decodes a text of protocol 0: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
fn unescape(line: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        let width = match (first, tail.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        if width == 0 {
            text.push(char::from(*first));
            rest = tail;
        } else {
            let digits = std::str::from_utf8(tail.get(1..=width)?).ok()?;
            text.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
            rest = &tail[1 + width..];
        }
    }
    Some(text)
}
