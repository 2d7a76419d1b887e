//! Builder of graphs: each call adds a primitive operation with its parameters.

use super::primitive::{
    Coefficient, Concat, Conv, Filter, Head, Noise, Norm, Pool, PoolKind, Primitive, Sum, ValueId, Window,
};
use super::{Cell, Graph, IMAGE, Initial, NormName, Parameter, Value};

/// Fault of a graph that was put together by hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// A normalized value has several readers.
    #[error("value {value} is read {readers} times through its batch norm; store it first, with `Builder::stored`")]
    NormReadTwice {
        /// The value.
        value: ValueId,
        /// Number of its readers.
        readers: usize,
    },
}

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
    cells: Vec<Cell>,
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
            cells: Vec::new(),
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
        let y = self.value(self.channels(like), like, Window { stride: [stride; 2], ..Window::ONE });
        self.operations.push(Primitive::Sum(Sum { terms, y }));
        y
    }

    /// Concatenation along the channels.
    pub fn concat(&mut self, parts: &[ValueId]) -> ValueId {
        let parts: Vec<ValueId> = parts.iter().map(|&part| self.stored(part)).collect();
        let channels = parts.iter().map(|&part| self.channels(part)).sum();
        let y = self.value(channels, parts[0], Window::ONE);
        self.operations.push(Primitive::Concat(Concat { parts, y }));
        y
    }

    /// Searched cell of a type that reads `weights` operation weights; returns its index.
    pub fn cell(&mut self, cell_type: usize, weights: usize) -> usize {
        self.cells.push(Cell { cell_type, weights });
        self.cells.len() - 1
    }

    /// Classifier of `x`; its parameters are `NAME.weight` and `NAME.bias`. The first one is the network's own.
    pub fn head(&mut self, x: ValueId, relu: bool, name: &str, classes: usize, loss_weight: f64) {
        let channels = self.channels(x);
        #[expect(clippy::cast_precision_loss, reason = "channels are few")]
        let initial = Initial::Uniform { bound: 1.0 / libm::sqrt(channels as f64) };
        let weight = self.parameter(&format!("{name}.weight"), &[classes, channels], initial);
        let bias = self.parameter(&format!("{name}.bias"), &[classes], initial);
        self.heads.push(Head { x, relu, weight, bias, classes, loss_weight });
    }

    /// Moves the last head to the front: it becomes the network's own.
    pub(super) fn main_head_last(&mut self) {
        self.heads.rotate_right(1);
    }

    /// Graph that ends in `output`.
    ///
    /// # Errors
    /// [`GraphError::NormReadTwice`].
    pub fn finish(self, output: ValueId) -> Result<Graph, GraphError> {
        let Self { values, operations, parameters, norms, noises, cells, heads, .. } = self;
        let mut readers = vec![0; values.len()];
        for x in operations.iter().flat_map(Primitive::inputs).chain(heads.iter().map(|head| head.x)) {
            readers[x] += 1;
        }
        let twice = values.iter().zip(&readers).position(|(value, &readers)| value.norm.is_some() && readers > 1);
        if let Some(value) = twice {
            return Err(GraphError::NormReadTwice { value, readers: readers[value] });
        }
        Ok(Graph { values, operations, parameters, norms, noises, cells, heads, output })
    }
}
