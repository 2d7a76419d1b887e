//! Values as Python writes them: texts, numbers, names, lists, tuples, dictionaries and calls.

use super::GenotypeError;
use super::scan::Scanner;

/// Maximum depth of lists in lists.
const DEEPEST: usize = 16;

/// A value and its place in the text.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) at: usize,
    pub(super) value: Value<'a>,
}

#[derive(Debug)]
pub(super) enum Value<'a> {
    Text(&'a str),
    /// Digits, with a sign, a point or an exponent if there was one.
    Number(&'a str),
    /// Word without quotes, such as `None`.
    Name(&'a str),
    /// List or tuple.
    List(Vec<Item<'a>>),
    Dictionary(Vec<(Item<'a>, Item<'a>)>),
    Call(&'a str, Vec<Argument<'a>>),
}

#[derive(Debug)]
pub(super) struct Argument<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) item: Item<'a>,
}

impl<'a> Item<'a> {
    /// Reads the next value.
    pub(super) fn read(scan: &mut Scanner<'a>) -> Result<Self, GenotypeError> {
        item(scan, 0)
    }

    /// Returns the entries of a list or tuple.
    pub(super) fn list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the text of a quoted value.
    pub(super) fn text(&self) -> Option<&'a str> {
        match self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the digits of a whole number.
    pub(super) fn whole(&self) -> Option<&'a str> {
        match self.value {
            Value::Number(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => Some(number),
            _ => None,
        }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self.value, Value::Name("None"))
    }
}

fn item<'a>(scan: &mut Scanner<'a>, depth: usize) -> Result<Item<'a>, GenotypeError> {
    if depth > DEEPEST {
        return scan.error(format!("more than {DEEPEST} lists in one another"));
    }
    let next = scan.next();
    let at = scan.place();
    let value = match next {
        Some('[') => Value::List(items(scan, ["[", "]"], depth)?),
        Some('(') => Value::List(items(scan, ["(", ")"], depth)?),
        Some('{') => dictionary(scan, depth)?,
        Some(c) if c.is_ascii_digit() || c == '-' || c == '.' => {
            Value::Number(scan.word(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')))
        }
        Some(c) if c.is_ascii_alphabetic() || c == '_' => {
            let name = scan.word(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
            if scan.next() == Some('(') { Value::Call(name, arguments(scan, depth)?) } else { Value::Name(name) }
        }
        Some(quote) => match scan.quoted()? {
            // The place is that of the text within the quotes.
            Some(text) => return Ok(Item { at: at + quote.len_utf8(), value: Value::Text(text) }),
            None => return scan.error("expected a list, a text or a number"),
        },
        None => return scan.error("expected a list, a text or a number"),
    };
    Ok(Item { at, value })
}

fn items<'a>(scan: &mut Scanner<'a>, [open, close]: [&str; 2], depth: usize) -> Result<Vec<Item<'a>>, GenotypeError> {
    let mut all = Vec::new();
    scan.expect(open)?;
    while !scan.take(close) {
        all.push(item(scan, depth + 1)?);
        if !scan.take(",") {
            scan.expect(close)?;
            break;
        }
    }
    Ok(all)
}

fn dictionary<'a>(scan: &mut Scanner<'a>, depth: usize) -> Result<Value<'a>, GenotypeError> {
    let mut entries = Vec::new();
    scan.expect("{")?;
    while !scan.take("}") {
        let key = item(scan, depth + 1)?;
        scan.expect(":")?;
        entries.push((key, item(scan, depth + 1)?));
        if !scan.take(",") {
            scan.expect("}")?;
            break;
        }
    }
    Ok(Value::Dictionary(entries))
}

fn arguments<'a>(scan: &mut Scanner<'a>, depth: usize) -> Result<Vec<Argument<'a>>, GenotypeError> {
    let mut all = Vec::new();
    scan.expect("(")?;
    while !scan.take(")") {
        let mut item = item(scan, depth + 1)?;
        let name = match item.value {
            Value::Name(name) if scan.take("=") => {
                item = self::item(scan, depth + 1)?;
                Some(name)
            }
            _ => None,
        };
        all.push(Argument { name, item });
        if !scan.take(",") {
            scan.expect(")")?;
            break;
        }
    }
    Ok(all)
}
