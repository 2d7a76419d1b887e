//! Pass of a batch: forward stages, heads, backward stages, with the sums over the batch between them.

use std::sync::Arc;

use super::component::Component;
use super::context::{Context, Given, Layout};
use super::engine::CpuEngine;
use super::group::{Group, Moments, Slope};
use super::head;
use super::plane::Channel;
use super::stage::{Backward, Features, Forward, Seed, Shard};
use super::{Real, each, vector};
use crate::engine::{Found, Input, Loss, Paths, Plan, Reuse, Stage, Statistics, Want};
use crate::graph::{Coefficient, EPSILON, Head, IMAGE, Primitive, ValueId};

/// Pixels of a channel that a group of a supernet should have: fewer leave the inner loops short, more do not fit the
/// caches.
const PIXELS: usize = 1024;
/// Pixels for a network without operation weights, which has fewer feature maps of each size, and more channels where
/// they are small: the filters are read once for each group. In browsers it is that of a supernet.
const DERIVED_PIXELS: usize = if cfg!(target_family = "wasm") { PIXELS } else { 8192 };
/// Maximum number of shards; each has a gradient of all weights.
const MAX_SHARDS: usize = 16;
/// Minimum number of groups that a batch is cut into, if it has as many images.
const MIN_GROUPS: usize = 8;

/// Division of a batch into groups of images, and of the groups into shards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Images of each group but the last.
    pub(super) each: usize,
    pub(super) groups: usize,
    /// Groups of each shard but the last.
    share: usize,
}

impl Cut {
    pub(super) fn of(plan: &Plan, [batch, _, height, width]: [usize; 4]) -> Self {
        let pixels = if plan.cells().is_empty() { DERIVED_PIXELS } else { PIXELS };
        let each = (pixels / height.saturating_mul(width).max(1)).min(batch / MIN_GROUPS).max(1);
        let groups = batch.div_ceil(each);
        Self { each, groups, share: groups.div_ceil(MAX_SHARDS).max(1) }
    }

    pub(super) fn shards(self) -> usize {
        self.groups.div_ceil(self.share)
    }
}

impl<T: Real> CpuEngine<T> {
    /// Runs a batch forward, and backward as far as `want` asks.
    pub(super) fn run_pass(&mut self, input: &Input<'_>, p: &[Vec<T>], want: Want, reuse: Reuse) -> Found {
        let paths = Paths::new(input, want);
        let reuse = reuse == Reuse::Batch && self.shape == input.shape && self.whole;
        self.whole = paths.is_whole();
        self.allocate(input.shape);
        let (plan, omega) = (Arc::clone(&self.plan), std::mem::take(&mut self.weights));
        let of_batch = input.statistics == Statistics::Batch;
        self.kept = want.tangent && of_batch && matches!(input.loss, Loss::Labels(_));
        let masks = input.draws.masks_of(input.statistics).to_vec();
        let given = Given { omega: &omega, p, masks: &masks, want, paths: &paths, keep: self.kept, along: None };
        let backward = want.gradients() && !matches!(input.loss, Loss::None);
        if !reuse || backward && !self.packed_backward {
            self.pack(&plan, given, backward);
            self.packed_backward = backward;
        }
        if !reuse {
            self.scatter(IMAGE, input.images, |group| &mut group.values[Component::Primal]);
            for ((slot, _), y) in plan.noise_shapes(input.shape).into_iter().zip(plan.noise_values()) {
                self.scatter(y, &input.draws.noise[slot], |group| &mut group.values[Component::Primal]);
            }
        }
        if !of_batch {
            self.take_running(&plan, &omega);
        }
        for stage in &plan.schedule.forward {
            self.run_forward(&plan, given, stage, reuse);
            if of_batch {
                self.finish_statistics(&plan, given, stage, reuse);
            }
        }
        if want.statistics {
            let measured = self.statistics.iter().zip(plan.measured(&paths));
            self.kept_statistics = measured.map(|(&found, measured)| measured.then_some(found)).collect();
        }
        self.clear(&plan, want.weights != 0.0, &[Component::Primal, Component::Tangent]);
        let mut found = Found::default();
        self.scored.clear();
        for (index, &head) in plan.heads().iter().enumerate() {
            let labels = match input.loss {
                Loss::Labels(labels) => Some(labels),
                _ if index > 0 => break,
                _ => None,
            };
            let features = self.features(&plan, given, head);
            let scored = head::score(&head, &omega, features, labels);
            found.loss += scored.loss;
            if index == 0 {
                found.output.clone_from(&scored.logits);
            }
            if backward {
                if want.weights != 0.0 {
                    let gradient = &mut self.shards[0].gradient;
                    head::weights(&head, &scored.features, &scored.d_logits, gradient);
                    head::bias(&head, &scored.d_logits, gradient);
                }
                self.seed(&plan, given, head, &scored.d_logits);
            }
            self.scored.push(scored);
        }
        if plan.heads().is_empty() {
            found.output = self.collect(plan.output(), |group| &group.values[Component::Primal]);
            if let Loss::Cotangent(cotangent) = input.loss {
                // The buffers come from the pool, to which they return.
                let count = self.layout.pixels(plan.output()) * plan.values()[plan.output()].channels;
                for group in self.shards.iter_mut().flat_map(|shard| &mut shard.groups) {
                    let buffer = group.buffer(count * group.images);
                    group.gradients[Component::Primal][plan.output()] = buffer;
                }
                self.scatter(plan.output(), cotangent, |group| &mut group.gradients[Component::Primal]);
            }
        }
        if backward {
            self.run_backward(&plan, given);
            if want.weights != 0.0 {
                self.add_weight_gradient(want.weights);
            }
            if want.cells {
                found.cells = paths.present(self.cell_gradients(&plan));
            }
            if want.image {
                found.image = self.collect(IMAGE, |group| &group.gradients[Component::Primal]);
            }
        }
        (self.weights, self.masks) = (omega, masks);
        found
    }

    /// Cuts a batch of another shape into groups and shards.
    fn allocate(&mut self, shape: [usize; 4]) {
        if self.shape == shape {
            return;
        }
        self.shape = shape;
        let [batch, _, height, width] = shape;
        let Cut { each, groups, share } = Cut::of(&self.plan, shape);
        let group = |index: usize| {
            let start = index * each;
            Group::new(each.min(batch - start), start, self.plan.values().len(), self.plan.normalized)
        };
        // Images in each group but the last, and in the last.
        let sizes = [each, batch - each * groups.saturating_sub(1)];
        self.layout = Layout::new(&self.plan, [height, width], &sizes);
        self.layout.lay_tiles(&self.plan);
        let shard = |first: usize| Shard {
            groups: (first..(first + share).min(groups)).map(group).collect(),
            cells: self.plan.cells().iter().map(|cell| vec![0.0; cell.weights]).collect(),
            ..Shard::default()
        };
        self.shards = (0..groups).step_by(share).map(shard).collect();
        self.kept = false;
    }

    /// Shards, and the context that they read.
    fn parts<'a>(&'a mut self, plan: &'a Plan, given: Given<'a, T>) -> (&'a mut [Shard<T>], Context<'a, T>) {
        let Self { layout, packed, readers, shards, .. } = self;
        (shards, Context { plan, layout, packed, readers, given })
    }

    /// Runs one stage forward.
    pub(super) fn run_forward(&mut self, plan: &Plan, given: Given<'_, T>, stage: &Stage, reuse: bool) {
        let (shards, context) = self.parts(plan, given);
        each(shards, |shard| T::run(Forward { context: &context, stage, reuse, shard }));
    }

    /// Features that the head reads, `[batch · channels]`.
    pub(super) fn features(&mut self, plan: &Plan, given: Given<'_, T>, head: Head) -> Vec<f64> {
        let (shards, context) = self.parts(plan, given);
        each(shards, |shard| T::run(Features { context: &context, head, shard })).concat()
    }

    /// Seeds the backward pass with the gradient of the head's input.
    pub(super) fn seed(&mut self, plan: &Plan, given: Given<'_, T>, head: Head, d_logits: &[f64]) {
        let (shards, context) = self.parts(plan, given);
        each(shards, |shard| T::run(Seed { context: &context, head, shard, d_logits }));
    }

    /// Runs all stages backward.
    pub(super) fn run_backward(&mut self, plan: &Plan, given: Given<'_, T>) {
        self.add_up(plan, &plan.schedule.sinks, given);
        for stage in &plan.schedule.backward {
            let (shards, context) = self.parts(plan, given);
            each(shards, |shard| T::run(Backward { context: &context, stage, shard }));
            self.add_up(plan, &stage.complete, given);
        }
    }

    /// Clears the gradients of values, by component, of the weights and of the cells.
    pub(super) fn clear(&mut self, plan: &Plan, weights: bool, components: &[Component]) {
        each(&mut self.shards, |shard| {
            for group in &mut shard.groups {
                for &component in components {
                    (0..plan.values().len()).for_each(|value| group.release(component, value));
                }
            }
            shard.gradient.clear();
            shard.gradient.resize(if weights { plan.weights } else { 0 }, T::ZERO);
            shard.cells.iter_mut().for_each(|cell| cell.fill(0.0));
        });
    }

    /// Packs the weights of the convolutions that the pass runs.
    fn pack(&mut self, plan: &Plan, given: Given<'_, T>, backward: bool) {
        let values = &plan.values;
        // The order of weights is the same for all groups.
        let frames = self.layout.frames.values().next().map_or(&[][..], Vec::as_slice);
        let layout = &self.layout;
        let mut work: Vec<_> = self.packed.iter_mut().zip(&plan.operations).zip(frames).enumerate().collect();
        each(&mut work, |(at, ((packed, step), frame))| {
            if let (Primitive::Conv(conv), Some(frame)) = (step, frame)
                && plan.schedule.runs(conv.y, given.paths)
            {
                let channels = values[conv.x].channels;
                if layout.is_transformed(*at) {
                    packed.transform(conv, channels, given.omega, backward);
                } else {
                    packed.fill(conv, channels, frame, given.omega, backward);
                }
            }
        });
    }

    /// Copies `[batch, channels, …]` into one buffer of each group, `[channels, …, images]`.
    fn scatter(&mut self, value: ValueId, numbers: &[f32], buffers: impl Fn(&mut Group<T>) -> &mut Vec<Vec<T>>) {
        let (channels, pixels) = (self.plan.values[value].channels, self.layout.pixels(value));
        for group in self.shards.iter_mut().flat_map(|shard| &mut shard.groups) {
            let (images, start) = (group.images, group.start);
            let buffer = &mut buffers(group)[value];
            buffer.clear();
            if images == 1 {
                let own = &numbers[start * channels * pixels..][..channels * pixels];
                buffer.extend(own.iter().map(|&number| T::of(f64::from(number))));
                continue;
            }
            for place in 0..channels * pixels {
                let of_images = numbers[start * channels * pixels + place..].iter().step_by(channels * pixels);
                buffer.extend(of_images.take(images).map(|&number| T::of(f64::from(number))));
            }
        }
    }

    /// Copies one buffer of each group to `[batch, channels, …]`; zeros for a group whose buffer is empty.
    fn collect(&self, value: ValueId, buffers: impl Fn(&Group<T>) -> &Vec<Vec<T>>) -> Vec<f64> {
        let (channels, pixels) = (self.plan.values[value].channels, self.layout.pixels(value));
        let mut numbers = vec![0.0; self.shape[0] * channels * pixels];
        for group in self.shards.iter().flat_map(|shard| &shard.groups) {
            let own = &mut numbers[group.start * channels * pixels..];
            let buffer = &buffers(group)[value];
            if group.images == 1 {
                own.iter_mut().zip(buffer).for_each(|(to, &from)| *to = from.wide());
                continue;
            }
            for (place, pixel) in buffer.chunks_exact(group.images).enumerate() {
                let of_images = own[place..].iter_mut().step_by(channels * pixels);
                of_images.zip(pixel).for_each(|(to, &from)| *to = from.wide());
            }
        }
        numbers
    }

    /// Sets the readers of all normalized channels by the running statistics.
    fn take_running(&mut self, plan: &Plan, omega: &[T]) {
        for value in plan.values() {
            let Some(norm) = value.norm else { continue };
            for channel in 0..value.channels {
                let at = norm.offset + channel;
                let [mean, variance] = [0, 1].map(|which| self.running[which][at].wide());
                self.readers.norms[at] = reader(omega, norm.affine, channel, mean, variance);
            }
        }
    }

    /// Takes the batch statistics of the values that a stage completed.
    fn finish_statistics(&mut self, plan: &Plan, given: Given<'_, T>, stage: &Stage, reuse: bool) {
        for &value in &stage.complete {
            let Some(norm) = plan.values[value].norm else { continue };
            if !plan.schedule.runs(value, given.paths) || (reuse && plan.schedule.fixed[value]) {
                continue;
            }
            let pixels = self.layout.pixels(value);
            for channel in 0..plan.values[value].channels {
                let at = norm.offset + channel;
                let (mut count, mut mean, mut square) = (0.0, 0.0, 0.0);
                for group in self.shards.iter().flat_map(|shard| &shard.groups) {
                    let Moments { first, second } = group.moments[at];
                    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 pixels")]
                    let n = (group.images * pixels) as f64;
                    let (all, apart) = (count + n, first - mean);
                    mean += apart * n / all;
                    square += second + apart * apart * count * n / all;
                    count = all;
                }
                self.statistics[at] = [mean, square / f64::max(count - 1.0, 1.0)];
                self.readers.norms[at] = reader(given.omega, norm.affine, channel, mean, square / count);
            }
        }
    }

    /// Number of pixels of a channel over the whole batch.
    pub(super) fn pixels(&self, value: ValueId) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 pixels")]
        let count = (self.shape[0] * self.layout.pixels(value)) as f64;
        count
    }

    /// Adds up the gradient sums of the values that a stage completed, over the batch.
    fn add_up(&mut self, plan: &Plan, values: &[ValueId], given: Given<'_, T>) {
        for &value in values {
            let Some(norm) = plan.values[value].norm else { continue };
            let count = self.pixels(value);
            // With a sum's gradient in place of the value's own, the coefficient of the value scales the sums.
            let weight = plan.schedule.source[value].map_or(Coefficient::One, |(_, weight)| weight);
            let part = given.weight(weight).wide();
            for channel in 0..plan.values[value].channels {
                let at = norm.offset + channel;
                let mut sums = [0.0; 2];
                for group in self.shards.iter_mut().flat_map(|shard| &mut shard.groups) {
                    let Moments { first, second } = std::mem::take(&mut group.sums[at]);
                    sums = [sums[0] + first, sums[1] + second];
                }
                let means = sums.map(|sum| sum / count);
                // Mean gradients of shift and scale.
                let of_affine = match given.along {
                    None => {
                        self.readers.means[at] = means.map(T::of);
                        means.map(|mean| part * mean)
                    }
                    Some(along) => {
                        let slope = if plan.schedule.fixed[value] { Slope::default() } else { self.slope(at) };
                        let moved = [part, given.direction(weight).wide()];
                        let g_dot = self.tangent_of_gradient(at, slope, count, means, moved, along.base.wide());
                        if let Coefficient::Operation { cell, index } = weight {
                            self.shards[0].cells[cell][index] += g_dot.operation;
                        }
                        g_dot.affine
                    }
                };
                if let (Some([scale, shift]), true) = (norm.affine, given.want.weights != 0.0) {
                    let gradient = &mut self.shards[0].gradient;
                    gradient[scale + channel] += T::of(count * of_affine[1]);
                    gradient[shift + channel] += T::of(count * of_affine[0]);
                }
            }
        }
    }

    /// Adds the weights' gradients of all shards to the gradient.
    pub(super) fn add_weight_gradient(&mut self, coefficient: f64) {
        let parts: Vec<&[T]> = self.shards.iter().map(|shard| shard.gradient.as_slice()).collect();
        vector::add_parts(&mut self.gradient, &parts, T::of(coefficient));
    }

    /// Gradients of all cells, summed over the shards in their order.
    pub(super) fn cell_gradients(&self, plan: &Plan) -> Vec<Vec<f64>> {
        let mut sums: Vec<Vec<f64>> = plan.cells().iter().map(|cell| vec![0.0; cell.weights]).collect();
        for shard in &self.shards {
            let parts = shard.cells.iter().flatten();
            sums.iter_mut().flatten().zip(parts).for_each(|(sum, &part)| *sum += part);
        }
        sums
    }
}

/// Reader of a channel with a mean and a biased variance.
fn reader<T: Real>(omega: &[T], affine: Option<[usize; 2]>, channel: usize, mean: f64, variance: f64) -> Channel<T> {
    let inverse = 1.0 / (variance + EPSILON).sqrt();
    let [scale, shift] = affine.map_or([1.0, 0.0], |offsets| offsets.map(|offset| omega[offset + channel].wide()));
    Channel { mean: T::of(mean), inverse: T::of(inverse), scale: T::of(scale * inverse), shift: T::of(shift) }
}
