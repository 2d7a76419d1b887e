//! Picture in pixels.

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Size, Tree};

use super::UNITS_PER_INCH;

const PIXELS_PER_INCH: f32 = 300.0;
/// Chunk `pHYs` with its checksum: 11811 pixels to a metre, which are 300 to an inch. From it LaTeX knows the size of
/// the picture.
const DENSITY: [u8; 21] = *b"\0\0\0\x09pHYs\0\0\x2e\x23\0\0\x2e\x23\x01\x78\xa5\x3f\x76";
/// Offset of the second chunk: the first one always has 25 bytes, and the signature of the file has 8.
const SECOND: usize = 33;

/// Draws a picture as PNG.
pub(super) fn encode(tree: &Tree) -> Result<Vec<u8>, String> {
    let scale = PIXELS_PER_INCH / UNITS_PER_INCH;
    let size = Size::from_wh(tree.size().width() * scale, tree.size().height() * scale).map(|size| size.to_int_size());
    let pixmap = size.and_then(|size| Pixmap::new(size.width(), size.height()));
    let mut pixmap = pixmap.ok_or("the drawing is too large for a PNG")?;
    // Pixels that the border divides are white too.
    pixmap.fill(Color::WHITE);
    resvg::render(tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    let mut png = pixmap.encode_png().map_err(|error| error.to_string())?;
    png.splice(SECOND..SECOND, DENSITY);
    Ok(png)
}
