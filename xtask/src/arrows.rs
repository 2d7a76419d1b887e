//! Check of the arrows between the modules of the library against its sources.

use std::process::ExitCode;

use crate::run::refuse;
use crate::sources::{Source, blank, code, sources};

const LIBRARY: &str = "core/src";

/// The modules of the library, each with the modules that it depends on directly. A module may also use the
/// dependencies of these. A module comes before the modules that name it, so that arrows point one way; lib.rs may use
/// all of them.
static ARROWS: [(&str, &[&str]); 15] = [
    ("space", &[]),
    ("data", &[]),
    ("benchmark", &["space"]),
    ("graph", &["space"]),
    ("device", &[]),
    ("engine", &["graph", "device"]),
    ("alignment", &["space"]),
    ("saturation", &["alignment"]),
    ("method", &["engine", "alignment", "saturation"]),
    ("searcher", &["method"]),
    ("session", &["method", "data", "benchmark", "searcher"]),
    ("search", &["session"]),
    ("black_box", &["session"]),
    ("exchange", &["engine"]),
    ("training", &["session", "exchange"]),
];

/// The modules that every other one may use.
const SHARED: [&str; 5] = ["adam", "pickle", "random", "text", "vector"];

/// Prints each use of a module against the arrows; fails if there is one.
pub(crate) fn check() -> Result<(), ExitCode> {
    let sources = sources(LIBRARY)?;
    let wrong = against(&sources);
    for line in &wrong {
        eprintln!("   {line}");
    }
    match wrong.len() {
        0 => {
            println!("   arrows: {} files of the library keep to them", sources.len());
            Ok(())
        }
        count => refuse(&format!("arrows: {count} uses are against those in xtask/src/arrows.rs")),
    }
}

/// Returns the uses against the arrows, each as a text with file and line.
fn against(sources: &[Source]) -> Vec<String> {
    let files: Vec<File> = sources.iter().filter_map(File::new).collect();
    let tests: Vec<&String> = files.iter().flat_map(|file| &file.tests).collect();
    let only_test = |file: &File| tests.iter().any(|test| is_within(&file.path, test));
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| file.module != "lib" && !only_test(file)) {
        for (line, used) in file.uses() {
            if !may_use(&file.module, used) {
                wrong.push(format!("{LIBRARY}/{}.rs:{line}: `{}` may not use `{used}`", file.path, file.module));
            }
        }
    }
    wrong
}

fn may_use(module: &str, used: &str) -> bool {
    module == used || SHARED.contains(&used) || stands_on(module, used)
}

fn stands_on(module: &str, used: &str) -> bool {
    let Some((_, below)) = ARROWS.iter().find(|(name, _)| *name == module) else { return false };
    below.iter().any(|&next| next == used || stands_on(next, used))
}

/// Returns true for a file of a module or of a module inside it.
fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A file of the library, without the code of tests.
struct File {
    /// Path within the library, without the extension.
    path: String,
    /// Top module that it belongs to.
    module: String,
    /// Number of modules above its own, the root included.
    depth: usize,
    code: String,
    /// Paths of its test modules that are files of their own.
    tests: Vec<String>,
}

impl File {
    /// Parses a source; returns `None` for a file outside of the library.
    fn new(source: &Source) -> Option<Self> {
        let path = source.path.strip_prefix(LIBRARY)?.strip_prefix('/')?.strip_suffix(".rs")?;
        // The folder of the modules inside this one: the folder of mod.rs or lib.rs, or one with the file's name.
        let folder = path.strip_suffix("mod").or(path.strip_suffix("lib")).filter(|rest| is_folder(rest));
        let folder = folder.map_or_else(|| format!("{path}/"), str::to_owned);
        let (code, tests) = without_tests(&code(&source.text));
        Some(Self {
            path: path.to_owned(),
            module: path.split('/').next().unwrap_or_default().to_owned(),
            depth: folder.matches('/').count(),
            code,
            tests: tests.into_iter().map(|name| format!("{folder}{name}")).collect(),
        })
    }

    /// Returns the top modules that the code names by a path from the root, with the lines.
    fn uses(&self) -> Vec<(usize, &str)> {
        let mut uses = Vec::new();
        let roots = self.code.match_indices("crate").filter_map(|(at, _)| {
            let rest = self.code[at..].strip_prefix("crate")?.trim_start().strip_prefix("::")?;
            Some((at, rest))
        });
        let climbs = self.code.match_indices("super").filter_map(|(at, _)| {
            let (levels, rest) = climbed(&self.code[at..]);
            (levels == self.depth).then_some((at, rest))
        });
        for (at, rest) in roots.chain(climbs) {
            // The word is neither the end of a longer name nor a later part of the same path.
            if !self.code[..at].ends_with(|before: char| is_of_name(before) || before == ':') {
                let start = self.code.len() - rest.len();
                uses.extend(heads(rest).into_iter().map(|(to, name)| (self.line(start + to), name)));
            }
        }
        uses.sort_unstable();
        uses
    }

    fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

/// Returns true for the path of a folder within the library, which is empty or ends with `/`.
fn is_folder(path: &str) -> bool {
    path.is_empty() || path.ends_with('/')
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Returns the number of `super::` that the code begins with, and the rest.
fn climbed(code: &str) -> (usize, &str) {
    let (mut levels, mut rest) = (0, code);
    while let Some(next) = rest.strip_prefix("super::") {
        (levels, rest) = (levels + 1, next.trim_start());
    }
    (levels, rest)
}

/// Returns the first names of a path, or of all paths of a group in braces, with their positions in the code.
fn heads(code: &str) -> Vec<(usize, &str)> {
    let (mut heads, mut depth, mut starts) = (Vec::new(), 0_usize, true);
    for (at, character) in code.char_indices() {
        match character {
            '{' => {
                depth += 1;
                starts &= depth == 1;
            }
            '}' => (depth, starts) = (depth.saturating_sub(1), false),
            ',' => starts = depth == 1,
            space if space.is_whitespace() => {}
            _ if starts => {
                let length = code[at..].find(|end: char| !is_of_name(end)).unwrap_or(code.len() - at);
                // A glob has no name.
                heads.push((at, &code[at..at + length.max(character.len_utf8())]));
                starts = false;
            }
            _ => {}
        }
        if depth == 0 && !starts {
            break;
        }
    }
    heads
}

/// Replaces the code of tests by spaces, and returns the names of test modules that are files of their own.
fn without_tests(code: &str) -> (String, Vec<String>) {
    let (mut kept, mut modules, mut rest) = (String::with_capacity(code.len()), Vec::new(), code);
    while let Some(at) = ["#[cfg(test)]", "#[cfg(all(test,"].iter().filter_map(|start| rest.find(start)).min() {
        let (before, item) = rest.split_at(at);
        let (item, after) = item.split_at(item_end(item));
        let mut words = item.split_whitespace().skip_while(|&word| word != "mod").skip(1);
        if let Some(name) = words.next().and_then(|word| word.strip_suffix(';')) {
            modules.push(name.to_owned());
        }
        kept.push_str(before);
        kept.extend(item.chars().map(blank));
        rest = after;
    }
    kept.push_str(rest);
    (kept, modules)
}

/// Returns the end of the item whose attributes the code begins with: after its `;` or its block, or at the end of the
/// block around it.
fn item_end(code: &str) -> usize {
    let (mut brackets, mut braces) = (0_usize, 0_usize);
    for (at, character) in code.char_indices() {
        match character {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            '{' => braces += 1,
            '}' if braces == 0 => return at,
            '}' => {
                braces -= 1;
                if braces == 0 && brackets == 0 {
                    return at + 1;
                }
            }
            ';' if braces == 0 && brackets == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let source = |&(path, text): &(&str, &str)| Source { path: format!("core/src/{path}"), text: text.to_owned() };
        against(&files.iter().map(source).collect::<Vec<_>>())
    }

    #[test]
    fn arrows_point_one_way() {
        for (index, (name, below)) in ARROWS.iter().enumerate() {
            assert!(!SHARED.contains(name), "{name}");
            for next in *below {
                assert!(ARROWS[..index].iter().any(|(earlier, _)| earlier == next), "{name} on {next}");
            }
        }
    }

    #[test]
    fn a_module_may_use_what_is_below_it() {
        assert!(may_use("engine", "engine") && may_use("engine", "device") && may_use("engine", "space"));
        assert!(may_use("exchange", "space") && may_use("data", "random") && may_use("search", "saturation"));
        assert!(!may_use("graph", "engine") && !may_use("device", "space") && !may_use("search", "training"));
        assert!(!may_use("random", "space") && !may_use("engine", "somewhere"));
    }

    #[test]
    fn a_use_against_the_arrows_is_named_with_its_line() {
        let text = "use std::fs;\n\nuse crate::{\n    data::{self, Images},\n    engine, random,\n};\n\n\
                    pub(crate) fn run() -> crate::search::Event {}\n";
        assert_eq!(
            found(&[("space/mod.rs", text)]),
            [
                "core/src/space/mod.rs:4: `space` may not use `data`",
                "core/src/space/mod.rs:5: `space` may not use `engine`",
                "core/src/space/mod.rs:8: `space` may not use `search`",
            ]
        );
        assert_eq!(found(&[("engine/cpu/mod.rs", text)]).len(), 2);
        assert_eq!(found(&[("lib.rs", "pub use crate::search::Event;")]), [""; 0]);
    }

    #[test]
    fn the_way_up_is_a_use_too() {
        let up = "use super::super::{method, graph};\nuse super::random_branch;\n";
        assert_eq!(found(&[("engine/cpu.rs", up)]), ["core/src/engine/cpu.rs:1: `engine` may not use `method`"]);
        assert_eq!(found(&[("engine/cpu/mod.rs", up)]).len(), 1);
        assert_eq!(found(&[("engine/cpu/conv.rs", up)]), [""; 0]);
        assert_eq!(found(&[("text.rs", "use super::space;")]), ["core/src/text.rs:1: `text` may not use `space`"]);
    }

    #[test]
    fn comments_text_and_tests_are_left_out() {
        let text = "//! Like [`crate::search`].\nconst NAME: &str = \"crate::search\";\n#[cfg(test)]\nmod tests {\n    \
                    use crate::search::Session;\n}\n#[cfg(test)]\npub(crate) mod made;\n#[cfg(test)]\n\
                    use crate::method::Part;\nuse crate::exchange;\n";
        assert_eq!(
            found(&[
                ("graph/cell.rs", text),
                ("graph/cell/made.rs", "use crate::search;"),
                ("graph/cell/made/deep.rs", "use crate::search;"),
            ]),
            ["core/src/graph/cell.rs:11: `graph` may not use `exchange`"]
        );
        assert_eq!(found(&[("graph/mod.rs", text), ("graph/made.rs", "use crate::search;")]).len(), 1);
    }

    #[test]
    fn names_that_end_alike_are_others() {
        assert_eq!(found(&[("space/mod.rs", "use my_crate::search;\nuse lib::crate_::search;\n")]), [""; 0]);
        assert_eq!(found(&[("space/mod.rs", "use crate::*;")]), ["core/src/space/mod.rs:1: `space` may not use `*`"]);
    }
}
