//! Tests with files that PyTorch has written, by `benches/pytorch/weights.py`.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;

use super::{NamedTensor, NetworkWeights, WeightsError};
use crate::graph::{Builder, Graph, HeadLoss, NetworkOptions, NetworkSize, Window};
use crate::space::{Genotype, Space};

/// Checkpoint of a training loop with `DataParallel`, in the format before PyTorch 1.6.
const CHECKPOINT: &[u8] = include_bytes!("tests/checkpoint.pt");
/// Small network with numbers of every type and views of a shared storage, under the key `net`.
const MIXED: &[u8] = include_bytes!("tests/mixed.pt");
/// Small network, and an object whose pickle would call `os.system`.
const HOSTILE: &[u8] = include_bytes!("tests/hostile.pt");
/// Small network with a 3×3 convolution in the place of its 1×1 one.
const SHAPE: &[u8] = include_bytes!("tests/shape.pt");
/// Small network with whole numbers as a bias.
const INTEGERS: &[u8] = include_bytes!("tests/integers.pt");

/// Network of [`CHECKPOINT`].
fn network() -> Graph {
    let cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
    let size = NetworkSize { channels: 1, cells: 1, image_channels: 3, classes: 2 };
    Graph::derived(
        &Space::named("nas-bench-201").unwrap(),
        &Genotype::parse(cell).unwrap(),
        size,
        NetworkOptions::default(),
    )
    .unwrap()
}

/// Network of the other files, with further heads.
fn small(auxiliary: &[&str]) -> Graph {
    let mut builder = Builder::new(1);
    let x = builder.within("stem", |builder| {
        let y = builder.conv(builder.image(), false, "0", 2, Window::ONE);
        builder.norm(y, "1", true);
        builder.stored(y)
    });
    for name in ["classifier"].iter().chain(auxiliary) {
        builder.head(x, true, name, 2, HeadLoss::default());
    }
    builder.finish(x).unwrap()
}

/// Numbers of a tensor, by the rule of `benches/pytorch/weights.py`.
fn filled(name: &str, shape: &[usize]) -> Vec<f32> {
    let base = f32::from(name.bytes().map(u16::from).sum::<u16>());
    (0..).map(|place: u16| base + f32::from(place) / 64.0).take(shape.iter().product()).collect()
}

fn refused(graph: &Graph, bytes: &[u8]) -> String {
    let message = NetworkWeights::parse(graph, bytes).unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

#[test]
fn a_checkpoint_of_pytorch_is_read() {
    let graph = network();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.pt");
    fs::write(&path, CHECKPOINT).unwrap();
    let weights = NetworkWeights::read(&graph, &path).unwrap();
    for (name, tensor) in weights.named(&graph) {
        assert_eq!(tensor.values, filled(&name, &tensor.shape), "{name}");
    }
    let bytes = weights.to_safetensors(&graph).unwrap();
    assert_eq!(NetworkWeights::parse(&graph, &bytes).unwrap(), weights);

    fs::write(&path, &CHECKPOINT[..9000]).unwrap();
    let message = NetworkWeights::read(&graph, &path).unwrap_err().to_string();
    assert!(message.starts_with(&format!("{}: not a file of weights", path.display())), "{message}");
    let missing = NetworkWeights::read(&graph, &folder.path().join("other.pt"));
    assert!(matches!(missing, Err(WeightsError::Read { .. })));
}

#[test]
fn every_type_and_view_is_read() {
    let weights = NetworkWeights::parse(&small(&[]), MIXED).unwrap();
    let parameters: [f32; 12] = [-1.5, 5.960_464_5e-8, 1.0, 5.0, 10.0, 11.0, 4.0, 6.0, 5.0, 7.0, 1.0, 3.0];
    assert_eq!(weights.parameters, parameters);
    assert_eq!(weights.running_mean, filled("stem.1.running_mean", &[2]));
    assert_eq!(weights.running_variance, filled("stem.1.running_var", &[2]));
}

#[test]
fn faults_of_files_are_named() {
    let graph = small(&[]);
    for (bytes, message) in [
        (SHAPE, "`stem.0.weight` has the shape [2, 1, 3, 3] in the file, and the network needs [2, 1, 1, 1]"),
        (INTEGERS, "`classifier.bias` holds int64, and weights are"),
        (HOSTILE, "asks for `posix.system`, which is never run"),
        (CHECKPOINT, "`stem.0.weight` has the shape [1, 3, 3, 3]"),
        (&b"PK\x03\x04"[..], "its archive is damaged"),
        (&b"\xff\xff\xff\xff\xff\xff\xff\xff{}"[..], "safetensors: header too large"),
        (&b"GIF89a\0\0\0\0"[..], "neither in the safetensors format nor written by `torch.save`"),
        (&b""[..], "neither"),
    ] {
        let found = refused(&graph, bytes);
        assert!(found.contains(message), "{found}");
    }
}

#[test]
fn names_decide_what_is_taken() {
    let graph = small(&[]);
    let weights = NetworkWeights::initial(&graph, 3);
    let tensors = weights.named(&graph);
    assert_eq!(tensors.len(), 7);
    let read = |change: &dyn Fn(&mut BTreeMap<String, NamedTensor>)| {
        let mut changed = tensors.clone();
        change(&mut changed);
        NetworkWeights::from_named(&graph, &changed).map_err(|error| error.to_string())
    };
    let other = || NamedTensor { shape: vec![1], values: vec![0.5] };
    let beside = ["alphas_normal", "auxiliary_head.features.2.weight", "momentum.x", "stem.1.num_batches_tracked"];
    let more = read(&|tensors| tensors.extend(beside.map(|name| (name.to_owned(), other()))));
    assert_eq!(more.as_ref(), Ok(&weights));
    let parallel = read(&|tensors| {
        *tensors = tensors.iter().map(|(name, tensor)| (format!("module.{name}"), tensor.clone())).collect();
    });
    assert_eq!(parallel.as_ref(), Ok(&weights));
    let extra = read(&|tensors| drop(tensors.insert("cells.7\n".to_owned(), other())));
    assert_eq!(extra.unwrap_err(), "the network has no `cells.7\\n`; the weights are those of another network");
    let missing = read(&|tensors| drop(tensors.remove("stem.1.running_var")));
    assert!(missing.unwrap_err().starts_with("`stem.1.running_var` is missing"));
    let short = read(&|tensors| tensors.get_mut("classifier.bias").unwrap().values.truncate(1));
    assert_eq!(short.unwrap_err(), "`classifier.bias` has 1 numbers for the shape [2]");

    let auxiliary = small(&["auxiliary_head.classifier"]);
    let missing = NetworkWeights::from_named(&auxiliary, &tensors).unwrap_err();
    assert!(matches!(missing, WeightsError::Missing { name } if name == "auxiliary_head.classifier.weight"));
    assert!(matches!(weights.to_safetensors(&auxiliary), Err(WeightsError::Length(_))));
}

#[test]
fn damage_is_an_error_or_harmless() {
    let graphs = [small(&[]), network()];
    for end in 0..MIXED.len() {
        assert!(NetworkWeights::parse(&graphs[0], &MIXED[..end]).is_err(), "{end}");
    }
    for end in (0..CHECKPOINT.len()).step_by(37) {
        assert!(NetworkWeights::parse(&graphs[1], &CHECKPOINT[..end]).is_err(), "{end}");
    }
    proptest!(|(which in 0..2_usize, place in any::<prop::sample::Index>(), flip in 1_u8..)| {
        let mut bytes = [MIXED, CHECKPOINT][which].to_vec();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        if let Ok(weights) = NetworkWeights::parse(&graphs[which], &bytes) {
            prop_assert_eq!(weights.parameters.len(), graphs[which].parameter_count());
            prop_assert_eq!(weights.running_mean.len(), graphs[which].normalized_channels());
        }
    });
}
