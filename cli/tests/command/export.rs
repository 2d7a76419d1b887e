//! Tests of exported networks, as files. The tests of the interchange run them in other programs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use safetensors::SafeTensors;

use crate::bad_input::refused;
use crate::evaluate::{search, train};
use crate::program::{run, text};

/// DARTS's layout needs both types of cell.
const STACKED: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1)], normal_concat=[2], \
    reduce=[('max_pool_3x3', 0), ('skip_connect', 1)], reduce_concat=[2])";

/// Exports to a file; returns what was printed.
fn export(from: &str, format: &str, out: &str, more: &[&str], folder: &Path) -> String {
    let found = run(&[&["export", from, "--format", format, "--out", out][..], more].concat(), folder);
    assert!(found.status.success(), "{from} as {format}: {}", text(&found.stderr));
    text(&found.stdout)
}

/// Returns the names of the tensors in a file.
fn names(path: &Path) -> BTreeSet<String> {
    let bytes = fs::read(path).unwrap();
    SafeTensors::deserialize(&bytes).unwrap().iter().map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn a_trained_network_is_written_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(export("run", "onnx", "plain.onnx", &[], folder.path()), "plain.onnx\n");
    export("run/checkpoint.safetensors", "onnx", "folded.onnx", &["--fold-norms"], folder.path());
    let [plain, folded] = ["plain.onnx", "folded.onnx"].map(read);
    let norms = |model: &[u8]| model.windows(18).filter(|part| *part == b"BatchNormalization").count();
    assert!(norms(&plain) > norms(&folded) && plain[..2] == [8, 8] && folded[..2] == [8, 8]);

    let said = export("run", "pytorch", "network.py", &[], folder.path());
    assert_eq!(said, "network.py\nnetwork.safetensors\n");
    let module = text(&read("network.py"));
    assert!(module.contains("class Network") && module.contains("nor_conv_3x3"), "{module}");
    export("run", "safetensors", "weights.safetensors", &[], folder.path());
    assert_eq!(read("network.safetensors"), read("weights.safetensors"));
    let tensors = names(&folder.path().join("weights.safetensors"));
    assert!(tensors.contains("stem.1.running_var") && tensors.contains("classifier.bias"), "{tensors:?}");
    assert!(!tensors.iter().any(|name| name.starts_with("momentum.")), "{tensors:?}");

    #[cfg(feature = "burn")]
    {
        export("run", "burn", "network.bpk", &[], folder.path());
        assert_eq!(read("network.bpk")[..4], *b"NRUB");
    }
    let before = read("plain.onnx");
    refused(folder.path(), &["export", "run", "--format", "onnx", "--out", "plain.onnx"], &["plain.onnx", "--force"]);
    export("run", "onnx", "plain.onnx", &["--force"], folder.path());
    assert_eq!(read("plain.onnx"), before);
}

#[test]
fn an_auxiliary_head_is_in_both_files_or_in_none() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["train", STACKED, "--data", "digits", "--images", "60", "--size", "32", "--auxiliary-weight", "0.4"];
    let rest = ["--epochs", "1", "--cells", "3", "--channels", "2", "--batch", "8", "--device", "cpu", "--out", "run"];
    let out = run(&[&args[..], &rest].concat(), folder.path());
    assert!(out.status.success(), "{}", text(&out.stderr));
    for (more, with) in [(&[][..], false), (&["--auxiliary"][..], true)] {
        export("run", "pytorch", "network.py", &[more, &["--force"]].concat(), folder.path());
        let module = fs::read_to_string(folder.path().join("network.py")).unwrap();
        let tensors = names(&folder.path().join("network.safetensors"));
        let heads = tensors.iter().any(|name| name.starts_with("auxiliary_head."));
        assert_eq!((module.contains("AuxiliaryHead"), heads), (with, with));
    }
}

#[test]
fn a_supernet_is_written_with_its_architecture() {
    let folder = tempfile::tempdir().unwrap();
    search(folder.path());
    let module = export("search", "pytorch", "supernet.py", &[], folder.path());
    assert_eq!(module, "supernet.py\nsupernet.safetensors\n");
    let tensors = names(&folder.path().join("supernet.safetensors"));
    assert!(tensors.contains("alphas_normal") && tensors.contains("classifier.weight"), "{tensors:?}");
    assert!(!tensors.iter().any(|name| name.starts_with("momentum.")), "{tensors:?}");
    export("search", "onnx", "supernet.onnx", &[], folder.path());
    assert_eq!(fs::read(folder.path().join("supernet.onnx")).unwrap()[..2], [8, 8]);
}

#[test]
fn exports_that_cannot_be_made_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path());
    search(folder.path());
    fs::write(folder.path().join("half.safetensors"), "").unwrap();
    let cases: &[(&[&str], &[&str])] = &[
        (&["nowhere", "--format", "onnx", "--out", "a"], &["nowhere", "cannot be read"]),
        (&["run", "--format", "tflite", "--out", "a"], &["--format", "tflite"]),
        (&["run", "--format", "pytorch", "--out", "a.onnx"], &["a.onnx", ".py"]),
        (&["run", "--format", "pytorch", "--out", "half.py"], &["half.safetensors", "--force"]),
        (&["run", "--format", "onnx", "--out", "no/a"], &["no/a", "No such file"]),
        (&["run", "--format", "onnx", "--out", "run"], &["run: a folder"]),
        (&["run", "--format", "pytorch", "--fold-norms", "--out", "a.py"], &["--fold-norms"]),
        (&["run", "--format", "onnx", "--auxiliary", "--out", "a"], &["--auxiliary"]),
        (&["run", "--format", "safetensors", "--auxiliary", "--out", "a"], &["without an auxiliary head"]),
        (&["search", "--format", "pytorch", "--auxiliary", "--out", "a.py"], &["search: the run is a search"]),
        #[cfg(feature = "burn")]
        (&["search", "--format", "burn", "--out", "a"], &["search: the run is a search"]),
    ];
    for (args, parts) in cases {
        refused(folder.path(), &[&["export"][..], *args].concat(), parts);
    }
}
