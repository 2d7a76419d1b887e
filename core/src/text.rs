//! Line numbers in a text, for error messages, and bytes as text.

/// Returns bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
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
