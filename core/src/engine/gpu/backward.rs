//! Backward pass as work. Gradients are gathered: each reader of a feature map leaves its contribution, and one kernel
//! adds them up.

use super::forward::{Builder, Goal, groups, optional, window_words};
use super::program::{Arena, NONE, Op, Work, word};
use super::shader::Kind;
use crate::graph::{Channels, Coefficient, Concat, Conv, Filter, IMAGE, Pool, PoolKind, Primitive, Sum, ValueId};

/// Pixels that one workgroup adds up for a dense filter.
const SLICE: usize = 2048;
/// Pixels that one thread adds up for a depthwise filter.
const SHORT: usize = 256;
/// Maximum number of slices.
const SLICES: usize = 64;
/// Words of a reader.
const READER: usize = 24;

/// Contribution of one reader to the gradient of the value that it reads.
#[derive(Clone, Debug)]
struct Reader {
    stage: usize,
    words: [u32; READER],
    /// Words that are offsets of parts.
    parts: Vec<(usize, usize)>,
    after: Vec<Op>,
}

/// Gradient of an operation's output: its part, and the work that it waits for.
#[derive(Clone, Debug)]
struct Slope {
    part: usize,
    /// Offset of z, norm, coefficient, channels, height, width.
    words: [u32; 6],
    after: Vec<Op>,
}

impl Slope {
    /// Writes the gradient into an item, from word `at` on.
    fn put(&self, work: &mut Work, at: usize) {
        work.put(at + 1, &self.words);
        work.parts.push((at, self.part));
    }
}

/// State of a value in the backward pass.
#[derive(Clone, Debug, Default)]
struct Known {
    readers: Vec<Reader>,
    /// Part of the gradient, and the work that writes it last.
    gradient: Option<(usize, Vec<Op>)>,
    /// Work that takes the gradient sums of the norm.
    sums: Option<Op>,
    done: bool,
}

struct Backward<'b, 'a> {
    builder: &'b mut Builder<'a>,
    known: Vec<Known>,
    /// Backward stage of each operation.
    stages: Vec<usize>,
    /// Partial sums of ∂p: offset of the total, offset and number of the sums, and the work that takes them.
    along: Vec<(usize, usize, usize, Op)>,
    along_end: usize,
}

/// Parts of the gradients that the host reads or writes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ends {
    /// Gradient of the output, which the host writes before the pass.
    pub(super) output: Option<usize>,
    /// Gradient of the image.
    pub(super) image: Option<usize>,
}

impl Builder<'_> {
    pub(super) fn backward(&mut self) -> Ends {
        let plan = self.plan;
        let mut stages = vec![0; plan.operations().len()];
        for (index, stage) in plan.schedule.backward.iter().enumerate() {
            stage.steps.iter().for_each(|&step| stages[step] = index);
        }
        let along_end = self.places.results.along;
        let known = vec![Known::default(); plan.values().len()];
        let mut backward = Backward { builder: self, known, stages, along: Vec::new(), along_end };
        backward.run()
    }

    fn needs(&self, value: ValueId) -> bool {
        if value == IMAGE {
            return self.mode.image;
        }
        self.mode.weights || self.mode.image || !self.plan.schedule.fixed[value]
    }
}

impl Backward<'_, '_> {
    fn run(&mut self) -> Ends {
        let (plan, output) = (self.builder.plan, self.builder.plan.output());
        let mut ends = Ends::default();
        match self.builder.mode.goal {
            Goal::Labels => {
                for (index, head) in plan.heads().iter().enumerate() {
                    let places = self.builder.places.results.heads[index];
                    let mut words = [0; READER];
                    words[..3].copy_from_slice(&[6, u32::from(head.relu), word(places.d_features)]);
                    let after = self.builder.head_back[index].into_iter().collect();
                    self.known[head.x].readers.push(Reader { stage: 0, words, parts: Vec::new(), after });
                }
            }
            Goal::Along => {
                let part = self.builder.list.part(Arena::Gradients, self.builder.count(output));
                self.builder.list.hold(part, true, false);
                self.known[output].gradient = Some((part, Vec::new()));
                ends.output = Some(part);
            }
            Goal::None => return ends,
        }
        for (at, step) in plan.operations().iter().enumerate().rev() {
            self.finish(step.output(), matches!(step, Primitive::Sum(_) | Primitive::Concat(_)));
            if !self.builder.runs(step.output()) {
                continue;
            }
            let stage = self.stages[at];
            match step {
                Primitive::Conv(conv) => self.conv(conv, stage),
                Primitive::Pool(Pool { kind, window, relu, x, y }) => {
                    let Some(slope) = self.slope(*y).filter(|_| self.builder.needs(*x)) else { continue };
                    let mut words = [0; READER];
                    words[..2].copy_from_slice(&[if *kind == PoolKind::Max { 3 } else { 2 }, u32::from(*relu)]);
                    words[6] = optional(self.builder.argmax(*y));
                    words[8..16].copy_from_slice(&window_words(*window));
                    words[17..23].copy_from_slice(&slope.words);
                    let (parts, after) = (vec![(16, slope.part)], slope.after);
                    self.known[*x].readers.push(Reader { stage, words, parts, after });
                }
                Primitive::Noise(_) => {}
                Primitive::Sum(sum) => {
                    if sum.mask.is_some() {
                        self.mask(sum);
                    }
                    self.sum(sum, stage);
                    self.ones(sum);
                }
                Primitive::Concat(Concat { parts, y }) => self.split(parts, *y, stage),
            }
        }
        self.finish(IMAGE, false);
        if let (true, Some((part, _))) = (self.builder.mode.image, &self.known[IMAGE].gradient) {
            self.builder.list.hold(*part, false, true);
            ends.image = Some(*part);
        }
        self.add_cells();
        ends
    }

    /// Gathers the gradient of a value, all of whose readers are known, and takes the sums that its norm needs.
    fn finish(&mut self, value: ValueId, in_place: bool) {
        let plan = self.builder.plan;
        if std::mem::replace(&mut self.known[value].done, true) || plan.schedule.source[value].is_some() {
            return;
        }
        let mut readers = std::mem::take(&mut self.known[value].readers);
        readers.sort_by_key(|reader| reader.stage);
        let count = self.builder.count(value);
        let batches: Vec<&[Reader]> = readers.chunk_by(|left, right| left.stage == right.stage).collect();
        for batch in batches {
            let known = self.known[value].gradient.clone();
            let (part, before) =
                known.clone().unwrap_or_else(|| (self.builder.list.part(Arena::Gradients, count), Vec::new()));
            let after = before.into_iter().chain(self.builder.ready(value));
            let after = after.chain(batch.iter().flat_map(|reader| reader.after.iter().copied())).collect();
            let mut work = Work::new(Kind::Gather, groups(count), after);
            work.put(1, &[0, u32::from(known.is_some()), word(batch.len())]);
            work.put(8, &self.builder.map(value, batch.iter().any(|reader| reader.words[1] == 1)));
            work.parts.push((1, part));
            for (index, reader) in batch.iter().enumerate() {
                work.table.extend_from_slice(&reader.words);
                let start = super::program::WORDS + index * READER;
                work.parts.extend(reader.parts.iter().map(|&(at, part)| (start + at, part)));
            }
            let op = self.builder.list.push(work);
            self.known[value].gradient = Some((part, vec![op]));
        }
        if plan.values()[value].norm.is_none() || self.known[value].gradient.is_none() {
            return;
        }
        let Some((part, writers)) = self.known[value].gradient.clone() else { return };
        let sums = self.reduce(value, part, writers, Coefficient::One, None);
        self.known[value].sums = Some(sums);
        if in_place {
            let slope = self.slope_of(value, value, Coefficient::One);
            if let Some(slope) = slope {
                let mut work = Work::new(Kind::Transform, groups(count), slope.after.clone());
                work.put(1, &[word(self.builder.places.pixels(value))]);
                slope.put(&mut work, 8);
                let op = self.builder.list.push(work);
                self.known[value].gradient = Some((part, vec![op]));
            }
        }
    }

    /// Takes the gradient sums of a summand (or of a value with a gradient of its own).
    fn reduce(&mut self, x: ValueId, part: usize, mut after: Vec<Op>, weight: Coefficient, along: Option<usize>) -> Op {
        let builder = &mut *self.builder;
        after.extend(builder.ready(x));
        let mut work = Work::new(Kind::Reduce, builder.channels(x), after);
        let norm = builder.plan.values()[x].norm;
        let affine = norm.and_then(|norm| norm.affine).filter(|_| builder.mode.weights);
        let [scale, shift] = affine.map_or([NONE; 2], |affine| affine.map(word));
        let sizes = [word(builder.channels(x)), word(builder.places.pixels(x))];
        work.put(1, &[0, word(builder.places.values[x]), sizes[0], sizes[1], builder.norm(x)]);
        work.put(6, &[builder.places.weight(weight), optional(along), scale, shift]);
        work.parts.push((1, part));
        work.can_wait = norm.is_none();
        builder.list.push(work)
    }

    /// Gradient of an operation's output; none if no wanted result depends on it.
    fn slope(&self, y: ValueId) -> Option<Slope> {
        if !self.builder.needs(y) {
            return None;
        }
        let (from, weight) = self.builder.plan.schedule.source[y].unwrap_or((y, Coefficient::One));
        self.slope_of(y, from, weight)
    }

    fn slope_of(&self, y: ValueId, from: ValueId, weight: Coefficient) -> Option<Slope> {
        let builder = &*self.builder;
        let (part, writers) = self.known[from].gradient.clone()?;
        let [height, width] = builder.places.sizes[y];
        let words = [
            word(builder.places.values[y]),
            builder.norm(y),
            builder.places.weight(weight),
            word(builder.channels(y)),
            word(height),
            word(width),
        ];
        let after = writers.into_iter().chain(self.known[y].sums).chain(builder.ready(y)).collect();
        Some(Slope { part, words, after })
    }

    fn conv(&mut self, conv: &Conv, stage: usize) {
        let Some(slope) = self.slope(conv.y) else { return };
        let (needed, weights) = (self.builder.needs(conv.x), self.builder.mode.weights);
        let channels = self.builder.channels(conv.x);
        // Value with the size of the dense filter's input.
        let read = if conv.depthwise.is_some() { conv.y } else { conv.x };
        let [height, width] = self.builder.places.sizes[read];
        let pixels = self.builder.places.batch * height * width;
        let mut back = None;
        if needed || (weights && conv.depthwise.is_some()) {
            let part = self.builder.list.part(Arena::Scratch, pixels * channels);
            let tiles = pixels.div_ceil(64) * channels.div_ceil(16);
            let mut work = Work::new(Kind::DenseBack, tiles, slope.after.clone());
            work.put(1, &[word(conv.dense.weight), word(conv.rows), word(conv.first), 0, word(channels)]);
            work.put(6, &[word(height), word(width)]);
            work.parts.push((4, part));
            slope.put(&mut work, 8);
            work.put(16, &window_words(conv.dense.window));
            work.can_wait = !needed;
            let op = self.builder.list.push(work);
            back = Some((op, part));
        }
        if let (true, Some((op, part))) = (needed, back) {
            let mut words = [0; READER];
            words[1] = u32::from(conv.relu);
            if let Some(depthwise) = conv.depthwise {
                words[0] = 1;
                words[3..6].copy_from_slice(&[word(height), word(width), word(depthwise.weight)]);
                words[8..16].copy_from_slice(&window_words(depthwise.window));
            }
            self.known[conv.x].readers.push(Reader { stage, words, parts: vec![(2, part)], after: vec![op] });
        }
        if !weights {
            return;
        }
        if let (Some(depthwise), Some(back)) = (conv.depthwise, back) {
            self.depthwise_weights(conv, depthwise, back);
        }
        self.dense_weights(conv, &slope);
    }

    fn depthwise_weights(&mut self, conv: &Conv, depthwise: Filter, (op, part): (Op, usize)) {
        let builder = &mut *self.builder;
        let [height, width] = builder.places.sizes[conv.y];
        let pixels = builder.places.batch * height * width;
        let each = SHORT.max(pixels.div_ceil(SLICES));
        let slices = pixels.div_ceil(each);
        let numbers = builder.channels(conv.x) * depthwise.window.taps();
        let after = std::iter::once(op).chain(builder.ready(conv.x)).collect();
        let mut work = Work::new(Kind::DepthwiseWeights, groups(numbers * slices), after);
        work.put(1, &[0, word(depthwise.weight), word(height), word(width), word(slices), word(each)]);
        work.put(8, &builder.map(conv.x, conv.relu));
        work.put(16, &window_words(depthwise.window));
        work.parts.push((1, part));
        work.can_wait = true;
        self.add_up(work, 2, slices, numbers);
    }

    /// Adds work and, if it has more than one slice, the work that adds up the slices. Word `at` is the offset of the
    /// total.
    fn add_up(&mut self, mut work: Work, at: usize, slices: usize, numbers: usize) {
        let builder = &mut *self.builder;
        if slices == 1 {
            builder.list.push(work);
            return;
        }
        let to = std::mem::take(&mut work.head[at]);
        let part = builder.list.part(Arena::Scratch, slices * numbers);
        work.parts.push((at, part));
        let op = builder.list.push(work);
        let mut total = Work::new(Kind::Total, groups(numbers), vec![op]);
        total.put(1, &[to, word(numbers), word(slices), word(numbers), 0, 1]);
        total.parts.push((5, part));
        total.can_wait = true;
        builder.list.push(total);
    }

    fn dense_weights(&mut self, conv: &Conv, slope: &Slope) {
        let builder = &mut *self.builder;
        let depth = builder.channels(conv.x) * conv.dense.window.taps();
        let pixels = builder.places.batch * builder.places.pixels(conv.y);
        let each = SLICE.max(pixels.div_ceil(SLICES)).next_multiple_of(64);
        let slices = pixels.div_ceil(each);
        let tiles = conv.rows.div_ceil(16) * depth.div_ceil(16) * slices;
        let middle = conv.depthwise.map(|depthwise| builder.middle(conv, depthwise, Some(&slope.after)));
        let mut after = slope.after.clone();
        after.extend(middle.map_or_else(|| builder.ready(conv.x), |(op, _)| vec![op]));
        let mut work = Work::new(Kind::DenseWeights, tiles, after);
        work.put(1, &[word(slices), word(conv.rows), word(conv.first), word(conv.dense.weight), word(each)]);
        match middle {
            Some((_, part)) => {
                work.put(8, &builder.middle_map(conv));
                work.parts.push((8, part));
            }
            None => work.put(8, &builder.map(conv.x, conv.relu)),
        }
        work.put(16, &window_words(conv.dense.window));
        slope.put(&mut work, 24);
        work.can_wait = true;
        self.add_up(work, 4, slices, conv.rows * depth);
    }

    /// Masks the gradient of a sum behind a mask.
    fn mask(&mut self, &Sum { mask, y, .. }: &Sum) {
        let Some((part, writers)) = self.known[y].gradient.clone() else { return };
        let builder = &mut *self.builder;
        let mut work = Work::new(Kind::Mask, groups(builder.count(y)), writers);
        let [mask, dropout] = builder.mask_words(mask);
        work.put(1, &[0, mask, word(builder.count(y) / builder.places.batch), dropout]);
        work.parts.push((1, part));
        let op = builder.list.push(work);
        self.known[y].gradient = Some((part, vec![op]));
    }

    /// Place of ∂L/∂p of an operation weight within the results.
    fn place(&self, cell: usize, index: usize) -> usize {
        let before: usize = self.builder.plan.cells()[..cell].iter().map(|cell| cell.weights).sum();
        self.builder.places.results.cells + before + index
    }

    /// Takes Σ ∂L/∂y over a node, by channel, for the operation weights of candidates that an output of ones stands in
    /// for.
    fn ones(&mut self, &Sum { ref weights, y, .. }: &Sum) {
        let places: Vec<usize> =
            self.builder.paths.ones(weights).map(|&(cell, index)| self.place(cell, index)).collect();
        let Some((part, writers)) = self.known[y].gradient.clone().filter(|_| !places.is_empty()) else { return };
        let builder = &mut *self.builder;
        let (channels, from) = (builder.channels(y), self.along_end);
        self.along_end += channels;
        let mut work = Work::new(Kind::Reduce, channels, writers);
        let sizes = [word(channels), word(builder.places.pixels(y))];
        work.put(1, &[0, word(builder.places.values[y]), sizes[0], sizes[1], NONE]);
        work.put(6, &[builder.places.weight(Coefficient::One), word(from), NONE, NONE, 1]);
        work.parts.push((1, part));
        work.can_wait = true;
        let op = builder.list.push(work);
        self.along.extend(places.into_iter().map(|to| (to, from, channels, op)));
    }

    fn sum(&mut self, &Sum { ref terms, y, .. }: &Sum, stage: usize) {
        let Some((part, writers)) = self.known[y].gradient.clone() else { return };
        let paths = self.builder.paths;
        for &(x, weight) in paths.summands(terms) {
            let channels = self.builder.channels(x);
            let normalized = self.builder.plan.values()[x].norm.is_some();
            let mut along = None;
            if let (Coefficient::Operation { cell, index }, true) = (weight, self.builder.mode.cells) {
                along = Some((self.place(cell, index), self.along_end));
                self.along_end += channels;
            }
            let needed = self.builder.needs(x);
            if along.is_some() || (normalized && needed) {
                let op = self.reduce(x, part, writers.clone(), weight, along.map(|(_, from)| from));
                if normalized {
                    self.known[x].sums = Some(op);
                }
                self.along.extend(along.map(|(to, from)| (to, from, channels, op)));
            }
            if !normalized && needed {
                let mut words = [0; READER];
                words[0] = 4;
                words[7] = self.builder.places.weight(weight);
                let reader = Reader { stage, words, parts: vec![(2, part)], after: writers.clone() };
                self.known[x].readers.push(reader);
            }
        }
    }

    fn split(&mut self, taken: &[Channels], y: ValueId, stage: usize) {
        let Some((part, writers)) = self.known[y].gradient.clone() else { return };
        for &Channels { x, first, count, to, step } in taken {
            if self.builder.needs(x) {
                let mut words = [0; READER];
                words[0] = 5;
                let channels = word(self.builder.channels(y));
                words[3..8].copy_from_slice(&[channels, word(to), word(first), word(count), word(step)]);
                let reader = Reader { stage, words, parts: vec![(2, part)], after: writers.clone() };
                self.known[x].readers.push(reader);
            }
        }
    }

    /// Adds up ∂p from its sums by channel. Every operation weight has one summand.
    fn add_cells(&mut self) {
        for &(to, from, channels, op) in &self.along {
            let mut work = Work::new(Kind::Total, 1, vec![op]);
            work.put(1, &[word(to), 1, word(channels), 1, word(from), 0]);
            work.can_wait = true;
            self.builder.list.push(work);
        }
    }
}
