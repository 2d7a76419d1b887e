//! Drawing of cells as SVG, PNG and PDF, the picture of the page (`web/src/views/cell-graph.ts`) without a browser, and
//! as DOT.

mod cell;
mod dot;
mod layout;
mod names;
mod svg;

use lambda_darts::search::CellTypeReport;
use lambda_darts::space::{Genotype, Space};

use crate::picture::{Format, bytes};

/// Draws the cells of an architecture as SVG, one type below the other.
///
/// With the operation weights of an epoch, an edge is as thick as its strongest candidate, the derived architecture is
/// in full ink and the other edges are pale. Without them, only the derived edges are drawn, all of one thickness.
pub(crate) fn svg(space: &Space, genotype: &Genotype, weights: Option<&[CellTypeReport]>) -> String {
    svg::write(&cell::cells(space, genotype, weights))
}

/// Draws the cells of an architecture as PNG, with 300 pixels to an inch of the SVG.
///
/// # Errors
/// A sentence that says why the SVG is not drawn.
pub(crate) fn png(space: &Space, genotype: &Genotype, weights: Option<&[CellTypeReport]>) -> Result<Vec<u8>, String> {
    bytes(&svg(space, genotype, weights), Format::Png)
}

/// Draws the cells of an architecture as PDF, on a page of the size of the SVG.
///
/// # Errors
/// A sentence that says why the SVG is not drawn.
pub(crate) fn pdf(space: &Space, genotype: &Genotype, weights: Option<&[CellTypeReport]>) -> Result<Vec<u8>, String> {
    bytes(&svg(space, genotype, weights), Format::Pdf)
}

/// Returns the cells of an architecture as graphs in DOT, one for each type; their names begin with `name`.
pub(crate) fn dot(name: &str, genotype: &Genotype) -> String {
    dot::write(name, genotype)
}

#[cfg(test)]
mod tests;
