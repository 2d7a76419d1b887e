//! Where everything of a plan lies for one shape of images, and the forward pass as work.

use super::program::{Arena, List, NONE, Op, Work, word};
use super::shader::Kind;
use crate::kernels::pass::Wanted;
use crate::kernels::plan::{Conv, Filter, Plan, PoolKind, Step, ValueId, Weight, Window};

/// Numbers of a normalized channel. They lie before the values.
pub(super) const NORM: usize = 8;

/// What decides which work a pass consists of.
#[expect(clippy::struct_excessive_bools, reason = "every one is independent of the others")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mode {
    pub(super) again: bool,
    pub(super) running: bool,
    pub(super) keep: Way,
    pub(super) goal: Goal,
    /// Gradients of weights, cells and image.
    pub(super) weights: bool,
    pub(super) cells: bool,
    pub(super) image: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Free,
    Record,
    Replay,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Goal {
    None,
    Labels,
    Along,
}

impl Mode {
    pub(super) fn wants(&mut self, wanted: Wanted) {
        (self.weights, self.cells, self.image) = (wanted.weights, wanted.cells, wanted.image);
    }
}

/// Offsets within the results.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Results {
    pub(super) cells: usize,
    pub(super) loss: usize,
    pub(super) logits: usize,
    /// What the host reads ends here.
    pub(super) read: usize,
    losses: usize,
    d_logits: usize,
    features: usize,
    d_features: usize,
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
    pub(super) size: usize,
}

/// Where everything lies for images of one shape.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub(super) batch: usize,
    pub(super) sizes: Vec<[usize; 2]>,
    pub(super) values: Vec<usize>,
    winners: Vec<Option<usize>>,
    pub(super) arena: usize,
    open: Vec<Option<usize>>,
    kept_winners: Vec<Option<usize>>,
    pub(super) kept: usize,
    pub(super) results: Results,
    pub(super) given: Given,
}

impl Places {
    pub(super) fn new(plan: &Plan, [batch, _, height, width]: [usize; 4]) -> Self {
        let sizes: Vec<_> = plan.values.iter().map(|value| value.size([height, width])).collect();
        let count = |value: ValueId| batch * plan.values[value].channels * sizes[value][0] * sizes[value][1];
        let all = plan.values.len();
        let (mut arena, mut kept) = (0, 0);
        let take = |end: &mut usize, size: usize| {
            let at = *end;
            *end += size.next_multiple_of(64);
            at
        };
        take(&mut arena, plan.normalized * NORM);
        let values = (0..all).map(|value| take(&mut arena, count(value))).collect();
        let (mut winners, mut kept_winners) = (vec![None; all], vec![None; all]);
        for step in &plan.steps {
            if let Step::Pool { kind: PoolKind::Max3x3, y, .. } = step {
                winners[*y] = Some(take(&mut arena, count(*y)));
                kept_winners[*y] = Some(take(&mut kept, count(*y)));
            }
        }
        let gated = &plan.schedule.gated;
        let open =
            gated.iter().enumerate().map(|(at, &relu)| relu.then(|| take(&mut kept, count(at).div_ceil(32)))).collect();
        let cells: usize = plan.cells.iter().sum();
        let classes = plan.head.map_or(0, |head| head.classes);
        let channels = plan.values[plan.output].channels;
        let mut end = plan.weights;
        let mut exactly = |size: usize| {
            let at = end;
            end += size;
            at
        };
        let mut results = Results {
            cells: exactly(cells),
            loss: exactly(1),
            logits: exactly(batch * classes),
            read: exactly(0),
            losses: exactly(batch),
            d_logits: exactly(batch * classes),
            features: exactly(batch * channels),
            d_features: exactly(batch * channels),
            ..Results::default()
        };
        let along = plan.steps.iter().map(|step| match step {
            Step::Sum { terms, y } => terms.len() * plan.values[*y].channels,
            _ => 0,
        });
        results.along = exactly(along.sum());
        results.size = exactly(0);
        let mut end = plan.weights + 1;
        let mut given = Given { one: plan.weights, ..Given::default() };
        for &count in &plan.cells {
            given.cells.push(end);
            end += count;
        }
        (given.labels, given.size) = (end, end + batch);
        Self { batch, sizes, values, winners, arena, open, kept_winners, kept, results, given }
    }

    pub(super) fn pixels(&self, value: ValueId) -> usize {
        self.sizes[value][0] * self.sizes[value][1]
    }

    pub(super) fn weight(&self, weight: Weight) -> u32 {
        word(match weight {
            Weight::One => self.given.one,
            Weight::Operation { cell, at } => self.given.cells[cell] + at,
        })
    }
}

/// Workgroups of 256 threads.
pub(super) fn groups(count: usize) -> usize {
    count.div_ceil(256)
}

pub(super) fn optional(value: Option<usize>) -> u32 {
    value.map_or(NONE, word)
}

pub(super) fn window_words(window: Window) -> [u32; 8] {
    let Window { kernel, stride, padding, dilation } = window;
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

/// Writes the work of a pass down.
pub(super) struct Builder<'a> {
    pub(super) plan: &'a Plan,
    pub(super) places: &'a Places,
    pub(super) mode: Mode,
    pub(super) list: List,
    /// Who writes a value.
    writers: Vec<Vec<Op>>,
    /// Who takes its statistics.
    statistics: Vec<Option<Op>>,
    /// Who finds the gradient of the head's input.
    pub(super) head_back: Option<Op>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(plan: &'a Plan, places: &'a Places, mode: Mode) -> Self {
        Self {
            plan,
            places,
            mode,
            list: List::default(),
            writers: vec![Vec::new(); plan.values.len()],
            statistics: vec![None; plan.values.len()],
            head_back: None,
        }
    }

    pub(super) fn channels(&self, value: ValueId) -> usize {
        self.plan.values[value].channels
    }

    pub(super) fn count(&self, value: ValueId) -> usize {
        self.places.batch * self.channels(value) * self.places.pixels(value)
    }

    /// Whoever reads a value waits for them.
    pub(super) fn ready(&self, value: ValueId) -> Vec<Op> {
        self.writers[value].iter().copied().chain(self.statistics[value]).collect()
    }

    pub(super) fn norm(&self, value: ValueId) -> u32 {
        self.plan.values[value].norm.map_or(NONE, |norm| word(norm.offset))
    }

    pub(super) fn map(&self, value: ValueId, relu: bool) -> [u32; 8] {
        let gate = match (relu, self.mode.keep) {
            (false, _) => 0,
            (true, Way::Replay) => 2,
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

    /// What a depthwise convolution leaves in scratch.
    pub(super) fn middle_map(&self, conv: &Conv) -> [u32; 8] {
        let [height, width] = self.places.sizes[conv.y];
        [0, word(self.channels(conv.x)), word(height), word(width), NONE, 0, NONE, 1]
    }

    pub(super) fn winners(&self, value: ValueId) -> Option<usize> {
        self.places.winners[value]
    }

    /// A depthwise convolution into a part of scratch; on the way back it can wait, and is not done before it is needed.
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

    fn pool(&mut self, kind: PoolKind, window: Window, x: ValueId, y: ValueId) {
        let held = if self.mode.keep == Way::Replay { self.places.kept_winners[y] } else { None };
        let [height, width] = self.places.sizes[y];
        let mut work = Work::new(Kind::Pool, groups(self.count(y)), self.ready(x));
        work.put(1, &[u32::from(kind == PoolKind::Max3x3), word(self.places.values[y])]);
        work.put(3, &[optional(self.places.winners[y]), optional(held), word(height), word(width)]);
        work.put(8, &self.map(x, false));
        work.put(16, &window_words(window));
        let op = self.list.push(work);
        self.writers[y].push(op);
    }

    /// A sum into some channels of y.
    fn sum(&mut self, y: ValueId, first: usize, channels: usize, terms: &[(ValueId, Weight)]) {
        let pixels = self.places.pixels(y);
        let after = terms.iter().flat_map(|&(x, _)| self.ready(x)).collect();
        let mut work = Work::new(Kind::Sum, groups(self.places.batch * channels * pixels), after);
        let y_at = word(self.places.values[y]);
        work.put(1, &[y_at, word(self.channels(y)), word(first), word(channels), word(pixels), word(terms.len())]);
        for &(x, weight) in terms {
            work.table.extend([word(self.places.values[x]), self.norm(x), self.places.weight(weight), 0]);
        }
        let op = self.list.push(work);
        self.writers[y].push(op);
    }

    fn measure(&mut self, y: ValueId) {
        let Some(norm) = self.plan.values[y].norm else { return };
        let mut work = Work::new(Kind::Statistics, self.channels(y), self.writers[y].clone());
        let [scale, shift] = norm.affine.map_or([NONE; 2], |affine| affine.map(word));
        work.put(1, &[word(self.places.values[y]), word(self.channels(y)), word(self.places.pixels(y))]);
        work.put(4, &[word(norm.offset), scale, shift]);
        self.statistics[y] = Some(self.list.push(work));
    }

    pub(super) fn forward(&mut self) {
        let plan = self.plan;
        for (at, step) in plan.steps.iter().enumerate() {
            let y = step.output();
            if self.mode.again && plan.schedule.fixed[y] {
                continue;
            }
            match step {
                Step::Conv(conv) => self.conv(conv),
                Step::Pool { kind, window, x, y } => self.pool(*kind, *window, *x, *y),
                // Written by the host.
                Step::Noise { .. } => {}
                Step::Sum { terms, y } => self.sum(*y, 0, self.channels(*y), terms),
                Step::Concat { parts, y } => {
                    let mut first = 0;
                    for &part in parts {
                        let channels = self.channels(part);
                        self.sum(*y, first, channels, &[(part, Weight::One)]);
                        first += channels;
                    }
                }
            }
            if plan.schedule.last[at] && !self.mode.running {
                self.measure(y);
            }
        }
        self.head();
        if self.mode.keep == Way::Record {
            self.record();
        }
    }

    fn head(&mut self) {
        let Some(head) = self.plan.head else { return };
        let (output, results) = (self.plan.output, self.places.results);
        let (batch, channels) = (self.places.batch, self.channels(output));
        let mut features = Work::new(Kind::Features, batch * channels, self.ready(output));
        features.put(1, &[word(results.features)]);
        features.put(8, &self.map(output, head.relu));
        let features = self.list.push(features);
        let labels = if self.mode.goal == Goal::Labels { word(self.places.given.labels) } else { NONE };
        let mut logits = Work::new(Kind::Logits, batch, vec![features]);
        logits.put(1, &[word(results.features), word(channels), word(head.classes), word(head.weight)]);
        logits.put(5, &[word(head.bias), word(results.logits), labels, word(results.losses), word(results.d_logits)]);
        let logits = self.list.push(logits);
        if labels == NONE {
            return;
        }
        let numbers = 1 + batch * channels + head.classes * (channels + 1);
        let mut back = Work::new(Kind::HeadBack, groups(numbers), vec![logits]);
        back.put(1, &[word(results.features), word(channels), word(head.classes), word(head.weight)]);
        back.put(5, &[word(results.losses), word(results.d_logits), word(results.d_features), word(results.loss)]);
        back.put(9, &[word(head.weight), word(head.bias), u32::from(self.mode.weights)]);
        self.head_back = Some(self.list.push(back));
    }

    pub(super) fn d_features(&self) -> usize {
        self.places.results.d_features
    }

    fn record(&mut self) {
        for value in 0..self.plan.values.len() {
            let count = self.count(value);
            let bits = self.places.open[value].map(|to| (to, None, count.div_ceil(32)));
            let winners = self.places.kept_winners[value].map(|to| (to, self.places.winners[value], count));
            for (to, from, threads) in bits.into_iter().chain(winners) {
                let mut work = Work::new(Kind::Record, groups(threads), self.ready(value));
                work.put(1, &[word(to), word(count), optional(from)]);
                work.put(8, &self.map(value, false));
                self.list.push(work);
            }
        }
    }
}
