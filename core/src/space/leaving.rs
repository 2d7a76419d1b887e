//! Candidates that have left a search.

use serde::{Deserialize, Serialize};

use super::constraint::{Admitted, all, leaves_some};
use super::{CellType, Space};

/// Candidate of an edge, by its place in a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EdgeCandidate {
    /// Index of the type of cell.
    pub cell_type: usize,
    /// Edge.
    pub edge: usize,
    /// Index among the candidates of the edge.
    pub candidate: usize,
}

/// Candidates that stay where some have left, by themselves and beside constraints; `None` if one of those is not in
/// the space, or if an edge has no candidate left that a derived architecture can have.
pub(super) fn staying(space: &Space, left: &[EdgeCandidate], constrained: Option<&Admitted>) -> Option<[Admitted; 2]> {
    let mut staying = all(space);
    for EdgeCandidate { cell_type, edge, candidate } in left {
        *staying.get_mut(*cell_type)?.get_mut(*edge)?.get_mut(*candidate)? = false;
    }
    let mut admitted = staying.clone();
    if let Some(constrained) = constrained {
        let both = admitted.iter_mut().flatten().flatten().zip(constrained.iter().flatten().flatten());
        both.for_each(|(admitted, constrained)| *admitted &= *constrained);
    }
    let whole = |(kind, table): (&CellType, &Vec<Vec<bool>>)| {
        kind.edges.iter().zip(table).all(|(edge, row)| leaves_some(kind, edge, row))
    };
    let fits = space.cell_types.iter().zip(&admitted).all(whole);
    fits.then_some([staying, admitted])
}

/// Places that a table does not admit, in order.
pub(super) fn places(admitted: &Admitted) -> Vec<EdgeCandidate> {
    let mut places = Vec::new();
    for (cell_type, table) in admitted.iter().enumerate() {
        for (edge, row) in table.iter().enumerate() {
            let left = row.iter().enumerate().filter(|(_, stays)| !**stays);
            places.extend(left.map(|(candidate, _)| EdgeCandidate { cell_type, edge, candidate }));
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Architecture, Constraint, Operation, Rule};

    const fn at(edge: usize, candidate: usize) -> EdgeCandidate {
        EdgeCandidate { cell_type: 0, edge, candidate }
    }

    /// Candidates that have left have no weight, and neither have forbidden ones; an edge keeps one.
    #[test]
    fn candidates_leave_beside_constraints() {
        let space = Space::named("nas-bench-201").unwrap();
        let rule = |operation, rule| Constraint { cell: "normal".to_owned(), from: 0, to: 1, operation, rule };
        let mut alpha = Architecture::new(&space, 1);
        let zeros = |alpha: &Architecture| -> Vec<usize> {
            let p = &alpha.probabilities()[0][0];
            (0..5).filter(|&k| p[k] <= 0.0).collect()
        };
        let forbid = rule(Operation::SkipConnect, Rule::Forbid);
        alpha.confine(&space, 1.0, std::slice::from_ref(&forbid)).unwrap();
        assert_eq!(alpha.set_left(&space, &[at(0, 4), at(3, 2)]), Some(()));
        assert_eq!((zeros(&alpha), alpha.left()), (vec![1, 4], vec![at(0, 4), at(3, 2)]));
        // Pools cannot be forced any more, and the constraint before is still there.
        let refused = alpha.confine(&space, 1.0, &[rule(Operation::AvgPool3x3, Rule::Force)]).unwrap_err();
        assert!(refused.to_string().contains("or it has left"), "{refused}");
        assert_eq!(zeros(&alpha), [1, 4]);
        alpha.confine(&space, 1.0, &[]).unwrap();
        assert_eq!(zeros(&alpha), [4]);
        alpha.confine(&space, 1.0, &[forbid]).unwrap();
        for left in [vec![at(0, 0), at(0, 2), at(0, 3), at(0, 4)], vec![at(6, 0)], vec![at(0, 5)]] {
            assert_eq!(alpha.set_left(&space, &left), None);
            assert_eq!(zeros(&alpha), [1, 4]);
        }
        assert_eq!(alpha.set_left(&space, &[]), Some(()));
        assert_eq!((zeros(&alpha), alpha.left()), (vec![1], vec![]));
    }

    /// In a concatenated cell, `none` alone is no candidate.
    #[test]
    fn an_edge_keeps_what_a_derived_architecture_can_have() {
        let space = Space::named("s3").unwrap();
        let mut alpha = Architecture::new(&space, 1);
        let operations = &space.cell_types[0].edges[0].operations;
        assert_eq!(operations[0], Operation::None);
        assert_eq!(alpha.set_left(&space, &[at(0, 1), at(0, 2)]), None);
        assert_eq!(alpha.set_left(&space, &[at(0, 0), at(0, 2)]), Some(()));
    }
}
