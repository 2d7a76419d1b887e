//! A pass: forward stages, head, backward stages, with the sums over the batch between them.

use std::sync::Arc;

use super::Real;
use super::context::{Context, Layout, Packed};
use super::group::{Group, Kept, Moments};
use super::head;
use super::plane::Channel;
use super::stage::{Backward, Features, Forward, Lane, Record, Seed};
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

/// A plan with the buffers of its passes, which stay from pass to pass.
#[derive(Debug)]
pub(crate) struct Engine<T> {
    plan: Arc<Plan>,
    /// For what images the rest is.
    shape: [usize; 4],
    layout: Layout,
    lanes: Vec<Lane<T>>,
    packed: Vec<Packed<T>>,
    norms: Vec<Channel<T>>,
    statistics: Vec<[f64; 2]>,
    means: Vec<[T; 2]>,
    passes: u64,
    /// What was written down last. Its buffers are used again when nobody else holds it.
    kept: Arc<Vec<Kept>>,
}

impl<T: Real> pass::Engine for Engine<T> {
    type Number = T;
    /// By group of images.
    type Kept = Vec<Kept>;

    async fn new(_: &Place, plan: Arc<Plan>) -> Result<Self, DeviceError> {
        let layout = Layout::new(&plan, [1; 2]);
        Ok(Self {
            norms: vec![Channel::PLAIN; plan.normalized],
            statistics: vec![[0.0; 2]; plan.normalized],
            means: vec![[T::ZERO; 2]; plan.normalized],
            packed: vec![Packed::default(); plan.steps.len()],
            shape: [0; 4],
            lanes: Vec::new(),
            passes: 0,
            kept: Arc::default(),
            layout,
            plan,
        })
    }

    async fn run(&mut self, request: Request<'_, T>, keep: &Keep<Vec<Kept>>) -> Done<T, Vec<Kept>> {
        let Request { omega, p, images, shape, noise, running, again, wanted, target } = request;
        let again = again.is_some_and(|pass| pass == self.passes && self.shape == shape);
        self.fit(shape);
        // A pass over the same batch leaves the number: what is fixed stays that of the first.
        if !again {
            self.passes += 1;
        }
        let plan = Arc::clone(&self.plan);
        let held = match keep {
            Keep::Replay(kept) => Some(kept.as_slice()),
            _ => None,
        };
        let backward = !matches!(target, Target::None);
        if !again {
            self.pack(&plan, omega, backward);
            self.place_images(&plan, images);
        }
        for (y, drawn) in plan.noisy().zip(noise) {
            self.scatter(y, drawn, |group| &mut group.values);
        }
        if let Some(running) = running {
            self.take_running(&plan, omega, running);
        }
        for stage in &plan.schedule.forward {
            let context = context(&plan, &self.layout, omega, &self.packed, p, &self.norms, &self.means, wanted);
            each(&mut self.lanes, |lane| {
                T::run(Forward { context: &context, stage, again, kept: held, lane });
            });
            if running.is_none() {
                self.settle(&plan, omega, stage, again);
            }
        }
        let mut found = self.found();
        let context = context(&plan, &self.layout, omega, &self.packed, p, &self.norms, &self.means, wanted);
        let kept = matches!(keep, Keep::Record).then(|| record(&mut self.kept, &context, &self.lanes));
        for lane in &mut self.lanes {
            for group in &mut lane.groups {
                (0..plan.values.len()).for_each(|value| group.release(value));
            }
            lane.gradient.clear();
            lane.gradient.resize(if wanted.weights { plan.weights } else { 0 }, T::ZERO);
            lane.cells.iter_mut().for_each(|cell| cell.fill(0.0));
        }
        if let Some(step) = &plan.head {
            let parts = each(&mut self.lanes, |lane| T::run(Features { context: &context, kept: held, lane }));
            let features = parts.concat();
            let labels = if let Target::Labels(labels) = target { Some(labels) } else { None };
            let scored = head::score(step, omega, &features, labels);
            found.loss = scored.loss;
            found.output = scored.logits.iter().map(|&logit| T::of(logit)).collect();
            found.output_shape = [shape[0], step.classes, 1, 1];
            if labels.is_some() {
                if wanted.weights {
                    head::weights(step, &features, &scored.d_logits, &mut self.lanes[0].gradient);
                }
                each(&mut self.lanes, |lane| {
                    T::run(Seed { context: &context, kept: held, lane, d_logits: &scored.d_logits });
                });
            }
        } else {
            let [height, width] = self.layout.sizes[plan.output];
            found.output_shape = [shape[0], plan.values[plan.output].channels, height, width];
            found.output = self.collect(plan.output, |group| &group.values);
            if let Target::Along(along) = target {
                self.scatter(plan.output, along, |group| &mut group.gradients);
            }
        }
        if !backward {
            return Ok((found, kept));
        }
        self.go_back(&plan, omega, p, wanted, held);
        if wanted.weights {
            found.weights = self.weight_gradient(&plan);
        }
        if wanted.cells {
            found.cells = self.cell_gradients(&plan);
        }
        if wanted.image {
            found.image = self.collect(IMAGE, |group| &group.gradients);
        }
        Ok((found, kept))
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
        self.layout = Layout::new(&self.plan, [height, width]);
        let each = (PIXELS / (height * width).max(1)).min(batch / GROUPS).max(1);
        let groups = batch.div_ceil(each);
        let group = |index: usize| {
            let start = index * each;
            let values = self.plan.values.len();
            Group {
                images: each.min(batch - start),
                start,
                values: vec![Vec::new(); values],
                gradients: vec![Vec::new(); values],
                moments: vec![Moments::default(); self.plan.normalized],
                sums: vec![Moments::default(); self.plan.normalized],
                winners: vec![Vec::new(); values],
                pool: Vec::new(),
            }
        };
        let share = groups.div_ceil(LANES).max(1);
        let lane = |first: usize| Lane {
            groups: (first..(first + share).min(groups)).map(group).collect(),
            cells: self.plan.cells.iter().map(|&count| vec![0.0; count]).collect(),
            first,
            ..Lane::default()
        };
        self.lanes = (0..groups).step_by(share).map(lane).collect();
    }

    fn go_back(&mut self, plan: &Plan, omega: &[T], p: &[Vec<T>], wanted: Wanted, held: Option<&[Kept]>) {
        self.add_up(plan, &[plan.output], p, wanted);
        for stage in &plan.schedule.backward {
            let context = context(plan, &self.layout, omega, &self.packed, p, &self.norms, &self.means, wanted);
            each(&mut self.lanes, |lane| T::run(Backward { context: &context, stage, kept: held, lane }));
            self.add_up(plan, &stage.complete, p, wanted);
        }
    }

    fn pack(&mut self, plan: &Plan, omega: &[T], backward: bool) {
        let (layout, values) = (&self.layout, &plan.values);
        let mut work: Vec<_> = self.packed.iter_mut().zip(&plan.steps).zip(&layout.frames).collect();
        each(&mut work, |((packed, step), frame)| {
            if let (Step::Conv(conv), Some(frame)) = (step, frame) {
                packed.fill(conv, values[conv.x].channels, frame, omega, backward);
            }
        });
    }

    /// `[batch, channels, …]` into one buffer of each group, `[channels, images, …]`.
    fn scatter(&mut self, value: ValueId, numbers: &[T], buffers: impl Fn(&mut Group<T>) -> &mut Vec<Vec<T>>) {
        let (channels, pixels) = (self.plan.values[value].channels, self.layout.pixels(value));
        for group in self.lanes.iter_mut().flat_map(|lane| &mut lane.groups) {
            let (images, start) = (group.images, group.start);
            let buffer = &mut buffers(group)[value];
            buffer.clear();
            for channel in 0..channels {
                for image in start..start + images {
                    let at = (image * channels + channel) * pixels;
                    buffer.extend_from_slice(&numbers[at..at + pixels]);
                }
            }
        }
    }

    /// Back to `[batch, channels, …]`; zeros where a group has nothing.
    fn collect(&self, value: ValueId, buffers: impl Fn(&Group<T>) -> &Vec<Vec<T>>) -> Vec<T> {
        let (channels, pixels) = (self.plan.values[value].channels, self.layout.pixels(value));
        let mut numbers = vec![T::ZERO; self.shape[0] * channels * pixels];
        for group in self.lanes.iter().flat_map(|lane| &lane.groups) {
            let buffer = &buffers(group)[value];
            for (place, row) in buffer.chunks_exact(pixels).enumerate() {
                let (channel, image) = (place / group.images, place % group.images);
                let at = ((group.start + image) * channels + channel) * pixels;
                numbers[at..at + pixels].copy_from_slice(row);
            }
        }
        numbers
    }

    fn place_images(&mut self, plan: &Plan, images: &[T]) {
        debug_assert_eq!(plan.values[IMAGE].channels, self.shape[1]);
        self.scatter(IMAGE, images, |group| &mut group.values);
    }

    fn take_running(&mut self, plan: &Plan, omega: &[T], [means, variances]: [&[T]; 2]) {
        for value in 0..plan.values.len() {
            let Some(norm) = plan.values[value].norm else { continue };
            for channel in 0..plan.values[value].channels {
                let at = norm.offset + channel;
                self.norms[at] = reader(omega, norm.affine, channel, means[at].wide(), variances[at].wide());
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
                self.norms[at] = reader(omega, norm.affine, channel, mean, square / count);
            }
        }
    }

    /// Gradient sums over the batch of the values that a stage completed.
    fn add_up(&mut self, plan: &Plan, values: &[ValueId], p: &[Vec<T>], wanted: Wanted) {
        for &value in values {
            let Some(norm) = plan.values[value].norm else { continue };
            // The sums are those of its reader's gradient, which it has a part in by its weight there.
            let part = match plan.schedule.source[value] {
                Some((_, Weight::Operation { cell, at })) => p[cell][at].wide(),
                _ => 1.0,
            };
            #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 pixels")]
            let count = (self.shape[0] * self.layout.pixels(value)) as f64;
            for channel in 0..plan.values[value].channels {
                let at = norm.offset + channel;
                let mut sums = [0.0; 2];
                for group in self.lanes.iter_mut().flat_map(|lane| &mut lane.groups) {
                    let Moments { first, second } = std::mem::take(&mut group.sums[at]);
                    sums = [sums[0] + first, sums[1] + second];
                }
                self.means[at] = sums.map(|sum| T::of(sum / count));
                if let (Some([scale, shift]), true) = (norm.affine, wanted.weights) {
                    let gradient = &mut self.lanes[0].gradient;
                    gradient[scale + channel] += T::of(part * sums[1]);
                    gradient[shift + channel] += T::of(part * sums[0]);
                }
            }
        }
    }

    fn found(&self) -> Found<T> {
        let part = |which: usize| self.statistics.iter().map(|pair| T::of(pair[which])).collect();
        Found {
            pass: self.passes,
            output: Vec::new(),
            output_shape: [0; 4],
            loss: 0.0,
            weights: Vec::new(),
            cells: Vec::new(),
            image: Vec::new(),
            seen: [part(0), part(1)],
        }
    }

    fn weight_gradient(&mut self, plan: &Plan) -> Vec<T> {
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

    fn cell_gradients(&self, plan: &Plan) -> Vec<T> {
        let mut sums: Vec<f64> = vec![0.0; plan.cells.iter().sum()];
        for lane in &self.lanes {
            sums.iter_mut().zip(lane.cells.iter().flatten()).for_each(|(sum, &part)| *sum += part);
        }
        sums.into_iter().map(T::of).collect()
    }
}

/// Writes down which way everything went.
fn record<T: Real>(known: &mut Arc<Vec<Kept>>, context: &Context<'_, T>, lanes: &[Lane<T>]) -> Arc<Vec<Kept>> {
    let mut kept = std::mem::take(known);
    if Arc::get_mut(&mut kept).is_none() {
        kept = Arc::default();
    }
    if let Some(kept) = Arc::get_mut(&mut kept) {
        kept.resize_with(lanes.iter().map(|lane| lane.groups.len()).sum(), Kept::default);
        let mut rest = kept.as_mut_slice();
        let mut work = Vec::with_capacity(lanes.len());
        for lane in lanes {
            let (own, others) = rest.split_at_mut(lane.groups.len());
            rest = others;
            work.push((lane, own));
        }
        each(&mut work, |(lane, kept)| T::run(Record { context, lane, kept }));
    }
    *known = Arc::clone(&kept);
    kept
}

#[expect(clippy::too_many_arguments, reason = "parts of an engine, some of which are borrowed elsewhere")]
fn context<'a, T>(
    plan: &'a Plan,
    layout: &'a Layout,
    omega: &'a [T],
    packed: &'a [Packed<T>],
    p: &'a [Vec<T>],
    norms: &'a [Channel<T>],
    means: &'a [[T; 2]],
    wanted: Wanted,
) -> Context<'a, T> {
    Context { plan, layout, omega, packed, p, norms, means, wanted }
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
