//! Places of the nodes, edges and labels of a cell. Plain arithmetic alone: they are the same on every machine.

use super::cell::{Cell, Edge};
use super::names;

/// Radius of a node.
pub(super) const RADIUS: f64 = 15.0;
/// Width of a drawing; it is wider only if the nodes need it.
pub(super) const WIDTH: f64 = 640.0;
/// Space beside the outermost nodes, and above and below all.
const SIDE: f64 = 8.0;
const MARGIN: f64 = 16.0;
/// Distance between two input nodes.
const APART: f64 = 104.0;
/// Minimum distance between two columns of nodes: between neighbours, a label leaves some of the edge.
const CLOSEST: f64 = 92.0;
/// Bend of an arc from an input for every node it passes.
const ARC: f64 = 0.52;
/// Maximum height of an arc.
const HIGHEST: f64 = 600.0;
/// Space below the edges for the bracket and its text.
const BRACKET: f64 = 46.0;
/// Width of a letter of a label, and of the gap of the edge beside it.
const LETTER: f64 = 6.8;
const BESIDE: f64 = 6.0;
/// Width of a letter below the brackets.
const SMALL_LETTER: f64 = 5.85;
/// Height of the gap of an edge around its label.
pub(super) const GAP: f64 = 16.0;

/// Point, in units of the drawing. The line on which the nodes stand has y = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Cubic curve of an edge: start, two handles, end.
#[derive(Clone, Copy)]
pub(super) struct Curve(pub(super) [Point; 4]);

/// Label of a derived edge.
pub(super) struct Label {
    /// Index of the edge.
    pub(super) edge: usize,
    pub(super) text: String,
    pub(super) middle: Point,
    /// Half the width of the gap around the label.
    pub(super) half: f64,
}

/// Places of what a cell has.
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Distance of the line of the nodes from the upper border.
    pub(super) base: f64,
    /// Places of the nodes.
    pub(super) nodes: Vec<Point>,
    /// Curves of the edges, in their order.
    pub(super) curves: Vec<Curve>,
    pub(super) labels: Vec<Label>,
    /// Upper left corner and width of every bracket.
    pub(super) brackets: Vec<(Point, f64)>,
    /// Middle of the text below the brackets.
    pub(super) caption: Option<Point>,
}

/// Distances within a cell.
struct Grid {
    inputs: usize,
    /// Inputs stand above one another.
    several: bool,
    step: f64,
    spread: f64,
}

/// Area that a label or a node takes: its middle, half its width and half its height.
type Area = (Point, f64, f64);

impl Layout {
    /// Arranges a cell.
    pub(super) fn of(cell: &Cell) -> Self {
        let several = cell.inputs > 1;
        let columns = if several { cell.nodes + 1 } else { cell.total() };
        let gaps = count(columns.saturating_sub(1).max(1));
        let border = 2.0 * (RADIUS + SIDE);
        let width = WIDTH.max(gaps * CLOSEST + border);
        let step = (width - border) / gaps;
        let highest = HIGHEST / (count(cell.total().max(1)) * if several { ARC } else { 1.0 });
        let spread = (30.0 + step * 0.3).min(70.0).min(highest);
        let grid = Grid { inputs: cell.inputs, several, step, spread };
        let nodes: Vec<Point> = (0..cell.total()).map(|node| grid.node(node)).collect();
        let curves: Vec<Curve> = cell.edges.iter().map(|edge| grid.curve(edge)).collect();
        let labels = grid.labels(&cell.edges, &curves, &nodes);

        let mut top = nodes.iter().map(|node| node.y - RADIUS).fold(0.0, f64::min);
        let mut bottom = nodes.iter().map(|node| node.y + RADIUS).fold(0.0, f64::max);
        for (curve, edge) in curves.iter().zip(&cell.edges) {
            for y in curve.samples().map(|point| point.y) {
                top = top.min(y - edge.thickness / 2.0);
                bottom = bottom.max(y + edge.thickness / 2.0);
            }
        }
        for label in &labels {
            top = top.min(label.middle.y - GAP / 2.0);
            bottom = bottom.max(label.middle.y + GAP / 2.0);
        }
        let brackets: Vec<_> = cell
            .concatenated
            .iter()
            .filter_map(|&(first, last)| Some((nodes.get(first)?.x - RADIUS, nodes.get(last)?.x + RADIUS)))
            .map(|(left, right)| (Point { x: left, y: bottom + BRACKET - 22.0 }, right - left))
            .collect();
        let half = count(cell.caption.chars().count()) * SMALL_LETTER / 2.0 + SIDE;
        let caption = brackets.first().zip(brackets.last()).map(|((first, _), (last, span))| {
            let middle = (first.x + last.x + span) / 2.0;
            Point { x: middle.min(width - half).max(half), y: bottom + BRACKET }
        });
        let below = if caption.is_some() { BRACKET } else { 0.0 };
        let base = MARGIN - top;
        Self { width, height: base + bottom + below + MARGIN, base, nodes, curves, labels, brackets, caption }
    }
}

impl Grid {
    fn node(&self, node: usize) -> Point {
        let left = RADIUS + SIDE;
        if !self.several {
            return Point { x: left + count(node) * self.step, y: 0.0 };
        }
        match node.checked_sub(self.inputs) {
            None => Point { x: left, y: (count(node) - (count(self.inputs) - 1.0) / 2.0) * APART },
            Some(inner) => Point { x: left + (count(inner) + 1.0) * self.step, y: 0.0 },
        }
    }

    /// Returns the bend of an edge away from the straight line: up is negative.
    fn bend(&self, edge: &Edge) -> f64 {
        let up = |above: bool| if above { -self.spread } else { self.spread };
        let passed = count(edge.to.saturating_sub(edge.from + 1));
        if !self.several {
            return up(edge.from.is_multiple_of(2)) * passed;
        }
        match edge.from.checked_sub(self.inputs) {
            // Of two inputs one passes above, the other below.
            None => up(edge.from == 0) * ARC * count(edge.to.saturating_sub(self.inputs)),
            Some(inner) => up(inner.is_multiple_of(2)) * 0.5 * passed,
        }
    }

    fn curve(&self, edge: &Edge) -> Curve {
        let (start, end) = (self.node(edge.from), self.node(edge.to));
        let third = (end.x - start.x) * 0.3;
        // Both handles are lifted by 4/3 so that the middle is lifted by the whole.
        let lift = self.bend(edge) * 4.0 / 3.0;
        let first = Point { x: start.x + third, y: start.y + lift };
        let second = Point { x: end.x - third, y: end.y + lift };
        Curve([start, first, second, end])
    }

    /// Returns the labels of the derived edges. A label stands near the middle of its edge, at the nearest place where
    /// it covers no node and no other label.
    fn labels(&self, edges: &[Edge], curves: &[Curve], nodes: &[Point]) -> Vec<Label> {
        let mut taken: Vec<Area> = nodes.iter().map(|node| (*node, RADIUS, RADIUS)).collect();
        let mut labels = Vec::new();
        for (at, (edge, curve)) in
            edges.iter().zip(curves).enumerate().filter(|(_, (edge, _))| !edge.derived.is_empty())
        {
            let text = edge.derived.iter().map(|operation| names::short(*operation)).collect::<Vec<_>>().join(" + ");
            let half = count(text.chars().count()) * LETTER / 2.0 + BESIDE;
            let wish = if self.several && edge.from < self.inputs { 0.56 } else { 0.5 };
            let area = |t: f64| (curve.at(t), half, GAP / 2.0);
            let free = |area: &Area| taken.iter().all(|other| !overlap(*area, *other));
            let shifts = (0..=15).flat_map(|shift| [1.0, -1.0].map(|side| side * 0.02 * f64::from(shift)));
            let area = shifts.map(|shift| area(wish + shift)).find(free).unwrap_or_else(|| area(wish));
            taken.push(area);
            labels.push(Label { edge: at, text, middle: area.0, half });
        }
        labels
    }
}

impl Curve {
    /// Returns the point at t, from 0 at the start to 1 at the end.
    fn at(&self, t: f64) -> Point {
        let Self([a, b, c, d]) = self;
        let u = 1.0 - t;
        let mix =
            |a: f64, b: f64, c: f64, d: f64| u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d;
        Point { x: mix(a.x, b.x, c.x, d.x), y: mix(a.y, b.y, c.y, d.y) }
    }

    fn samples(&self) -> impl Iterator<Item = Point> + '_ {
        (0..=32).map(|part| self.at(f64::from(part) / 32.0))
    }
}

fn overlap((a, wide, high): Area, (b, other_wide, other_high): Area) -> bool {
    (a.x - b.x).abs() < wide + other_wide && (a.y - b.y).abs() < high + other_high
}

#[expect(clippy::cast_precision_loss, reason = "nodes and letters are few")]
fn count(number: usize) -> f64 {
    number as f64
}
