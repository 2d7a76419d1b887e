use std::collections::{BTreeMap, BTreeSet};

use prost::Message;

use super::proto::{GraphProto, INT64, ModelProto, TensorProto, ValueInfoProto};
use super::{OnnxError, OnnxOptions, model};
use crate::exchange::weights::NetworkWeights;
use crate::graph::{
    Builder, Graph, HeadLoss, NetworkOptions, NetworkSize, PoolKind, Primitive, SupernetOptions, Window,
};
use crate::space::{Genotype, Space};

const SIZE: NetworkSize = NetworkSize { channels: 4, cells: 3, image_channels: 3, classes: 10 };

/// Weights that an untrained network has, with running statistics other than 0 and 1.
fn weights(graph: &Graph) -> NetworkWeights {
    let channels = graph.normalized_channels();
    let (running_mean, running_variance) = (vec![0.5; channels], vec![2.0; channels]);
    NetworkWeights { parameters: graph.initial_weights(1), running_mean, running_variance }
}

fn export(graph: &Graph, image: [usize; 2], fold_norms: bool) -> Result<Vec<u8>, OnnxError> {
    let p: Vec<Vec<f64>> = graph.cells().iter().map(|cell| vec![0.25; cell.weights]).collect();
    model(graph, &weights(graph), &p, &OnnxOptions { image, fold_norms })
}

/// Exports a graph, and checks that names are unique, that each is written before it is read, and that all constants
/// are read and have the length of their shape.
fn exported(graph: &Graph, image: [usize; 2], fold_norms: bool) -> GraphProto {
    let model = ModelProto::decode(&export(graph, image, fold_norms).unwrap()[..]).unwrap();
    assert_eq!((model.ir_version, model.opset_import[0].version), (8, 17));
    let network = model.graph.unwrap();
    let (mut known, mut read) = (BTreeSet::from(["images"]), BTreeSet::from(["logits"]));
    for tensor in &network.initializer {
        assert!(known.insert(&tensor.name), "{} twice", tensor.name);
        let bytes = if tensor.data_type == INT64 { 8 } else { 4 };
        assert_eq!(tensor.raw_data.len(), bytes * shape(tensor).iter().product::<usize>(), "{}", tensor.name);
    }
    for node in &network.node {
        for input in &node.input {
            assert!(known.contains(&input[..]), "{} reads {input}", node.name);
            read.insert(input);
        }
        for output in &node.output {
            assert!(known.insert(output), "{output} twice");
        }
    }
    known.remove("images");
    read.remove("images");
    assert_eq!(known, read);
    network
}

fn shape(tensor: &TensorProto) -> Vec<usize> {
    tensor.dims.iter().map(|&side| usize::try_from(side).unwrap()).collect()
}

fn operators(network: &GraphProto) -> Vec<&str> {
    network.node.iter().map(|node| &node.op_type[..]).collect()
}

fn count(network: &GraphProto, op_type: &str) -> usize {
    network.node.iter().filter(|node| node.op_type == op_type).count()
}

fn constant<'a>(network: &'a GraphProto, name: &str) -> &'a TensorProto {
    network.initializer.iter().find(|tensor| tensor.name == name).unwrap_or_else(|| panic!("{name} is missing"))
}

fn integers(network: &GraphProto, name: &str) -> Vec<i64> {
    constant(network, name).raw_data.as_chunks::<8>().0.iter().map(|&bytes| i64::from_le_bytes(bytes)).collect()
}

#[test]
fn supernets_keep_parameters_and_norms() {
    for name in ["darts", "s4", "nas-bench-201"] {
        let graph = Graph::supernet(&Space::named(name).unwrap(), SIZE).unwrap();
        let network = exported(&graph, [9, 8], false);
        let weights = weights(&graph);
        for parameter in graph.parameters() {
            let tensor = constant(&network, &parameter.name);
            assert_eq!(shape(tensor), parameter.shape, "{}", parameter.name);
            let bytes = weights.parameters[parameter.range()].iter().flat_map(|weight| weight.to_le_bytes());
            assert!(bytes.eq(tensor.raw_data.iter().copied()), "{}", parameter.name);
        }
        assert_eq!(count(&network, "BatchNormalization"), graph.norms().len());
        assert_eq!(count(&network, "RandomNormalLike"), graph.noises().len());

        let folded = exported(&graph, [9, 8], true);
        let remains = |operation: &&Primitive| {
            !matches!(operation, Primitive::Conv(_)) && graph.values()[operation.output()].norm.is_some()
        };
        let remaining = graph.operations().iter().filter(remains).count();
        assert_eq!(count(&folded, "BatchNormalization"), remaining, "{name}");
        let writers: BTreeMap<&str, &str> =
            folded.node.iter().map(|node| (&node.output[0][..], &node.op_type[..])).collect();
        for norm in folded.node.iter().filter(|node| node.op_type == "BatchNormalization") {
            assert!(["MaxPool", "AveragePool", "Sum"].contains(&writers[&norm.input[0][..]]), "{}", norm.name);
        }
    }
}

/// Channels are taken and shuffled by their numbers: each cell has two slices of the three states that are read,
/// and three shuffles.
#[test]
fn partial_channels_are_gathered() {
    let space = Space::named("nas-bench-201").unwrap();
    let options = SupernetOptions { partial_channels: Some(2), ..SupernetOptions::default() };
    let graph = Graph::supernet_with(&space, SIZE, options).unwrap();
    let network = exported(&graph, [8, 8], false);
    let concatenations = graph.operations().iter().filter(|operation| matches!(operation, Primitive::Concat(_)));
    assert_eq!(concatenations.clone().count(), 9 * graph.cells().len());
    assert_eq!(count(&network, "Gather"), concatenations.count());
    let Some(Primitive::Concat(slice)) = graph.operations().iter().find(|one| matches!(one, Primitive::Concat(_)))
    else {
        panic!("no slice");
    };
    let channels = i64::try_from(SIZE.channels).unwrap();
    assert_eq!(integers(&network, &format!("channels.{}.order", slice.y)), (0..channels / 2).collect::<Vec<_>>());
}

#[test]
fn auxiliary_heads_are_left_out() {
    let genotype = Genotype::parse(
        "Genotype(normal=[('sep_conv_3x3', 0), ('dil_conv_5x5', 1), ('skip_connect', 0), ('avg_pool_3x3', 1)], \
         normal_concat=[2, 3], reduce=[('max_pool_3x3', 0), ('skip_connect', 1), ('skip_connect', 2), \
         ('sep_conv_5x5', 0)], reduce_concat=[2, 3])",
    )
    .unwrap();
    let options = NetworkOptions { auxiliary_weight: Some(0.4), ..NetworkOptions::default() };
    let graph = Graph::derived(&Space::named("darts").unwrap(), &genotype, SIZE, options).unwrap();
    // The auxiliary head alone could not read images of this size.
    let network = exported(&graph, [8, 8], false);
    for parameter in graph.parameters() {
        let there = network.initializer.iter().any(|tensor| tensor.name == parameter.name);
        assert_eq!(there, !parameter.name.starts_with("auxiliary_head"), "{}", parameter.name);
    }
    let sides = |value: &ValueInfoProto| {
        let shape = value.r#type.clone().unwrap().tensor_type.unwrap().shape.unwrap();
        shape.dim.into_iter().map(|side| (side.dim_value, side.dim_param)).collect::<Vec<_>>()
    };
    let (free, fixed) = ((0, "batch".to_owned()), |side: i64| (side, String::new()));
    assert_eq!(sides(&network.input[0]), [free.clone(), fixed(3), fixed(8), fixed(8)]);
    assert_eq!(sides(&network.output[0]), [free, fixed(10)]);
}

/// Two 1×1 convolutions at stride 2, the second shifted by a pixel, under one batch norm.
fn halved() -> Graph {
    let mut builder = Builder::new(2);
    let (image, window) = (builder.image(), Window::square(1, 2, 0, 1));
    let even = builder.filter("even", [2, 1], window);
    let odd = builder.filter("odd", [2, 2], window.shifted(1));
    let y = builder.stacked_convs(image, true, &[(even, 1), (odd, 2)]);
    builder.norm(y, "bn", true);
    builder.head(y, false, "classifier", 2, HeadLoss::default());
    builder.finish(y).unwrap()
}

#[test]
fn shifted_windows_read_a_part_of_the_image() {
    let network = exported(&halved(), [8, 7], false);
    let expected = ["Relu", "Conv", "Pad", "Slice", "Conv", "Concat", "BatchNormalization"];
    assert_eq!(operators(&network), [&expected[..], &["GlobalAveragePool", "Flatten", "Gemm"]].concat());
    // Only the odd width needs a column of zeros.
    assert_eq!(integers(&network, "odd.pads"), [0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(integers(&network, "odd.starts"), [1, 1]);
    assert_eq!(integers(&network, "odd.ends"), [8, 8]);
    for node in network.node.iter().filter(|node| node.op_type == "Conv") {
        let list = |name: &str| node.attribute.iter().find(|attribute| attribute.name == name).unwrap().ints.clone();
        assert_eq!((list("strides"), list("pads")), (vec![2, 2], vec![0; 4]), "{}", node.name);
    }
}

#[test]
fn folded_weights_are_those_of_the_norm() {
    let graph = halved();
    let weights = NetworkWeights {
        parameters: (1..=20_u8).map(f32::from).collect(),
        running_mean: vec![1.0, 2.0, 3.0],
        running_variance: vec![4.0; 3],
    };
    let bytes = model(&graph, &weights, &[], &OnnxOptions { image: [8, 8], fold_norms: true }).unwrap();
    let network = ModelProto::decode(&bytes[..]).unwrap().graph.unwrap();
    // γ/σ is 7/2, 8/2 and 9/2.
    for (name, expected) in [
        ("even.weight", vec![3.5, 7.0]),
        ("even.bias", vec![6.5]),
        ("odd.weight", vec![12.0, 16.0, 22.5, 27.0]),
        ("odd.bias", vec![3.0, -1.5]),
    ] {
        let found = constant(&network, name).raw_data.as_chunks::<4>().0;
        assert_eq!(found.len(), expected.len(), "{name}");
        for (&bytes, expected) in found.iter().zip(expected) {
            let found = f64::from(f32::from_le_bytes(bytes));
            assert!((found - expected).abs() < 1e-4, "{name}: {found}, not {expected}");
        }
    }
}

#[test]
fn a_network_without_operations_gives_the_logits_of_zeros() {
    let genotype = Genotype::parse("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|").unwrap();
    let graph =
        Graph::derived(&Space::named("nas-bench-201").unwrap(), &genotype, SIZE, NetworkOptions::default()).unwrap();
    let network = exported(&graph, [8, 8], true);
    let expected = ["Shape", "Concat", "ConstantOfShape", "BatchNormalization", "Relu"];
    assert_eq!(operators(&network), [&expected[..], &["GlobalAveragePool", "Flatten", "Gemm"]].concat());
    let sides = network.initializer.iter().find(|tensor| tensor.data_type == INT64).unwrap();
    assert_eq!(integers(&network, &sides.name), [16, 2, 2]);
}

#[test]
fn networks_without_a_form_are_refused() {
    let graph = halved();
    let with = |change: &dyn Fn(&mut NetworkWeights), p: &[Vec<f64>], image: [usize; 2]| {
        let mut weights = weights(&graph);
        change(&mut weights);
        model(&graph, &weights, p, &OnnxOptions { image, fold_norms: false }).map_err(|error| error.to_string())
    };
    let refused = |result: Result<Vec<u8>, String>, message: &str| assert_eq!(result.unwrap_err(), message);
    assert!(with(&|_| {}, &[], [8, 8]).is_ok());
    refused(with(&|weights| weights.parameters.truncate(19), &[], [8, 8]), "19 weights, but the network has 20");
    refused(
        with(&|weights| weights.running_variance.push(1.0), &[], [8, 8]),
        "4 running variances, but the network has 3",
    );
    let cells = "1 cells with operation weights, but the network has 0";
    refused(with(&|_| {}, &[vec![1.0]], [8, 8]), cells);
    refused(with(&|_| {}, &[], [0, 8]), "images of 0×8 pixels are too small");
    refused(with(&|_| {}, &[], [8, 1 << 17]), "images of 8×131072 pixels are too large");

    assert_eq!(export(&Graph::residual_block(2, 4), [8, 8], false), Err(OnnxError::NoHead));
    let mut builder = Builder::new(2);
    let window = Window { dilation: [2; 2], ..Window::square(3, 1, 1, 1) };
    let pooled = builder.pool(builder.image(), PoolKind::Average, false, window);
    builder.head(pooled, false, "classifier", 2, HeadLoss::default());
    let dilated = export(&builder.finish(pooled).unwrap(), [8, 8], false);
    assert!(matches!(dilated, Err(OnnxError::Operation { value: 1, .. })), "{dilated:?}");
}
