//! Python literals.

use std::fmt::Write;

/// Number of characters of a line.
const WIDTH: usize = 100;

/// Text as it stands between the quotes of a string: a character beyond ASCII, a quote or a backslash is escaped.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            ' '..='~' => escaped.push(character),
            _ => {
                let _ = write!(escaped, "\\U{:08x}", u32::from(character));
            }
        }
    }
    escaped
}

/// List with a comma after it, such as `output=[2, 3],`: in one line if it fits there, else in several.
pub(super) fn list(indent: usize, before: &str, items: &[String]) -> String {
    let outer = " ".repeat(indent);
    let line = format!("{outer}{before}[{}],\n", items.join(", "));
    if line.len() <= WIDTH + 1 {
        return line;
    }
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if line.len() + item.len() + 2 <= WIDTH => {
                let _ = write!(line, " {item},");
            }
            _ => lines.push(format!("{outer}    {item},")),
        }
    }
    format!("{outer}{before}[\n{}\n{outer}],\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_cannot_be_left() {
        assert_eq!(escaped("s1 (ours)"), "s1 (ours)");
        assert_eq!(escaped("\"\"\"\n\\é"), "\\\"\\\"\\\"\\U0000000a\\\\\\U000000e9");
    }

    #[test]
    fn long_lists_have_several_lines() {
        let items = |count: usize| vec!["(10, 11, 12)".to_owned(); count];
        assert_eq!(list(4, "edges=", &items(2)), "    edges=[(10, 11, 12), (10, 11, 12)],\n");
        let text = list(4, "edges=", &items(20));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[lines.len() - 1]), ("    edges=[", "    ],"));
        assert_eq!(text.matches("(10, 11, 12),").count(), 20);
        // Seven items would have 105 columns.
        assert_eq!(lines[1].len(), 91, "{text}");
    }
}
