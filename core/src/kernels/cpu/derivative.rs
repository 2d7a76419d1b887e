//! The derivatives of ∂L/∂ω and of all ∂L/∂p_l along a direction of p, after a pass that has left its gradients in place:
//! tangents forward and derivatives of gradients backward, over the same plan.

use std::sync::Arc;

use super::context::{Along, Given, Turn};
use super::engine::Engine;
use super::group::Slope;
use super::plane::Channel;
use super::side::Side;
use super::{Real, head};
use crate::kernels::pass::Wanted;
use crate::kernels::plan::{Plan, Stage};

/// Derivatives of what a channel's gradient gives to weights.
pub(super) struct Turned {
    /// Of the mean gradients of shift and scale.
    pub(super) affine: [f64; 2],
    /// Of the operation weight's by which it is summed, the part ⟨g, ẋ⟩.
    pub(super) operation: f64,
}

impl<T: Real> Engine<T> {
    /// base · ∂L/∂ω and its derivative along ṗ, which are `directions` by cell, and the derivative of every ∂L/∂p_l, each
    /// if it is wanted; `None` where the last pass was another than `of`, or was not to be kept.
    ///
    /// ReLUs and max pools stay as they are: it is the limit, for small steps, of a difference of two passes whose
    /// branches are those of the first.
    #[expect(clippy::too_many_arguments, reason = "a pass, a direction, and what is wanted")]
    pub(crate) fn differentiate(
        &mut self,
        of: u64,
        omega: &[T],
        p: &[Vec<T>],
        labels: &[i64],
        directions: &[Vec<T>],
        base: T,
        wanted: Wanted,
    ) -> Option<[Vec<T>; 2]> {
        if !self.kept || of != self.pass {
            return None;
        }
        let plan = Arc::clone(&self.plan);
        let step = plan.head.as_ref()?;
        let given = Given { omega, p, wanted, keep: false, along: Some(Along { directions, base }) };
        for stage in &plan.schedule.forward {
            self.go_on(&plan, given, stage, true);
            self.settle_slopes(&plan, stage);
        }
        self.clear(&plan, wanted, &[Side::Tangent]);
        let features = self.features(&plan, given);
        let turned = head::turn(step, omega, &self.scored, &features, labels);
        let d_logits = &self.scored.d_logits;
        if wanted.weights {
            let sum: Vec<f64> = turned.iter().zip(d_logits).map(|(turned, d)| base.wide() * d + turned).collect();
            let gradient = &mut self.lanes[0].gradient;
            head::weights(step, &self.scored.features, &sum, gradient);
            head::weights(step, &features, d_logits, gradient);
            head::bias(step, &sum, gradient);
        }
        self.seed(&plan, given, &turned);
        self.go_back(&plan, given);
        let weights = if wanted.weights { self.weight_gradient(&plan) } else { Vec::new() };
        let cells = if wanted.cells { self.cell_gradients(&plan) } else { Vec::new() };
        Some([weights, cells])
    }

    /// The sums of the tangents that a stage completed.
    fn settle_slopes(&mut self, plan: &Plan, stage: &Stage) {
        for &value in stage.complete.iter().filter(|&&value| !plan.schedule.fixed[value]) {
            let Some(norm) = plan.values[value].norm else { continue };
            let count = self.pixels(value);
            for at in norm.offset..norm.offset + plan.values[value].channels {
                let Slope { own, .. } = self.slope(at);
                self.readers.slopes[at] = [own.first, own.second].map(|sum| T::of(sum / count));
            }
        }
    }

    /// Sums over the batch.
    pub(super) fn slope(&self, at: usize) -> Slope {
        let mut sum = Slope::default();
        for group in self.lanes.iter().flat_map(|lane| &lane.groups) {
            let Slope { own, gradient } = group.slopes[at];
            sum.own.first += own.first;
            sum.own.second += own.second;
            sum.gradient += gradient;
        }
        sum
    }

    /// How a channel's gradient moves, from the means of what it and its tangent are: see `norm`. `base` as often, the
    /// gradients themselves are added.
    pub(super) fn turn(
        &mut self,
        at: usize,
        slope: Slope,
        count: f64,
        turned: [f64; 2],
        [weight, direction]: [f64; 2],
        base: f64,
    ) -> Turned {
        let Channel { inverse, scale, .. } = self.readers.norms[at];
        let (inverse, scale) = (inverse.wide(), scale.wide());
        let [mean, along] = self.readers.means[at].map(T::wide);
        let [tangent, kappa] = [slope.own.first / count, slope.own.second / count * inverse];
        let crossed = (slope.gradient / count - tangent * mean) * inverse;
        let moved = direction * along + weight * (turned[1] + crossed - kappa * along);
        let gradient = direction - kappa * weight;
        let of_tangent = -weight * along * inverse;
        self.readers.turns[at] = Turn {
            turned: T::of(scale * weight),
            gradient: T::of(scale * gradient),
            tangent: T::of(scale * of_tangent),
            value: T::of(scale * inverse * (2.0 * kappa * weight * along - moved)),
            shift: T::of(-scale * (weight * turned[0] + gradient * mean + of_tangent * tangent)),
        };
        Turned {
            affine: [base * weight * mean + direction * mean + weight * turned[0], base * weight * along + moved],
            operation: count * (scale / inverse) * (crossed - kappa * along),
        }
    }
}
