//! Ranking of the candidates with weights, which stop rules compare from epoch to epoch.

use crate::space::{Architecture, CellType, Edge, Space};
use crate::vector::sort_indices;

/// Returns the candidates with weights of every edge, `[type][edge]`, from the largest α to the smallest; of equal
/// ones, the lower index comes first.
#[must_use]
pub fn ranking(alpha: &Architecture, space: &Space) -> Vec<Vec<Vec<usize>>> {
    let of_edge = |(row, edge): (&Vec<f64>, &Edge)| {
        let mut order: Vec<usize> = (0..row.len()).filter(|&at| !edge.operations[at].is_parameter_free()).collect();
        sort_indices(&mut order, &|a, b| row[b].total_cmp(&row[a]));
        order
    };
    let of_type = |(table, kind): (&Vec<Vec<f64>>, &CellType)| table.iter().zip(&kind.edges).map(of_edge).collect();
    alpha.tables.iter().zip(&space.cell_types).map(of_type).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_candidates_with_weights_are_ranked() {
        let space = Space::named("darts-none").unwrap();
        let mut alpha = Architecture::new(&space, 1);
        // none, max pool, average pool, skip, and four convolutions.
        alpha.tables[1][3] = vec![9.0, 8.0, 7.0, 6.0, 0.5, -1.0, 2.0, 0.5];
        let found = ranking(&alpha, &space);
        assert_eq!((found.len(), found[0].len(), &found[1][3]), (2, 14, &vec![6, 4, 7, 5]));
    }
}
