//! Font of all pictures. A machine without fonts draws the same.

use std::sync::LazyLock;

use resvg::usvg::{Options, Tree};

use super::escaped;

/// Roboto Regular with the letters that pictures need; see assets/ROBOTO-LICENSE.txt.
const DATA: &[u8] = include_bytes!("../../assets/roboto.ttf");
const NAME: &str = "Roboto";
/// Families for those who show the SVG itself, the best first.
pub(super) const FAMILIES: &str = "Roboto, Helvetica, Arial, sans-serif";

/// Options with this font alone, whatever family a text has.
static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut options = Options { font_family: NAME.to_owned(), ..Options::default() };
    let fonts = options.fontdb_mut();
    fonts.load_font_data(DATA.to_vec());
    fonts.set_sans_serif_family(NAME);
    // The last resort for families that are not there.
    fonts.set_serif_family(NAME);
    options
});

/// Parses an SVG and sets its text.
pub(super) fn tree(svg: &str) -> Result<Tree, String> {
    Tree::from_str(svg, &OPTIONS).map_err(|error| error.to_string())
}

/// Returns the width of a line of text in the unit of its size.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let text = escaped(text);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"><text font-size=\"{size}\">{text}</text></svg>"
    );
    tree(&svg).map_or(0.0, |tree| tree.root().abs_bounding_box().width().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // Digits have equal widths: 1151 of 2048 units.
        for (text, digits) in [("0", 1.0), ("1984", 4.0)] {
            assert!((width(text, 8.0) - digits * 8.0 * 1151.0 / 2048.0).abs() < 1e-3, "{text}");
        }
        assert!(width("", 8.0).abs() < 1e-9);
    }
}
