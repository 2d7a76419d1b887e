//! Second ways to compute derivatives, for the tests of parts.

use std::sync::LazyLock;

use super::{Choice, Evaluated, Method, Moment, Part, Piece, Relaxed, SearchEnd, Selecting, SelectionRecord, Tables};
use crate::space::{Architecture, Space};

/// Space of a name, and an architecture in it with parameters of the size of 1.
pub(super) fn spread(name: &str) -> (Space, Architecture) {
    let space = Space::named(name).unwrap();
    let mut alpha = Architecture::new(&space, 1);
    let flat: Vec<f64> = alpha.flat().iter().map(|a| 1e3 * a).collect();
    alpha.set_flat(&flat);
    (space, alpha)
}

/// Moment at half of a search.
pub(super) const HALFWAY: Moment = Moment { epoch: 2, epochs: 5, step: 7, seed: 3 };

/// Two-sided differences of a function of α, parameter by parameter.
pub(super) fn differences(alpha: &Architecture, value: impl Fn(&Architecture) -> f64) -> Vec<f64> {
    let flat = alpha.flat();
    let side = |at: usize, by: f64| {
        let (mut moved, mut flat) = (alpha.clone(), flat.clone());
        flat[at] += by;
        moved.set_flat(&flat);
        value(&moved)
    };
    (0..flat.len()).map(|at| (side(at, 1e-5) - side(at, -1e-5)) / 2e-5).collect()
}

/// Asserts that numbers differ by no more than 1e-6 and a millionth of them.
pub(super) fn assert_near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= 1e-6 * (1.0 + expected.abs()), "at {at}: {found}, not {expected}");
    }
}

/// Asserts that a relaxation's way back is the derivative of `read`, which is to be p unless the relaxation goes
/// straight through, under the same random numbers.
pub(super) fn assert_derivative(part: &dyn Part, read: impl Fn(&Relaxed) -> Tables) {
    let (_, alpha) = spread("s3");
    let mut weights = (0_u8..).map(|at| f64::from(at % 7) - 2.5);
    let mut row = |row: &Vec<f64>| weights.by_ref().take(row.len()).collect::<Vec<_>>();
    let g: Vec<Vec<f64>> = alpha.tables.iter().flatten().map(&mut row).collect();
    let relaxed = |alpha: &Architecture| part.relax(alpha, &HALFWAY, 1).unwrap();
    let value = |alpha: &Architecture| -> f64 {
        let tables = read(&relaxed(alpha));
        tables.iter().flatten().flatten().zip(g.iter().flatten()).map(|(p, g)| p * g).sum()
    };
    let gradient = relaxed(&alpha).jacobian.pull_back(&g);
    assert!(gradient.iter().any(|slope| slope.abs() > 1e-3), "the gradient is zero");
    assert_near(&gradient, &differences(&alpha, value));
}

/// Asserts that the gradient of a term of the loss of α is the derivative of `value`, where the operation weights are
/// those of `relax`.
pub(super) fn assert_slope(
    part: &dyn Part,
    relax: impl Fn(&Architecture) -> Relaxed,
    value: impl Fn(&Architecture, &Space) -> f64,
) {
    for name in ["nas-bench-201", "darts-none"] {
        let (space, alpha) = spread(name);
        let mut gradient = vec![0.0; alpha.flat().len()];
        part.regularize_alpha(&alpha, &relax(&alpha), &space, &HALFWAY, &mut gradient);
        assert!(gradient.iter().any(|slope| slope.abs() > 1e-4), "the gradient is zero");
        assert_near(&gradient, &differences(&alpha, |alpha| value(alpha, &space)));
    }
}

/// Method without a part, whose relaxation is the softmax.
static SOFTMAX: LazyLock<Method> = LazyLock::new(|| Method::new(Vec::new()));

/// End of a search by DARTS with ten validation batches and three steps an epoch.
pub(super) fn ended<'a>(space: &'a Space, alpha: &'a Architecture, p: &'a Tables) -> SearchEnd<'a> {
    SearchEnd { space, method: &SOFTMAX, alpha, p, steps: 3, batches: 10, seed: 5 }
}

/// Takes a selection to its end with accuracies in thousandths; returns the architecture, the record and the number of
/// pieces that the selection says it has.
pub(super) fn selected(
    part: &dyn Part,
    end: &SearchEnd<'_>,
    fitness: impl Fn(&Piece, &Choice) -> usize,
) -> (Choice, SelectionRecord, usize) {
    let mut record = SelectionRecord::default();
    loop {
        let Selecting { piece, choice, of } = part.select(end, &record).unwrap();
        assert!(piece == Piece::Decided || record.pieces() < of, "piece {} of {of}", record.pieces() + 1);
        match &piece {
            Piece::Decided => return (choice, record, of),
            Piece::Tune { .. } => record.steps += 1,
            Piece::Evaluate { .. } => {
                let accuracy = f64::from(u32::try_from(fitness(&piece, &choice)).unwrap()) / 1000.0;
                record.evaluated.push(Evaluated { choice, accuracy });
            }
        }
    }
}
