//! Two-sided difference along a direction: the tangent of engines that do not take the derivative itself.

/// Difference of two passes, at p ± step · direction.
#[derive(Debug)]
pub(super) struct Difference<'a> {
    direction: &'a [Vec<f64>],
    step: f64,
}

impl<'a> Difference<'a> {
    /// Signs of the two sides.
    pub(super) const SIDES: [f64; 2] = [1.0, -1.0];

    /// Difference whose step has the length `epsilon`; `None` along a direction of norm 0.
    pub(super) fn new(direction: &'a [Vec<f64>], epsilon: f64) -> Option<Self> {
        let norm = direction.iter().flatten().map(|d| d * d).sum::<f64>().sqrt();
        (norm > 0.0).then(|| Self { direction, step: epsilon / norm })
    }

    /// Operation weights of a side.
    pub(super) fn side(&self, p: &[Vec<f64>], sign: f64) -> Vec<Vec<f64>> {
        let moved = |(p, d): (&Vec<f64>, &Vec<f64>)| p.iter().zip(d).map(|(p, d)| p + sign * self.step * d).collect();
        p.iter().zip(self.direction).map(moved).collect()
    }

    /// Coefficient of the gradient of a side in `coefficient` times the derivative.
    pub(super) fn share(&self, sign: f64, coefficient: f64) -> f64 {
        sign * coefficient / (2.0 * self.step)
    }

    /// Derivatives from the values of both sides, which run all candidates, so that none is absent.
    pub(super) fn quotient(&self, [plus, minus]: [Vec<Vec<Option<f64>>>; 2]) -> Vec<Vec<f64>> {
        let of_cell = |(plus, minus): (Vec<Option<f64>>, Vec<Option<f64>>)| {
            let pairs = plus.into_iter().flatten().zip(minus.into_iter().flatten());
            pairs.map(|(plus, minus)| (plus - minus) / (2.0 * self.step)).collect()
        };
        plus.into_iter().zip(minus).map(of_cell).collect()
    }
}
