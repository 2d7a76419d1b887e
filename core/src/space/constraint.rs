//! Constraints of a search: operations of an edge that are forced or forbidden.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CellType, Edge, Operation, Space};

/// Constraint on one operation of one edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// Name of the cell type: `normal` or `reduce`.
    pub cell: String,
    /// Node that the edge leaves; the inputs of the cell come first.
    pub from: usize,
    /// Node that the edge enters.
    pub to: usize,
    /// Candidate of the edge.
    pub operation: Operation,
    /// Rule for the candidate.
    pub rule: Rule,
}

/// Rule for a candidate of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The candidate has the whole weight of the edge.
    Force,
    /// The candidate has no weight; an auxiliary skip connection is another path, and stays.
    Forbid,
}

/// Constraint that a space cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the constraint on `{operation}` of edge {from}→{to} of the cell `{cell}`: {why}")]
pub struct ConstraintError {
    /// Name of the cell type.
    pub cell: String,
    /// Node that the edge leaves.
    pub from: usize,
    /// Node that the edge enters.
    pub to: usize,
    /// Candidate.
    pub operation: Operation,
    /// Fault.
    pub why: &'static str,
}

/// Admitted candidates: `[cell type][edge][candidate]`.
pub(super) type Admitted = Vec<Vec<Vec<bool>>>;

/// Table that admits all candidates of a space.
pub(super) fn all(space: &Space) -> Admitted {
    let of_type = |kind: &CellType| kind.edges.iter().map(|edge| vec![true; edge.operations.len()]).collect();
    space.cell_types.iter().map(of_type).collect()
}

/// True if a derived architecture can have one of the admitted candidates of an edge.
pub(super) fn leaves_some(kind: &CellType, edge: &Edge, admitted: &[bool]) -> bool {
    edge.operations.iter().zip(admitted).any(|(&operation, &admitted)| admitted && kind.keeps(edge, operation))
}

/// Candidates that constraints admit, of those that have not left the search; `None` if all are admitted.
pub(super) fn admitted(
    space: &Space,
    constraints: &[Constraint],
    staying: Option<&Admitted>,
) -> Result<Option<Admitted>, ConstraintError> {
    if constraints.is_empty() {
        return Ok(staying.cloned());
    }
    let mut admitted = staying.cloned().unwrap_or_else(|| all(space));
    for constraint in constraints {
        apply(space, &mut admitted, constraint).map_err(|why| ConstraintError {
            cell: constraint.cell.clone(),
            from: constraint.from,
            to: constraint.to,
            operation: constraint.operation,
            why,
        })?;
    }
    Ok(Some(admitted))
}

fn apply(space: &Space, admitted: &mut Admitted, constraint: &Constraint) -> Result<(), &'static str> {
    let at = space.cell_types.iter().position(|kind| kind.name == constraint.cell);
    let at = at.ok_or("the space has no such cell")?;
    let kind = &space.cell_types[at];
    let edge = kind.edges.iter().position(|edge| (edge.from, edge.to) == (constraint.from, constraint.to));
    let edge = edge.ok_or("the cell has no such edge")?;
    let at_edge = &kind.edges[edge];
    let operation = at_edge.operations.iter().position(|&operation| operation == constraint.operation);
    let operation = operation.ok_or("the edge has no such candidate")?;
    let row = &mut admitted[at][edge];
    match constraint.rule {
        Rule::Force if row[operation] => {
            row.fill(false);
            row[operation] = true;
        }
        Rule::Force => return Err("another constraint forbids it, or forces another candidate, or it has left"),
        Rule::Forbid => row[operation] = false,
    }
    if !leaves_some(kind, at_edge, row) {
        return Err("no candidate of the edge is left that a derived architecture can have");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(from: usize, to: usize, operation: Operation, rule: Rule) -> Constraint {
        Constraint { cell: "normal".to_owned(), from, to, operation, rule }
    }

    #[test]
    fn candidates_are_forced_and_forbidden() {
        let space = Space::named("nas-bench-201").unwrap();
        assert_eq!(admitted(&space, &[], None), Ok(None));
        let rules = [
            rule(0, 1, Operation::SkipConnect, Rule::Force),
            rule(1, 2, Operation::None, Rule::Forbid),
            rule(1, 2, Operation::SkipConnect, Rule::Forbid),
        ];
        let admitted = admitted(&space, &rules, None).unwrap().unwrap();
        for (edge, row) in space.cell_types[0].edges.iter().zip(&admitted[0]) {
            let expected = |operation: &Operation| match (edge.from, edge.to) {
                (0, 1) => *operation == Operation::SkipConnect,
                (1, 2) => !matches!(operation, Operation::None | Operation::SkipConnect),
                _ => true,
            };
            assert_eq!(row, &edge.operations.iter().map(expected).collect::<Vec<_>>());
        }
    }

    #[test]
    fn constraints_that_cannot_be_are_refused_with_their_place() {
        let (small, darts) = (Space::named("nas-bench-201").unwrap(), Space::named("s3").unwrap());
        let why = |space: &Space, rules: &[Constraint]| admitted(space, rules, None).unwrap_err().to_string();
        let skip = |rule_| rule(0, 1, Operation::SkipConnect, rule_);
        let both = [skip(Rule::Forbid), skip(Rule::Force)];
        assert_eq!(
            why(&small, &both),
            "the constraint on `skip_connect` of edge 0→1 of the cell `normal`: another constraint forbids it, or forces \
             another candidate, or it has left"
        );
        assert!(why(&small, &[rule(1, 0, Operation::None, Rule::Force)]).contains("no such edge"));
        assert!(why(&small, &[rule(0, 1, Operation::SepConv3x3, Rule::Force)]).contains("no such candidate"));
        let elsewhere = Constraint { cell: "reduce".to_owned(), ..skip(Rule::Force) };
        assert!(why(&small, &[elsewhere]).contains("no such cell"));
        assert!(why(&darts, &[rule(0, 2, Operation::None, Rule::Force)]).contains("no candidate of the edge is left"));
        let forbidden = |operation| rule(0, 1, operation, Rule::Forbid);
        let every: Vec<_> = small.cell_types[0].edges[0].operations.iter().map(|&o| forbidden(o)).collect();
        assert!(why(&small, &every).contains("no candidate of the edge is left"));
    }
}
