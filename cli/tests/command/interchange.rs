//! Tests of what a search writes for other programs, read by those programs. `cargo xtask test --interchange` installs
//! them.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use lambda_darts::data::{Batch, Batches, ImageData, TrainingBatches};
use lambda_darts::device::Device;
use lambda_darts::search::{Checkpoint, Session};
use lambda_darts::space::{Architecture, Genotype, Operation, Space};
use lambda_darts::training::{Trained, load};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use serde_json::Value;

use crate::program::{run, text};

/// The program that prints the scalars which TensorBoard finds in a folder.
const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/command/read_tensorboard.py");

/// The program that prints the logits of exported networks.
const RUNNER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/command/run_networks.py");

/// Steps and values by the name of the scalar.
type Scalars = BTreeMap<String, Vec<(i64, f64)>>;

/// Returns the numbers of a run's events, under the names and at the steps that the help promises.
fn expected(run: &Path) -> Scalars {
    let text = fs::read_to_string(run.join("events.jsonl")).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let steps = events[0]["steps"].as_i64().unwrap();
    let mut scalars = Scalars::new();
    for event in &events {
        let kind = event["event"].as_str().unwrap();
        let epoch = event["epoch"].as_i64().unwrap_or_default();
        let (at, names): (i64, &[(&str, &str)]) = match kind {
            "step" => (
                (epoch - 1) * steps + event["step"].as_i64().unwrap() - 1,
                &[
                    ("train_loss", "/train_loss"),
                    ("gradient_norm", "/gradient_norm"),
                    ("loss_gradient_norm", "/loss_gradient_norm"),
                    ("alignment/normal", "/alignment/0"),
                ],
            ),
            "epoch" => (
                epoch * steps - 1,
                &[
                    ("supernet_accuracy", "/supernet_accuracy"),
                    ("skip_connections", "/skip_connections"),
                    ("parameter_free", "/parameter_free"),
                    ("learning_rate", "/lr"),
                    ("lambda", "/lambda"),
                    ("alignment/normal", "/cell_types/0/alignment"),
                ],
            ),
            _ => continue,
        };
        for (name, place) in names {
            let value = event.pointer(place).and_then(Value::as_f64).unwrap();
            scalars.entry(format!("{kind}/{name}")).or_default().push((at, value));
        }
    }
    scalars
}

/// Returns the scalars that TensorBoard finds in a folder.
fn found(python: &Path, folder: &Path) -> Scalars {
    let output = Command::new(python).arg(READER).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Checks that TensorBoard finds the numbers of a run's events.
fn assert_listed(python: &Path, run: &Path) {
    let found = found(python, &run.join("tensorboard"));
    let expected = expected(run);
    assert!(expected.len() >= 8, "{:?}", expected.keys());
    for (tag, values) in expected {
        #[expect(clippy::cast_possible_truncation, reason = "TensorBoard's scalars are 32 bits wide")]
        let values: Vec<_> = values.iter().map(|&(step, value)| (step, f64::from(value as f32))).collect();
        assert_eq!(found.get(&tag), Some(&values), "{tag}");
    }
    for tag in ["step/valid_loss", "epoch/train_loss", "epoch/valid_loss", "epoch/entropy/normal"] {
        assert!(found.contains_key(tag), "{tag}");
    }
}

/// Returns the Python that has the other programs.
fn python() -> Option<OsString> {
    let python = env::var_os("LAMBDA_DARTS_PYTHON");
    if python.is_none() {
        println!("skipped: LAMBDA_DARTS_PYTHON names no Python with the packages; cargo xtask test --interchange does");
    }
    python
}

/// Writes the images and labels of a batch for PyTorch.
fn write_batch(batch: &Batch, path: &Path) {
    let images: Vec<u8> = batch.images.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
    let labels: Vec<u8> = batch.labels.iter().flat_map(|label| label.to_le_bytes()).collect();
    let tensors = [
        ("images", TensorView::new(Dtype::F32, batch.shape.to_vec(), &images).unwrap()),
        ("labels", TensorView::new(Dtype::I64, vec![batch.labels.len()], &labels).unwrap()),
    ];
    fs::write(path, serialize(tensors, None).unwrap()).unwrap();
}

/// Returns validation images of a search, and the logits of its supernet.
fn supernet_logits(run: &Path, images: usize) -> (Batch, Vec<f64>) {
    let state = Checkpoint::read(&run.join(Checkpoint::NEWEST)).unwrap().state;
    let data = Arc::new(ImageData::load(&state.config().data, state.config().seed).unwrap());
    let mut session = pollster::block_on(Session::restore(state, Arc::clone(&data), &Device::cpu())).unwrap();
    let batch = Batches::new(data, images, 0).unwrap().validation(0).unwrap();
    let logits = pollster::block_on(session.logits(&batch)).unwrap();
    (batch, logits)
}

/// Returns test images of a training, and the logits of its network.
fn trained_logits(run: &Path) -> (Batch, Vec<f64>) {
    let mut trained = pollster::block_on(Trained::read(run, &Device::cpu())).unwrap();
    let data = Arc::new(load(trained.config()).unwrap());
    let batch = TrainingBatches::new(data, trained.config().batch, 0).unwrap().test(0).unwrap();
    let logits = pollster::block_on(trained.network().predict(&batch)).unwrap();
    (batch, logits)
}

/// Checks that another program has our logits.
fn assert_near(ours: &[f64], theirs: &Value, name: &str) {
    let rows = theirs.as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
    let theirs: Vec<f64> = rows.map(|x| x.as_f64().unwrap()).collect();
    assert_eq!(theirs.len(), ours.len());
    let worst = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("{name}: logits differ by at most {worst:e}");
    assert!(worst <= 1e-4, "{name}: {worst}");
}

/// Runs a command that must succeed.
fn succeeds(args: &[&str], folder: &Path) {
    let out = run(args, folder);
    assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
}

/// Returns genotypes of a space, drawn by seeds. Every engine draws other noise, so a convolution stands in its place.
fn drawn(space: &Space) -> Vec<Genotype> {
    let genotype = |seed| {
        let mut genotype = Architecture::new(space, seed).derive(space);
        for (operation, _) in genotype.cells.iter_mut().flat_map(|cell| cell.nodes.iter_mut().flatten()) {
            if *operation == Operation::Noise {
                *operation = Operation::SepConv3x3;
            }
        }
        genotype
    };
    (0..10).map(genotype).collect()
}

/// Exports the network of the folder `run` in a folder, with images to run it on.
fn export(folder: &Path, batch: &Batch) {
    succeeds(&["export", "run", "--format", "pytorch", "--out", "network.py"], folder);
    succeeds(&["export", "run", "--format", "onnx", "--out", "plain.onnx"], folder);
    succeeds(&["export", "run", "--format", "onnx", "--fold-norms", "--out", "folded.onnx"], folder);
    write_batch(batch, &folder.join("images.safetensors"));
}

/// Exported networks have our logits in PyTorch and in ONNX Runtime: trained ones of random genotypes, and supernets. The
/// weights that PyTorch saves come back with our predictions.
#[test]
fn other_programs_run_exported_networks() {
    let Some(python) = python() else { return };
    let root = tempfile::tempdir().unwrap();
    let mut expected: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut networks: Vec<(String, Vec<String>)> = Vec::new();
    for name in ["nas-bench-201", "darts", "s1", "s2", "s3", "s4"] {
        let cells = if name == "nas-bench-201" { "1" } else { "4" };
        for (number, genotype) in drawn(&Space::named(name).unwrap()).iter().enumerate() {
            let case = format!("{name}-{number}");
            let folder = root.path().join(&case);
            fs::create_dir(&folder).unwrap();
            let notation = genotype.to_nas_bench_201().or_else(|| genotype.to_darts()).unwrap();
            let network = [notation.as_str(), "--space", name, "--channels", "4", "--cells", cells];
            let network = [&network[..], &["--data", "digits", "--images", "128", "--device", "cpu"]].concat();
            let training = ["--epochs", "2", "--batch", "16", "--quiet", "--out", "run"];
            succeeds(&[&["train"][..], &network, &training].concat(), &folder);
            let (batch, logits) = trained_logits(&folder.join("run"));
            export(&folder, &batch);
            expected.insert(case.clone(), logits);
            networks.push((case, network.into_iter().map(str::to_owned).collect()));
        }
    }
    for (space, method) in
        [("nas-bench-201", "darts"), ("s3", "darts"), ("nas-bench-201", "pc-darts"), ("s3", "pc-darts")]
    {
        let case = format!("supernet-{space}-{method}");
        let folder = root.path().join(&case);
        fs::create_dir(&folder).unwrap();
        let search = ["search", "--space", space, "--method", method, "--data", "digits", "--images", "64"];
        let size =
            ["--epochs", "1", "--channels", "4", "--cells", "3", "--batch", "8", "--device", "cpu", "--out", "run"];
        succeeds(&[&search[..], &size].concat(), &folder);
        let (batch, logits) = supernet_logits(&folder.join("run"), 16);
        export(&folder, &batch);
        expected.insert(case, logits);
    }

    let output = Command::new(&python).arg(RUNNER).arg(root.path()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let found: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(found.keys().eq(expected.keys()), "{:?}", found.keys());
    for (case, programs) in &found {
        assert_eq!(programs.len(), 3);
        for (program, logits) in programs {
            assert_near(&expected[case], logits, &format!("{case} in {program}"));
        }
    }
    // A module is a program, too.
    let (case, _) = &networks[0];
    let folder = root.path().join(case);
    let alone = Command::new(&python)
        .args(["network.py", "network.safetensors", "images.safetensors"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(alone.status.success(), "{}", text(&alone.stderr));
    let alone: Value = serde_json::from_slice(&alone.stdout).unwrap();
    assert_eq!(alone["logits"], found[case]["pytorch"]);

    for (case, network) in &networks {
        let folder = root.path().join(case);
        succeeds(&["evaluate", "run", "--predictions", "ours.csv"], &folder);
        let weights = ["evaluate", "--weights", "network.pt", "--predictions", "theirs.csv"];
        let network: Vec<&str> = network.iter().map(String::as_str).collect();
        succeeds(&[&weights[..], &network].concat(), &folder);
        let [ours, theirs] = ["ours.csv", "theirs.csv"].map(|name| fs::read_to_string(folder.join(name)).unwrap());
        assert_eq!(ours, theirs, "{case}");
    }
}

/// The scripts of the documentation rebuild a supernet from the files of a run alone: with our logits on the same images,
/// and our accuracy.
#[test]
fn pytorch_rebuilds_the_supernet() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (script, space, cells) in
        [("supernet_in_pytorch.py", "nas-bench-201", "2"), ("darts_supernet_in_pytorch.py", "darts", "4")]
    {
        let mut args = vec!["search", "--device", "cpu", "--channels", "4", "--batch", "32", "--images", "256"];
        args.extend(["--epochs", "3", "--space", space, "--cells", cells, "--out", space]);
        let searched = run(&args, folder.path());
        assert!(searched.status.success(), "{}", text(&searched.stderr));
        let path = folder.path().join(space);
        let (batch, ours) = supernet_logits(&path, 128);
        assert_eq!(batch.labels.len(), 128, "all of the validation part");

        let images = folder.path().join("images.safetensors");
        write_batch(&batch, &images);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(script);
        let output = Command::new(&python).arg(script).arg(&path).arg(&images).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_near(&ours, &found["logits"], space);
        let events = fs::read_to_string(path.join("events.jsonl")).unwrap();
        let mut epochs = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let last = epochs.rfind(|event| event["event"] == "epoch").unwrap();
        assert_eq!(found["accuracy"], last["supernet_accuracy"], "{space}");
    }
}

#[test]
fn tensorboard_lists_the_scalars() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut args = vec!["search", "--device", "cpu", "--channels", "2", "--batch", "8", "--images", "64"];
    args.extend(["--epochs", "3", "--out", "run", "--tensorboard"]);
    let searched = run(&args, folder.path());
    assert!(searched.status.success(), "{}", text(&searched.stderr));
    assert_listed(Path::new(&python), &folder.path().join("run"));

    // A resumed run still has each number once, in one file.
    let resumed = run(&["search", "--resume", "run"], folder.path());
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    assert_listed(Path::new(&python), &folder.path().join("run"));
    assert_eq!(fs::read_dir(folder.path().join("run/tensorboard")).unwrap().count(), 1);
}
