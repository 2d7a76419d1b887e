//! Writes a plan while a network describes itself.

use super::{Conv, Filter, Head, Norm, Plan, PoolKind, Schedule, Step, Value, ValueId, Weight, Window};

/// Where everything lies that a network is given, by slot.
#[derive(Clone, Debug)]
pub(crate) struct Offsets {
    /// Of each weight within ω, and the length of ω.
    pub(crate) weights: Vec<usize>,
    pub(crate) all_weights: usize,
    /// Of each batch norm's first channel among all normalized ones, and how many those are.
    pub(crate) norms: Vec<usize>,
    pub(crate) all_normalized: usize,
}

pub(crate) struct Planner {
    offsets: Offsets,
    values: Vec<Value>,
    steps: Vec<Step>,
    cells: Vec<usize>,
}

impl Planner {
    /// A plan for images of some channels.
    pub(crate) fn new(offsets: Offsets, image_channels: usize) -> Self {
        let image = Value { channels: image_channels, halvings: [0; 2], norm: None };
        Self { offsets, values: vec![image], steps: Vec::new(), cells: Vec::new() }
    }

    /// A value of `channels` that reads `x` at a stride.
    fn value(&mut self, x: ValueId, channels: usize, stride: [usize; 2]) -> ValueId {
        let before = self.values[x].halvings;
        let halvings = [0, 1].map(|axis| before[axis] + u32::from(stride[axis] > 1));
        self.values.push(Value { channels, halvings, norm: None });
        self.values.len() - 1
    }

    /// Where a weight lies within ω.
    pub(crate) fn offset(&self, slot: usize) -> usize {
        self.offsets.weights[slot]
    }

    /// A convolution that gives all channels of its output.
    pub(crate) fn conv(
        &mut self,
        x: ValueId,
        relu: bool,
        depthwise: Option<Filter>,
        dense: Filter,
        rows: usize,
    ) -> ValueId {
        let stride = depthwise.map_or(dense.window.stride, |depthwise| depthwise.window.stride);
        let y = self.value(x, rows, stride);
        self.conv_into(Conv { x, relu, depthwise, dense, y, first: 0, rows });
        y
    }

    /// A value of `channels` at stride 2 that several convolutions fill.
    pub(crate) fn halved(&mut self, x: ValueId, channels: usize) -> ValueId {
        self.value(x, channels, [2; 2])
    }

    pub(crate) fn conv_into(&mut self, conv: Conv) {
        self.steps.push(Step::Conv(conv));
    }

    /// From now on `x` is read through a batch norm.
    pub(crate) fn normalize(&mut self, x: ValueId, slot: usize, affine: Option<[usize; 2]>) {
        let offset = self.offsets.norms[slot];
        self.values[x].norm = Some(Norm { offset, affine: affine.map(|slots| slots.map(|slot| self.offset(slot))) });
    }

    pub(crate) fn pool(&mut self, x: ValueId, kind: PoolKind, window: Window) -> ValueId {
        let y = self.value(x, self.values[x].channels, window.stride);
        self.steps.push(Step::Pool { kind, window, x, y });
        y
    }

    pub(crate) fn noise(&mut self, x: ValueId, slot: usize, stride: usize) -> ValueId {
        let y = self.value(x, self.values[x].channels, [stride; 2]);
        self.steps.push(Step::Noise { slot, y });
        y
    }

    /// The sum of values; `like` gives its shape at a stride.
    pub(crate) fn sum(&mut self, like: ValueId, stride: usize, terms: Vec<(ValueId, Weight)>) -> ValueId {
        let y = self.value(like, self.values[like].channels, [stride; 2]);
        self.steps.push(Step::Sum { terms, y });
        y
    }

    /// A value as its readers see it, stored.
    pub(crate) fn stored(&mut self, x: ValueId) -> ValueId {
        if self.values[x].norm.is_some() { self.sum(x, 1, vec![(x, Weight::One)]) } else { x }
    }

    pub(crate) fn concat(&mut self, parts: Vec<ValueId>) -> ValueId {
        let channels = parts.iter().map(|&part| self.values[part].channels).sum();
        let y = self.value(parts[0], channels, [1; 2]);
        self.steps.push(Step::Concat { parts, y });
        y
    }

    /// The next searched cell, which reads `weights` operation weights.
    pub(crate) fn cell(&mut self, weights: usize) -> usize {
        self.cells.push(weights);
        self.cells.len() - 1
    }

    pub(crate) fn finish(self, output: ValueId, head: Option<Head>) -> Plan {
        let Self { offsets, values, steps, cells } = self;
        let schedule = Schedule::new(&values, &steps, output, head);
        let (weights, normalized) = (offsets.all_weights, offsets.all_normalized);
        Plan { values, steps, output, head, schedule, cells, weights, normalized }
    }
}
