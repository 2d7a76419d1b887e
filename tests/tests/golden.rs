//! The library against golden numbers from PyTorch, one test for each kind of case.

use lambda_darts::alignment::{AlignmentMeasure, Estimator, LayerAlignment};
use lambda_darts::device::Device;
use lambda_darts::engine::State;
use lambda_darts::graph::{CandidateContext, Cost, Graph, NetworkOptions, NetworkSize, NormName};
use lambda_darts::method::{Method, MethodConfig, Moment, Preset};
use lambda_darts::search::{ArchitectureConfig, Order, StepSettings, WeightsConfig};
use lambda_darts::space::{Architecture, Genotype, GenotypeCell, OperationStyle, Space};
use lambda_darts_tests::golden::{Case, Failures, darts_genotype, folders, names, norm, own, relative, relative_above};
use lambda_darts_tests::methods;
use lambda_darts_tests::network::{all_present, copies, draws, predict, read, run_single, train};
use lambda_darts_tests::regularizer::Regularizer;
use pollster::block_on;
use serde_json::{Value, json};

/// Kind of case, as its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Search,
    Regularizer,
    NasBench201,
    Steps,
    Methods,
    SecondOrder,
    Genotypes,
    Operations,
    Derived,
    AuxiliaryHead,
    Costs,
}

fn kind(name: &str) -> Option<Kind> {
    let begins = |with: &str| name.starts_with(with);
    let ends = |with: &str| name.ends_with(with);
    let kind = if name == "eval_aux_head" {
        Kind::AuxiliaryHead
    } else if ends("param_counts") {
        Kind::Costs
    } else if begins("eval_") {
        Kind::Derived
    } else if begins("ops_") {
        Kind::Operations
    } else if begins("search_") && ends("_base") {
        Kind::Search
    } else if begins("search_") && measure(name).is_some() {
        Kind::Regularizer
    } else if begins("nb201_") {
        Kind::NasBench201
    } else if begins("steps_") {
        Kind::Steps
    } else if begins("methods_") {
        Kind::Methods
    } else if begins("second_order_") {
        Kind::SecondOrder
    } else if begins("genotypes_") {
        Kind::Genotypes
    } else {
        return None;
    };
    Some(kind)
}

fn measure(name: &str) -> Option<AlignmentMeasure> {
    match name.rsplit('_').next() {
        Some("corr") => Some(AlignmentMeasure::Cosine),
        Some("signcorr") => Some(AlignmentMeasure::Sign),
        _ => None,
    }
}

/// Checks every case of a kind; `check` may read another by its name.
fn each(of: Kind, check: impl Fn(&Case, &dyn Fn(&str) -> Case, &mut Failures)) {
    let mut failures = Failures::default();
    for folder in folders() {
        for name in names(&folder).iter().filter(|name| kind(name) == Some(of)) {
            check(&Case::read(&folder, name), &|other: &str| Case::read(&folder, other), &mut failures);
        }
    }
    failures.finish();
}

/// Returns a method without regularizers, for a space.
fn plain(space: &Space) -> Method {
    MethodConfig::preset(Preset::Darts).build(space).expect("a method")
}

/// Returns the settings of a step at its moment.
fn settings<'a>(weights: &'a WeightsConfig, architecture: &'a ArchitectureConfig, step: u64) -> StepSettings<'a> {
    // The last epoch of two: linear schedules are at their ends.
    let moment = Moment { epoch: 1, epochs: 2, step, seed: 0 };
    StepSettings { moment, lr: 0.025, weights, architecture }
}

/// Returns J(p)ᵀ Σ_l g_l, the gradient for α, from the cells' own gradients.
fn alpha_gradient(architecture: &Architecture, cell_types: &[usize], cells: &[Vec<f64>]) -> Vec<f64> {
    let mut gradient = Vec::new();
    for (cell_type, table) in architecture.probabilities().iter().enumerate() {
        let own = |(cell, of): (_, &usize)| (*of == cell_type).then_some(cell);
        let own: Vec<&Vec<f64>> = cells.iter().zip(cell_types).filter_map(own).collect();
        let mut start = 0;
        for p in table {
            let g: Vec<f64> = (0..p.len()).map(|k| own.iter().map(|cell| cell[start + k]).sum()).collect();
            let mean: f64 = p.iter().zip(&g).map(|(p, g)| p * g).sum();
            gradient.extend(p.iter().zip(&g).map(|(p, g)| p * (g - mean)));
            start += p.len();
        }
    }
    gradient
}

/// Returns the gradients of the cells of a type.
fn of_type<'a>(cells: &'a [Vec<f64>], cell_types: &[usize], cell_type: usize) -> Vec<&'a [f64]> {
    let own = |(cell, of): (&'a Vec<f64>, &usize)| (*of == cell_type).then_some(cell.as_slice());
    cells.iter().zip(cell_types).filter_map(own).collect()
}

/// Checks loss, logits and all gradients of a supernet.
fn pass(case: &Case, device: &Device, limit: f64, failures: &mut Failures) {
    let name = case.name.as_str();
    let mut bilevel = case.bilevel(device, "", plain(&case.space()));
    let (batch, noise) = (case.batch("x", "y", None), case.noise());
    let p = copies(bilevel.graph(), &bilevel.architecture);
    let draws = draws(bilevel.graph(), batch.shape, &noise);
    let found = train(bilevel.engine(), &batch, &p, &draws);
    let cells = all_present(&found.cells);
    let gradient = read(bilevel.engine(), State::Gradient);

    let loss = case.scalar(&["loss"]).unwrap_or(f64::NAN);
    failures.at_most(name, "loss", relative(&[found.loss], &[loss]), limit);
    failures.at_most(name, "logits", relative(&found.output, &case.tensor("logits").values), limit);

    let truth = case.vector(bilevel.graph().parameters(), "grad/");
    // A weight whose true gradient is rounding alone has no relative error of its own.
    let floor = 1e-3 * norm(&truth);
    for parameter in bilevel.graph().parameters() {
        let error = relative_above(&gradient[parameter.range()], &truth[parameter.range()], floor);
        failures.at_most(name, &format!("grad/{}", parameter.name), error, limit);
    }

    let cell_types = bilevel.cell_types().to_vec();
    for (cell_type, (tensor, truth)) in case.for_cell_types("gw", "").into_iter().enumerate() {
        let own = of_type(&cells, &cell_types, cell_type).concat();
        failures.at_most(name, &tensor, relative(&own, &truth.values), limit);
    }

    let alpha = if noise.is_empty() {
        let (weights, architecture) = (WeightsConfig::default(), ArchitectureConfig::default());
        let settings = settings(&weights, &architecture, 0);
        block_on(bilevel.architecture_gradient(&batch, &batch, &settings)).expect("an architecture gradient")
    } else {
        // The noise of a step cannot be given there.
        alpha_gradient(&bilevel.architecture, &cell_types, &cells)
    };
    let mut rest = alpha.as_slice();
    for (tensor, truth) in case.for_cell_types("grad_alphas", "") {
        let (own, others) = rest.split_at(truth.values.len().min(rest.len()));
        rest = others;
        failures.at_most(name, &tensor, relative(own, &truth.values), limit);
    }

    let measures = [(AlignmentMeasure::Cosine, "Lambda_corr"), (AlignmentMeasure::Sign, "Lambda_signcorr")];
    for (measure, scalar) in measures {
        let Some(truth) = case.scalar(&[scalar]) else { continue };
        let alignment = LayerAlignment::measure(measure, &of_type(&cells, &cell_types, 0));
        let value = alignment.map_or(f64::NAN, |alignment| alignment.value);
        failures.at_most(name, scalar, relative(&[value], &[truth]), limit);
    }

    block_on(bilevel.engine().update_running()).expect("statistics");
    let running = [State::RunningMean, State::RunningVariance].map(|state| read(bilevel.engine(), state));
    buffers(case, "buffer/", bilevel.graph().norms(), &running, limit, failures);
    let logits = predict(bilevel.engine(), &batch, &p, &draws);
    failures.at_most(name, "logits_eval", relative(&logits, &case.tensor("logits_eval").values), limit);
}

/// The running statistics that a case stores under `prefix`.
fn buffers(
    case: &Case,
    prefix: &str,
    norms: &[NormName],
    [means, variances]: &[Vec<f64>; 2],
    limit: f64,
    failures: &mut Failures,
) {
    for buffer in case.within(prefix) {
        let (norm, values) = match buffer.rsplit_once('.') {
            Some((norm, "running_mean")) => (norm, means),
            Some((norm, "running_var")) => (norm, variances),
            _ => continue,
        };
        let known = norms.iter().find(|known| known.name == norm);
        let found = known.map_or(&[][..], |norm| &values[norm.offset..norm.offset + norm.channels]);
        // A mean of rounding alone has no relative error; the inputs are of size 1.
        let error = relative_above(found, &case.tensor(&format!("{prefix}{buffer}")).values, 1e-3);
        failures.at_most(&case.name, &format!("{prefix}{buffer}"), error, limit);
    }
}

/// Every operation of a file: output, gradients and running statistics.
fn operations(case: &Case, failures: &mut Failures) {
    const LIMIT: f64 = 1e-4;
    let style = if case.name.contains("nb201") { OperationStyle::NasBench201 } else { OperationStyle::Darts };
    let derived = case.name.ends_with("_eval");
    let mut all: Vec<&str> = case.within("").filter_map(|name| name.split_once('/')).map(|(one, _)| one).collect();
    all.dedup();
    // Blocks before a cell are no candidates; whole networks have them.
    for one in all.into_iter().filter(|one| !one.contains("_to8.")) {
        let map = |part: &str| case.image(&format!("{one}/{part}"));
        let (x, gy, y) = (map("x"), map("gy"), map("y"));
        let (named, stride) = one.rsplit_once(".s").unwrap_or_else(|| panic!("{}: no stride in {one}", case.name));
        let stride: usize = stride.parse().unwrap_or_else(|_| panic!("{}: no stride in {one}", case.name));
        let graph = if named.starts_with("resnet_basicblock") {
            Graph::residual_block(x.shape[1], y.shape[1])
        } else {
            let (named, affine) = named.strip_suffix("_affine").map_or((named, derived), |named| (named, true));
            let operation = serde_json::from_value(json!(named.replace("relu_conv_bn", "nor_conv")));
            let operation = operation.unwrap_or_else(|error| panic!("{}: {one}: {error}", case.name));
            Graph::candidate(operation, x.shape[1], CandidateContext { stride, style, affine })
        };
        let weights = case.vector(graph.parameters(), &format!("{one}/param/"));
        let gradients = case.vector(graph.parameters(), &format!("{one}/grad/"));
        let stored = case.within(&format!("{one}/param/")).count();
        failures.equal(&case.name, &format!("{one}: weights"), &graph.parameters().len(), &stored);
        let run = run_single(&graph, &x, &weights, &gy.single(), &Device::cpu());
        let truth = [(&run.y, y.values), (&run.gx, map("gx").values), (&run.weights, gradients)];
        for ((found, truth), part) in truth.into_iter().zip(["y", "gx", "grad"]) {
            failures.at_most(&case.name, &format!("{one}/{part}"), relative(found, &truth), LIMIT);
        }
        buffers(case, &format!("{one}/buffer/"), graph.norms(), &run.running, LIMIT, failures);
    }
}

/// Checks the logits of DARTS's auxiliary head in both precisions. Its gradients are checked with those of the networks
/// that have it.
fn auxiliary_head(case: &Case, failures: &mut Failures) {
    let (x, gy) = (case.image("x"), case.tensor("gy"));
    let graph = Graph::auxiliary_head(x.shape[1], gy.shape[1]);
    for (device, precision, limit) in [(Device::cpu(), "f32", 1e-4), (Device::cpu_f64(), "f64", 1e-6)] {
        let run = run_head(&graph, case, &x, &device);
        failures.at_most(&case.name, &format!("y ({precision})"), relative(&run, &case.tensor("y").values), limit);
    }
}

/// Runs a graph that ends in a head, and returns its logits.
fn run_head(graph: &Graph, case: &Case, x: &lambda_darts_tests::network::FeatureMap, device: &Device) -> Vec<f64> {
    let mut engine = block_on(lambda_darts::engine::open(graph.clone(), device)).expect("an engine");
    let weights = case.vector(graph.parameters(), "param/");
    lambda_darts_tests::network::write(engine.as_mut(), State::Weights, &weights);
    let images = x.single();
    let draws = draws(graph, x.shape, &[]);
    let labels = vec![0; x.shape[0]];
    let batch = lambda_darts::data::Batch { images, labels, shape: x.shape };
    train(engine.as_mut(), &batch, &[], &draws).output
}

/// The directions and ∂Λ/∂ω of `case` at the inputs of `base`.
fn regularizer(case: &Case, base: &Case, measure: AlignmentMeasure, failures: &mut Failures) {
    let name = case.name.as_str();
    let lambda = case.scalar(&["lambda"]).unwrap_or(f64::NAN);
    let value = case.scalar(&["Lambda"]).or_else(|| case.scalar(&["Lambda_corr"])).unwrap_or(f64::NAN);
    let (batch, noise) = (base.batch("x", "y", None), base.noise());
    let mut nets = [Device::cpu(), Device::cpu_f64()].map(|device| base.bilevel(&device, "", plain(&base.space())));
    let graph = nets[0].graph().clone();
    let (p, draws) = (copies(&graph, &nets[0].architecture), draws(&graph, batch.shape, &noise));
    let cell_types = nets[0].cell_types().to_vec();

    for (net, precision, limit) in [(0, "f32", 1e-4), (1, "f64", 1e-6)] {
        let cells = all_present(&train(nets[net].engine(), &batch, &p, &draws).cells);
        let alignment = LayerAlignment::measure(measure, &of_type(&cells, &cell_types, 0));
        let directions = alignment.map(|alignment| alignment.directions.concat());
        let error = relative(&directions.unwrap_or_default(), &case.tensor("pert").values);
        failures.at_most(name, &format!("pert ({precision})"), error, limit);
    }

    let mut cases = vec![
        (0, Estimator::Frozen, 0.0, "reg_exact".to_owned(), 2e-5),
        (1, Estimator::Frozen, 0.0, "reg_exact".to_owned(), 1e-7),
    ];
    let mut groups: Vec<&str> = case.within("reg_").filter_map(|name| name.split_once('/')).map(|(e, _)| e).collect();
    groups.dedup();
    for group in groups {
        if let Ok(epsilon0) = group.parse::<f64>() {
            cases.push((1, Estimator::Central, epsilon0, format!("reg_{group}"), 1e-3));
        }
    }
    for (net, estimator, epsilon0, group, limit) in cases {
        let what = format!("{group} ({estimator:?}, {epsilon0:.0e}, at most {limit:.0e})");
        let regularizer = Regularizer { measure, estimator, epsilon0, coefficient: -lambda };
        let Some((alignment, added)) = regularizer.run(nets[net].engine(), &batch, &p, &draws) else {
            failures.at_most(name, &what, f64::INFINITY, limit);
            continue;
        };
        failures.at_most(name, &format!("Λ, {what}"), relative(&[alignment], &[value]), 1e-4);
        let truth = case.vector(graph.parameters(), &format!("{group}/"));
        failures.at_most(name, &what, relative(&added, &truth), limit);
    }
}

/// Three bilevel steps in double precision.
fn steps(case: &Case, failures: &mut Failures) {
    const LIMIT: f64 = 1e-3;
    let name = case.name.as_str();
    let staged = name.contains("nb201");
    let mut method = MethodConfig::preset(match measure(name) {
        None => Preset::Darts,
        Some(AlignmentMeasure::Cosine) => Preset::LambdaDarts,
        Some(AlignmentMeasure::Sign) => Preset::LambdaDartsSign,
    });
    if let Some(alignment) = &mut method.alignment {
        (alignment.lambda, alignment.epsilon) = (0.125, 1e-3);
    }
    let weights = WeightsConfig::default();
    let architecture = ArchitectureConfig {
        lr: if staged { 1e-4 } else { 3e-4 },
        order: if staged { Order::WeightsFirst } else { Order::ArchitectureFirst },
        ..ArchitectureConfig::default()
    };
    let order: Vec<String> = case.entry("parameter_order").map_or_else(Vec::new, |order| {
        serde_json::from_value(order.clone()).unwrap_or_else(|error| panic!("{name}: parameter_order: {error}"))
    });
    let method = method.build(&case.space()).expect("a method");
    let mut bilevel = case.bilevel(&Device::cpu_f64(), "_0", method);
    let count = case.tensor("train_x").shape[0];
    for step in 0..count {
        let batch = |part: &str| case.batch(&format!("{part}_x"), &format!("{part}_y"), Some(step));
        let settings = settings(&weights, &architecture, step as u64);
        let report = block_on(bilevel.step(&batch("train"), &batch("valid"), &settings)).expect("a step");
        let (suffix, key) = (format!("_{}", step + 1), format!("step{}", step + 1));

        let alphas = bilevel.architecture.tables.concat().concat();
        failures.at_most(
            name,
            &format!("alphas{suffix}"),
            relative(&alphas, &case.flat_cell_types("alphas", &suffix)),
            LIMIT,
        );
        let error = relative(&report.alpha, &case.flat_cell_types("grad_alphas", &suffix));
        failures.at_most(name, &format!("grad_alphas{suffix}"), error, LIMIT);

        let now = read(bilevel.engine(), State::Weights);
        let norms = order.iter().map(|wanted| {
            let parameter = bilevel.graph().parameters().iter().find(|parameter| &parameter.name == wanted);
            parameter.map_or(f64::NAN, |parameter| norm(&now[parameter.range()]))
        });
        let norms: Vec<f64> = norms.collect();
        let tensor = format!("param_norms{suffix}");
        failures.at_most(name, &tensor, relative(&norms, &case.tensor(&tensor).values), LIMIT);

        let any = |names: &[&str]| {
            let found = names.iter().find_map(|name| case.scalar(&[key.as_str(), name]));
            found.unwrap_or_else(|| panic!("{name}: {key} has none of {names:?}"))
        };
        let mut check = |what: &str, found: f64, truth: f64| {
            failures.at_most(name, &format!("{key}: {what}"), relative(&[found], &[truth]), LIMIT);
        };
        check("loss_train", report.train.loss, any(&["loss_train"]));
        check("norm", report.norms.total, any(&["weights_only_grad_norm", "grad_norm_before_clip"]));
        if let Some(own) = measure(name) {
            // The reference prints the cosine even where it descends the sign.
            let (truth, measure) = match case.scalar(&[key.as_str(), "Lambda_train"]) {
                Some(truth) => (truth, own),
                None => (any(&["corr_train"]), AlignmentMeasure::Cosine),
            };
            let cells = all_present(&report.train.cells);
            let normal = of_type(&cells, bilevel.cell_types(), 0);
            let alignment = LayerAlignment::measure(measure, &normal).map_or(f64::NAN, |alignment| alignment.value);
            check("Λ", alignment, truth);
        }
    }
    let now = read(bilevel.engine(), State::Weights);
    let truth = case.vector(bilevel.graph().parameters(), "final/");
    failures.at_most(name, "final/, all", relative(&now, &truth), LIMIT);
    let floor = 1e-3 * norm(&truth);
    for parameter in bilevel.graph().parameters() {
        let error = relative_above(&now[parameter.range()], &truth[parameter.range()], floor);
        failures.at_most(name, &format!("final/{}", parameter.name), error, LIMIT);
    }
}

/// The unrolled gradient in double precision, without and with momentum.
fn second_order(case: &Case, failures: &mut Failures) {
    let name = case.name.as_str();
    let weights = WeightsConfig::default();
    let architecture = ArchitectureConfig { unrolled: true, ..ArchitectureConfig::default() };
    let settings = settings(&weights, &architecture, 0);
    let [train, valid] = ["train", "valid"].map(|part| case.batch(&format!("{part}_x"), &format!("{part}_y"), None));
    for suffix in ["_A", "_B"] {
        let mut bilevel = case.bilevel(&Device::cpu_f64(), "", plain(&case.space()));
        if suffix == "_B" {
            let momentum = case.vector(bilevel.graph().parameters(), "momentum/");
            lambda_darts_tests::network::write(bilevel.engine(), State::Momentum, &momentum);
        }
        let found = block_on(bilevel.architecture_gradient(&train, &valid, &settings)).expect("a gradient");
        let error = relative(&found, &case.flat_cell_types("dalpha", suffix));
        failures.at_most(name, &format!("dalpha{suffix}"), error, 1e-3);
    }
}

/// A derived network: a training pass, then predictions by the running statistics that it left.
fn derived(case: &Case, device: &Device, limit: f64, failures: &mut Failures) {
    let name = case.name.as_str();
    let mut net = case.derived(device);
    let batch = case.batch("x", "y", None);
    let found = block_on(net.loss_and_gradient(&batch, 0)).expect("a pass");
    failures.at_most(name, "loss", relative(&[found.loss], &[case.scalar(&["loss"]).unwrap_or(f64::NAN)]), limit);
    failures.at_most(name, "logits", relative(&found.logits, &case.tensor("logits").values), limit);
    let gradient = found.gradient.to_f64();
    let truths: Vec<(usize, Vec<f64>, &str)> = net
        .graph()
        .parameters()
        .iter()
        .map(|parameter| {
            // Of large weights, a case may hold the first rows alone.
            let (whole, rows) = (format!("grad/{}", parameter.name), format!("grad_rows/{}", parameter.name));
            let tensor = case.tensor(if case.has(&rows) { &rows } else { &whole });
            (parameter.offset, tensor.values.clone(), parameter.name.as_str())
        })
        .collect();
    let floor = 1e-3 * norm(&truths.iter().flat_map(|(_, values, _)| values.iter().copied()).collect::<Vec<_>>());
    for (offset, truth, weight) in &truths {
        let error = relative_above(&gradient[*offset..offset + truth.len()], truth, floor);
        failures.at_most(name, &format!("grad/{weight}"), error, limit);
    }
    let logits = block_on(net.predict(&batch)).expect("logits");
    failures.at_most(name, "logits_eval", relative(&logits, &case.tensor("logits_eval").values), limit);
}

/// Returns the numbers in a name such as `C16_L8_cls10`.
fn sizes_in(name: &str) -> Vec<usize> {
    name.split('_').filter_map(|part| part.trim_start_matches(char::is_alphabetic).parse().ok()).collect()
}

/// Compares parameters and multiply-adds of a file, to the digit.
fn costs(name: &str, json: &Value, failures: &mut Failures) {
    let space = |name: &str| Space::named(name).expect("a space");
    let mut check = |what: &str, (space, genotype): (Space, Genotype), size: NetworkSize, truth: &Value| {
        let cost = Cost::derived(&space, &genotype, size, [32, 32]).unwrap_or_else(|error| panic!("{what}: {error}"));
        failures.equal(name, &format!("{what}: parameters"), &json!(cost.parameters), &truth["params"]);
        if let Some(multiply_adds) = truth.get("macs_32x32") {
            failures.equal(name, &format!("{what}: multiply-adds"), &json!(cost.multiply_adds), multiply_adds);
        }
        if let Some(parameters) = truth.get("params_with_aux") {
            let graph = Graph::derived(
                &space,
                &genotype,
                size,
                NetworkOptions { auxiliary_weight: Some(0.4), ..NetworkOptions::default() },
            );
            let graph = graph.unwrap_or_else(|error| panic!("{what}: {error}"));
            let what = format!("{what}: parameters with the auxiliary head");
            failures.equal(name, &what, &json!(graph.parameter_count()), parameters);
        }
    };
    let entries = json.as_object().expect("an object");
    for (genotype, sizes) in entries.iter().filter(|(_, entry)| entry.get("genotype").is_some()) {
        let derived = darts_genotype(&sizes["genotype"]);
        for (size, truth) in sizes.as_object().expect("an object").iter().filter(|(key, _)| key.starts_with('C')) {
            let [channels, cells, classes] = sizes_in(size)[..] else { panic!("{name}: {size}") };
            let size = NetworkSize { channels, cells, image_channels: 3, classes };
            check(&format!("{genotype} {channels} {cells}"), (space("darts"), derived.clone()), size, truth);
        }
    }
    for (size, truths) in entries.iter().filter_map(|(key, entry)| Some((key.strip_prefix("nb201_infer_")?, entry))) {
        let [channels, cells] = sizes_in(size)[..] else { panic!("{name}: {size}") };
        let size = NetworkSize { channels, cells, image_channels: 3, classes: 10 };
        for (cell, truth) in truths.as_object().expect("an object") {
            check(cell, (space("nas-bench-201"), Genotype::parse(cell).expect("a genotype")), size, truth);
        }
    }
    for (supernet, truth) in entries.get("search_params").and_then(Value::as_object).into_iter().flatten() {
        let (named, cells) = match supernet.split('_').next() {
            Some("nb201") => ("nas-bench-201", 5),
            Some("s5") => ("darts", 8),
            named => (named.unwrap_or_default(), 8),
        };
        let size = NetworkSize { channels: 16, cells, image_channels: 3, classes: 10 };
        let graph = Graph::supernet(&space(named), size).expect("a supernet");
        failures.equal(name, supernet, &json!(graph.parameter_count()), truth);
    }
}

/// A genotype as the reference's JSON has it.
fn written(genotype: &Genotype) -> Value {
    if let Some(text) = genotype.to_nas_bench_201() {
        return Value::String(text);
    }
    let reads = |cell: &GenotypeCell| -> Vec<Value> {
        cell.nodes.iter().flatten().map(|(operation, from)| json!([operation.name(), from])).collect()
    };
    let mut object = serde_json::Map::new();
    for cell in &genotype.cells {
        object.insert(cell.kind.clone(), Value::Array(reads(cell)));
        object.insert(format!("{}_concat", cell.kind), json!(cell.output));
    }
    Value::Object(object)
}

fn genotypes(case: &Case, failures: &mut Failures) {
    let space = case.space();
    let truths = case.entry("genotypes").and_then(Value::as_array).expect("a list of genotypes");
    let alphas = case.for_cell_types("alphas", "");
    for (at, truth) in truths.iter().enumerate() {
        let tables = alphas.iter().map(|(_, numbers)| {
            let [_, edges, candidates] = numbers.shape[..] else { panic!("{}: shape of the alphas", case.name) };
            let table = &numbers.values[at * edges * candidates..(at + 1) * edges * candidates];
            table.chunks(candidates).map(<[f64]>::to_vec).collect::<Vec<_>>()
        });
        let architecture = Architecture::of_tables(tables.collect());
        failures.equal(&case.name, &format!("genotype {at}"), &written(&architecture.derive(&space)), truth);
    }
}

#[test]
fn golden_ops() {
    each(Kind::Operations, |case, _, failures| operations(case, failures));
}

#[test]
fn golden_search() {
    each(Kind::Search, |case, _, failures| pass(case, &Device::cpu(), 1e-4, failures));
}

#[test]
fn golden_regularizer() {
    each(Kind::Regularizer, |case, read, failures| {
        let Some((stem, _)) = case.name.rsplit_once('_') else { return };
        let base = read(&format!("{stem}_base"));
        regularizer(case, &base, measure(&case.name).unwrap_or_default(), failures);
    });
}

#[test]
fn golden_nb201() {
    each(Kind::NasBench201, |case, _, failures| {
        pass(case, &Device::cpu(), 1e-4, failures);
        regularizer(case, case, AlignmentMeasure::Cosine, failures);
    });
}

#[test]
fn golden_steps() {
    each(Kind::Steps, |case, _, failures| steps(case, failures));
}

#[test]
fn golden_methods() {
    each(Kind::Methods, |case, _, failures| {
        methods::check(case, &Device::cpu(), 1e-4, failures);
        methods::check(case, &Device::cpu_f64(), 1e-6, failures);
    });
}

#[test]
fn golden_second_order() {
    each(Kind::SecondOrder, |case, _, failures| second_order(case, failures));
}

#[test]
fn golden_genotypes() {
    each(Kind::Genotypes, |case, _, failures| genotypes(case, failures));
}

#[test]
fn golden_derived() {
    each(Kind::Derived, |case, _, failures| {
        derived(case, &Device::cpu(), 1e-4, failures);
        derived(case, &Device::cpu_f64(), 1e-6, failures);
    });
}

#[test]
fn golden_auxiliary_head() {
    each(Kind::AuxiliaryHead, |case, _, failures| auxiliary_head(case, failures));
}

#[test]
fn golden_costs() {
    let mut failures = Failures::default();
    for folder in folders() {
        for name in names(&folder).iter().filter(|name| kind(name) == Some(Kind::Costs)) {
            let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("a file");
            costs(name, &serde_json::from_str(&text).expect("JSON"), &mut failures);
        }
    }
    failures.finish();
}

/// Two of the repository's cases on a GPU, by kernels and on tensors: a software driver where there is no other.
/// `cargo xtask test` sees to it.
#[test]
fn golden_on_vulkan() {
    let place = match Device::named("vulkan") {
        Ok(place) => place,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}");
            println!("skipped: {error}");
            return;
        }
    };
    println!("on {}", place.name());
    let mut failures = Failures::default();
    let tensors = place.clone().reference().unwrap();
    for name in ["nb201_c2l1s4", "search_s1_c2l5s0_base"] {
        for place in [&place, &tensors] {
            pass(&Case::read(&own(), name), place, 1e-3, &mut failures);
        }
    }
    failures.finish();
}

/// No file may lie there unread.
#[test]
fn golden_kinds_are_known() {
    let names: Vec<String> = folders().iter().flat_map(|folder| names(folder)).collect();
    let unknown: Vec<_> = names.iter().filter(|name| kind(name).is_none()).collect();
    assert!(unknown.is_empty(), "no test reads {unknown:?}");
}
