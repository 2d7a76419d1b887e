//! Nodes and constants of an ONNX graph, each under a name of its own.

use std::collections::HashSet;

use super::attribute::count;
use super::proto::{AttributeProto, FLOAT, GraphProto, INT64, NodeProto, TensorProto, ValueInfoProto};

/// Graph that is being written.
pub(super) struct Writer {
    nodes: Vec<NodeProto>,
    initializers: Vec<TensorProto>,
    names: HashSet<String>,
}

impl Writer {
    /// Returns an empty graph in which some names are taken.
    pub(super) fn new(taken: &[&str]) -> Self {
        let names = taken.iter().map(|&name| name.to_owned()).collect();
        Self { nodes: Vec::new(), initializers: Vec::new(), names }
    }

    /// Returns the name, or the first of `NAME~2`, `NAME~3`, … that is free, and takes it.
    fn unique(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        let mut count = 1;
        while !self.names.insert(unique.clone()) {
            count += 1;
            unique = format!("{name}~{count}");
        }
        unique
    }

    /// Adds a node whose output has its name; returns that name.
    pub(super) fn node(
        &mut self,
        op_type: &str,
        name: &str,
        input: Vec<String>,
        attribute: Vec<AttributeProto>,
    ) -> String {
        let name = self.unique(name);
        self.node_to(&name, op_type, &name, input, attribute);
        name
    }

    /// Adds a node whose output has a name that is already taken.
    pub(super) fn node_to(
        &mut self,
        output: &str,
        op_type: &str,
        name: &str,
        input: Vec<String>,
        attribute: Vec<AttributeProto>,
    ) {
        let (op_type, name, output) = (op_type.to_owned(), name.to_owned(), vec![output.to_owned()]);
        self.nodes.push(NodeProto { input, output, name, op_type, attribute });
    }

    /// Adds a constant of single precision; returns its name.
    pub(super) fn floats(&mut self, name: &str, dims: &[usize], values: impl IntoIterator<Item = f32>) -> String {
        let raw_data = values.into_iter().flat_map(f32::to_le_bytes).collect();
        self.constant(name, dims, FLOAT, raw_data)
    }

    /// Adds a vector of integers; returns its name.
    pub(super) fn integers(&mut self, name: &str, values: &[isize]) -> String {
        let raw_data = values.iter().flat_map(|&value| (value as i64).to_le_bytes()).collect();
        self.constant(name, &[values.len()], INT64, raw_data)
    }

    fn constant(&mut self, name: &str, dims: &[usize], data_type: i32, raw_data: Vec<u8>) -> String {
        let name = self.unique(name);
        let dims = dims.iter().copied().map(count).collect();
        self.initializers.push(TensorProto { dims, data_type, name: name.clone(), raw_data });
        name
    }

    /// Returns the graph with its input and its output.
    pub(super) fn finish(self, input: ValueInfoProto, output: ValueInfoProto) -> GraphProto {
        let Self { nodes, initializers, .. } = self;
        let name = "network".to_owned();
        GraphProto { node: nodes, name, initializer: initializers, input: vec![input], output: vec![output] }
    }
}
