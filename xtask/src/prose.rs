//! The beginnings of doc comments: a noun phrase, or a verb in the third person.

use std::process::ExitCode;

use crate::run::refuse;
use crate::sources::sources;

const FOLDERS: [&str; 10] =
    ["core/src", "core/tests", "cli/src", "cli/tests", "wasm/src", "shaders", "xtask/src", "tests", "examples", "fuzz"];

/// Words that no doc comment begins with: those of a question or of half a sentence, and pronouns without a noun.
const OPENINGS: [&str; 27] = [
    "Everything that",
    "He",
    "How many",
    "How much",
    "How often",
    "It",
    "Its",
    "Nobody",
    "Nothing",
    "Of",
    "She",
    "So many",
    "Such",
    "That",
    "Their",
    "These",
    "They",
    "This",
    "Those",
    "What",
    "When",
    "Where",
    "Whether",
    "Which",
    "Who",
    "Whoever",
    "Why",
];

/// Prints each doc comment that begins with one of [`OPENINGS`]; fails if there is one.
pub(crate) fn check() -> Result<(), ExitCode> {
    let (mut comments, mut wrong) = (0, 0);
    for folder in FOLDERS {
        for source in sources(folder)? {
            for (line, sentence) in first_sentences(&source.text) {
                comments += 1;
                if opening(&sentence).is_some() {
                    wrong += 1;
                    eprintln!("   {}:{line}: {sentence}", source.path);
                }
            }
        }
    }
    if wrong > 0 {
        return refuse(&format!(
            "prose: {wrong} of {comments} doc comments begin with a word in xtask/src/prose.rs: begin with a noun \
             phrase, or with a verb in the third person for a function"
        ));
    }
    println!("   prose: {comments} doc comments begin as they should");
    Ok(())
}

/// Returns the first sentence of each doc comment of a file, with the line on which it begins. A comment that begins
/// with a heading has none.
fn first_sentences(text: &str) -> Vec<(usize, String)> {
    let mut sentences = Vec::new();
    let mut paragraph: Option<Paragraph> = None;
    for (line, content) in (1..).zip(text.lines().map(documentation)) {
        paragraph = match (paragraph.take(), content) {
            (Some(mut paragraph), Some((outer, content))) if paragraph.outer == outer => {
                paragraph.add(line, content);
                Some(paragraph)
            }
            (before, content) => {
                sentences.extend(before.and_then(Paragraph::sentence));
                content.map(|(outer, content)| Paragraph::new(outer, line, content))
            }
        };
    }
    sentences.extend(paragraph.and_then(Paragraph::sentence));
    sentences
}

/// Returns the content of a line of a doc comment, and true for `///`, which stands before its item.
fn documentation(line: &str) -> Option<(bool, &str)> {
    let line = line.trim();
    let outer = line.strip_prefix("///").filter(|rest| !rest.starts_with('/'));
    let inner = line.strip_prefix("//!");
    outer.map(|content| (true, content.trim())).or(inner.map(|content| (false, content.trim())))
}

/// First paragraph of a doc comment.
struct Paragraph {
    outer: bool,
    line: usize,
    text: String,
    complete: bool,
}

impl Paragraph {
    fn new(outer: bool, line: usize, content: &str) -> Self {
        let mut paragraph = Self { outer, line, text: String::new(), complete: false };
        paragraph.add(line, content);
        paragraph
    }

    fn add(&mut self, line: usize, content: &str) {
        if self.text.is_empty() {
            self.line = line;
            self.complete |= content.starts_with('#');
        } else {
            self.complete |= content.is_empty();
            if !self.complete {
                self.text.push(' ');
            }
        }
        if !self.complete {
            self.text.push_str(content);
        }
    }

    fn sentence(self) -> Option<(usize, String)> {
        let end = self.text.find(". ").map_or(self.text.len(), |at| at + 1);
        let sentence = self.text[..end].to_owned();
        (!sentence.is_empty()).then_some((self.line, sentence))
    }
}

/// Returns the words of [`OPENINGS`] that a sentence begins with. Quotation marks and emphasis before them do not count,
/// nor does a name in backticks with a colon.
fn opening(sentence: &str) -> Option<&'static str> {
    let named = sentence.strip_prefix('`').and_then(|rest| rest.split_once("`: "));
    let start = named.map_or(sentence, |(_, rest)| rest).trim_start_matches(['*', '_', '[', '(', '"', '“', '\'']);
    let words: Vec<String> = start.split_whitespace().take(2).map(plain).collect();
    OPENINGS.into_iter().find(|opening| {
        let mut parts = opening.split(' ').enumerate();
        parts.all(|(index, part)| words.get(index).is_some_and(|word| word.eq_ignore_ascii_case(part)))
    })
}

/// Returns a word without a comma after it or the end of “it's”.
fn plain(word: &str) -> String {
    word.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_sentences_are_found_with_their_lines() {
        let text = "//! A module of\n//! two lines. And more.\n//!\n//! Rest.\n\n//// Not one.\n/// One\nstruct A;\n    \
                    /// # Errors\n    /// None.\n    fn f();\n    ///\n    /// Two, late.\n    //!Three\n/// Four";
        let expected = [(1, "A module of two lines."), (7, "One"), (13, "Two, late."), (14, "Three"), (15, "Four")];
        assert_eq!(first_sentences(text), expected.map(|(line, sentence)| (line, sentence.to_owned())));
    }

    #[test]
    fn some_words_do_not_begin_a_sentence() {
        for (sentence, word) in [
            ("What is read.", "What"),
            ("How many images, at most.", "How many"),
            ("How  often.", "How often"),
            ("Everything that is left.", "Everything that"),
            ("It's there.", "It"),
            ("Whoever: all.", "Whoever"),
            ("*That* which is left.", "That"),
            ("`bench`: what a step costs.", "What"),
            ("Nothing", "Nothing"),
        ] {
            assert_eq!(opening(sentence), Some(word), "{sentence}");
        }
        for sentence in [
            "Items of a list.",
            "How a step is taken.",
            "Everything.",
            "Offset of the first.",
            "`which` of a cell.",
            "`bench`: time of a step.",
            "True if there is one.",
            "Number of images.",
            "",
        ] {
            assert_eq!(opening(sentence), None, "{sentence}");
        }
    }
}
