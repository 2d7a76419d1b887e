//! Networks in ONNX, for the runtimes of other frameworks.
//!
//! A model has one input, `images` `[batch, channels, height, width]`, and one output, `logits` `[batch, classes]`. The
//! number of images is free; their size is fixed. Batch norms use running statistics, as in evaluation. The model is
//! that of the network's own classifier, without the operations that only auxiliary classifiers need. Constants have
//! the names of the parameters in the PyTorch references. Nodes have the names of the layers, or those of their
//! operation and value, as in `max_pool.7`.
//!
//! Noise is a `RandomNormalLike` node without a seed: standard normal, as in the engines, and drawn anew at every run.
//! An engine draws it from the seed of the search, so the logits of a network with noise agree in distribution only.
//!
//! ```
//! use lambda_darts::exchange::onnx::{self, OnnxOptions};
//! use lambda_darts::exchange::weights::NetworkWeights;
//! use lambda_darts::graph::{Graph, NetworkOptions, NetworkSize};
//! use lambda_darts::space::{Genotype, Space};
//!
//! let space = Space::named("nas-bench-201")?;
//! let cell = Genotype::parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|")?;
//! let size = NetworkSize { channels: 4, cells: 1, image_channels: 3, classes: 10 };
//! let graph = Graph::derived(&space, &cell, size, NetworkOptions::default())?;
//! let weights = NetworkWeights::initial(&graph, 0);
//! let model = onnx::model(&graph, &weights, &[], &OnnxOptions { image: [32, 32], fold_norms: true })?;
//! // The version of the file format comes first.
//! assert_eq!(model[..2], [8, 8]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attribute;
mod conv;
mod error;
mod live;
mod network;
mod norm;
mod pool;
mod proto;
mod sum;
#[cfg(test)]
mod tests;
mod window;
mod writer;

use prost::Message;

use self::attribute::count;
use self::error::MAX_BYTES;
use self::live::live;
use self::network::Network;
use self::proto::{
    DimensionProto, FLOAT, ModelProto, OperatorSetIdProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::exchange::weights::NetworkWeights;
use crate::graph::Graph;

pub use error::OnnxError;

/// Name of the input.
const IMAGES: &str = "images";
/// Name of the output.
const LOGITS: &str = "logits";
/// Version of the file format.
const IR_VERSION: i64 = 8;
/// Version of the operators.
const OPSET: i64 = 17;
/// Maximum height and width of the images.
const MAX_SIDE: usize = 1 << 16;

/// Settings of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnnxOptions {
    /// Height and width of the images.
    pub image: [usize; 2],
    /// True if the batch norm behind a convolution becomes part of its weight and a bias. Norms behind other operations
    /// remain.
    pub fold_norms: bool,
}

/// Returns the bytes of an ONNX model: operators of version 17 in the file format of version 8.
///
/// `p` holds the operation weights of each searched cell, which become constants; a derived network has none.
///
/// # Errors
/// [`OnnxError::NoHead`] if the graph has no classifier, [`OnnxError::Length`] if `weights` or `p` are those of another
/// network, [`OnnxError::Image`] if the images are too small or too large, [`OnnxError::Operation`] if an operation of
/// an application has no form in ONNX, and [`OnnxError::Bytes`] if the model has 2 GiB or more.
pub fn model(
    graph: &Graph,
    weights: &NetworkWeights,
    p: &[Vec<f64>],
    options: &OnnxOptions,
) -> Result<Vec<u8>, OnnxError> {
    let head = graph.heads().first().ok_or(OnnxError::NoHead)?;
    check_lengths(graph, weights, p)?;
    let live = live(graph, head.x)?;
    let sizes = image_sizes(graph, options.image, &live)?;
    let mut network = Network::new(graph, weights, p, sizes, options.fold_norms);
    network.operations(&live)?;
    network.head(head)?;
    let [height, width] = options.image;
    let input = batch_of(IMAGES, &[graph.image_channels(), height, width]);
    let graph = network.writer.finish(input, batch_of(LOGITS, &[head.classes]));
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: env!("CARGO_PKG_NAME").to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { version: OPSET }],
    };
    let bytes = model.encoded_len();
    if bytes > MAX_BYTES {
        return Err(OnnxError::Bytes { bytes });
    }
    Ok(model.encode_to_vec())
}

/// Checks that weights and p have the lengths that the graph needs.
fn check_lengths(graph: &Graph, weights: &NetworkWeights, p: &[Vec<f64>]) -> Result<(), OnnxError> {
    let check = |what: &str, found: usize, expected: usize| {
        let error = || OnnxError::Length { what: what.to_owned(), found, expected };
        if found == expected { Ok(()) } else { Err(error()) }
    };
    check("weights", weights.parameters.len(), graph.parameter_count())?;
    check("running means", weights.running_mean.len(), graph.normalized_channels())?;
    check("running variances", weights.running_variance.len(), graph.normalized_channels())?;
    check("cells with operation weights", p.len(), graph.cells().len())?;
    for (at, (p, cell)) in p.iter().zip(graph.cells()).enumerate() {
        check(&format!("operation weights of cell {at}"), p.len(), cell.weights)?;
    }
    Ok(())
}

/// Returns the heights and widths of all values; those of the live ones are not zero.
fn image_sizes(graph: &Graph, image: [usize; 2], live: &[bool]) -> Result<Vec<[usize; 2]>, OnnxError> {
    let [height, width] = image;
    if height.max(width) > MAX_SIDE {
        return Err(OnnxError::Image { height, width, what: "large" });
    }
    let sizes = graph.sizes(image);
    if sizes.iter().zip(live).any(|(size, &live)| live && size.contains(&0)) || image.contains(&0) {
        return Err(OnnxError::Image { height, width, what: "small" });
    }
    Ok(sizes)
}

/// Returns a batch of tensors with some sides; the number of images has the name `batch`.
fn batch_of(name: &str, sides: &[usize]) -> ValueInfoProto {
    let batch = DimensionProto { dim_param: "batch".to_owned(), ..DimensionProto::default() };
    let side = |&side: &usize| DimensionProto { dim_value: count(side), ..DimensionProto::default() };
    let shape = TensorShapeProto { dim: std::iter::once(batch).chain(sides.iter().map(side)).collect() };
    let tensor = TensorTypeProto { elem_type: FLOAT, shape: Some(shape) };
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type: Some(tensor) }) }
}
