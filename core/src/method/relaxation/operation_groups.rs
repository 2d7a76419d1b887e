//! Groups of operations: those without weights compete among themselves, and so do those with weights (DOTS,
//! arXiv:2010.04969).
//!
//! ```text
//! until the share `at` of the epochs:  p = softmax(α) over each of the two groups, so that an edge has the sum 2
//! then the strongest of each group stay, α = 0, and  p = softmax(α / τ_t) over these two
//! ```
//!
//! A skip connection that learns fast thus takes nothing from convolutions. τ falls by one factor an epoch, from
//! `first` at the share `from` of the epochs to `last` in the last one: in the code of DOTS it is a thousandth of the
//! temperature of the pairs of edges. An edge of which one group has no candidate that a derived architecture can have
//! may keep two of the other, which then compete as before. With `new_weights`, the second stage begins with a new
//! supernet of the same size, as in DOTS; the cosine of the learning rate goes on, as in its code. DOTS evaluates as it
//! trains, as is done here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::stage::{anneal, check_schedule, epochs_in, leaving};
use crate::method::{
    EpochEnd, Jacobian, Moment, NewSupernet, NextStage, Part, PartError, Relaxed, Slot, StageAlpha, StageEnd, Tables,
};
use crate::space::{Architecture, CellType, Edge, Genotype, Space, softmax, strongest_reads};

/// Settings of the groups. By default they are those of DOTS, 30 and 50 of 70 epochs and temperatures from 10 to 0.02
/// thousandths, and the weights go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OperationGroups {
    /// Share of the epochs after which the strongest operation of each group stays, between 0 and 1.
    pub at: f64,
    /// Share of the epochs after which the temperature falls, at least `at` and below 1.
    pub from: f64,
    /// Temperature τ of the two that stay until then.
    pub first: f64,
    /// Temperature τ of the two that stay in the last epoch.
    pub last: f64,
    /// True if the second stage begins with new weights, in a supernet of the same size.
    pub new_weights: bool,
}

impl Default for OperationGroups {
    fn default() -> Self {
        Self { at: 3.0 / 7.0, from: 5.0 / 7.0, first: 1e-2, last: 2e-5, new_weights: false }
    }
}

/// Operation weights of an edge, and their derivative.
struct EdgeSoftmax {
    p: Vec<f64>,
    /// Entries ∂p_j/∂α_k.
    derivative: Vec<Vec<f64>>,
}

impl EdgeSoftmax {
    /// Softmax over each group of candidates; the others have the weight 0.
    fn new(groups: &[Vec<usize>], row: &[f64], tau: f64) -> Self {
        let count = row.len();
        let (mut p, mut derivative) = (vec![0.0; count], vec![vec![0.0; count]; count]);
        for group in groups {
            let soft = softmax(&group.iter().map(|&k| row[k] / tau).collect::<Vec<_>>());
            for (&j, of_j) in group.iter().zip(&soft) {
                p[j] = *of_j;
                for (&k, of_k) in group.iter().zip(&soft) {
                    derivative[j][k] = of_j * (if j == k { 1.0 } else { 0.0 } - of_k) / tau;
                }
            }
        }
        Self { p, derivative }
    }
}

/// Operation weights of an edge; `row` has −∞ for candidates that are left out. A temperature is that of the two that
/// stay, once each group has one at the most.
fn of_edge(edge: &Edge, row: &[f64], tau: Option<f64>) -> EdgeSoftmax {
    let group = |free: bool| -> Vec<usize> {
        let in_use = (0..row.len()).filter(|&k| row[k] > f64::NEG_INFINITY);
        in_use.filter(|&k| edge.operations[k].is_parameter_free() == free).collect()
    };
    let groups = [true, false].map(group);
    match tau {
        Some(tau) if groups.iter().all(|group| group.len() < 2) => EdgeSoftmax::new(&[groups.concat()], row, tau),
        _ => EdgeSoftmax::new(&groups, row, 1.0),
    }
}

/// Operation weights of all edges, by type of cell.
fn of_space(alpha: &Architecture, space: &Space, tau: Option<f64>) -> Vec<Vec<EdgeSoftmax>> {
    let of_type = |(table, kind): (&Vec<Vec<f64>>, &CellType)| {
        kind.edges.iter().zip(table).map(|(edge, row)| of_edge(edge, row, tau)).collect()
    };
    alpha.tables.iter().zip(&space.cell_types).map(of_type).collect()
}

/// One field of the weights of all edges.
fn each<T>(edges: &[Vec<EdgeSoftmax>], field: impl Fn(&EdgeSoftmax) -> T) -> Vec<Vec<T>> {
    edges.iter().map(|table| table.iter().map(&field).collect()).collect()
}

impl OperationGroups {
    /// Groups of DOTS, whose second stage has new weights.
    pub(in crate::method) fn dots() -> Self {
        Self { new_weights: true, ..Self::default() }
    }

    /// Temperature of the two that stay; absent before the others leave.
    fn tau(&self, moment: &Moment) -> Option<f64> {
        let pruned = moment.epoch >= epochs_in(self.at, moment.epochs);
        pruned.then(|| anneal(moment, self.from, [self.first, self.last]))
    }
}

impl Part for OperationGroups {
    fn slot(&self) -> Slot {
        Slot::Relaxation
    }

    fn check(&self) -> Result<(), PartError> {
        check_schedule(self.at, self.from)?;
        PartError::positive("first", self.first)?;
        PartError::positive("last", self.last)
    }

    fn relax_in(&self, space: &Space, alpha: &Architecture, moment: &Moment, _: u8) -> Option<Relaxed> {
        let edges = of_space(alpha, space, self.tau(moment));
        let derivative = each(&edges, |edge| edge.derivative.clone());
        Some(Relaxed::new(each(&edges, |edge| edge.p.clone()), Jacobian::Dense(derivative)))
    }

    fn evaluate_in(&self, space: &Space, alpha: &Architecture, moment: &Moment) -> Option<Tables> {
        Some(each(&of_space(alpha, space, self.tau(moment)), |edge| edge.p.clone()))
    }

    fn stage_ends(&self, epochs: usize) -> Vec<usize> {
        vec![epochs_in(self.at, epochs)]
    }

    fn supernets(&self, epochs: usize) -> Vec<NewSupernet> {
        let supernet = NewSupernet { after: epochs_in(self.at, epochs), depth: 1.0, new_cosine: false };
        self.new_weights.then_some(supernet).into_iter().collect()
    }

    fn end_stage(&self, end: &StageEnd<'_>) -> Option<NextStage> {
        if end.moment.epoch + 1 != epochs_in(self.at, end.moment.epochs) {
            return None;
        }
        let strongest = |edge: &Edge, order: &[usize]| -> Vec<usize> {
            let of_group = |free: bool| order.iter().copied().find(|&k| edge.operations[k].is_parameter_free() == free);
            [true, false].into_iter().filter_map(of_group).collect()
        };
        let supernet = self.supernets(end.moment.epochs).pop();
        Some(NextStage { leaving: leaving(end, strongest), alpha: StageAlpha::Zero, supernet })
    }

    /// Architecture of the strongest operations, those of different groups by their weights in these.
    fn derive(&self, alpha: &Architecture, space: &Space) -> Option<Genotype> {
        let weights = each(&of_space(&alpha.confined(), space, Some(1.0)), |edge| edge.p.clone());
        let weights = alpha.leave_out(weights);
        Some(space.genotype(|at, node| strongest_reads(&space.cell_types[at], node, &weights[at])))
    }

    fn measures(&self, end: &EpochEnd<'_>) -> Vec<(&'static str, f64)> {
        self.tau(end.moment).map(|tau| ("tau", tau)).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::testing::spread;
    use crate::space::EdgeCandidate;

    const MOMENT: Moment = Moment { epoch: 0, epochs: 7, step: 0, seed: 0 };

    /// By hand on one edge of NAS-Bench-201: none, skip, two convolutions, pool.
    #[test]
    fn groups_compete_among_themselves_until_two_are_left() {
        let (space, mut alpha) = spread("nas-bench-201");
        let part = OperationGroups { first: 0.5, last: 0.5, ..OperationGroups::default() };
        let ln = |number: f64| number.ln();
        alpha.tables[0][4] = vec![ln(1.0), ln(5.0), ln(3.0), ln(1.0), ln(2.0)];
        let p = |alpha: &Architecture, epoch| {
            let moment = Moment { epoch, ..MOMENT };
            let p = part.relax_in(&space, &alpha.confined(), &moment, 1).unwrap().p;
            assert_eq!(part.evaluate_in(&space, &alpha.confined(), &moment).as_ref(), Some(&p));
            p[0][4].clone()
        };
        let assert_is = |p: &[f64], expected: [f64; 5]| {
            assert!(p.iter().zip(expected).all(|(p, expected)| (p - expected).abs() < 1e-12), "{p:?}");
        };
        for epoch in [0, 6] {
            assert_is(&p(&alpha, epoch), [0.125, 0.625, 0.75, 0.25, 0.25]);
        }
        // The weight .75 in its group is more than .625 in the other.
        let derived = |alpha: &Architecture| part.derive(alpha, &space).unwrap().cells[0].nodes[2][1].0;
        assert_eq!(derived(&alpha), space.cell_types[0].edges[4].operations[2]);

        let moment = Moment { epoch: 2, ..MOMENT };
        let next = part.end_stage(&StageEnd { space: &space, alpha: &alpha, moment: &moment }).unwrap();
        assert_eq!((next.leaving.len(), next.alpha, next.supernet), (18, StageAlpha::Zero, None));
        let dots = OperationGroups::dots();
        let of_dots = dots.end_stage(&StageEnd { space: &space, alpha: &alpha, moment: &moment }).unwrap();
        let supernet = NewSupernet { after: 3, depth: 1.0, new_cosine: false };
        assert_eq!(of_dots, NextStage { supernet: Some(supernet), ..next.clone() });
        assert_eq!((part.supernets(7), dots.supernets(7)), (vec![], vec![supernet]));
        let own: Vec<usize> = next.leaving.iter().filter(|at| at.edge == 4).map(|at| at.candidate).collect();
        assert_eq!(own.len(), 3);
        assert!([0, 3, 4].iter().all(|k| own.contains(k)), "{own:?}");
        alpha.set_left(&space, &next.leaving).unwrap();
        // At τ = 1/2, the two have the shares 25 : 9.
        assert_is(&p(&alpha, 3), [0.0, 25.0 / 34.0, 9.0 / 34.0, 0.0, 0.0]);
        assert_is(&p(&alpha, 2), [0.0, 1.0, 1.0, 0.0, 0.0]);
        assert_eq!(derived(&alpha), space.cell_types[0].edges[4].operations[1]);
        for epoch in [0, 1, 3, 6] {
            let moment = Moment { epoch, ..MOMENT };
            assert_eq!(part.end_stage(&StageEnd { space: &space, alpha: &alpha, moment: &moment }), None);
        }
    }

    /// An edge whose strongest operation without weights is `none`, and which has no other group, keeps two.
    #[test]
    fn an_edge_without_convolutions_keeps_what_can_be_derived() {
        let (space, mut alpha) = spread("s3");
        let convolutions: Vec<EdgeCandidate> = (0..2)
            .flat_map(|cell_type| (0..14).map(move |edge| EdgeCandidate { cell_type, edge, candidate: 2 }))
            .collect();
        alpha.set_left(&space, &convolutions).unwrap();
        alpha.tables.iter_mut().flatten().for_each(|row| row.copy_from_slice(&[1.0, 0.0, 0.0]));
        let moment = Moment { epoch: 2, ..MOMENT };
        let end = StageEnd { space: &space, alpha: &alpha.confined(), moment: &moment };
        assert!(OperationGroups::default().end_stage(&end).unwrap().leaving.is_empty());
    }
}
