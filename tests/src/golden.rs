//! Cases of golden numbers: a safetensors file and a JSON file beside it that says what they are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lambda_darts::data::Batch;
use lambda_darts::device::Device;
use lambda_darts::graph::{Graph, NetworkOptions, NetworkSize, Parameter};
use lambda_darts::method::Method;
use lambda_darts::search::Bilevel;
use lambda_darts::space::{Genotype, GenotypeCell, MacroLayout, Operation, Space};
use lambda_darts::training::DerivedNetwork;
use pollster::block_on;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use crate::network::{FeatureMap, write};
use lambda_darts::engine::State;

/// Folders of the cases: the repository's, and `LAMBDA_DARTS_GOLDEN` or a folder beside the repository. A message on the
/// terminal says if the latter is missing.
///
/// # Panics
/// If `LAMBDA_DARTS_GOLDEN` names no folder.
#[must_use]
pub fn folders() -> Vec<PathBuf> {
    let mut folders = vec![own()];
    if let Some(named) = std::env::var_os("LAMBDA_DARTS_GOLDEN") {
        let named = PathBuf::from(named);
        assert!(named.is_dir(), "LAMBDA_DARTS_GOLDEN is no folder: {}", named.display());
        folders.push(named);
        return folders;
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/golden");
    if beside.is_dir() {
        folders.push(beside);
    } else {
        println!("skipped: no ../shared");
    }
    folders
}

/// Folder of the repository's own cases.
#[must_use]
pub fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Returns the names of all cases in a folder, in order.
///
/// # Panics
/// If the folder cannot be read.
#[must_use]
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let names = entries.filter_map(|entry| {
        let path = entry.expect("a folder's entry").path();
        let json = path.extension().is_some_and(|extension| extension == "json");
        json.then(|| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
    });
    let names: BTreeSet<String> = names.collect();
    names.into_iter().collect()
}

/// A tensor in double precision.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// Shape.
    pub shape: Vec<usize>,
    /// Values, the last dimension fastest.
    pub values: Vec<f64>,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name of the files.
    pub name: String,
    /// Contents of the JSON file.
    pub sidecar: Value,
    numbers: BTreeMap<String, Numbers>,
    integers: BTreeMap<String, Vec<i64>>,
}

impl Case {
    /// Reads a case.
    ///
    /// # Panics
    /// If its files are missing or not what they should be.
    #[must_use]
    pub fn read(folder: &Path, name: &str) -> Self {
        let read = |extension: &str| {
            let path = folder.join(format!("{name}.{extension}"));
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let sidecar: Value =
            serde_json::from_slice(&read("json")).unwrap_or_else(|error| panic!("{name}.json: {error}"));
        let bytes = read("safetensors");
        let file = SafeTensors::deserialize(&bytes).unwrap_or_else(|error| panic!("{name}.safetensors: {error}"));
        let mut numbers: BTreeMap<String, Numbers> = BTreeMap::new();
        let mut integers: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (tensor, view) in file.tensors() {
            let data = view.data();
            let values: Vec<f64> = match view.dtype() {
                Dtype::F32 => {
                    data.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect()
                }
                Dtype::F64 => data.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect(),
                Dtype::I64 => {
                    let values = data.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect();
                    integers.insert(tensor, values);
                    continue;
                }
                other => panic!("{name}: {tensor} is of type {other:?}"),
            };
            numbers.insert(tensor, Numbers { shape: view.shape().to_vec(), values });
        }
        Self { name: name.to_owned(), sidecar, numbers, integers }
    }

    /// A tensor, in full precision where the file has it.
    ///
    /// # Panics
    /// If there is none of this name.
    #[must_use]
    pub fn tensor(&self, name: &str) -> &Numbers {
        self.numbers
            .get(&format!("{name}@f64"))
            .or_else(|| self.numbers.get(name))
            .unwrap_or_else(|| panic!("{}: no tensor {name}", self.name))
    }

    /// A number of the JSON file's `scalars`, by its path there.
    #[must_use]
    pub fn scalar(&self, path: &[&str]) -> Option<f64> {
        path.iter().try_fold(&self.sidecar["scalars"], |value, key| value.get(key)).and_then(Value::as_f64)
    }

    /// An entry of the JSON file, at its top or in its `config`.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Value> {
        self.sidecar.get(key).or_else(|| self.sidecar.get("config")?.get(key))
    }

    /// The names of all tensors that begin with `prefix`, without it.
    pub fn within<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let names = self.numbers.keys().filter(|name| !name.ends_with("@f64"));
        names.filter_map(move |name| name.strip_prefix(prefix))
    }

    /// The tensors of a quantity, one for each type of cell: `PREFIX SUFFIX`, or `PREFIX_normal SUFFIX` and
    /// `PREFIX_reduce SUFFIX`, without the spaces.
    #[must_use]
    pub fn for_cell_types(&self, prefix: &str, suffix: &str) -> Vec<(String, &Numbers)> {
        let single = format!("{prefix}{suffix}");
        let names = if self.numbers.contains_key(&single) {
            vec![single]
        } else {
            ["normal", "reduce"].map(|cell_type| format!("{prefix}_{cell_type}{suffix}")).to_vec()
        };
        names.into_iter().map(|name| (name.clone(), self.tensor(&name))).collect()
    }

    /// The same quantity, with the types of cell one after the other.
    #[must_use]
    pub fn flat_cell_types(&self, prefix: &str, suffix: &str) -> Vec<f64> {
        self.for_cell_types(prefix, suffix)
            .into_iter()
            .flat_map(|(_, numbers)| numbers.values.iter().copied())
            .collect()
    }

    /// The space of the case: its name's, with the candidates of the JSON file where it lists them.
    ///
    /// # Panics
    /// If the name has no known space in it, or the candidates do not fit the edges.
    #[must_use]
    pub fn space(&self) -> Space {
        let known = |part: &str| match part {
            "nb201" => Some("nas-bench-201"),
            "s1" => Some("s1"),
            "s2" => Some("s2"),
            "s3" => Some("s3"),
            "s4" => Some("s4"),
            "s5" => Some("darts"),
            _ => None,
        };
        let name = self.name.split('_').find_map(known).unwrap_or_else(|| panic!("{}: no known space", self.name));
        let mut space = Space::named(name).expect("a published space");
        for (cell_type, key) in [("normal", "primitives_normal"), ("reduce", "primitives_reduct")] {
            let Some(listed) = self.entry(key) else { continue };
            let listed: Vec<Vec<Operation>> =
                serde_json::from_value(listed.clone()).unwrap_or_else(|error| panic!("{}: {key}: {error}", self.name));
            let place = space.cell_type(cell_type).unwrap_or_else(|| panic!("{}: no cell {cell_type}", self.name));
            let edges = &mut space.cell_types[place].edges;
            assert_eq!(edges.len(), listed.len(), "{}: {key}", self.name);
            for (edge, operations) in edges.iter_mut().zip(listed) {
                edge.operations = operations;
            }
        }
        space
    }

    /// Tables of architecture parameters, one for each type of cell, from the tensors `alphas…SUFFIX`.
    #[must_use]
    pub fn tables(&self, suffix: &str) -> Vec<Vec<Vec<f64>>> {
        let rows = |numbers: &Numbers| -> Vec<Vec<f64>> {
            let candidates = numbers.shape.last().copied().unwrap_or(1).max(1);
            numbers.values.chunks(candidates).map(<[f64]>::to_vec).collect()
        };
        self.for_cell_types("alphas", suffix).into_iter().map(|(_, numbers)| rows(numbers)).collect()
    }

    /// Size of the case's network, from the names and shapes of the weights.
    fn size(&self, stem_multiplier: usize, cells: impl Fn(usize) -> usize) -> NetworkSize {
        let stem = &self.tensor("param/stem.0.weight").shape;
        let numbers: BTreeSet<&str> =
            self.within("param/cells.").filter_map(|name| name.split_once('.')).map(|(cell, _)| cell).collect();
        let classes = self.tensor("param/classifier.weight").shape[0];
        NetworkSize {
            channels: stem[0] / stem_multiplier,
            cells: cells(numbers.len()),
            image_channels: stem[1],
            classes,
        }
    }

    fn same_parameters(&self, graph: &Graph) {
        let ours: BTreeSet<String> = graph.parameters().iter().map(|parameter| parameter.name.clone()).collect();
        let theirs: BTreeSet<String> = self.within("param/").map(str::to_owned).collect();
        let differ: Vec<_> = ours.symmetric_difference(&theirs).take(8).collect();
        assert!(differ.is_empty(), "{}: only one side has the parameters {differ:?}, …", self.name);
    }

    /// Returns the supernet of the case with its initial weights and the architecture parameters `alphas…SUFFIX`. With
    /// partial channels, the weights of candidates are the first entries of those of the case.
    ///
    /// # Panics
    /// If names or shapes of the parameters differ from the library's.
    #[must_use]
    pub fn bilevel(&self, device: &Device, suffix: &str, method: Method) -> Bilevel {
        let space = self.space();
        let size = match space.layout {
            MacroLayout::Stacked { stem_multiplier } => self.size(stem_multiplier, |cells| cells),
            MacroLayout::ImageNet => unreachable!("no space is searched in it"),
            MacroLayout::Staged => self.size(1, |cells| (cells - 2) / 3),
        };
        let partial = method.partial_channels().is_some();
        let mut bilevel = block_on(Bilevel::new(&space, size, method, 0, device)).expect("a supernet");
        self.same_parameters(bilevel.graph());
        let parameters = bilevel.graph().parameters();
        let weights =
            if partial { self.first_entries(parameters, "param/") } else { self.vector(parameters, "param/") };
        write(bilevel.engine(), State::Weights, &weights);
        let tables = self.tables(suffix);
        let sizes = |tables: &[Vec<Vec<f64>>]| -> Vec<Vec<usize>> {
            tables.iter().map(|table| table.iter().map(Vec::len).collect()).collect()
        };
        assert_eq!(sizes(&tables), sizes(&bilevel.architecture.tables), "{}: sizes of α", self.name);
        bilevel.architecture.tables = tables;
        bilevel
    }

    /// Returns the derived network of the case with its initial weights.
    ///
    /// # Panics
    /// If names or shapes of the parameters differ from the library's.
    #[must_use]
    pub fn derived(&self, device: &Device) -> DerivedNetwork {
        let (space, genotype, size) = match self.entry("genotype").expect("a genotype") {
            Value::String(text) => {
                let genotype = Genotype::parse(text).unwrap_or_else(|error| panic!("{}: {error}", self.name));
                ("nas-bench-201", genotype, self.size(1, |cells| (cells - 2) / 3))
            }
            pairs => ("darts", darts_genotype(pairs), self.size(3, |cells| cells)),
        };
        let space = Space::named(space).expect("a space");
        let loss_weight = self.entry("auxiliary_weight").and_then(Value::as_f64);
        let options = NetworkOptions { auxiliary_weight: loss_weight, ..NetworkOptions::default() };
        let net = block_on(DerivedNetwork::new(&space, &genotype, size, options, 0, device));
        let mut net = net.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        self.same_parameters(net.graph());
        let weights = self.vector(net.graph().parameters(), "param/");
        write(net.engine(), State::Weights, &weights);
        net
    }

    /// Returns the tensors PREFIX + name of all parameters as one vector, in the library's order.
    ///
    /// # Panics
    /// If one is missing or of another shape.
    #[must_use]
    pub fn vector(&self, parameters: &[Parameter], prefix: &str) -> Vec<f64> {
        let mut vector = Vec::new();
        for Parameter { name, shape, offset, .. } in parameters {
            let numbers = self.tensor(&format!("{prefix}{name}"));
            assert_eq!(&numbers.shape, shape, "{}: shape of {prefix}{name}", self.name);
            assert_eq!(*offset, vector.len(), "{}: offset of {name}", self.name);
            vector.extend(&numbers.values);
        }
        vector
    }

    /// Returns the first entries of the tensors PREFIX + name along each dimension, as many as the parameters have.
    fn first_entries(&self, parameters: &[Parameter], prefix: &str) -> Vec<f64> {
        let mut vector = Vec::new();
        for Parameter { name, shape, .. } in parameters {
            let numbers = self.tensor(&format!("{prefix}{name}"));
            assert_eq!(numbers.shape.len(), shape.len(), "{}: rank of {prefix}{name}", self.name);
            take_first(&numbers.values, &numbers.shape, shape, &mut vector);
        }
        vector
    }

    /// True if the case has a tensor of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.numbers.contains_key(name)
    }

    /// A batch; with `step`, that entry of tensors which hold one batch a step.
    ///
    /// # Panics
    /// If the tensors are no images and labels.
    #[must_use]
    pub fn batch(&self, images: &str, labels: &str, step: Option<usize>) -> Batch {
        let numbers = self.tensor(images);
        let labels = self.integers.get(labels).unwrap_or_else(|| panic!("{}: no tensor {labels}", self.name));
        let shape = if step.is_some() { &numbers.shape[1..] } else { &numbers.shape[..] };
        let shape: [usize; 4] = shape.try_into().unwrap_or_else(|_| panic!("{}: shape of {images}", self.name));
        let (count, at) = (shape.iter().product::<usize>(), step.unwrap_or(0));
        let values = &numbers.values[at * count..(at + 1) * count];
        #[expect(clippy::cast_possible_truncation, reason = "the inputs are stored in single precision")]
        let images = values.iter().map(|value| *value as f32).collect();
        Batch { images, labels: labels[at * shape[0]..(at + 1) * shape[0]].to_vec(), shape }
    }

    /// A tensor of rank 4.
    ///
    /// # Panics
    /// If it is missing or of another rank.
    #[must_use]
    pub fn image(&self, name: &str) -> FeatureMap {
        let numbers = self.tensor(name);
        let shape = numbers.shape.as_slice().try_into().unwrap_or_else(|_| panic!("{}: shape of {name}", self.name));
        FeatureMap { values: numbers.values.clone(), shape }
    }

    /// Returns the output of each noise operation, with its name.
    ///
    /// # Panics
    /// If one is not of rank 4.
    #[must_use]
    pub fn noise(&self) -> Vec<(String, FeatureMap)> {
        self.within("noise/").map(|name| (name.to_owned(), self.image(&format!("noise/{name}")))).collect()
    }
}

/// Adds the first entries of a tensor along each dimension to a vector.
fn take_first(values: &[f64], of: &[usize], shape: &[usize], vector: &mut Vec<f64>) {
    let ([all, of @ ..], [count, shape @ ..]) = (of, shape) else { return vector.extend(values) };
    let each = values.len() / all;
    values.chunks(each).take(*count).for_each(|part| take_first(part, of, shape, vector));
}

/// Reads a genotype in the references' JSON: two `[operation, node]` for each of the nodes, in a row. Without a
/// `…_concat`, all nodes make up the output.
///
/// # Panics
/// If the JSON is no genotype.
#[must_use]
pub fn darts_genotype(json: &Value) -> Genotype {
    let cell = |cell_type: &str| {
        let reads: Vec<(Operation, usize)> =
            serde_json::from_value(json[cell_type].clone()).unwrap_or_else(|error| panic!("{cell_type}: {error}"));
        let nodes: Vec<_> = reads.chunks(2).map(<[_]>::to_vec).collect();
        let output = serde_json::from_value(json[format!("{cell_type}_concat")].clone());
        let output = output.unwrap_or_else(|_| (2..2 + nodes.len()).collect());
        GenotypeCell { kind: cell_type.to_owned(), inputs: 2, nodes, output }
    };
    Genotype { cells: ["normal", "reduce"].map(cell).to_vec() }
}

/// ‖v‖₂.
#[must_use]
pub fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// ‖found − truth‖ / max(‖truth‖, floor); infinite where the lengths differ.
#[must_use]
pub fn relative_above(found: &[f64], truth: &[f64], floor: f64) -> f64 {
    if found.len() != truth.len() {
        return f64::INFINITY;
    }
    let difference: Vec<f64> = found.iter().zip(truth).map(|(found, truth)| found - truth).collect();
    norm(&difference) / norm(truth).max(floor).max(f64::MIN_POSITIVE)
}

/// Relative L2 error.
#[must_use]
pub fn relative(found: &[f64], truth: &[f64]) -> f64 {
    relative_above(found, truth, 0.0)
}

/// Number of comparisons, and the failed ones.
#[derive(Debug, Default)]
pub struct Failures {
    compared: usize,
    lines: Vec<String>,
}

impl Failures {
    /// Counts a comparison; an error above `limit`, or one that is not a number, is kept.
    pub fn at_most(&mut self, case: &str, tensor: &str, error: f64, limit: f64) {
        self.compared += 1;
        if error <= limit {
            return;
        }
        self.lines.push(format!("{case}: {tensor}: error {error:.3e}, at most {limit:.0e} allowed"));
    }

    /// Counts a comparison of two things that must be equal.
    pub fn equal<T: PartialEq + std::fmt::Debug>(&mut self, case: &str, what: &str, found: &T, truth: &T) {
        self.compared += 1;
        if found != truth {
            self.lines.push(format!("{case}: {what}: {found:?}, should be {truth:?}"));
        }
    }

    /// Ends a test.
    ///
    /// # Panics
    /// If anything failed, with all of it.
    pub fn finish(self) {
        let Self { compared, lines } = self;
        assert!(compared > 0, "nothing was compared");
        assert!(lines.is_empty(), "{} of {compared} comparisons failed:\n{}", lines.len(), lines.join("\n"));
    }
}
