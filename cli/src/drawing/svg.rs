//! The drawing as SVG. All looks are attributes, and no text has an outline of its own: every viewer shows the same.

use std::fmt::Write;

use super::cell::{Cell, Edge, Look};
use super::layout::{GAP, Layout, Point, RADIUS, WIDTH};
use super::names;
use crate::picture::{begin, escaped, number};

/// Colours of the page's light theme.
const SURFACE: &str = "#ffffff";
const INK: &str = "#17202b";
const SOFT: &str = "#55606e";
const SKIP: &str = "#c63d00";
/// Mixture of the colours of skip connections and the surface, 45 to 55.
const PALE_SKIP: &str = "#edac98";
const LOW: &str = "#e9eef5";
const PALE: &str = "#c3c8cf";

/// Width in inches of a drawing of the usual width: in print its smallest type has 7.1 pt.
const INCHES: f64 = 5.5;
/// Distance from the baseline to the middle of capitals and digits, in units of the font's size.
const MIDDLE: f64 = 0.35;
/// Size of the text below the brackets, the smallest type.
const CAPTION: f64 = 11.5;
/// Height of the line for the name of a type of cell.
const HEADING: f64 = 34.0;

/// Writes cells, one below the other. If there are several, each has its name as a heading.
pub(super) fn write(cells: &[Cell]) -> String {
    let layouts: Vec<Layout> = cells.iter().map(Layout::of).collect();
    let heading = if cells.len() > 1 { HEADING } else { 0.0 };
    let width = layouts.iter().map(|layout| layout.width).fold(1.0, f64::max);
    let height = layouts.iter().map(|layout| heading + layout.height).sum::<f64>().max(1.0);
    let names: Vec<&str> = cells.iter().map(|cell| cell.name.as_str()).collect();
    let look = format!("fill=\"{INK}\" text-anchor=\"middle\"");
    let mut out = begin([width, height], INCHES * width / WIDTH, &look, &format!("Cell: {}", names.join(", ")));
    let mut top = 0.0;
    for (cell, layout) in cells.iter().zip(&layouts) {
        if heading > 0.0 {
            let place = Point { x: 8.0, y: top + heading - 12.0 };
            text(&mut out, place, 13.0, "font-weight=\"600\" text-anchor=\"start\"", &cell.name);
        }
        top += heading;
        line(&mut out, &format!("<g transform=\"translate(0 {})\">", number(top + layout.base)));
        draw(&mut out, cell, layout);
        line(&mut out, "</g>");
        top += layout.height;
    }
    out.push_str("</svg>\n");
    out
}

/// Writes the parts of a cell: edges, nodes, labels and the bracket of the output.
fn draw(out: &mut String, cell: &Cell, layout: &Layout) {
    line(out, "<g fill=\"none\">");
    // No pale edge covers one of the derived architecture.
    let mut edges: Vec<_> = cell.edges.iter().zip(&layout.curves).collect();
    edges.sort_by_key(|(edge, _)| !edge.derived.is_empty());
    for (edge, curve) in edges {
        let [a, b, c, d] = curve.0.map(|point| format!("{},{}", number(point.x), number(point.y)));
        let (width, look) = (number(edge.thickness), stroke(edge.look));
        let title = escaped(&title(cell, edge));
        line(
            out,
            &format!("<path d=\"M{a}C{b} {c} {d}\" stroke-width=\"{width}\" {look}><title>{title}</title></path>"),
        );
    }
    line(out, "</g>");
    for (node, place) in layout.nodes.iter().enumerate() {
        let fill = if node < cell.inputs { LOW } else { SURFACE };
        let (x, y) = (number(place.x), number(place.y));
        line(
            out,
            &format!(
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"{RADIUS}\" fill=\"{fill}\" stroke=\"{INK}\" stroke-width=\"1.5\"/>"
            ),
        );
        text(out, *place, 11.5, "font-weight=\"500\"", &names::node(cell.inputs, cell.nodes, node));
    }
    for label in &layout.labels {
        let look = match cell.edges.get(label.edge).map(|edge| edge.look) {
            Some(Look::Skip) => format!("font-weight=\"600\" fill=\"{SKIP}\""),
            Some(Look::Dotted) => format!("fill=\"{SOFT}\""),
            _ => "font-weight=\"600\"".to_owned(),
        };
        // The edge stops around the label.
        let (x, y) = (number(label.middle.x - label.half), number(label.middle.y - GAP / 2.0));
        let width = number(2.0 * label.half);
        line(
            out,
            &format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{GAP}\" rx=\"5\" fill=\"{SURFACE}\"/>"),
        );
        text(out, label.middle, 12.0, &look, &label.text);
    }
    for (corner, width) in &layout.brackets {
        let (x, y, right) = (number(corner.x), number(corner.y), number(corner.x + width));
        line(out, &format!("<path d=\"M{x},{y}v6H{right}v-6\" fill=\"none\" stroke=\"{PALE}\"/>"));
    }
    if let Some(place) = layout.caption {
        text(out, place, CAPTION, &format!("fill=\"{SOFT}\""), &cell.caption);
    }
}

/// Returns the attributes of an edge's line.
fn stroke(look: Look) -> String {
    let (colour, rest) = match look {
        Look::Ink => (INK, "stroke-linecap=\"round\""),
        Look::Pale => (PALE, "stroke-linecap=\"round\""),
        Look::Skip => (SKIP, "stroke-dasharray=\"11 9\""),
        Look::PaleSkip => (PALE_SKIP, "stroke-dasharray=\"11 9\""),
        Look::Dotted => (PALE, "stroke-linecap=\"round\" stroke-dasharray=\"1 8\""),
    };
    format!("stroke=\"{colour}\" {rest}")
}

/// Describes an edge, for those who point at it or do not see it.
fn title(cell: &Cell, edge: &Edge) -> String {
    let name = |node| names::node(cell.inputs, cell.nodes, node);
    let derived = edge.derived.iter().map(|operation| operation.name()).collect::<Vec<_>>().join(" + ");
    let kept = if derived.is_empty() { "not in the derived cell".to_owned() } else { format!("derived: {derived}") };
    let mut title = format!("Edge {}→{}, {kept}", name(edge.from), name(edge.to));
    for (operation, weight) in &edge.weights {
        // Writing to a string cannot fail.
        let _ = write!(title, "\n{} {weight:.3}", operation.name());
    }
    title
}

/// Writes a text around a point.
fn text(out: &mut String, middle: Point, size: f64, look: &str, text: &str) {
    let (x, y, text) = (number(middle.x), number(middle.y + MIDDLE * size), escaped(text));
    line(out, &format!("<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" {look}>{text}</text>"));
}

fn line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}
