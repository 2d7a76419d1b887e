//! A reader of Python pickles that runs nothing.
//!
//! A pickle is a program for a small stack machine, and Python's own reader lets it call any function. The reader here
//! knows the few functions that arrays are made of and builds plain values for them; any other is an error that gives
//! its name. Values lie in one arena and refer to each other by index, so that deep and cyclic values are no problem.
//! The bytes of arrays and texts are borrowed from the file.

use std::borrow::Cow;
use std::collections::HashMap;

use super::error::Fault;

/// Maximum number of instructions of a pickle. A batch of images has one for each label and a few more.
const MOST_INSTRUCTIONS: usize = 1 << 22;

/// Index of a value in the arena.
type Id = usize;

/// The functions and types that a pickle may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Reconstruct,
    Ndarray,
    Dtype,
    FromBuffer,
    Encode,
    Bytes,
}

impl Known {
    fn find(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Self::Reconstruct,
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Self::FromBuffer,
            ("numpy", "ndarray") => Self::Ndarray,
            ("numpy", "dtype") => Self::Dtype,
            ("_codecs", "encode") => Self::Encode,
            ("builtins" | "__builtin__", "bytes") => Self::Bytes,
            _ => return None,
        })
    }
}

#[derive(Debug)]
enum Value<'a> {
    /// Value that the reader ignores: None, a float or a huge integer.
    Other,
    Bool(bool),
    Int(i64),
    Bytes(Cow<'a, [u8]>),
    Text(Cow<'a, str>),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Known(Known),
    Dtype(Id),
    Array(Option<Array>),
}

#[derive(Clone, Copy, Debug)]
struct Array {
    shape: Id,
    dtype: Id,
    by_column: bool,
    raw: Id,
}

/// A pickle that was read.
pub(super) struct Pickle<'a> {
    values: Vec<Value<'a>>,
    root: Id,
}

impl<'a> Pickle<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        Machine {
            bytes,
            at: 0,
            start: 0,
            encoded: 0,
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        }
        .run()
    }

    /// Returns the value of `key` if the pickle is a dictionary.
    pub(super) fn entry(&self, key: &str) -> Option<Id> {
        let Value::Dict(entries) = &self.values[self.root] else { return None };
        entries.iter().rev().find(|&&(name, _)| self.is_text(name, key)).map(|&(_, value)| value)
    }

    /// Returns the bytes of an array with two axes, row by row, and its shape.
    pub(super) fn matrix(&self, id: Id) -> Option<(&[u8], [usize; 2])> {
        let Value::Array(Some(array)) = self.values[id] else { return None };
        let Value::Dtype(code) = self.values[array.dtype] else { return None };
        let Value::Bytes(raw) = &self.values[array.raw] else { return None };
        let shape = self.integers(array.shape)?;
        let &[rows, columns] = shape.as_slice() else { return None };
        let (rows, columns) = (usize::try_from(rows).ok()?, usize::try_from(columns).ok()?);
        let fits = !array.by_column && rows.checked_mul(columns) == Some(raw.len());
        (fits && (self.is_text(code, "u1") || self.is_text(code, "|u1"))).then_some((&**raw, [rows, columns]))
    }

    /// Returns the integers of a list or tuple.
    pub(super) fn integers(&self, id: Id) -> Option<Vec<i64>> {
        let (Value::List(items) | Value::Tuple(items)) = &self.values[id] else { return None };
        let integer = |&item: &Id| if let Value::Int(integer) = self.values[item] { Some(integer) } else { None };
        items.iter().map(integer).collect()
    }

    /// Returns the texts of a list or tuple of `count` short ones.
    pub(super) fn texts(&self, id: Id, count: usize) -> Option<Vec<String>> {
        const LONGEST: usize = 256;
        let (Value::List(items) | Value::Tuple(items)) = &self.values[id] else { return None };
        let text = |&item: &Id| match &self.values[item] {
            Value::Text(text) if text.len() <= LONGEST => Some(text.clone().into_owned()),
            Value::Bytes(bytes) if bytes.len() <= LONGEST => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        };
        // One text may be in the list many times.
        if items.len() == count { items.iter().map(text).collect() } else { None }
    }

    /// Returns the pixels and labels of a batch: the entry `data`, bytes or an array with a row of `length` bytes for each image,
    /// and the entry `labels`, a list.
    pub(super) fn images(&self, labels: &str, length: usize) -> Result<(&[u8], Vec<i64>), String> {
        let found = self.entry(labels).and_then(|id| self.integers(id));
        let found = found.ok_or_else(|| format!("no `{labels}` that are a list of integers"))?;
        let data = self.entry("data").and_then(|id| match &self.values[id] {
            // Bytes without the shape of an array.
            Value::Bytes(bytes) if bytes.len() == found.len() * length => Some((&**bytes, [found.len(), length])),
            _ => self.matrix(id),
        });
        let (pixels, [rows, columns]) = data.ok_or("no `data` that is an array of bytes, one row for each image")?;
        if columns != length || rows != found.len() {
            return Err(format!("{rows}×{columns} bytes for {} labels; an image has {length}", found.len()));
        }
        Ok((pixels, found))
    }

    fn is_text(&self, id: Id, wanted: &str) -> bool {
        is_text(&self.values[id], wanted)
    }
}

/// Returns true if the value is the text `wanted`. Texts of Python 2 are bytes.
fn is_text(value: &Value<'_>, wanted: &str) -> bool {
    match value {
        Value::Text(text) => text == wanted,
        Value::Bytes(bytes) => **bytes == *wanted.as_bytes(),
        _ => false,
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    /// Position of the next byte.
    at: usize,
    /// Position of the current instruction.
    start: usize,
    /// Total size in bytes of the texts that were encoded.
    encoded: usize,
    values: Vec<Value<'a>>,
    stack: Vec<Id>,
    /// Heights of the stack at its marks.
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
}

impl<'a> Machine<'a> {
    fn run(mut self) -> Result<Pickle<'a>, Fault> {
        for _ in 0..MOST_INSTRUCTIONS {
            self.start = self.at;
            let instruction = self.take(1)?[0];
            if instruction == b'.' {
                let root = self.pop()?;
                return Ok(Pickle { values: self.values, root });
            }
            if let Some(value) = self.literal(instruction)? {
                self.push(value);
            } else {
                self.step(instruction)?;
            }
        }
        self.fault(format!("more than {MOST_INSTRUCTIONS} instructions"))
    }

    /// Returns the value of an instruction that only pushes a value, or `None` for another instruction.
    fn literal(&mut self, instruction: u8) -> Result<Option<Value<'a>>, Fault> {
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
            b'c' => {
                let (module, name) = (self.text_line()?, self.text_line()?);
                self.known(module, name)?
            }
            _ => return Ok(None),
        }))
    }

    /// Runs an instruction that works on the stack.
    fn step(&mut self, instruction: u8) -> Result<(), Fault> {
        match instruction {
            0x80 => match self.take(1)?[0] {
                0..=5 => {}
                version => return self.fault(format!("pickle protocol {version}; known are 0 to 5")),
            },
            0x95 => {
                self.take(8)?;
            }
            // The instruction makes the buffer on top read-only, and the reader writes to none.
            0x98 => {}
            b'(' => self.marks.push(self.stack.len()),
            b'0' if self.marks.last() == Some(&self.stack.len()) => {
                self.marks.pop();
            }
            b'0' => {
                self.pop()?;
            }
            b'1' => {
                self.pop_mark()?;
            }
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            b'p' | b'q' | b'r' | 0x94 => {
                let place = if instruction == 0x94 { self.memo.len() as u64 } else { self.place(instruction)? };
                let top = self.top()?;
                self.memo.insert(place, top);
            }
            b'g' | b'h' | b'j' => {
                let place = self.place(instruction)?;
                match self.memo.get(&place) {
                    Some(&id) => self.stack.push(id),
                    None => return self.fault(format!("nothing was stored at {place}")),
                }
            }
            b't' => {
                let items = self.pop_mark()?;
                self.push(Value::Tuple(items));
            }
            b'l' => {
                let items = self.pop_mark()?;
                self.push(Value::List(items));
            }
            b'd' => {
                let entries = self.pop_mark().and_then(|items| self.entries(&items))?;
                self.push(Value::Dict(entries));
            }
            0x85..=0x87 => {
                let mut items = Vec::new();
                for _ in 0x85..=instruction {
                    items.push(self.pop()?);
                }
                items.reverse();
                self.push(Value::Tuple(items));
            }
            b'a' | b'e' => {
                let items = if instruction == b'a' { vec![self.pop()?] } else { self.pop_mark()? };
                let list = self.top()?;
                let Value::List(all) = &mut self.values[list] else { return self.fault("appends to a non-list") };
                all.extend(items);
            }
            b's' | b'u' => {
                let items = if instruction == b's' { self.pop_two()?.to_vec() } else { self.pop_mark()? };
                let entries = self.entries(&items)?;
                let dict = self.top()?;
                let Value::Dict(all) = &mut self.values[dict] else {
                    return self.fault("sets an item of a non-dictionary");
                };
                all.extend(entries);
            }
            0x93 => {
                let [module, name] = self.pop_two()?;
                let (Value::Text(module), Value::Text(name)) = (&self.values[module], &self.values[name]) else {
                    return self.fault("a function without a name");
                };
                let known = self.known(module, name)?;
                self.push(known);
            }
            b'R' => self.reduce()?,
            b'b' => self.build()?,
            _ => return self.fault(format!("unknown instruction {instruction:#04x}")),
        }
        Ok(())
    }

    /// Replaces a call by an inert value.
    fn reduce(&mut self) -> Result<(), Fault> {
        let [function, arguments] = self.pop_two()?;
        let Value::Known(function) = self.values[function] else { return self.fault("calls a non-function") };
        let Value::Tuple(arguments) = &self.values[arguments] else { return self.fault("a call without arguments") };
        let made = match (function, arguments.as_slice()) {
            (Known::Reconstruct, &[class, _, _]) if matches!(self.values[class], Value::Known(Known::Ndarray)) => {
                Value::Array(None)
            }
            (Known::Dtype, &[code, ..]) => Value::Dtype(code),
            (Known::FromBuffer, &[raw, dtype, shape, order]) => {
                let by_column = !is_text(&self.values[order], "C");
                Value::Array(Some(Array { shape, dtype, by_column, raw }))
            }
            (Known::Encode, &[text, coding]) => {
                let latin = ["latin1", "latin-1"].iter().any(|name| is_text(&self.values[coding], name));
                let Value::Text(text) = &self.values[text] else { return self.fault("encodes a non-text") };
                // A text that is encoded many times would make more bytes than the file has.
                self.encoded += text.len();
                if self.encoded > self.bytes.len().saturating_mul(2) {
                    return self.fault("more encoded bytes than the file can hold");
                }
                let bytes = text.chars().map(|char| u8::try_from(char).ok()).collect::<Option<Vec<u8>>>();
                match bytes {
                    Some(bytes) if latin => Value::Bytes(Cow::Owned(bytes)),
                    _ => return self.fault("encodes a text that is not Latin-1"),
                }
            }
            (Known::Bytes, []) => Value::Bytes(Cow::Borrowed(&[])),
            _ => return self.fault(format!("calls {function:?} in an unknown way")),
        };
        self.push(made);
        Ok(())
    }

    /// Sets the state of an array or a dtype.
    fn build(&mut self) -> Result<(), Fault> {
        let state = self.pop()?;
        let target = self.top()?;
        match self.values[target] {
            // The state holds only details of the byte order, and single bytes have no order.
            Value::Dtype(_) => {}
            Value::Array(_) => {
                let Value::Tuple(state) = &self.values[state] else { return self.fault("an array without a state") };
                let &[.., shape, dtype, by_column, raw] = state.as_slice() else {
                    return self.fault("an array with an incomplete state");
                };
                let by_column = !matches!(self.values[by_column], Value::Bool(false) | Value::Int(0));
                self.values[target] = Value::Array(Some(Array { shape, dtype, by_column, raw }));
            }
            _ => return self.fault("sets the state of a value without one"),
        }
        Ok(())
    }

    fn fault<T>(&self, what: impl Into<String>) -> Result<T, Fault> {
        Err(Fault { offset: self.start, what: what.into() })
    }

    fn known(&self, module: &str, name: &str) -> Result<Value<'a>, Fault> {
        let Some(known) = Known::find(module, name) else {
            let name: String = format!("{module}.{name}").chars().take(100).collect();
            return self.fault(format!("asks for `{name}`, which no batch of images needs; it was not run"));
        };
        Ok(Value::Known(known))
    }

    fn push(&mut self, value: Value<'a>) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn top(&self) -> Result<Id, Fault> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.get(floor..).and_then(<[Id]>::last) {
            Some(&top) => Ok(top),
            None => self.fault("takes from an empty stack"),
        }
    }

    fn pop(&mut self) -> Result<Id, Fault> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    /// Pops the two values on top; the upper one is the last.
    fn pop_two(&mut self) -> Result<[Id; 2], Fault> {
        let upper = self.pop()?;
        Ok([self.pop()?, upper])
    }

    /// Pops the values above the last mark.
    fn pop_mark(&mut self) -> Result<Vec<Id>, Fault> {
        match self.marks.pop() {
            // The values are drained, as `split_off` may keep the memory of the whole stack.
            Some(height) => Ok(self.stack.drain(height..).collect()),
            None => self.fault("no mark on the stack"),
        }
    }

    fn entries(&self, items: &[Id]) -> Result<Vec<(Id, Id)>, Fault> {
        if items.len().is_multiple_of(2) {
            Ok(items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
        } else {
            self.fault("a key without a value")
        }
    }

    /// Reads the key of the memo entry that an instruction reads or writes.
    fn place(&mut self, instruction: u8) -> Result<u64, Fault> {
        match instruction {
            b'h' | b'q' => self.size(1),
            b'j' | b'r' => self.size(4),
            _ => match self.text_line()?.parse() {
                Ok(place) => Ok(place),
                Err(_) => self.fault("a memo key that is not a number"),
            },
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
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

    fn text_line(&mut self) -> Result<&'a str, Fault> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pickles of `{"data": numpy.arange(6, dtype=numpy.uint8).reshape(2, 3), "labels": [1, 120]}`, as `numpy` 2.4 and
    /// Python's pickle write them in the protocols 0, 2, 4 and 5.
    const BATCHES: [&str; 4] = [
        concat!(
            "286470300a56646174610a70310a636e756d70792e5f636f72652e6d756c746961727261790a5f7265636f6e737472756374",
            "0a70320a28636e756d70790a6e6461727261790a70330a2849300a7470340a635f636f646563730a656e636f64650a70350a",
            "2856620a70360a566c6174696e310a70370a7470380a5270390a747031300a527031310a2849310a2849320a49330a747031",
            "320a636e756d70790a64747970650a7031330a285675310a7031340a4930300a4930310a747031350a527031360a2849330a",
            "567c0a7031370a4e4e4e492d310a492d310a49300a747031380a624930300a67350a28565c753030303001020304050a7031",
            "390a67370a747032300a527032310a747032320a6273566c6162656c730a7032330a286c7032340a49310a61493132300a61",
            "732e",
        ),
        concat!(
            "80027d7100285804000000646174617101636e756d70792e5f636f72652e6d756c746961727261790a5f7265636f6e737472",
            "7563740a7102636e756d70790a6e6461727261790a71034b00857104635f636f646563730a656e636f64650a710558010000",
            "0062710658060000006c6174696e31710786710852710987710a52710b284b014b024b0386710c636e756d70790a64747970",
            "650a710d58020000007531710e898887710f527110284b0358010000007c71114e4e4e4affffffff4affffffff4b00747112",
            "628968055806000000000102030405711368078671145271157471166258060000006c6162656c7371175d7118284b014b78",
            "65752e",
        ),
        concat!(
            "800495ad000000000000007d94288c0464617461948c166e756d70792e5f636f72652e6d756c74696172726179948c0c5f72",
            "65636f6e7374727563749493948c056e756d7079948c076e6461727261799493944b0085944301629487945294284b014b02",
            "4b03869468058c0564747970659493948c02753194898887945294284b038c017c944e4e4e4affffffff4affffffff4b0074",
            "9462894306000102030405947494628c066c6162656c73945d94284b014b7865752e",
        ),
        concat!(
            "80059598000000000000007d94288c0464617461948c136e756d70792e5f636f72652e6e756d65726963948c0b5f66726f6d",
            "62756666657294939428960600000000000000000102030405948c056e756d7079948c0564747970659493948c0275319489",
            "8887945294284b038c017c944e4e4e4affffffff4affffffff4b007494624b024b0386948c014394749452948c066c616265",
            "6c73945d94284b014b7865752e",
        ),
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn every_protocol_gives_the_same_batch() {
        for hex in BATCHES {
            let bytes = bytes(hex);
            let pickle = Pickle::read(&bytes).unwrap();
            let data = pickle.matrix(pickle.entry("data").unwrap());
            assert_eq!(data, Some((&[0, 1, 2, 3, 4, 5][..], [2, 3])));
            assert_eq!(pickle.integers(pickle.entry("labels").unwrap()), Some(vec![1, 120]));
            assert_eq!(pickle.entry("mean"), None);
        }
    }

    #[test]
    fn older_numpy_and_python_2_are_read() {
        let old = bytes(BATCHES[1]);
        let place = old.windows(5).position(|window| window == b"_core").unwrap();
        let old = [&old[..place], &old[place + 1..]].concat();
        let pickle = Pickle::read(&old).unwrap();
        assert!(pickle.matrix(pickle.entry("data").unwrap()).is_some());
        let texts = Pickle::read(b"}(U\x06labels]S'data'\nK\x01u.").unwrap();
        assert_eq!(texts.integers(texts.entry("labels").unwrap()), Some(vec![]));
    }

    #[test]
    fn integers_of_every_width() {
        let pickle =
            Pickle::read(b"\x80\x02(K\xffM\xff\xffJ\xff\xff\xff\xff\x8a\x00\x8a\x02\x00\x80I-7\nL9L\nl.").unwrap();
        assert_eq!(pickle.integers(pickle.root), Some(vec![255, 65535, -1, 0, -32768, -7, 9]));
    }

    #[test]
    fn what_would_run_code_is_refused_by_name() {
        for hostile in [
            &b"\x80\x02cposix\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03."[..],
            b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94.",
            b"cposix\nsystem\n(S'true'\ntR.",
        ] {
            let fault = Pickle::read(hostile).err().unwrap();
            assert!(fault.what.contains("`posix.system`"), "{fault:?}");
        }
    }

    #[test]
    fn the_stack_has_a_floor() {
        for hostile in [
            &b"."[..],
            b"N(.",
            b"t.",
            b"N(R.",
            b"a.",
            b"](s.",
            b"h\x00.",
            b"(((",
            b"",
            b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert!(Pickle::read(hostile).is_err(), "{hostile:?}");
        }
        // A text that is encoded many times.
        let text = b"c_codecs\nencode\nq\x00X\x20\x00\x00\x00aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        let call = b"X\x06\x00\x00\x00latin1\x86q\x01";
        let many = [&text[..], &call[..], &b"h\x00h\x01R".repeat(99)[..]].concat();
        assert!(Pickle::read(&many).err().unwrap().what.contains("more encoded bytes"));
    }

    proptest! {
        #[test]
        fn damage_never_panics(
            which in 0..4_usize,
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = bytes(BATCHES[which]);
            for (place, value) in damage {
                let place = place.index(bytes.len());
                bytes[place] = value;
            }
            for end in [bytes.len(), cut.index(bytes.len())] {
                if let Ok(pickle) = Pickle::read(&bytes[..end]) {
                    for key in ["data", "labels"] {
                        if let Some(id) = pickle.entry(key) {
                            let _ = (pickle.matrix(id), pickle.integers(id));
                        }
                    }
                }
            }
        }
    }
}
