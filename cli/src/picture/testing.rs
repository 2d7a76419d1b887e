//! Measures of a picture in print, for tests.

use resvg::usvg::{Group, Node, TextChunk};

use super::UNITS_PER_INCH;
use super::font::tree;

/// Returns the width and the height of an SVG in inches.
pub(crate) fn inches(svg: &str) -> [f32; 2] {
    let size = tree(svg).unwrap().size();
    [size.width(), size.height()].map(|units| units / UNITS_PER_INCH)
}

/// Returns the size of the smallest type of an SVG in points of 1/72 inch.
pub(crate) fn smallest_type(svg: &str) -> f32 {
    smallest(tree(svg).unwrap().root())
}

fn smallest(group: &Group) -> f32 {
    let sizes = group.children().iter().map(|node| match node {
        Node::Group(group) => smallest(group),
        Node::Text(text) => {
            let spans = text.chunks().iter().flat_map(TextChunk::spans);
            let (_, scale) = text.abs_transform().get_scale();
            spans.map(|span| span.font_size().get() * scale * 72.0 / UNITS_PER_INCH).fold(f32::INFINITY, f32::min)
        }
        _ => f32::INFINITY,
    });
    sizes.fold(f32::INFINITY, f32::min)
}
