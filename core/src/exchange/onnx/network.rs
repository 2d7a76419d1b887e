//! Walk over a graph that writes its nodes one operation after the other.

use std::collections::HashMap;

use super::attribute::int;
use super::writer::Writer;
use super::{IMAGES, LOGITS, OnnxError};
use crate::exchange::weights::NetworkWeights;
use crate::graph::{Concat, Graph, Head, IMAGE, Noise, Parameter, Primitive, ValueId};

/// Network that is being written.
pub(super) struct Network<'a> {
    pub(super) graph: &'a Graph,
    pub(super) weights: &'a NetworkWeights,
    /// p of each searched cell.
    pub(super) p: &'a [Vec<f64>],
    /// True if the batch norm of a convolution becomes part of its weights.
    pub(super) fold_norms: bool,
    /// Heights and widths of all values.
    pub(super) sizes: Vec<[usize; 2]>,
    pub(super) writer: Writer,
    /// Name of each value as its readers see it, before their ReLUs.
    values: Vec<String>,
    /// Names of the values behind a ReLU, by the name before it.
    relus: HashMap<String, String>,
    /// Names of the constants of parameters, by the offset within ω.
    parameters: HashMap<usize, String>,
    /// Name of the number of images.
    pub(super) batch: Option<String>,
}

impl<'a> Network<'a> {
    /// Returns a network of which nothing is written.
    pub(super) fn new(
        graph: &'a Graph,
        weights: &'a NetworkWeights,
        p: &'a [Vec<f64>],
        sizes: Vec<[usize; 2]>,
        fold_norms: bool,
    ) -> Self {
        let mut values = vec![String::new(); graph.values().len()];
        IMAGES.clone_into(&mut values[IMAGE]);
        let writer = Writer::new(&[IMAGES, LOGITS]);
        let (relus, parameters) = (HashMap::new(), HashMap::new());
        Self { graph, weights, p, fold_norms, sizes, writer, values, relus, parameters, batch: None }
    }

    /// Writes the operations that give live values.
    pub(super) fn operations(&mut self, live: &[bool]) -> Result<(), OnnxError> {
        // Several convolutions may write the rows of one value, in their order.
        let graph = self.graph;
        for operations in graph.operations().chunk_by(|a, b| a.output() == b.output()) {
            let y = operations[0].output();
            if !live[y] {
                continue;
            }
            let mut parts = Vec::with_capacity(operations.len());
            for operation in operations {
                parts.push(self.operation(operation)?);
            }
            let value = if parts.len() == 1 { parts.swap_remove(0) } else { self.concat(y, parts) };
            let folded = self.fold_norms && matches!(operations[0], Primitive::Conv(_));
            self.values[y] = match graph.values()[y].norm {
                Some(norm) if !folded => self.norm(value, y, norm)?,
                _ => value,
            };
        }
        Ok(())
    }

    fn operation(&mut self, operation: &Primitive) -> Result<String, OnnxError> {
        match operation {
            Primitive::Conv(conv) => self.conv(conv),
            Primitive::Pool(pool) => self.pool(pool),
            Primitive::Noise(Noise { slot, y }) => Ok(self.noise(*slot, *y)),
            Primitive::Sum(sum) => self.sum(sum),
            Primitive::Concat(concat) => self.channels(concat),
        }
    }

    /// Writes a concatenation of channels.
    fn channels(&mut self, concat: &Concat) -> Result<String, OnnxError> {
        let (y, (values, order)) = (concat.y, concat.gathered(self.graph));
        if values.iter().any(|&x| self.graph.values()[x].norm.is_some()) {
            return Err(OnnxError::Operation { value: y, reason: "it concatenates a value with a batch norm" });
        }
        let mut parts: Vec<String> = values.into_iter().map(|x| self.read(x, false)).collect();
        let joined = if parts.len() == 1 { parts.swap_remove(0) } else { self.concat(y, parts) };
        let Some(order) = order else { return Ok(joined) };
        let order: Vec<isize> = order.into_iter().map(usize::cast_signed).collect();
        let order = self.writer.integers(&format!("channels.{y}.order"), &order);
        Ok(self.writer.node("Gather", &format!("channels.{y}"), vec![joined, order], vec![int("axis", 1)]))
    }

    fn concat(&mut self, y: ValueId, parts: Vec<String>) -> String {
        self.writer.node("Concat", &format!("concat.{y}"), parts, vec![int("axis", 1)])
    }

    /// Writes the classifier, whose output is the logits.
    pub(super) fn head(&mut self, head: &Head) -> Result<(), OnnxError> {
        let x = self.read(head.x, head.relu);
        let weight = self.parameter(head.x, head.weight)?;
        let bias = self.parameter(head.x, head.bias)?;
        let name = layer(&weight).to_owned();
        let mean = self.writer.node("GlobalAveragePool", &format!("{name}.mean"), vec![x], Vec::new());
        let mean = self.writer.node("Flatten", &format!("{name}.flatten"), vec![mean], Vec::new());
        self.writer.node_to(LOGITS, "Gemm", &name, vec![mean, weight, bias], vec![int("transB", 1)]);
        Ok(())
    }

    /// Returns the name of a value behind its batch norm, if any, and a ReLU, if asked for.
    pub(super) fn read(&mut self, x: ValueId, relu: bool) -> String {
        let name = self.values[x].clone();
        if !relu {
            return name;
        }
        if let Some(relu) = self.relus.get(&name) {
            return relu.clone();
        }
        let relu = self.writer.node("Relu", &format!("{name}.relu"), vec![name.clone()], Vec::new());
        self.relus.insert(name, relu.clone());
        relu
    }

    /// Returns the name of the constant of a parameter, which is added at its first use. The operation that gives or
    /// reads `value` is named in the error.
    pub(super) fn parameter(&mut self, value: ValueId, offset: usize) -> Result<String, OnnxError> {
        if let Some(name) = self.parameters.get(&offset) {
            return Ok(name.clone());
        }
        let parameter = self.found(value, offset)?;
        let values = self.weights.parameters[parameter.range()].iter().copied();
        let name = self.writer.floats(&parameter.name, &parameter.shape, values);
        self.parameters.insert(offset, name.clone());
        Ok(name)
    }

    /// Returns the parameter at an offset within ω.
    pub(super) fn found(&self, value: ValueId, offset: usize) -> Result<&'a Parameter, OnnxError> {
        let parameters = self.graph.parameters();
        let place = parameters.binary_search_by_key(&offset, |parameter| parameter.offset);
        let missing = |_| OnnxError::Operation { value, reason: "its weight is no parameter" };
        place.map(|at| &parameters[at]).map_err(missing)
    }
}

/// Returns the name of the layer whose weight has a name.
pub(super) fn layer(weight: &str) -> &str {
    weight.strip_suffix(".weight").unwrap_or(weight)
}

/// Rounds to single precision.
#[expect(clippy::cast_possible_truncation, reason = "networks compute in single precision")]
pub(super) const fn single(value: f64) -> f32 {
    value as f32
}
