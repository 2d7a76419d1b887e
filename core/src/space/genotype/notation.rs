//! The choice among the notations: a text may have a genotype anywhere.

use super::python::{Item, Value};
use super::scan::{Scanner, characters_before};
use super::{Genotype, GenotypeError, darts, nas_bench_201, nni};

const EXPECTED: &str = "expected `Genotype(…)`, `|operation~node|+…`, a JSON object with `cells`, NASLib's six numbers or NNI's \
                        dictionary";
const WORD: &str = "Genotype";

/// Place of a genotype in a text.
#[derive(Clone, Copy)]
enum Place {
    /// Byte of `Genotype(`.
    Darts(usize),
    /// Byte of the first stroke of `|operation~`.
    NasBench201(usize),
}

pub(super) fn read(text: &str) -> Result<Genotype, GenotypeError> {
    let mut scan = Scanner::new(text, 0);
    let next = scan.next();
    if next == Some('{') && text.contains("\"cells\"") {
        // Without what the scanner passes over.
        let json = &text[scan.place()..];
        let before = text[..scan.place()].chars().count();
        return from_json(json).map_err(|error| GenotypeError {
            at: before + characters_before(json, error.line(), error.column()),
            what: error.to_string(),
        });
    }
    let Some(place) = find(text, 0) else { return value(&mut scan) };
    let first = place.byte();
    let (genotype, mut end) = at(text, place)?;
    // Logs and sources may have more of them.
    while let Some(place) = find(text, end) {
        let (other, other_end) = at(text, place)?;
        if other != genotype {
            let line = crate::text::line_at(text, first);
            return scan.error_at(place.byte(), format!("another genotype than that of line {line}; give one alone"));
        }
        end = other_end;
    }
    Ok(genotype)
}

impl Place {
    fn byte(self) -> usize {
        let (Self::Darts(byte) | Self::NasBench201(byte)) = self;
        byte
    }
}

/// Reads a genotype, or a file `genotype.json` of a run, which has one in its field `genotype`.
fn from_json(json: &str) -> serde_json::Result<Genotype> {
    #[derive(serde::Deserialize)]
    struct File {
        genotype: Genotype,
    }
    serde_json::from_str(json).or_else(|error| match serde_json::from_str::<File>(json) {
        Ok(file) => Ok(file.genotype),
        Err(_) => Err(error),
    })
}

/// Finds the next genotype in DARTS's or NAS-Bench-201's notation.
fn find(text: &str, from: usize) -> Option<Place> {
    let rest = &text[from..];
    let called = |at: &usize| rest[at + WORD.len()..].trim_start().starts_with('(');
    let darts = rest.match_indices(WORD).map(|(at, _)| at).find(called);
    // A stroke after a genotype of the other notation is looked at when that has been read.
    let before = &rest[..darts.unwrap_or(rest.len())];
    let dense = before.match_indices('|').map(|(at, _)| at).find(|at| nas_bench_201::is_edge(&rest[at + 1..]));
    match (dense, darts) {
        (Some(dense), _) => Some(Place::NasBench201(from + dense)),
        (None, Some(darts)) => Some(Place::Darts(from + darts)),
        // A text that begins with a stroke is meant as this notation, whatever follows.
        (None, None) if from == 0 => {
            let mut scan = Scanner::new(text, 0);
            (scan.next() == Some('|')).then(|| Place::NasBench201(scan.place()))
        }
        (None, None) => None,
    }
}

/// Reads the genotype at a place; returns it with the byte after it.
fn at(text: &str, place: Place) -> Result<(Genotype, usize), GenotypeError> {
    let (genotype, scan) = match place {
        Place::Darts(byte) => {
            let mut scan = Scanner::new(text, byte);
            let Item { value, .. } = Item::read(&mut scan)?;
            let Value::Call(_, fields) = value else { return scan.error_at(byte, EXPECTED) };
            (darts::genotype(&scan, byte, fields)?, scan)
        }
        Place::NasBench201(byte) => {
            let mut scan = Scanner::new(text, byte);
            (nas_bench_201::groups(&mut scan)?, scan)
        }
    };
    // Sentences go on behind it, but nothing that could belong to it.
    let mut rest = scan.rest().chars();
    let belongs = match rest.next() {
        Some('.') => rest.next().is_some_and(char::is_alphabetic),
        Some(next) => next.is_alphanumeric() || matches!(next, '_' | '~' | '|' | '(' | '['),
        None => false,
    };
    if belongs {
        return scan.error("expected the end");
    }
    Ok((genotype, scan.place()))
}

/// Reads a text that is one value of Python's, or the right side of an assignment.
fn value(scan: &mut Scanner<'_>) -> Result<Genotype, GenotypeError> {
    let mut assigned = scan.clone();
    if !assigned.word(|c| c.is_ascii_alphanumeric() || c == '_').is_empty() && assigned.take("=") {
        *scan = assigned;
    }
    if !matches!(scan.next(), Some('[' | '(' | '{')) {
        return Err(GenotypeError { at: 1, what: EXPECTED.to_owned() });
    }
    let item = Item::read(scan)?;
    let genotype = match &item.value {
        Value::Dictionary(entries) if !entries.is_empty() => nni::genotype(scan, item.at, entries)?,
        Value::List(items) if items.len() == 6 && items.iter().all(|item| matches!(item.value, Value::Number(_))) => {
            nas_bench_201::numbers(scan, items)?
        }
        Value::List(items) if !items.is_empty() && items.iter().all(|item| item.list().is_some()) => {
            nas_bench_201::lists(scan, items)?
        }
        _ => return scan.error_at(item.at, EXPECTED),
    };
    if scan.next().is_some() {
        return scan.error("expected the end");
    }
    Ok(genotype)
}
