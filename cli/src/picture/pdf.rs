//! Picture as a page in PDF, with text that stays text.

use resvg::usvg::Tree;
use svg2pdf::{ConversionOptions, PageOptions};

use super::UNITS_PER_INCH;

/// Draws a picture as PDF; the page has the size of the picture.
pub(super) fn encode(tree: &Tree) -> Result<Vec<u8>, String> {
    let page = PageOptions { dpi: UNITS_PER_INCH };
    svg2pdf::to_pdf(tree, ConversionOptions::default(), page).map_err(|error| error.to_string())
}
