//! Texts for error messages: line numbers, types in plain words, bytes in hexadecimal.

/// Returns bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns the first 100 characters of a text from a file, on one line.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_debug).collect()
}

/// Returns the line, counted from 1, of a byte offset.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
}

/// Returns the line, counted from 1, of the value that the path `keys` leads to in a TOML text. If the path leads
/// nowhere, the line is that of its last key that was found.
pub(crate) fn line_of(text: &str, keys: &[String]) -> usize {
    let Ok(root) = toml::de::DeTable::parse(text) else { return 1 };
    let mut line = 1;
    let mut table = Some(root.get_ref());
    for key in keys {
        let Some((found, value)) = table.and_then(|table| table.iter().find(|(name, _)| name.get_ref() == key)) else {
            break;
        };
        line = line_at(text, found.span().start);
        table = match value.get_ref() {
            toml::de::DeValue::Table(inner) => Some(inner),
            _ => None,
        };
    }
    line
}

/// Returns a message of serde's with the types of Rust in plain words.
pub(crate) fn plain(message: &str) -> String {
    let Some((before, expected)) = message.split_once("expected ") else { return message.to_owned() };
    let (name, rest) = expected.split_once(' ').map_or((expected, ""), |(name, rest)| (name, rest));
    let words = match name {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "struct" => "a table of settings",
        "path" if rest == "string" => "a path",
        "a" if rest == "sequence" => "a list",
        _ => return message.to_owned(),
    };
    format!("{before}expected {words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_in_plain_words() {
        let said = |expected| plain(&format!("invalid type: string \"x\", expected {expected}"));
        for (rust, words) in [
            ("usize", "a whole number, 0 or more"),
            ("f64", "a number"),
            ("struct WeightsConfig", "a table of settings"),
            ("path string", "a path"),
            ("a sequence", "a list"),
            ("a boolean", "a boolean"),
        ] {
            assert_eq!(said(rust), format!("invalid type: string \"x\", expected {words}"));
        }
        assert_eq!(plain("unknown field `x`, expected one of `a`, `b`"), "unknown field `x`, expected one of `a`, `b`");
    }
}
