//! Derivatives of ∂L/∂ω and of all ∂L/∂p_l along a direction of p, after a pass that has left its gradients in place:
//! tangents forward and derivatives of gradients backward, over the same plan.

use std::sync::Arc;

use super::component::Component;
use super::context::{Along, Given, GradientTangent};
use super::engine::CpuEngine;
use super::group::Slope;
use super::plane::Channel;
use super::{Real, head};
use crate::engine::{Paths, Plan, Stage, TangentWant, Want};

/// Derivatives of the parts of weights' gradients that come from a channel's gradient.
pub(super) struct AffineTangents {
    /// Derivatives of the mean gradients of shift and scale.
    pub(super) affine: [f64; 2],
    /// Part ⟨g, ẋ⟩ of the derivative for the operation weight that is the channel's coefficient.
    pub(super) operation: f64,
}

impl<T: Real> CpuEngine<T> {
    /// Adds `want.weights` times the sum of base · ∂L/∂ω and its derivative along ṗ, given by cell in `directions`, and
    /// returns the derivative of every ∂L/∂p_l.
    ///
    /// The activation pattern is held: this is the limit, for small steps, of a difference of two passes with the
    /// pattern of the first.
    pub(super) fn run_tangent_of(
        &mut self,
        p: &[Vec<T>],
        labels: &[i64],
        directions: &[Vec<T>],
        base: T,
        want: TangentWant,
    ) -> Vec<Vec<f64>> {
        let (plan, omega) = (Arc::clone(&self.plan), std::mem::take(&mut self.weights));
        let masks = std::mem::take(&mut self.masks);
        let wants = Want { weights: want.weights, cells: want.cells, ..Want::default() };
        let (along, paths) = (Some(Along { directions, base }), Paths::default());
        let given = Given { omega: &omega, p, masks: &masks, want: wants, paths: &paths, keep: false, along };
        for stage in &plan.schedule.forward {
            self.run_forward(&plan, given, stage, true);
            self.finish_slopes(&plan, stage);
        }
        self.clear(&plan, want.weights != 0.0, &[Component::Tangent]);
        for (index, &head) in plan.heads().iter().enumerate() {
            let features = self.features(&plan, given, head);
            let scored = &self.scored[index];
            let g_dot = head::logit_tangent(&head, &omega, scored, &features, labels);
            if want.weights != 0.0 {
                let d_logits = &scored.d_logits;
                let sum: Vec<f64> = g_dot.iter().zip(d_logits).map(|(g_dot, d)| base.wide() * d + g_dot).collect();
                let gradient = &mut self.shards[0].gradient;
                head::weights(&head, &scored.features, &sum, gradient);
                head::weights(&head, &features, d_logits, gradient);
                head::bias(&head, &sum, gradient);
            }
            self.seed(&plan, given, head, &g_dot);
        }
        self.run_backward(&plan, given);
        if want.weights != 0.0 {
            self.add_weight_gradient(want.weights);
        }
        (self.weights, self.masks) = (omega, masks);
        if want.cells { self.cell_gradients(&plan) } else { Vec::new() }
    }

    /// Takes the means of the tangents that a stage completed.
    fn finish_slopes(&mut self, plan: &Plan, stage: &Stage) {
        for &value in stage.complete.iter().filter(|&&value| !plan.schedule.fixed[value]) {
            let Some(norm) = plan.values[value].norm else { continue };
            let count = self.pixels(value);
            for at in norm.offset..norm.offset + plan.values[value].channels {
                let Slope { own, .. } = self.slope(at);
                self.readers.slopes[at] = [own.first, own.second].map(|sum| T::of(sum / count));
            }
        }
    }

    /// Sums of a channel's tangent over the batch.
    pub(super) fn slope(&self, at: usize) -> Slope {
        let mut sum = Slope::default();
        for group in self.shards.iter().flat_map(|shard| &shard.groups) {
            let Slope { own, gradient } = group.slopes[at];
            sum.own.first += own.first;
            sum.own.second += own.second;
            sum.gradient += gradient;
        }
        sum
    }

    /// Sets the coefficients of the derivative of a channel's gradient, from the means of the gradient and of its
    /// derivative: see `norm`. `base` times the gradients themselves are added to the derivatives for shift and scale.
    pub(super) fn tangent_of_gradient(
        &mut self,
        at: usize,
        slope: Slope,
        count: f64,
        g_dot: [f64; 2],
        [weight, direction]: [f64; 2],
        base: f64,
    ) -> AffineTangents {
        let Channel { inverse, scale, .. } = self.readers.norms[at];
        let (inverse, scale) = (inverse.wide(), scale.wide());
        let [mean, along] = self.readers.means[at].map(T::wide);
        let [tangent, kappa] = [slope.own.first / count, slope.own.second / count * inverse];
        let crossed = (slope.gradient / count - tangent * mean) * inverse;
        let moved = direction * along + weight * (g_dot[1] + crossed - kappa * along);
        let gradient = direction - kappa * weight;
        let of_tangent = -weight * along * inverse;
        self.readers.gradient_tangents[at] = GradientTangent {
            g_dot: T::of(scale * weight),
            gradient: T::of(scale * gradient),
            tangent: T::of(scale * of_tangent),
            value: T::of(scale * inverse * (2.0 * kappa * weight * along - moved)),
            shift: T::of(-scale * (weight * g_dot[0] + gradient * mean + of_tangent * tangent)),
        };
        AffineTangents {
            affine: [base * weight * mean + direction * mean + weight * g_dot[0], base * weight * along + moved],
            operation: count * (scale / inverse) * (crossed - kappa * along),
        }
    }
}
