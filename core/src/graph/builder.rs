//! Builder of graphs: each call adds a primitive operation with its parameters.

use std::ops::Range;

use super::primitive::{
    Channels, Coefficient, Concat, Conv, Filter, Head, HeadLoss, MaskKind, Noise, Norm, Pool, PoolKind, Primitive, Sum,
    ValueId, Window,
};
use super::{Cell, CellOperation, Graph, IMAGE, Initial, NormName, Parameter, Value};

/// Fault of a graph that was put together by hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// A normalized value has several readers.
    #[error("value {value} is read {readers} times through its batch norm; store it first, with `Builder::stored`")]
    NormReadTwice {
        /// The value.
        value: ValueId,
        /// Number of its readers.
        readers: usize,
    },
    /// A batch norm stands where no engine can differentiate it.
    #[error("value {value} is {what}; normalize the output of a convolution or a pooling")]
    Norm {
        /// The value.
        value: ValueId,
        /// Fault.
        what: &'static str,
    },
    /// A sum or concatenation has a part of another size.
    #[error("value {value} has another size than the sum or concatenation {output} that reads it")]
    Shape {
        /// The value.
        value: ValueId,
        /// Output of the operation.
        output: ValueId,
    },
    /// A concatenation takes channels that its parts lack, or does not write each of its own once.
    #[error("the concatenation {output} needs each of its channels once, from channels that its parts have")]
    Channels {
        /// Output of the operation.
        output: ValueId,
    },
    /// A window has too many taps.
    #[error("the window of value {value} has more than {MAX_TAPS} taps")]
    Taps {
        /// Output of the operation.
        value: ValueId,
    },
}

/// Maximum number of taps of a depthwise filter and of a pooling.
const MAX_TAPS: usize = 64;

/// Builder of a [`Graph`].
///
/// Names of parameters are dotted paths; [`within`](Self::within) appends to the path.
#[derive(Debug)]
pub struct Builder {
    path: Vec<String>,
    values: Vec<Value>,
    operations: Vec<Primitive>,
    parameters: Vec<Parameter>,
    norms: Vec<NormName>,
    noises: Vec<String>,
    /// Kinds of the masks, by slot.
    masks: Vec<MaskKind>,
    cells: Vec<Cell>,
    cell_operations: Vec<CellOperation>,
    heads: Vec<Head>,
}

impl Builder {
    /// Graph of the image alone, with some channels.
    #[must_use]
    pub fn new(image_channels: usize) -> Self {
        let image = Value { channels: image_channels, extent: None, norm: None };
        Self {
            path: Vec::new(),
            values: vec![image],
            operations: Vec::new(),
            parameters: Vec::new(),
            norms: Vec::new(),
            noises: Vec::new(),
            masks: Vec::new(),
            cells: Vec::new(),
            cell_operations: Vec::new(),
            heads: Vec::new(),
        }
    }

    /// Image.
    #[must_use]
    pub const fn image(&self) -> ValueId {
        IMAGE
    }

    /// Runs `build` with `name` appended to the path.
    pub fn within<T>(&mut self, name: impl Into<String>, build: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(name.into());
        let built = build(self);
        self.path.pop();
        built
    }

    fn full_name(&self, name: &str) -> String {
        self.path.iter().map(String::as_str).chain((!name.is_empty()).then_some(name)).collect::<Vec<_>>().join(".")
    }

    /// Channels of a value.
    #[must_use]
    pub fn channels(&self, x: ValueId) -> usize {
        self.values[x].channels
    }

    /// Parameter; returns its offset within ω.
    pub fn parameter(&mut self, name: &str, shape: &[usize], initial: Initial) -> usize {
        let offset = self.parameters.last().map_or(0, |last| last.offset + last.len());
        self.parameters.push(Parameter { name: self.full_name(name), shape: shape.to_vec(), offset, initial });
        offset
    }

    /// Weight `[outputs, inputs, kernel]` of a convolution with PyTorch's initial values, named `NAME.weight`.
    pub fn filter(&mut self, name: &str, [inputs, outputs]: [usize; 2], window: Window) -> Filter {
        let [height, width] = window.kernel;
        #[expect(clippy::cast_precision_loss, reason = "fan-ins are small")]
        let initial = Initial::Uniform { bound: 1.0 / libm::sqrt((inputs * height * width) as f64) };
        let weight = self.parameter(&format!("{name}.weight"), &[outputs, inputs, height, width], initial);
        Filter { weight, window }
    }

    fn value(&mut self, channels: usize, from: ValueId, window: Window) -> ValueId {
        self.values.push(Value { channels, extent: Some((from, window)), norm: None });
        self.values.len() - 1
    }

    /// Convolution that gives all `outputs` channels of its output; its parameter is `NAME.weight`.
    pub fn conv(&mut self, x: ValueId, relu: bool, name: &str, outputs: usize, window: Window) -> ValueId {
        let dense = self.filter(name, [self.channels(x), outputs], window);
        self.convolve(x, relu, None, dense, outputs)
    }

    /// Depthwise convolution through `window` and a 1×1 convolution; their parameters are `NAMES[0].weight` and
    /// `NAMES[1].weight`.
    pub fn separable_conv(
        &mut self,
        x: ValueId,
        relu: bool,
        names: [&str; 2],
        outputs: usize,
        window: Window,
    ) -> ValueId {
        let channels = self.channels(x);
        let depthwise = self.filter(names[0], [1, channels], window);
        let dense = self.filter(names[1], [channels, outputs], Window::ONE);
        self.convolve(x, relu, Some(depthwise), dense, outputs)
    }

    fn convolve(&mut self, x: ValueId, relu: bool, depthwise: Option<Filter>, dense: Filter, rows: usize) -> ValueId {
        let window = depthwise.map_or(dense.window, |depthwise| depthwise.window);
        let y = self.value(rows, x, window);
        self.operations.push(Primitive::Conv(Conv { x, relu, depthwise, dense, y, first: 0, rows }));
        y
    }

    /// Value of which each filter writes its rows, one after the other. All filters have one stride.
    pub fn stacked_convs(&mut self, x: ValueId, relu: bool, filters: &[(Filter, usize)]) -> ValueId {
        let rows = filters.iter().map(|&(_, rows)| rows).sum();
        let window = filters.first().map_or(Window::ONE, |(filter, _)| filter.window);
        let y = self.value(rows, x, window);
        let mut first = 0;
        for &(dense, rows) in filters {
            self.operations.push(Primitive::Conv(Conv { x, relu, depthwise: None, dense, y, first, rows }));
            first += rows;
        }
        y
    }

    /// Batch norm of `x`, applied on read from now on; with `affine`, its parameters are `NAME.weight` and `NAME.bias`.
    /// A normalized value has one reader; [`stored`](Self::stored) gives a value that may have several.
    pub fn norm(&mut self, x: ValueId, name: &str, affine: bool) {
        let channels = self.channels(x);
        let affine = affine.then(|| {
            [("weight", 1.0), ("bias", 0.0)]
                .map(|(part, value)| self.parameter(&format!("{name}.{part}"), &[channels], Initial::Constant(value)))
        });
        let offset = self.norms.last().map_or(0, |last| last.offset + last.channels);
        self.norms.push(NormName { name: self.full_name(name), offset, channels });
        self.values[x].norm = Some(Norm { offset, affine });
    }

    /// Value as its readers see it, stored.
    pub fn stored(&mut self, x: ValueId) -> ValueId {
        if self.values[x].norm.is_some() { self.sum(x, 1, vec![(x, Coefficient::One)]) } else { x }
    }

    /// Pool.
    pub fn pool(&mut self, x: ValueId, kind: PoolKind, relu: bool, window: Window) -> ValueId {
        let x = self.stored(x);
        let y = self.value(self.channels(x), x, window);
        self.operations.push(Primitive::Pool(Pool { kind, window, relu, x, y }));
        y
    }

    /// Noise of the shape of `x` at a stride.
    pub fn noise(&mut self, x: ValueId, stride: usize) -> ValueId {
        let name = self.full_name("");
        self.noises.push(name);
        let y = self.value(self.channels(x), x, Window { stride: [stride; 2], ..Window::ONE });
        self.operations.push(Primitive::Noise(Noise { slot: self.noises.len() - 1, y }));
        y
    }

    /// Sum of values; `like` gives its shape at a stride.
    pub fn sum(&mut self, like: ValueId, stride: usize, terms: Vec<(ValueId, Coefficient)>) -> ValueId {
        let weights = operation_weights(&terms);
        self.node(like, stride, terms, weights, None)
    }

    /// Slot of another mask.
    pub(super) fn mask(&mut self, kind: MaskKind) -> usize {
        self.masks.push(kind);
        self.masks.len() - 1
    }

    /// Sum of values that candidates lead to, behind the mask of a slot if there is one; `weights` are their operation
    /// weights, by cell and index, also of those that add nothing.
    pub(super) fn node(
        &mut self,
        like: ValueId,
        stride: usize,
        terms: Vec<(ValueId, Coefficient)>,
        weights: Vec<(usize, usize)>,
        mask: Option<usize>,
    ) -> ValueId {
        let y = self.value(self.channels(like), like, Window { stride: [stride; 2], ..Window::ONE });
        self.operations.push(Primitive::Sum(Sum { terms, weights, mask, y }));
        y
    }

    /// Sum of values of the shape of `like` behind a mask.
    pub fn masked_sum(&mut self, like: ValueId, terms: Vec<(ValueId, Coefficient)>, mask: MaskKind) -> ValueId {
        let weights = operation_weights(&terms);
        let mask = self.mask(mask);
        self.node(like, 1, terms, weights, Some(mask))
    }

    /// Concatenation along the channels.
    pub fn concat(&mut self, parts: &[ValueId]) -> ValueId {
        self.shuffled_concat(parts, 1)
    }

    /// Concatenation along the channels, which are then shuffled: they form `groups` groups of the same size, and the
    /// first channels of all groups come first, then the second ones, and so on.
    pub fn shuffled_concat(&mut self, parts: &[ValueId], groups: usize) -> ValueId {
        let parts: Vec<ValueId> = parts.iter().map(|&part| self.stored(part)).collect();
        let channels: usize = parts.iter().map(|&part| self.channels(part)).sum();
        let each = channels.div_ceil(groups.max(1)).max(1);
        let (mut taken, mut place) = (Vec::new(), 0);
        for &x in &parts {
            let (mut first, all) = (0, self.channels(x));
            while first < all {
                let (group, within) = (place / each, place % each);
                let count = (each - within).min(all - first);
                taken.push(Channels { x, first, count, to: within * groups + group, step: groups });
                first += count;
                place += count;
            }
        }
        let y = self.value(channels, parts[0], Window::ONE);
        self.operations.push(Primitive::Concat(Concat { parts: taken, y }));
        y
    }

    /// Some channels of a value.
    pub fn slice(&mut self, x: ValueId, range: Range<usize>) -> ValueId {
        let x = self.stored(x);
        let y = self.value(range.len(), x, Window::ONE);
        let part = Channels { x, first: range.start, count: range.len(), to: 0, step: 1 };
        self.operations.push(Primitive::Concat(Concat { parts: vec![part], y }));
        y
    }

    /// Searched cell of a type that reads `weights` operation weights; returns its index.
    pub fn cell(&mut self, cell_type: usize, weights: usize) -> usize {
        self.cells.push(Cell { cell_type, weights });
        self.cells.len() - 1
    }

    /// Runs `build`, which gives the candidate of a cell with an operation weight, and notes its parameters.
    pub(super) fn cell_operation<T>(&mut self, cell: usize, index: usize, build: impl FnOnce(&mut Self) -> T) -> T {
        let first = self.parameters.len();
        let built = build(self);
        if first < self.parameters.len() {
            self.cell_operations.push(CellOperation { cell, index, parameters: first..self.parameters.len() });
        }
        built
    }

    /// Classifier of `x`; its parameters are `NAME.weight` and `NAME.bias`. The first one is the network's own.
    pub fn head(&mut self, x: ValueId, relu: bool, name: &str, classes: usize, loss: HeadLoss) {
        let channels = self.channels(x);
        #[expect(clippy::cast_precision_loss, reason = "channels are few")]
        let initial = Initial::Uniform { bound: 1.0 / libm::sqrt(channels as f64) };
        let weight = self.parameter(&format!("{name}.weight"), &[classes, channels], initial);
        let bias = self.parameter(&format!("{name}.bias"), &[classes], initial);
        self.heads.push(Head { x, relu, weight, bias, classes, loss });
    }

    /// Moves the last head to the front: it becomes the network's own.
    pub(super) fn main_head_last(&mut self) {
        self.heads.rotate_right(1);
    }

    /// Graph that ends in `output`.
    ///
    /// # Errors
    /// [`GraphError`] if the graph is one that no engine can run.
    pub fn finish(self, output: ValueId) -> Result<Graph, GraphError> {
        let Self { values, operations, parameters, norms, noises, masks, cells, cell_operations, heads, .. } = self;
        let mut readers = vec![0; values.len()];
        for x in operations.iter().flat_map(Primitive::inputs).chain(heads.iter().map(|head| head.x)) {
            readers[x] += 1;
        }
        let twice = values.iter().zip(&readers).position(|(value, &readers)| value.norm.is_some() && readers > 1);
        if let Some(value) = twice {
            return Err(GraphError::NormReadTwice { value, readers: readers[value] });
        }
        let graph =
            Graph { values, operations, parameters, norms, noises, masks, cells, cell_operations, heads, output };
        graph.check()?;
        Ok(graph)
    }
}

/// Returns the operation weights among the coefficients of some summands.
fn operation_weights(terms: &[(ValueId, Coefficient)]) -> Vec<(usize, usize)> {
    let weight = |&(_, coefficient): &(ValueId, Coefficient)| match coefficient {
        Coefficient::One => None,
        Coefficient::Operation { cell, index } => Some((cell, index)),
    };
    terms.iter().filter_map(weight).collect()
}

impl Graph {
    /// Checks norms, sizes and windows.
    fn check(&self) -> Result<(), GraphError> {
        if self.values[IMAGE].norm.is_some() {
            return Err(GraphError::Norm { value: IMAGE, what: "the image, which has no batch statistics" });
        }
        let mut summed = vec![false; self.values.len()];
        for operation in &self.operations {
            if let Primitive::Sum(Sum { y, .. }) | Primitive::Concat(Concat { y, .. }) = operation {
                summed[*y] = true;
            }
        }
        // Odd sides, so that each rounding of a stride shows.
        let sizes = self.sizes([61, 67]);
        for operation in &self.operations {
            match operation {
                Primitive::Sum(Sum { terms, y, .. }) => {
                    for &(x, _) in terms {
                        if self.values[x].channels != self.values[*y].channels || sizes[x] != sizes[*y] {
                            return Err(GraphError::Shape { value: x, output: *y });
                        }
                        if summed[x] && self.values[x].norm.is_some() {
                            let what = "a sum or concatenation that another sum reads through a batch norm";
                            return Err(GraphError::Norm { value: x, what });
                        }
                    }
                }
                Primitive::Concat(concat) => {
                    let y = concat.y;
                    if let Some(part) = concat.parts.iter().find(|part| sizes[part.x] != sizes[y]) {
                        return Err(GraphError::Shape { value: part.x, output: y });
                    }
                    if !concat.is_whole(|value| self.values[value].channels) {
                        return Err(GraphError::Channels { output: y });
                    }
                }
                Primitive::Conv(Conv { depthwise: Some(Filter { window, .. }), y, .. })
                | Primitive::Pool(Pool { window, y, .. })
                    if window.kernel[0].saturating_mul(window.kernel[1]) > MAX_TAPS =>
                {
                    return Err(GraphError::Taps { value: *y });
                }
                Primitive::Conv(_) | Primitive::Pool(_) | Primitive::Noise(_) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Result of finishing a graph of two channels that ends in the output of `build`.
    fn finished(build: impl FnOnce(&mut Builder) -> ValueId) -> Result<Graph, GraphError> {
        let mut builder = Builder::new(2);
        let output = build(&mut builder);
        builder.finish(output)
    }

    #[test]
    fn graphs_that_no_engine_can_run_are_refused() {
        let one = |x| (x, Coefficient::One);
        let halved = finished(|builder| {
            let image = builder.image();
            let half = builder.conv(image, false, "conv", 2, Window { stride: [2, 2], ..Window::ONE });
            builder.sum(image, 1, vec![one(image), one(half)])
        });
        assert!(matches!(halved, Err(GraphError::Shape { value: 1, output: 2 })), "{halved:?}");
        let wider = finished(|builder| {
            let image = builder.image();
            let wide = builder.conv(image, false, "conv", 3, Window::ONE);
            builder.sum(image, 1, vec![one(wide)])
        });
        assert!(matches!(wider, Err(GraphError::Shape { value: 1, .. })), "{wider:?}");
        let summed = finished(|builder| {
            let image = builder.image();
            let sum = builder.sum(image, 1, vec![one(image)]);
            builder.norm(sum, "norm", false);
            builder.sum(image, 1, vec![one(sum)])
        });
        assert!(matches!(summed, Err(GraphError::Norm { value: 1, .. })), "{summed:?}");
        let image = finished(|builder| {
            builder.norm(IMAGE, "norm", false);
            builder.conv(IMAGE, false, "conv", 2, Window::ONE)
        });
        assert!(matches!(image, Err(GraphError::Norm { value: IMAGE, .. })), "{image:?}");
        let large = finished(|builder| {
            builder.pool(IMAGE, PoolKind::Average, false, Window { kernel: [9, 9], padding: [4, 4], ..Window::ONE })
        });
        assert!(matches!(large, Err(GraphError::Taps { value: 1 })), "{large:?}");
        for range in [1..3, 1..1] {
            let lacking = finished(|builder| builder.slice(IMAGE, range.clone()));
            assert!(matches!(lacking, Err(GraphError::Channels { output: 1 })), "{lacking:?}");
        }
        let odd = finished(|builder| builder.shuffled_concat(&[IMAGE, IMAGE], 3));
        assert!(matches!(odd, Err(GraphError::Channels { output: 1 })), "{odd:?}");
    }

    /// Eight channels in four groups, as PyTorch shuffles them: `arange(8).view(4, 2).t().flatten()`.
    #[test]
    fn channels_are_shuffled_in_groups() {
        let mut builder = Builder::new(8);
        let [read, rest] = [0..2, 2..8].map(|range| builder.slice(IMAGE, range));
        let shuffled = builder.shuffled_concat(&[read, rest], 4);
        let plain = builder.concat(&[rest, read]);
        let graph = builder.finish(plain).unwrap();
        let gathered = |value: ValueId| {
            let writer = graph.operations().iter().find(|operation| operation.output() == value);
            let Some(Primitive::Concat(concat)) = writer else { panic!("{value} is no concatenation") };
            concat.gathered(&graph)
        };
        assert_eq!(gathered(rest), (vec![IMAGE], Some((2..8).collect())));
        assert_eq!(gathered(shuffled), (vec![read, rest], Some(vec![0, 2, 4, 6, 1, 3, 5, 7])));
        assert_eq!(gathered(plain), (vec![rest, read], None));
    }
}
