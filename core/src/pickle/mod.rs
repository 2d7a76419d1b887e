//! Reader of Python pickles that runs nothing.
//!
//! A pickle is a program for a small stack machine, and Python's own reader lets it call any function. The reader here
//! calls none. A call becomes a value with the name of its function and its arguments, and a pickle may name only the
//! functions that the caller knows; any other is an error that gives its name. The few types of Python that lists and
//! texts need are known here.
//!
//! Values lie in one arena and refer to each other by index, so that deep and cyclic values are no problem. The bytes
//! of arrays and texts are borrowed from the file.

mod machine;
mod scan;

use std::borrow::Cow;

/// Name of the call by which a pickle refers to a value outside of it; a caller that has such values knows this name.
pub(crate) const PERSISTENT: &str = "persistent_load";

/// Index of a value in the arena. The parts of a tuple and the arguments of a call have lower ones than itself.
pub(crate) type Id = usize;

/// Value of a pickle.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    /// Value that the reader ignores: None, a float or a huge integer.
    Other,
    Bool(bool),
    Int(i64),
    Bytes(Cow<'a, [u8]>),
    Text(Cow<'a, str>),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// Function or type, by its module and name.
    Function(&'static str),
    Call(Call),
}

/// Call that was not run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) function: &'static str,
    /// Tuple of the arguments.
    arguments: Id,
    /// State that the result was given, if any.
    pub(crate) state: Option<Id>,
}

/// Fault in the bytes of a file, and its position.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) offset: usize,
    pub(crate) what: String,
}

/// Pickle that was read.
pub(crate) struct Pickle<'a> {
    pub(crate) values: Vec<Value<'a>>,
    pub(crate) root: Id,
}

impl<'a> Pickle<'a> {
    /// Reads a pickle that may name the `known` functions, such as `numpy.dtype`.
    pub(crate) fn read(bytes: &'a [u8], known: &[&'static str]) -> Result<Self, Fault> {
        Self::read_first(bytes, known).map(|(pickle, _)| pickle)
    }

    /// Reads the first of several pickles, and returns the bytes after it too.
    pub(crate) fn read_first(bytes: &'a [u8], known: &[&'static str]) -> Result<(Self, &'a [u8]), Fault> {
        machine::run(bytes, known)
    }

    /// Returns the arguments of a call.
    pub(crate) fn arguments(&self, call: Call) -> &[Id] {
        if let Value::Tuple(items) = &self.values[call.arguments] { items } else { &[] }
    }

    /// Returns the value of `key` if `id` is a dictionary.
    pub(crate) fn entry(&self, id: Id, key: &str) -> Option<Id> {
        let Value::Dict(entries) = &self.values[id] else { return None };
        entries.iter().rev().find(|&&(name, _)| self.is_text(name, key)).map(|&(_, value)| value)
    }

    /// Returns the integers of a list or tuple.
    pub(crate) fn integers(&self, id: Id) -> Option<Vec<i64>> {
        let (Value::List(items) | Value::Tuple(items)) = &self.values[id] else { return None };
        let integer = |&item: &Id| if let Value::Int(integer) = self.values[item] { Some(integer) } else { None };
        items.iter().map(integer).collect()
    }

    /// Returns true if the value is the text `wanted`.
    pub(crate) fn is_text(&self, id: Id, wanted: &str) -> bool {
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
