//! The Rust sources of the workspace, for the checks of the sources.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use crate::run::{refuse, root};

/// A source file and its text.
pub(crate) struct Source {
    /// Path from the root of the workspace, with `/` on every system.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Reads all Rust files in a folder of the workspace and in the folders below, in the order of their paths.
pub(crate) fn sources(folder: &str) -> Result<Vec<Source>, ExitCode> {
    let mut sources = Vec::new();
    match collect(&root().join(folder), folder, &mut sources) {
        Ok(()) if sources.is_empty() => refuse(&format!("{folder}: no Rust files")),
        Ok(()) => Ok(sources),
        Err(error) => refuse(&format!("{folder}: cannot be read: {error}")),
    }
}

fn collect(folder: &Path, name: &str, sources: &mut Vec<Source>) -> io::Result<()> {
    let entries: io::Result<Vec<PathBuf>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut entries = entries?;
    entries.sort_unstable();
    for entry in entries {
        let path = format!("{name}/{}", entry.file_name().unwrap_or_default().to_string_lossy());
        if entry.is_dir() {
            collect(&entry, &path, sources)?;
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            sources.push(Source { path, text: fs::read_to_string(&entry)? });
        }
    }
    Ok(())
}

/// Replaces comments and literals by spaces. Line breaks are kept, and so are the numbers of the lines.
pub(crate) fn code(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let length = skipped(&characters[at..]);
        if length == 0 {
            code.push(character);
            at += 1;
        } else {
            code.extend(characters[at..at + length].iter().map(|&character| blank(character)));
            at += length;
        }
    }
    code
}

/// Returns the replacement of a character that is left out: a line break for itself, else a space.
pub(crate) fn blank(character: char) -> char {
    if character == '\n' { '\n' } else { ' ' }
}

/// Returns the length of the comment or literal at the beginning, or 0.
fn skipped(rest: &[char]) -> usize {
    match rest {
        ['/', '/', ..] => rest.iter().position(|&character| character == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => block_comment(rest),
        ['"', ..] => string(rest),
        ['r', '"' | '#', ..] => raw_string(rest),
        // The character after a backslash may be a quote. Without a second quote, the text is a lifetime.
        ['\'', '\\', _, tail @ ..] => {
            tail.iter().position(|&character| character == '\'').map_or(rest.len(), |end| end + 4)
        }
        ['\'', _, '\'', ..] => 3,
        _ => 0,
    }
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while let Some(character) = rest.get(at) {
        match character {
            '"' => return at + 1,
            '\\' => at += 2,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Returns the length of an `r"…"` with any number of `#`, or 0 for a name that begins with r, even a raw one.
fn raw_string(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|&&character| character == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let start = hashes + 2;
    let inside = rest[start..].windows(end.len()).position(|window| window == end);
    inside.map_or(rest.len(), |length| start + length + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_not_code() {
        for (text, left) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c\n */ d */ e", "a          \n         e"),
            (r#"f("b \" c", d)"#, r"f(        , d)"),
            ("r#\"b \"c\" d\"# e", "             e"),
            (r"let r#type = 'a'; '\'' 'b: loop", r"let r#type =    ;      'b: loop"),
            (r"'\u{1f}' &'a str", r"         &'a str"),
            ("for r in 0..3", "for r in 0..3"),
            ("\"no end", "       "),
        ] {
            assert_eq!(code(text), left, "{text}");
        }
    }

    #[test]
    fn files_are_found_by_their_paths() {
        let paths: Vec<_> = sources("xtask/src").unwrap().into_iter().map(|source| source.path).collect();
        for path in ["xtask/src/sources.rs", "xtask/src/web/mod.rs"] {
            assert!(paths.iter().any(|found| found == path), "{path}");
        }
        assert!(sources("xtask/nothing").is_err());
    }
}
