//! A pass: forward stages, head, backward stages, with the sums over the batch between them.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Real;
use super::context::{Context, Given, Layout, Packed, Readers};
use super::group::{Group, Moments, Slope};
use super::head::{self, Scored};
use super::plane::Channel;
use super::side::Side;
use super::stage::{Backward, Features, Forward, Lane, Seed};
use crate::device::{DeviceError, Place};
use crate::kernels::pass::{self, Done, Found, Keep, Request, Target, Wanted};
use crate::kernels::plan::{IMAGE, Plan, Stage, Step, ValueId, Weight};

const EPSILON: f64 = 1e-5;
/// Pixels of a channel that a group is to have: fewer leave the inner loops short, more the caches.
const PIXELS: usize = 1024;
/// Lanes at most: each has a gradient of all weights.
const LANES: usize = 16;
/// Groups that a batch is cut into at least, if it has so many images.
const GROUPS: usize = 8;

/// The number of the next pass of any engine, so that none is taken for another's.
static PASSES: AtomicU64 = AtomicU64::new(1);

/// A plan with the buffers of its passes, which stay from pass to pass.
#[derive(Debug)]
pub(crate) struct Engine<T> {
    pub(super) plan: Arc<Plan>,
    /// For what images the rest is.
    pub(super) shape: [usize; 4],
    layout: Layout,
    pub(super) lanes: Vec<Lane<T>>,
    packed: Vec<Packed<T>>,
    pub(super) readers: Readers<T>,
    statistics: Vec<[f64; 2]>,
    pub(super) scored: Scored,
    /// The number of the last pass but for those over the same batch.
    pub(super) pass: u64,
    /// Whether the last pass has left what one along a direction needs.
    pub(super) kept: bool,
}

impl<T: Real> pass::Engine for Engine<T> {
    type Number = T;
    /// It takes derivatives instead of passes with given branches.
    type Kept = Infallible;

    async fn new(_: &Place, plan: Arc<Plan>) -> Result<Self, DeviceError> {
        let layout = Layout::new(&plan, [1; 2], []);
        Ok(Self {
            readers: Readers::new(plan.normalized),
            statistics: vec![[0.0; 2]; plan.normalized],
            packed: vec![Packed::default(); plan.steps.len()],
            shape: [0; 4],
            lanes: Vec::new(),
            scored: Scored::default(),
            pass: 0,
            kept: false,
            layout,
            plan,
        })
    }

    async fn run(&mut self, request: Request<'_, T>, keep: &Keep<Infallible>) -> Done<T, Infallible> {
        let Request { omega, p, images, shape, noise, running, again, wanted, target } = request;
        let again = again.is_some_and(|pass| pass == self.pass && self.shape == shape);
        self.fit(shape);
        // A pass over the same batch leaves the number: what is fixed stays that of the first.
        if !again {
            self.pass = PASSES.fetch_add(1, Ordering::Relaxed);
        }
        self.kept = matches!((keep, &target), (Keep::Record, Target::Labels(_))) && running.is_none();
        let plan = Arc::clone(&self.plan);
        let given = Given { omega, p, wanted, keep: self.kept, along: None };
        let backward = !matches!(target, Target::None);
        if !again {
            self.pack(&plan, omega, backward);
            self.place_images(&plan, images);
        }
        for (y, drawn) in plan.noisy().zip(noise) {
            self.scatter(y, drawn, |group| &mut group.values[Side::Value]);
        }
        if let Some(running) = running {
            self.take_running(&plan, omega, running);
        }
        for stage in &plan.schedule.forward {
            self.go_on(&plan, given, stage, again);
            if running.is_none() {
                self.settle(&plan, omega, stage, again);
            }
        }
        let mut found = self.found();
        self.clear(&plan, wanted, &[Side::Value, Side::Tangent]);
        if let Some(step) = &plan.head {
            let labels = if let Target::Labels(labels) = target { Some(labels) } else { None };
            let features = self.features(&plan, given);
            self.scored = head::score(step, omega, features, labels);
            found.loss = self.scored.loss;
            found.output = self.scored.logits.iter().map(|&logit| T::of(logit)).collect();
            found.output_shape = [shape[0], step.classes, 1, 1];
            if labels.is_some() {
                let Scored { features, d_logits, .. } = &self.scored;
                if wanted.weights {
                    let gradient = &mut self.lanes[0].gradient;
                    head::weights(step, features, d_logits, gradient);
                    head::bias(step, d_logits, gradient);
                }
                let d_logits = d_logits.clone();
                self.seed(&plan, given, &d_logits);
            }
        } else {
            let [height, width] = self.layout.sizes[plan.output];
            found.output_shape = [shape[0], plan.values[plan.output].channels, height, width];
            found.output = self.collect(plan.output, |group| &group.values[Side::Value]);
            if let Target::Along(along) = target {
                self.scatter(plan.output, along, |group| &mut group.gradients[Side::Value]);
            }
        }
        if !backward {
            return Ok((found, None));
        }
        self.go_back(&plan, given);
        if wanted.weights {
            found.weights = self.weight_gradient(&plan);
        }
        if wanted.cells {
            found.cells = self.cell_gradients(&plan);
        }
        if wanted.image {
            found.image = self.collect(IMAGE, |group| &group.gradients[Side::Value]);
        }
        Ok((found, None))
    }
}

impl<T: Real> Engine<T> {
    /// Cuts a batch of another shape into groups and lanes.
    fn fit(&mut self, shape: [usize; 4]) {
        if self.shape == shape {
            return;
        }
        self.shape = shape;
        let [batch, _, height, width] = shape;
        let each = (PIXELS / (height * width).max(1)).min(batch / GROUPS).max(1);
        let groups = batch.div_ceil(each);
        let group = |index: usize| {
            let start = index * each;
            Group::new(each.min(batch - start), start, self.plan.values.len(), self.plan.normalized)
        };
        // Images in each group but the last, and in the last.
        let sizes = BTreeSet::from([each, batch - each * groups.saturating_sub(1)]);
        self.layout = Layout::new(&self.plan, [height, width], sizes.into_iter().filter(|&images| images > 0));
        let share = groups.div_ceil(LANES).max(1);
        let lane = |first: usize| Lane {
            groups: (first..(first + share).min(groups)).map(group).collect(),
            cells: self.plan.cells.iter().map(|&count| vec![0.0; count]).collect(),
            ..Lane::default()
        };
        self.lanes = (0..groups).step_by(share).map(lane).collect();
        self.kept = false;
    }

    /// Lanes to work on, and what they read.
    fn parts<'a>(&'a mut self, plan: &'a Plan, given: Given<'a, T>) -> (&'a mut [Lane<T>], Context<'a, T>) {
        let Self { layout, packed, readers, lanes, .. } = self;
        (lanes, Context { plan, layout, packed, readers, given })
    }

    /// One stage forward.
    pub(super) fn go_on(&mut self, plan: &Plan, given: Given<'_, T>, stage: &Stage, again: bool) {
        let (lanes, context) = self.parts(plan, given);
        each(lanes, |lane| T::run(Forward { context: &context, stage, again, lane }));
    }

    /// What the head reads, `[batch · channels]`.
    pub(super) fn features(&mut self, plan: &Plan, given: Given<'_, T>) -> Vec<f64> {
        let (lanes, context) = self.parts(plan, given);
        each(lanes, |lane| T::run(Features { context: &context, lane })).concat()
    }

    /// From the head into the network.
    pub(super) fn seed(&mut self, plan: &Plan, given: Given<'_, T>, d_logits: &[f64]) {
        let (lanes, context) = self.parts(plan, given);
        each(lanes, |lane| T::run(Seed { context: &context, lane, d_logits }));
    }

    /// All stages backward.
    pub(super) fn go_back(&mut self, plan: &Plan, given: Given<'_, T>) {
        self.add_up(plan, &[plan.output], given);
        for stage in &plan.schedule.backward {
            let (lanes, context) = self.parts(plan, given);
            each(lanes, |lane| T::run(Backward { context: &context, stage, lane }));
            self.add_up(plan, &stage.complete, given);
        }
    }

    /// Forgets gradients.
    pub(super) fn clear(&mut self, plan: &Plan, wanted: Wanted, sides: &[Side]) {
        for lane in &mut self.lanes {
            for group in &mut lane.groups {
                for &side in sides {
                    (0..plan.values.len()).for_each(|value| group.release(side, value));
                }
            }
            lane.gradient.clear();
            lane.gradient.resize(if wanted.weights { plan.weights } else { 0 }, T::ZERO);
            lane.cells.iter_mut().for_each(|cell| cell.fill(0.0));
        }
    }

    fn pack(&mut self, plan: &Plan, omega: &[T], backward: bool) {
        let values = &plan.values;
        // The order of weights is the same for all groups.
        let frames = self.layout.frames.values().next().map_or(&[][..], Vec::as_slice);
        let mut work: Vec<_> = self.packed.iter_mut().zip(&plan.steps).zip(frames).collect();
        each(&mut work, |((packed, step), frame)| {
            if let (Step::Conv(conv), Some(frame)) = (step, frame) {
                packed.fill(conv, values[conv.x].channels, frame, omega, backward);
            }
        });
    }

    /// `[batch, channels, …]` into one buffer of each group, `[channels, …, images]`.
    fn scatter(&mut self, value: ValueId, numbers: &[T], buffers: impl Fn(&mut Group<T>) -> &mut Vec<Vec<T>>) {
        let (channels, pixels) = (self.plan.values[value].channels, self.layout.pixels(value));
        for group in self.lanes.iter_mut().flat_map(|lane| &mut lane.groups) {
            let (images, start) = (group.images, group.start);
            let buffer = &mut buffers(group)[value];
            buffer.clear();
            if images == 1 {
                buffer.extend_from_slice(&numbers[start * channels * pixels..][..channels * pixels]);
                continue;
            }
            for place in 0..channels * pixels {
                let of_images = numbers[start * channels * pixels + place..].iter().step_by(channels * pixels);
                buffer.extend(of_images.take(images));
            }
        }
    }

    /// Back to `[batch, channels, …]`; zeros where a group has nothing.
    fn collect(&self, value: ValueId, buffers: impl Fn(&Group<T>) -> &Vec<Vec<T>>) -> Vec<T> {
        let (channels, pixels) = (self.plan.values[value].channels, self.layout.pixels(value));
        let mut numbers = vec![T::ZERO; self.shape[0] * channels * pixels];
        for group in self.lanes.iter().flat_map(|lane| &lane.groups) {
            let own = &mut numbers[group.start * channels * pixels..];
            let buffer = &buffers(group)[value];
            if group.images == 1 {
                own[..buffer.len()].copy_from_slice(buffer);
                continue;
            }
            for (place, pixel) in buffer.chunks_exact(group.images).enumerate() {
                let of_images = own[place..].iter_mut().step_by(channels * pixels);
                of_images.zip(pixel).for_each(|(to, &from)| *to = from);
            }
        }
        numbers
    }

    fn place_images(&mut self, plan: &Plan, images: &[T]) {
        debug_assert_eq!(plan.values[IMAGE].channels, self.shape[1]);
        self.scatter(IMAGE, images, |group| &mut group.values[Side::Value]);
    }

    fn take_running(&mut self, plan: &Plan, omega: &[T], [means, variances]: [&[T]; 2]) {
        for value in 0..plan.values.len() {
            let Some(norm) = plan.values[value].norm else { continue };
            for channel in 0..plan.values[value].channels {
                let at = norm.offset + channel;
                self.readers.norms[at] = reader(omega, norm.affine, channel, means[at].wide(), variances[at].wide());
            }
        }
    }

    /// Statistics over the batch of the values that a stage completed.
    fn settle(&mut self, plan: &Plan, omega: &[T], stage: &Stage, again: bool) {
        for &value in &stage.complete {
            let Some(norm) = plan.values[value].norm else { continue };
            if again && plan.schedule.fixed[value] {
                continue;
            }
            let pixels = self.layout.pixels(value);
            for channel in 0..plan.values[value].channels {
                let at = norm.offset + channel;
                let (mut count, mut mean, mut square) = (0.0, 0.0, 0.0);
                for group in self.lanes.iter().flat_map(|lane| &lane.groups) {
                    let Moments { first, second } = group.moments[at];
                    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 pixels")]
                    let n = (group.images * pixels) as f64;
                    let (all, apart) = (count + n, first - mean);
                    mean += apart * n / all;
                    square += second + apart * apart * count * n / all;
                    count = all;
                }
                self.statistics[at] = [mean, square / f64::max(count - 1.0, 1.0)];
                self.readers.norms[at] = reader(omega, norm.affine, channel, mean, square / count);
            }
        }
    }

    /// How many numbers of a channel the whole batch has.
    pub(super) fn pixels(&self, value: ValueId) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 pixels")]
        let count = (self.shape[0] * self.layout.pixels(value)) as f64;
        count
    }

    /// Gradient sums over the batch of the values that a stage completed.
    fn add_up(&mut self, plan: &Plan, values: &[ValueId], given: Given<'_, T>) {
        for &value in values {
            let Some(norm) = plan.values[value].norm else { continue };
            let count = self.pixels(value);
            // The sums are those of its reader's gradient, which it has a part in by its weight there.
            let weight = plan.schedule.source[value].map_or(Weight::One, |(_, weight)| weight);
            let part = given.weight(weight).wide();
            for channel in 0..plan.values[value].channels {
                let at = norm.offset + channel;
                let mut sums = [0.0; 2];
                for group in self.lanes.iter_mut().flat_map(|lane| &mut lane.groups) {
                    let Moments { first, second } = std::mem::take(&mut group.sums[at]);
                    sums = [sums[0] + first, sums[1] + second];
                }
                let means = sums.map(|sum| sum / count);
                // Of shift and scale.
                let of_affine = match given.along {
                    None => {
                        self.readers.means[at] = means.map(T::of);
                        means.map(|mean| part * mean)
                    }
                    Some(along) => {
                        let slope = if plan.schedule.fixed[value] { Slope::default() } else { self.slope(at) };
                        let moved = [part, given.direction(weight).wide()];
                        let turned = self.turn(at, slope, count, means, moved, along.base.wide());
                        if let Weight::Operation { cell, at } = weight {
                            self.lanes[0].cells[cell][at] += turned.operation;
                        }
                        turned.affine
                    }
                };
                if let (Some([scale, shift]), true) = (norm.affine, given.wanted.weights) {
                    let gradient = &mut self.lanes[0].gradient;
                    gradient[scale + channel] += T::of(count * of_affine[1]);
                    gradient[shift + channel] += T::of(count * of_affine[0]);
                }
            }
        }
    }

    fn found(&self) -> Found<T> {
        let part = |which: usize| self.statistics.iter().map(|pair| T::of(pair[which])).collect();
        Found {
            pass: self.pass,
            output: Vec::new(),
            output_shape: [0; 4],
            loss: 0.0,
            weights: Vec::new(),
            cells: Vec::new(),
            image: Vec::new(),
            seen: [part(0), part(1)],
        }
    }

    pub(super) fn weight_gradient(&mut self, plan: &Plan) -> Vec<T> {
        const STRIPE: usize = 1 << 14;
        let mut sum = vec![T::ZERO; plan.weights];
        let lanes = &self.lanes;
        let mut stripes: Vec<_> = sum.chunks_mut(STRIPE).enumerate().collect();
        each(&mut stripes, |(index, stripe)| {
            for lane in lanes {
                let part = &lane.gradient[*index * STRIPE..][..stripe.len()];
                stripe.iter_mut().zip(part).for_each(|(sum, &part)| *sum += part);
            }
        });
        sum
    }

    pub(super) fn cell_gradients(&self, plan: &Plan) -> Vec<T> {
        let mut sums: Vec<f64> = vec![0.0; plan.cells.iter().sum()];
        for lane in &self.lanes {
            sums.iter_mut().zip(lane.cells.iter().flatten()).for_each(|(sum, &part)| *sum += part);
        }
        sums.into_iter().map(T::of).collect()
    }
}

/// How a channel of a mean and a (biased) variance is read.
fn reader<T: Real>(omega: &[T], affine: Option<[usize; 2]>, channel: usize, mean: f64, variance: f64) -> Channel<T> {
    let inverse = 1.0 / (variance + EPSILON).sqrt();
    let [scale, shift] = affine.map_or([1.0, 0.0], |offsets| offsets.map(|offset| omega[offset + channel].wide()));
    Channel { mean: T::of(mean), inverse: T::of(inverse), scale: T::of(scale * inverse), shift: T::of(shift) }
}

/// Does something to all items, in parallel where there are threads; the results keep their order.
#[cfg(not(target_family = "wasm"))]
fn each<I: Send, R: Send>(items: &mut [I], work: impl Fn(&mut I) -> R + Sync + Send) -> Vec<R> {
    use rayon::prelude::*;
    items.par_iter_mut().with_max_len(1).map(work).collect()
}

#[cfg(target_family = "wasm")]
fn each<I, R>(items: &mut [I], work: impl Fn(&mut I) -> R) -> Vec<R> {
    items.iter_mut().map(work).collect()
}
