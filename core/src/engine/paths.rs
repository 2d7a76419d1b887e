//! Candidates that a pass runs.
//!
//! A candidate with p = 0 adds nothing to its node, and nothing of the loss reaches its weights. Unless its own ∂L/∂p is
//! wanted, it is left out, forward and backward: its weights get no gradient, and its running statistics stay. Momentum
//! and decay of an optimizer act on its weights as on all others.

use super::{Input, Want};
use crate::graph::{Coefficient, Graph, Primitive, Sum, ValueId};

/// Candidates with p = 0 that a pass runs for their ∂L/∂p, if it wants cell gradients. A pass that wants a tangent runs
/// all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Probes<'a> {
    /// All of them.
    #[default]
    All,
    /// Marked ones, cell by cell in the order of p. The ∂L/∂p of the others are absent.
    Marked(&'a [Vec<bool>]),
    /// None of them: their ∂L/∂p are absent.
    None,
    /// None of them: their ∂L/∂p are those of an output of ones, Σ ∂L/∂y over the node y that a candidate leads to.
    Ones,
}

impl Probes<'_> {
    fn contain(self, cell: usize, index: usize) -> bool {
        match self {
            Self::All => true,
            Self::Marked(marked) => marked.get(cell).is_some_and(|cell| cell.get(index) == Some(&true)),
            Self::None | Self::Ones => false,
        }
    }
}

/// Choice of the candidates that a pass runs; by default all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Paths {
    /// True for each operation weight whose candidate is left out, by cell; empty if none is.
    left_out: Vec<Vec<bool>>,
    /// True if an output of ones stands in for those that are left out.
    ones: bool,
}

impl Paths {
    pub(crate) fn new(input: &Input<'_>, want: Want) -> Self {
        let probed = |cell, index| want.tangent || (want.cells && input.probes.contain(cell, index));
        let of_cell = |(cell, p): (usize, &Vec<f64>)| -> Vec<bool> {
            p.iter().enumerate().map(|(index, &p)| p == 0.0 && !probed(cell, index)).collect()
        };
        let left_out: Vec<Vec<bool>> = input.p.iter().enumerate().map(of_cell).collect();
        if left_out.iter().flatten().all(|&left_out| !left_out) {
            return Self::default();
        }
        Self { left_out, ones: want.cells && input.probes == Probes::Ones }
    }

    /// True if all candidates are run.
    pub(crate) fn is_whole(&self) -> bool {
        self.left_out.is_empty()
    }

    /// True if the candidate with a coefficient is run.
    pub(crate) fn run(&self, coefficient: Coefficient) -> bool {
        match coefficient {
            Coefficient::One => true,
            Coefficient::Operation { cell, index } => !self.leave_out(cell, index),
        }
    }

    fn leave_out(&self, cell: usize, index: usize) -> bool {
        self.left_out.get(cell).is_some_and(|cell| cell[index])
    }

    /// Summands of a sum that are run.
    pub(crate) fn summands<'t>(
        &self,
        terms: &'t [(ValueId, Coefficient)],
    ) -> impl Iterator<Item = &'t (ValueId, Coefficient)> {
        terms.iter().filter(move |(_, coefficient)| self.run(*coefficient))
    }

    /// Operation weights, among those that lead to a sum, whose gradient is that of an output of ones.
    pub(crate) fn ones<'t>(&self, weights: &'t [(usize, usize)]) -> impl Iterator<Item = &'t (usize, usize)> {
        weights.iter().filter(move |&&(cell, index)| self.ones && self.leave_out(cell, index))
    }

    /// Cell gradients that there are.
    pub(crate) fn present(&self, cells: Vec<Vec<f64>>) -> Vec<Vec<Option<f64>>> {
        let of_cell = |(cell, gradients): (usize, Vec<f64>)| {
            let present = |index| self.ones || !self.leave_out(cell, index);
            gradients.into_iter().enumerate().map(|(index, gradient)| present(index).then_some(gradient)).collect()
        };
        cells.into_iter().enumerate().map(of_cell).collect()
    }
}

/// Returns for each value the operation weight of the candidate to which alone it belongs: all that is computed from the
/// value goes through that candidate's summand. The coefficient is 1 for a value that is read in other ways, too, and for
/// the node of a cell.
pub(crate) fn owners(graph: &Graph) -> Vec<Coefficient> {
    let mut owners: Vec<Option<Coefficient>> = vec![None; graph.values().len()];
    for x in graph.heads().iter().map(|head| head.x).chain([graph.output()]) {
        owners[x] = Some(Coefficient::One);
    }
    for step in graph.operations().iter().rev() {
        let y = step.output();
        if let Primitive::Sum(Sum { terms, weights, .. }) = step
            && !weights.is_empty()
        {
            owners[y] = Some(Coefficient::One);
            for &(x, coefficient) in terms {
                read(&mut owners[x], coefficient);
            }
            continue;
        }
        let by = owners[y].unwrap_or(Coefficient::One);
        step.inputs().into_iter().for_each(|x| read(&mut owners[x], by));
    }
    owners.into_iter().map(|owner| owner.unwrap_or(Coefficient::One)).collect()
}

/// Adds a reader to the owner of a value.
fn read(owner: &mut Option<Coefficient>, by: Coefficient) {
    *owner = Some(if owner.is_none_or(|owner| owner == by) { by } else { Coefficient::One });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Builder, MaskKind, Window};

    /// A candidate of two convolutions with a stored value between them belongs to its operation weight, and so does the
    /// dropout of an identity; an identity, a value that two candidates read, and the sum of an edge behind a drop path
    /// belong to none.
    #[test]
    fn values_belong_to_the_candidate_that_alone_reads_them() {
        let mut builder = Builder::new(2);
        let cell = builder.cell(0, 4);
        let weight = |index| Coefficient::Operation { cell, index };
        let image = builder.image();
        let first = builder.conv(image, false, "first", 2, Window::ONE);
        builder.norm(first, "norm", false);
        let stored = builder.stored(first);
        let second = builder.conv(stored, true, "second", 2, Window::ONE);
        let shared = builder.conv(image, false, "shared", 2, Window::ONE);
        let third = builder.conv(shared, false, "third", 2, Window::ONE);
        let dropped = builder.masked_sum(image, vec![(image, Coefficient::One)], MaskKind::Dropout);
        let edge = builder.masked_sum(image, vec![(second, weight(0)), (dropped, weight(3))], MaskKind::DropPath);
        let terms = vec![(edge, Coefficient::One), (third, weight(1)), (shared, weight(2))];
        let node = builder.sum(image, 1, terms);
        let after = builder.sum(node, 1, vec![(node, Coefficient::One)]);
        let graph = builder.finish(after).expect("a graph");
        let mut expected = vec![Coefficient::One; graph.values().len()];
        for value in [first, stored, second] {
            expected[value] = weight(0);
        }
        (expected[third], expected[dropped]) = (weight(1), weight(3));
        assert_eq!(owners(&graph), expected);
    }
}
