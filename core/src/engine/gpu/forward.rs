//! Offsets of a plan's numbers for images of one shape, and the forward pass as work.

use super::masks;
use super::program::{Arena, List, NONE, Op, Work, word};
use super::shader::Kind;
use crate::engine::{Paths, Plan, Want};
use crate::graph::{
    Channels, Coefficient, Concat, Conv, Filter, Head, MaskKind, Pool, PoolKind, Primitive, Sum, ValueId, Window,
};

/// Number of numbers of a normalized channel, which lie before the values.
pub(super) const NORM: usize = 8;

/// Kind of a pass: all choices that determine its work.
#[expect(clippy::struct_excessive_bools, reason = "every one is independent of the others")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mode {
    pub(super) reuse: bool,
    pub(super) running: bool,
    pub(super) keep: ActivationPattern,
    pub(super) goal: Goal,
    /// True if the gradients of the weights are wanted; `cells` and `image` say the same of cells and image.
    pub(super) weights: bool,
    pub(super) cells: bool,
    pub(super) image: bool,
}

/// Activation pattern of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ActivationPattern {
    /// Pattern of the pass itself.
    Own,
    /// Pattern of the pass itself, recorded.
    Record,
    /// Recorded pattern of another pass.
    Held,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Goal {
    None,
    Labels,
    Along,
}

impl Mode {
    pub(super) fn want(&mut self, want: Want) {
        (self.weights, self.cells, self.image) = (want.weights != 0.0, want.cells, want.image);
    }
}

/// Offsets of a head's numbers within the results.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeadPlaces {
    pub(super) loss: usize,
    pub(super) logits: usize,
    losses: usize,
    d_logits: usize,
    features: usize,
    pub(super) d_features: usize,
}

/// Offsets within the results.
#[derive(Clone, Debug, Default)]
pub(super) struct Results {
    pub(super) cells: usize,
    pub(super) heads: Vec<HeadPlaces>,
    /// End of the numbers that the host reads: cell gradients, losses, logits of the first head.
    pub(super) read: usize,
    /// Partial sums of ∂p.
    pub(super) along: usize,
    pub(super) size: usize,
}

/// Offsets within the inputs.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    pub(super) one: usize,
    pub(super) cells: Vec<usize>,
    pub(super) labels: usize,
    /// Beginning of the masks, and the offset of each.
    pub(super) masks: usize,
    of_masks: Vec<usize>,
    pub(super) size: usize,
}

/// Offsets of all numbers for images of one shape.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub(super) batch: usize,
    pub(super) sizes: Vec<[usize; 2]>,
    pub(super) values: Vec<usize>,
    argmax: Vec<Option<usize>>,
    pub(super) arena: usize,
    open: Vec<Option<usize>>,
    kept_argmax: Vec<Option<usize>>,
    pub(super) kept: usize,
    pub(super) results: Results,
    pub(super) given: Given,
}

impl Places {
    pub(super) fn new(plan: &Plan, [batch, _, height, width]: [usize; 4]) -> Self {
        let sizes = plan.sizes([height, width]);
        let count = |value: ValueId| batch * plan.values()[value].channels * sizes[value][0] * sizes[value][1];
        let all = plan.values().len();
        let (mut arena, mut kept) = (0, 0);
        let take = |end: &mut usize, size: usize| {
            let at = *end;
            *end += size.next_multiple_of(64);
            at
        };
        take(&mut arena, plan.normalized * NORM);
        let values = (0..all).map(|value| take(&mut arena, count(value))).collect();
        let (mut argmax, mut kept_argmax) = (vec![None; all], vec![None; all]);
        for step in plan.operations() {
            if let Primitive::Pool(Pool { kind: PoolKind::Max, y, .. }) = step {
                argmax[*y] = Some(take(&mut arena, count(*y)));
                kept_argmax[*y] = Some(take(&mut kept, count(*y)));
            }
        }
        let gated = &plan.schedule.relu_masked;
        let open =
            gated.iter().enumerate().map(|(at, &relu)| relu.then(|| take(&mut kept, count(at).div_ceil(32)))).collect();
        let cells: usize = plan.cells().iter().map(|cell| cell.weights).sum();
        let mut end = plan.weights;
        let mut exactly = |size: usize| {
            let at = end;
            end += size;
            at
        };
        let mut results = Results { cells: exactly(cells), ..Results::default() };
        results.heads = plan.heads().iter().map(|_| HeadPlaces { loss: exactly(1), ..HeadPlaces::default() }).collect();
        for (index, (places, head)) in results.heads.iter_mut().zip(plan.heads()).enumerate() {
            let channels = plan.values()[head.x].channels;
            places.logits = exactly(batch * head.classes);
            if index == 0 {
                results.read = exactly(0);
            }
            places.losses = exactly(batch);
            places.d_logits = exactly(batch * head.classes);
            places.features = exactly(batch * channels);
            places.d_features = exactly(batch * channels);
        }
        if plan.heads().is_empty() {
            results.read = exactly(0);
        }
        let along = plan.operations().iter().map(|step| match step {
            // One more for the sum over a node's gradient.
            Primitive::Sum(Sum { terms, y, .. }) => (terms.len() + 1) * plan.values()[*y].channels,
            _ => 0,
        });
        results.along = exactly(along.sum());
        results.size = exactly(0);
        let mut end = plan.weights + 1;
        let mut given = Given { one: plan.weights, ..Given::default() };
        for cell in plan.cells() {
            given.cells.push(end);
            end += cell.weights;
        }
        (given.labels, given.masks) = (end, end + batch);
        (given.of_masks, given.size) = masks::places(plan.masks(), batch, given.masks);
        Self { batch, sizes, values, argmax, arena, open, kept_argmax, kept, results, given }
    }

    pub(super) fn pixels(&self, value: ValueId) -> usize {
        self.sizes[value][0] * self.sizes[value][1]
    }

    pub(super) fn weight(&self, weight: Coefficient) -> u32 {
        word(match weight {
            Coefficient::One => self.given.one,
            Coefficient::Operation { cell, index } => self.given.cells[cell] + index,
        })
    }
}

/// Number of workgroups of 256 threads.
pub(super) fn groups(count: usize) -> usize {
    count.div_ceil(256)
}

pub(super) fn optional(value: Option<usize>) -> u32 {
    value.map_or(NONE, word)
}

pub(super) fn window_words(window: Window) -> [u32; 8] {
    let Window { kernel, stride, padding, dilation, .. } = window;
    let signed = |value: isize| i32::try_from(value).unwrap_or(0).cast_unsigned();
    [
        word(kernel[0]),
        word(kernel[1]),
        word(stride[0]),
        word(stride[1]),
        signed(padding[0]),
        signed(padding[1]),
        word(dilation[0]),
        word(dilation[1]),
    ]
}

/// Builder of the work of a pass.
pub(super) struct Builder<'a> {
    pub(super) plan: &'a Plan,
    pub(super) places: &'a Places,
    pub(super) mode: Mode,
    pub(super) paths: &'a Paths,
    pub(super) list: List,
    /// Work that writes each value.
    writers: Vec<Vec<Op>>,
    /// Work that takes the statistics of each value.
    statistics: Vec<Option<Op>>,
    /// Work that computes the gradient of each head's input.
    pub(super) head_back: Vec<Option<Op>>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(plan: &'a Plan, places: &'a Places, mode: Mode, paths: &'a Paths) -> Self {
        Self {
            plan,
            places,
            mode,
            paths,
            list: List::default(),
            writers: vec![Vec::new(); plan.values().len()],
            statistics: vec![None; plan.values().len()],
            head_back: Vec::new(),
        }
    }

    pub(super) fn channels(&self, value: ValueId) -> usize {
        self.plan.values()[value].channels
    }

    pub(super) fn count(&self, value: ValueId) -> usize {
        self.places.batch * self.channels(value) * self.places.pixels(value)
    }

    /// True if the pass runs the operations that write the value.
    pub(super) fn runs(&self, value: ValueId) -> bool {
        self.plan.schedule.runs(value, self.paths)
    }

    /// Work that a reader of the value waits for.
    pub(super) fn ready(&self, value: ValueId) -> Vec<Op> {
        self.writers[value].iter().copied().chain(self.statistics[value]).collect()
    }

    pub(super) fn norm(&self, value: ValueId) -> u32 {
        self.plan.values()[value].norm.map_or(NONE, |norm| word(norm.offset))
    }

    pub(super) fn map(&self, value: ValueId, relu: bool) -> [u32; 8] {
        let gate = match (relu, self.mode.keep) {
            (false, _) => 0,
            (true, ActivationPattern::Held) => 2,
            (true, _) => 1,
        };
        let [height, width] = self.places.sizes[value];
        [
            word(self.places.values[value]),
            word(self.channels(value)),
            word(height),
            word(width),
            self.norm(value),
            gate,
            optional(self.places.open[value]),
            0,
        ]
    }

    /// Words for the output of a depthwise convolution, in scratch.
    pub(super) fn middle_map(&self, conv: &Conv) -> [u32; 8] {
        let [height, width] = self.places.sizes[conv.y];
        [0, word(self.channels(conv.x)), word(height), word(width), NONE, 0, NONE, 1]
    }

    pub(super) fn argmax(&self, value: ValueId) -> Option<usize> {
        self.places.argmax[value]
    }

    /// Adds a depthwise convolution into a part of scratch. In the backward pass it can be deferred, and waits for the
    /// work in `back`.
    pub(super) fn middle(&mut self, conv: &Conv, depthwise: Filter, back: Option<&[Op]>) -> (Op, usize) {
        let [height, width] = self.places.sizes[conv.y];
        let count = self.places.batch * self.channels(conv.x) * height * width;
        let part = self.list.part(Arena::Scratch, count);
        let after = self.ready(conv.x).into_iter().chain(back.into_iter().flatten().copied()).collect();
        let mut work = Work::new(Kind::Depthwise, groups(count), after);
        work.put(1, &[word(depthwise.weight), 0, word(height), word(width)]);
        work.put(8, &self.map(conv.x, conv.relu));
        work.put(16, &window_words(depthwise.window));
        work.parts.push((2, part));
        work.can_wait = back.is_some();
        (self.list.push(work), part)
    }

    fn conv(&mut self, conv: &Conv) {
        let middle = conv.depthwise.map(|depthwise| self.middle(conv, depthwise, None));
        let [height, width] = self.places.sizes[conv.y];
        let tiles = (self.places.batch * height * width).div_ceil(64) * conv.rows.div_ceil(16);
        let after = middle.map_or_else(|| self.ready(conv.x), |(op, _)| vec![op]);
        let mut work = Work::new(Kind::Dense, tiles, after);
        let y = word(self.places.values[conv.y]);
        work.put(1, &[word(conv.dense.weight), word(conv.rows), word(conv.first), y, word(self.channels(conv.y))]);
        work.put(6, &[word(height), word(width)]);
        match middle {
            Some((_, part)) => {
                work.put(8, &self.middle_map(conv));
                work.parts.push((8, part));
            }
            None => work.put(8, &self.map(conv.x, conv.relu)),
        }
        work.put(16, &window_words(conv.dense.window));
        let op = self.list.push(work);
        self.writers[conv.y].push(op);
    }

    fn pool(&mut self, &Pool { kind, window, relu, x, y }: &Pool) {
        let held = if self.mode.keep == ActivationPattern::Held { self.places.kept_argmax[y] } else { None };
        let [height, width] = self.places.sizes[y];
        let mut work = Work::new(Kind::Pool, groups(self.count(y)), self.ready(x));
        work.put(1, &[u32::from(kind == PoolKind::Max), word(self.places.values[y])]);
        work.put(3, &[optional(self.places.argmax[y]), optional(held), word(height), word(width)]);
        work.put(8, &self.map(x, relu));
        work.put(16, &window_words(window));
        let op = self.list.push(work);
        self.writers[y].push(op);
    }

    /// Words for the mask in a slot: its offset within the inputs, and 1 for dropout.
    pub(super) fn mask_words(&self, slot: Option<usize>) -> [u32; 2] {
        let at = slot.map(|slot| self.places.given.of_masks[slot]);
        let dropout = slot.is_some_and(|slot| self.plan.masks()[slot] == MaskKind::Dropout);
        [optional(at), u32::from(dropout)]
    }

    /// Adds the work of a sum of some channels into channels of y, with the slot of a mask, which takes all channels. All
    /// summands have the shape of the value that `taken` names.
    fn sum(&mut self, y: ValueId, taken: Channels, terms: &[(ValueId, Coefficient)], mask: Option<usize>) {
        let Channels { x, first, count, to, step } = taken;
        let pixels = self.places.pixels(y);
        let after = terms.iter().flat_map(|&(x, _)| self.ready(x)).collect();
        let mut work = Work::new(Kind::Sum, groups(self.places.batch * count * pixels), after);
        let y_at = word(self.places.values[y]);
        work.put(1, &[y_at, word(self.channels(y)), word(to), word(count), word(pixels), word(terms.len())]);
        work.put(7, &self.mask_words(mask));
        work.put(9, &[word(self.channels(x)), word(first), word(step)]);
        for &(x, weight) in terms {
            work.table.extend([word(self.places.values[x]), self.norm(x), self.places.weight(weight), 0]);
        }
        let op = self.list.push(work);
        self.writers[y].push(op);
    }

    fn measure(&mut self, y: ValueId) {
        let Some(norm) = self.plan.values()[y].norm else { return };
        let mut work = Work::new(Kind::Statistics, self.channels(y), self.writers[y].clone());
        let [scale, shift] = norm.affine.map_or([NONE; 2], |affine| affine.map(word));
        work.put(1, &[word(self.places.values[y]), word(self.channels(y)), word(self.places.pixels(y))]);
        work.put(4, &[word(norm.offset), scale, shift]);
        self.statistics[y] = Some(self.list.push(work));
    }

    pub(super) fn forward(&mut self) {
        let plan = self.plan;
        for (at, step) in plan.operations().iter().enumerate() {
            let y = step.output();
            if !self.runs(y) || (self.mode.reuse && plan.schedule.fixed[y]) {
                continue;
            }
            match step {
                Primitive::Conv(conv) => self.conv(conv),
                Primitive::Pool(pool) => self.pool(pool),
                // Written by the host.
                Primitive::Noise(_) => {}
                Primitive::Sum(Sum { terms, mask, y, .. }) => {
                    let mask = mask.filter(|_| !self.mode.running);
                    let terms: Vec<_> = self.paths.summands(terms).copied().collect();
                    let all = Channels { x: *y, first: 0, count: self.channels(*y), to: 0, step: 1 };
                    self.sum(*y, all, &terms, mask);
                }
                Primitive::Concat(Concat { parts, y }) => {
                    for &part in parts {
                        self.sum(*y, part, &[(part.x, Coefficient::One)], None);
                    }
                }
            }
            if plan.schedule.last[at] && !self.mode.running {
                self.measure(y);
            }
        }
        for (index, &head) in plan.heads().iter().enumerate() {
            if index == 0 || self.mode.goal == Goal::Labels {
                self.head(index, head);
            }
        }
        if self.mode.keep == ActivationPattern::Record {
            self.record();
        }
    }

    fn head(&mut self, index: usize, head: Head) {
        let places = self.places.results.heads[index];
        let (batch, channels) = (self.places.batch, self.channels(head.x));
        let mut features = Work::new(Kind::Features, batch * channels, self.ready(head.x));
        features.put(1, &[word(places.features)]);
        features.put(8, &self.map(head.x, head.relu));
        let features = self.list.push(features);
        let labels = if self.mode.goal == Goal::Labels { word(self.places.given.labels) } else { NONE };
        #[expect(clippy::cast_possible_truncation, reason = "single precision is what a GPU has")]
        let loss = [head.loss.weight, head.loss.smoothing].map(|number| (number as f32).to_bits());
        let mut logits = Work::new(Kind::Logits, batch, vec![features]);
        logits.put(1, &[word(places.features), word(channels), word(head.classes), word(head.weight)]);
        logits.put(5, &[word(head.bias), word(places.logits), labels, word(places.losses), word(places.d_logits)]);
        logits.put(10, &loss);
        let logits = self.list.push(logits);
        if labels == NONE {
            self.head_back.push(None);
            return;
        }
        let numbers = 1 + batch * channels + head.classes * (channels + 1);
        let mut back = Work::new(Kind::HeadBack, groups(numbers), vec![logits]);
        back.put(1, &[word(places.features), word(channels), word(head.classes), word(head.weight)]);
        back.put(5, &[word(places.losses), word(places.d_logits), word(places.d_features), word(places.loss)]);
        back.put(9, &[word(head.weight), word(head.bias), u32::from(self.mode.weights)]);
        let back = self.list.push(back);
        self.head_back.push(Some(back));
    }

    fn record(&mut self) {
        for value in 0..self.plan.values().len() {
            let count = self.count(value);
            let bits = self.places.open[value].map(|to| (to, None, count.div_ceil(32)));
            let argmax = self.places.kept_argmax[value].map(|to| (to, self.places.argmax[value], count));
            for (to, from, threads) in bits.into_iter().chain(argmax) {
                let mut work = Work::new(Kind::Record, groups(threads), self.ready(value));
                work.put(1, &[word(to), word(count), optional(from)]);
                work.put(8, &self.map(value, false));
                self.list.push(work);
            }
        }
    }
}
