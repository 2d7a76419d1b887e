//! Parts of an SVG that all pictures have.

use super::font::FAMILIES;

/// Begins an SVG of some units that is so many inches wide in print: its root, its title and a white ground.
pub(crate) fn begin([width, height]: [f64; 2], inches: f64, look: &str, title: &str) -> String {
    let (across, down) = (rounded(inches, 4), rounded(inches * height / width, 4));
    let (width, height, title) = (number(width), number(height), escaped(title));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{across}in\" height=\"{down}in\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FAMILIES}\" {look}>\n<title>{title}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    )
}

/// Writes a number with at most two decimals.
pub(crate) fn number(value: f64) -> String {
    rounded(value, 2)
}

/// Writes a number with at most so many decimals, one or more.
fn rounded(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Escapes a text for XML; characters that XML does not allow become spaces.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
