//! The drawing in pixels, with a font of its own: a machine without fonts draws the same.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// Roboto Regular with the letters that drawings need; see assets/ROBOTO-LICENSE.txt.
const FONT: &[u8] = include_bytes!("../../assets/roboto.ttf");
/// Pixels to a unit of the SVG.
const SCALE: f32 = 2.0;

/// Draws an SVG as PNG.
pub(super) fn rasterize(svg: &str) -> Result<Vec<u8>, String> {
    let mut options = Options::default();
    options.fontdb_mut().load_font_data(FONT.to_vec());
    let tree = Tree::from_str(svg, &options).map_err(|error| error.to_string())?;
    let size = tree.size().to_int_size().scale_by(SCALE);
    let pixmap = size.and_then(|size| Pixmap::new(size.width(), size.height()));
    let mut pixmap = pixmap.ok_or("the drawing is too large for a PNG")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| error.to_string())
}
