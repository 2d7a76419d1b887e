//! Stack machine of pickles, without its calls.

use std::borrow::Cow;
use std::collections::HashMap;

use super::scan::Scanner;
use super::{Call, Fault, Id, PERSISTENT, Pickle, Value, is_text};
use crate::text::excerpt;

/// Maximum number of instructions of a pickle. A batch of images has one for each label and a few more.
const MOST_INSTRUCTIONS: usize = 1 << 22;

/// Functions and types of Python itself, whose calls become values at once.
const PYTHON: [&str; 4] = ["_codecs.encode", "builtins.bytes", "__builtin__.bytes", "collections.OrderedDict"];

/// Reads a pickle that may name the `known` functions; returns it with the bytes after it.
pub(super) fn run<'a>(bytes: &'a [u8], known: &[&'static str]) -> Result<(Pickle<'a>, &'a [u8]), Fault> {
    Machine {
        scan: Scanner::new(bytes),
        known,
        encoded: 0,
        values: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    }
    .run()
}

struct Machine<'a, 'k> {
    scan: Scanner<'a>,
    /// Functions that the pickle may name, besides those of Python.
    known: &'k [&'static str],
    /// Total size in bytes of the texts that were encoded.
    encoded: usize,
    values: Vec<Value<'a>>,
    stack: Vec<Id>,
    /// Heights of the stack at its marks.
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
}

impl<'a> Machine<'a, '_> {
    fn run(mut self) -> Result<(Pickle<'a>, &'a [u8]), Fault> {
        for _ in 0..MOST_INSTRUCTIONS {
            let instruction = self.scan.instruction()?;
            if instruction == b'.' {
                let root = self.pop()?;
                return Ok((Pickle { values: self.values, root }, self.scan.rest()));
            }
            if let Some(value) = self.scan.literal(instruction)? {
                self.push(value);
            } else {
                self.step(instruction)?;
            }
        }
        self.fault(format!("more than {MOST_INSTRUCTIONS} instructions"))
    }

    /// Runs an instruction that works on the stack.
    fn step(&mut self, instruction: u8) -> Result<(), Fault> {
        match instruction {
            0x80 => match self.scan.take(1)?[0] {
                0..=5 => {}
                version => return self.fault(format!("pickle protocol {version}; known are 0 to 5")),
            },
            0x95 => {
                self.scan.take(8)?;
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
                let place = if instruction == 0x94 { self.memo.len() as u64 } else { self.scan.place(instruction)? };
                let top = self.top()?;
                self.memo.insert(place, top);
            }
            b'g' | b'h' | b'j' => {
                let place = self.scan.place(instruction)?;
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
            b'c' => {
                let (module, name) = (self.scan.text_line()?, self.scan.text_line()?);
                let function = self.function(module, name)?;
                self.push(function);
            }
            0x93 => {
                let [module, name] = self.pop_two()?;
                let (Value::Text(module), Value::Text(name)) = (&self.values[module], &self.values[name]) else {
                    return self.fault("a function without a name");
                };
                let function = self.function(module, name)?;
                self.push(function);
            }
            b'Q' => {
                let arguments = self.pop()?;
                if !self.known.contains(&PERSISTENT) {
                    return self.fault("refers to a value outside of the pickle");
                }
                self.push(Value::Call(Call { function: PERSISTENT, arguments, state: None }));
            }
            // A call, and the making of an object of a type.
            b'R' | 0x81 => self.reduce()?,
            b'b' => self.build()?,
            _ => return self.fault(format!("unknown instruction {instruction:#04x}")),
        }
        Ok(())
    }

    /// Returns a function if it is known.
    fn function(&self, module: &str, name: &str) -> Result<Value<'a>, Fault> {
        let is_meant =
            |full: &&'static str| full.strip_prefix(module).and_then(|rest| rest.strip_prefix('.')) == Some(name);
        match PYTHON.into_iter().chain(self.known.iter().copied()).find(is_meant) {
            Some(full) => Ok(Value::Function(full)),
            None => self.fault(format!("asks for `{}.{}`, which is never run", excerpt(module), excerpt(name))),
        }
    }

    /// Replaces a call by an inert value.
    fn reduce(&mut self) -> Result<(), Fault> {
        let [function, arguments] = self.pop_two()?;
        let Value::Function(function) = self.values[function] else { return self.fault("calls a non-function") };
        let Value::Tuple(items) = &self.values[arguments] else { return self.fault("a call without arguments") };
        let made = match (function, items.as_slice()) {
            ("_codecs.encode", &[text, coding]) => self.encode(text, coding)?,
            ("builtins.bytes" | "__builtin__.bytes", []) => Value::Bytes(Cow::Borrowed(&[])),
            ("collections.OrderedDict", []) => Value::Dict(Vec::new()),
            _ if PYTHON.contains(&function) => return self.fault(format!("calls `{function}` in an unknown way")),
            _ => Value::Call(Call { function, arguments, state: None }),
        };
        self.push(made);
        Ok(())
    }

    fn encode(&mut self, text: Id, coding: Id) -> Result<Value<'a>, Fault> {
        let latin = ["latin1", "latin-1"].iter().any(|name| is_text(&self.values[coding], name));
        let Value::Text(text) = &self.values[text] else { return self.fault("encodes a non-text") };
        // A text that is encoded many times would make more bytes than the file has.
        self.encoded += text.len();
        if self.encoded > self.scan.length().saturating_mul(2) {
            return self.fault("more encoded bytes than the file can hold");
        }
        let bytes = text.chars().map(|char| u8::try_from(char).ok()).collect::<Option<Vec<u8>>>();
        match bytes {
            Some(bytes) if latin => Ok(Value::Bytes(Cow::Owned(bytes))),
            _ => self.fault("encodes a text that is not Latin-1"),
        }
    }

    /// Sets the state of what a call returned.
    fn build(&mut self) -> Result<(), Fault> {
        let state = self.pop()?;
        let target = self.top()?;
        match &mut self.values[target] {
            Value::Call(call) => call.state = Some(state),
            // Attributes of an ordered dictionary.
            Value::Dict(_) => {}
            _ => return self.fault("sets the state of a value without one"),
        }
        Ok(())
    }

    fn fault<T>(&self, what: impl Into<String>) -> Result<T, Fault> {
        self.scan.fault(what)
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 2] = ["torch.Size", PERSISTENT];

    fn read(bytes: &[u8]) -> Result<Pickle<'_>, Fault> {
        Pickle::read(bytes, &KNOWN)
    }

    #[test]
    fn integers_of_every_width() {
        let pickle = read(b"\x80\x02(K\xffM\xff\xffJ\xff\xff\xff\xff\x8a\x00\x8a\x02\x00\x80I-7\nL9L\nl.").unwrap();
        assert_eq!(pickle.integers(pickle.root), Some(vec![255, 65535, -1, 0, -32768, -7, 9]));
    }

    #[test]
    fn calls_are_kept_and_not_run() {
        // torch.Size((2, 3)), a value outside of the file, and an ordered dictionary with an attribute.
        let bytes = b"\x80\x02ctorch\nSize\nK\x02K\x03\x86\x85RX\x01\x00\x00\x00a\x85Qccollections\nOrderedDict\n)R\
                      X\x01\x00\x00\x00kK\x07s}X\x01\x00\x00\x00_K\x01sb\x87.and more";
        let (pickle, rest) = Pickle::read_first(bytes, &KNOWN).unwrap();
        assert_eq!(rest, b"and more");
        let Value::Tuple(parts) = &pickle.values[pickle.root] else { panic!("no tuple") };
        let [size, outside] = [0, 1].map(|part| {
            let Value::Call(call) = pickle.values[parts[part]] else { panic!("no call") };
            call
        });
        assert_eq!((size.function, outside.function), ("torch.Size", PERSISTENT));
        assert_eq!(pickle.integers(pickle.arguments(size)[0]), Some(vec![2, 3]));
        assert!(pickle.is_text(pickle.arguments(outside)[0], "a"));
        let value = pickle.entry(parts[2], "k").unwrap();
        assert!(matches!(pickle.values[value], Value::Int(7)));
        assert!(Pickle::read(bytes, &["torch.Size"]).err().unwrap().what.contains("outside of the pickle"));
    }

    #[test]
    fn what_would_run_code_is_refused_by_name() {
        for hostile in [
            &b"\x80\x02cposix\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03."[..],
            b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94.",
            b"cposix\nsystem\n(S'true'\ntR.",
        ] {
            let fault = read(hostile).err().unwrap();
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
            assert!(read(hostile).is_err(), "{hostile:?}");
        }
        // A text that is encoded many times.
        let text = b"c_codecs\nencode\nq\x00X\x20\x00\x00\x00aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        let call = b"X\x06\x00\x00\x00latin1\x86q\x01";
        let many = [&text[..], &call[..], &b"h\x00h\x01R".repeat(99)[..]].concat();
        assert!(read(&many).err().unwrap().what.contains("more encoded bytes"));
    }
}
