//! The library against the golden numbers of the official reference, one test a kind of case.

use lambda_darts::alignment::{Alignment, Estimator, Form};
use lambda_darts::derived::Cost;
use lambda_darts::device::Place;
use lambda_darts::ops::SingleOperation;
use lambda_darts::search::{ArchitectureConfig, MethodConfig, MethodName, Order, StepSettings, WeightsConfig};
use lambda_darts::space::{Convention, Genotype, GenotypeCell, Space};
use lambda_darts::supernet::{Architecture, Size, Supernet};
use lambda_darts_tests::golden::{Case, Failures, darts_genotype, folders, names, norm, own, relative, relative_above};
use pollster::block_on;
use serde_json::{Value, json};

/// A kind of case, told by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Search,
    Regularizer,
    NasBench201,
    Steps,
    SecondOrder,
    Genotypes,
    Operations,
    Derived,
    Costs,
    Later,
}

fn kind(name: &str) -> Option<Kind> {
    let begins = |with: &str| name.starts_with(with);
    let ends = |with: &str| name.ends_with(with);
    let kind = if name == "eval_aux_head" {
        Kind::Later
    } else if ends("param_counts") {
        Kind::Costs
    } else if begins("eval_") {
        Kind::Derived
    } else if begins("ops_") {
        Kind::Operations
    } else if begins("search_") && ends("_base") {
        Kind::Search
    } else if begins("search_") && form(name).is_some() {
        Kind::Regularizer
    } else if begins("nb201_") {
        Kind::NasBench201
    } else if begins("steps_") {
        Kind::Steps
    } else if begins("second_order_") {
        Kind::SecondOrder
    } else if begins("genotypes_") {
        Kind::Genotypes
    } else {
        return None;
    };
    Some(kind)
}

fn form(name: &str) -> Option<Form> {
    match name.rsplit('_').next() {
        Some("corr") => Some(Form::Cosine),
        Some("signcorr") => Some(Form::Sign),
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

/// The published settings that all cases share.
fn settings<'a>(
    method: &'a MethodConfig,
    weights: &'a WeightsConfig,
    architecture: &'a ArchitectureConfig,
    step: u64,
) -> StepSettings<'a> {
    StepSettings { step, lr: 0.025, strength: method.strength, method, weights, architecture }
}

/// J(p)ᵀ Σ_l g_l, the gradient for α, from the cells' own gradients.
fn alpha_gradient(architecture: &Architecture, kinds: &[usize], cells: &[Vec<f64>]) -> Vec<f64> {
    let mut gradient = Vec::new();
    for (kind, table) in architecture.probabilities().iter().enumerate() {
        let own: Vec<&Vec<f64>> =
            cells.iter().zip(kinds).filter(|(_, of)| **of == kind).map(|(cell, _)| cell).collect();
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

/// Loss, logits and all gradients in single precision.
fn pass(case: &Case, place: &Place, limit: f64, failures: &mut Failures) {
    let name = case.name.as_str();
    let mut bilevel = case.bilevel(place, "");
    let (batch, noise) = (case.batch("x", "y", None), case.noise());
    let (found, logits, gradient) = block_on(bilevel.gradients(&batch, &noise)).expect("gradients");

    let loss = case.scalar(&["loss"]).unwrap_or(f64::NAN);
    failures.at_most(name, "loss", relative(&[found.loss], &[loss]), limit);
    failures.at_most(name, "logits", relative(&logits, &case.tensor("logits").values), limit);

    let truth = case.vector(bilevel.net.weight_names(), "grad/");
    // A weight whose true gradient is rounding alone has no relative error of its own.
    let floor = 1e-3 * norm(&truth);
    for (weight, shape, offset) in bilevel.net.weight_names() {
        let place = offset..offset + shape.iter().product::<usize>();
        let error = relative_above(&gradient[place.clone()], &truth[place], floor);
        failures.at_most(name, &format!("grad/{weight}"), error, limit);
    }

    let kinds = bilevel.net.cell_kinds();
    let of_kind = |kind: usize| -> Vec<Vec<f64>> {
        found.cells.iter().zip(kinds).filter(|(_, of)| **of == kind).map(|(cell, _)| cell.clone()).collect()
    };
    for (kind, (tensor, truth)) in case.for_kinds("gw", "").into_iter().enumerate() {
        failures.at_most(name, &tensor, relative(&of_kind(kind).concat(), &truth.values), limit);
    }

    let alpha = if noise.is_empty() {
        let (method, weights) = (MethodConfig::default(), WeightsConfig::default());
        let architecture = ArchitectureConfig::default();
        let settings = settings(&method, &weights, &architecture, 0);
        block_on(bilevel.architecture_gradient(&batch, &batch, &settings)).expect("an architecture gradient")
    } else {
        // The noise of a step cannot be given there.
        alpha_gradient(&bilevel.architecture, kinds, &found.cells)
    };
    let mut rest = alpha.as_slice();
    for (tensor, truth) in case.for_kinds("grad_alphas", "") {
        let (own, others) = rest.split_at(truth.values.len().min(rest.len()));
        rest = others;
        failures.at_most(name, &tensor, relative(own, &truth.values), limit);
    }

    for (form, scalar) in [(Form::Cosine, "Lambda_corr"), (Form::Sign, "Lambda_signcorr")] {
        let Some(truth) = case.scalar(&[scalar]) else { continue };
        let value = Alignment::of(form, &of_kind(0)).map_or(f64::NAN, |alignment| alignment.value);
        failures.at_most(name, scalar, relative(&[value], &[truth]), limit);
    }

    pollster::block_on(bilevel.recalibrate(&batch, &noise)).unwrap();
    let running = block_on(bilevel.net.running()).expect("running statistics");
    let places = bilevel.net.norm_names().map(|(norm, place)| (norm.to_owned(), place));
    buffers(case, "buffer/", &places.collect::<Vec<_>>(), &running, limit, failures);
    let logits = block_on(bilevel.predict(&batch, &noise)).expect("logits");
    failures.at_most(name, "logits_eval", relative(&logits, &case.tensor("logits_eval").values), limit);
}

/// The running statistics that a case stores under `prefix`.
fn buffers(
    case: &Case,
    prefix: &str,
    norms: &[(String, std::ops::Range<usize>)],
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
        let found = norms.iter().find(|(name, _)| name == norm).map_or(&[][..], |(_, place)| &values[place.clone()]);
        // A mean of rounding alone has no relative error; the inputs are of size 1.
        let error = relative_above(found, &case.tensor(&format!("{prefix}{buffer}")).values, 1e-3);
        failures.at_most(&case.name, &format!("{prefix}{buffer}"), error, limit);
    }
}

/// Every operation of a file: output, gradients and running statistics.
fn operations(case: &Case, failures: &mut Failures) {
    const LIMIT: f64 = 1e-4;
    let convention = if case.name.contains("nb201") { Convention::NasBench201 } else { Convention::Darts };
    let derived = case.name.ends_with("_eval");
    let mut all: Vec<&str> = case.within("").filter_map(|name| name.split_once('/')).map(|(one, _)| one).collect();
    all.dedup();
    // What stands before a cell is no candidate; whole networks have it.
    for one in all.into_iter().filter(|one| !one.contains("_to8.")) {
        let image = |part: &str| case.image(&format!("{one}/{part}"));
        let (x, gy, y) = (image("x"), image("gy"), image("y"));
        let (named, stride) = one.rsplit_once(".s").unwrap_or_else(|| panic!("{}: no stride in {one}", case.name));
        let stride: usize = stride.parse().unwrap_or_else(|_| panic!("{}: no stride in {one}", case.name));
        let operation = if named.starts_with("resnet_basicblock") {
            SingleOperation::residual([x.shape[1], y.shape[1]])
        } else {
            let (named, affine) = named.strip_suffix("_affine").map_or((named, derived), |named| (named, true));
            let operation = serde_json::from_value(json!(named.replace("relu_conv_bn", "nor_conv")));
            let operation = operation.unwrap_or_else(|error| panic!("{}: {one}: {error}", case.name));
            SingleOperation::candidate(operation, x.shape[1], stride, convention, affine)
        };
        let mut weights = Vec::new();
        let mut gradients = Vec::new();
        for (weight, shape, _) in operation.weight_names() {
            let numbers = case.tensor(&format!("{one}/param/{weight}"));
            assert_eq!(numbers.shape, shape, "{}: {one}/param/{weight}", case.name);
            weights.extend(&numbers.values);
            gradients.extend(&case.tensor(&format!("{one}/grad/{weight}")).values);
        }
        let stored = case.within(&format!("{one}/param/")).count();
        failures.equal(&case.name, &format!("{one}: weights"), &operation.weight_names().count(), &stored);
        let run = block_on(operation.run(&x, &weights, &gy, &Place::cpu())).expect("a run");
        failures.equal(&case.name, &format!("{one}/y, shape"), &run.y.shape, &y.shape);
        let truth = [(&run.y.values, y.values), (&run.gx, image("gx").values), (&run.weights, gradients)];
        for ((found, truth), part) in truth.into_iter().zip(["y", "gx", "grad"]) {
            failures.at_most(&case.name, &format!("{one}/{part}"), relative(found, &truth), LIMIT);
        }
        let norms: Vec<_> = operation.norm_names().map(|(norm, place)| (norm.to_owned(), place)).collect();
        buffers(case, &format!("{one}/buffer/"), &norms, &run.running, LIMIT, failures);
    }
}

/// The directions and ∂Λ/∂ω of `case` at the inputs of `base`.
fn regularizer(case: &Case, base: &Case, form: Form, failures: &mut Failures) {
    let name = case.name.as_str();
    let strength = case.scalar(&["lambda"]).unwrap_or(f64::NAN);
    let value = case.scalar(&["Lambda"]).or_else(|| case.scalar(&["Lambda_corr"])).unwrap_or(f64::NAN);
    let (batch, noise) = (base.batch("x", "y", None), base.noise());
    let [single, double] = [Place::cpu(), Place::cpu_f64()].map(|place| base.bilevel(&place, ""));

    for (bilevel, precision, limit) in [(&single, "f32", 1e-4), (&double, "f64", 1e-6)] {
        let (found, ..) = block_on(bilevel.gradients(&batch, &noise)).expect("gradients");
        let cells = found.cells.into_iter().zip(bilevel.net.cell_kinds()).filter(|(_, kind)| **kind == 0);
        let cells: Vec<Vec<f64>> = cells.map(|(cell, _)| cell).collect();
        let directions = Alignment::of(form, &cells).map(|alignment| alignment.directions.concat());
        let error = relative(&directions.unwrap_or_default(), &case.tensor("pert").values);
        failures.at_most(name, &format!("pert ({precision})"), error, limit);
    }

    let mut cases = vec![
        (&single, Estimator::Frozen, 1e-2, "reg_exact".to_owned(), 2e-5),
        (&double, Estimator::Frozen, 1e-3, "reg_exact".to_owned(), 1e-7),
    ];
    let mut groups: Vec<&str> = case.within("reg_").filter_map(|name| name.split_once('/')).map(|(e, _)| e).collect();
    groups.dedup();
    for group in groups {
        if let Ok(epsilon0) = group.parse::<f64>() {
            cases.push((&double, Estimator::Central, epsilon0, format!("reg_{group}"), 1e-3));
        }
    }
    for (bilevel, estimator, epsilon0, group, limit) in cases {
        let what = format!("{group} ({estimator:?}, {epsilon0:.0e}, at most {limit:.0e})");
        let found = block_on(bilevel.regularizer(&batch, form, estimator, epsilon0, &noise)).expect("a regularizer");
        let Some((lambda, gradient)) = found else {
            failures.at_most(name, &what, f64::INFINITY, limit);
            continue;
        };
        let added: Vec<f64> = gradient.iter().map(|slope| -strength * slope).collect();
        failures.at_most(name, &format!("Λ, {what}"), relative(&[lambda], &[value]), 1e-4);
        let truth = case.vector(bilevel.net.weight_names(), &format!("{group}/"));
        failures.at_most(name, &what, relative(&added, &truth), limit);
    }
}

/// Three bilevel steps in double precision.
fn steps(case: &Case, failures: &mut Failures) {
    const LIMIT: f64 = 1e-3;
    let name = case.name.as_str();
    let staged = name.contains("nb201");
    let method = MethodConfig {
        name: match form(name) {
            None => MethodName::Darts,
            Some(Form::Cosine) => MethodName::LambdaDarts,
            Some(Form::Sign) => MethodName::LambdaDartsSign,
        },
        strength: 0.125,
        epsilon: 1e-3,
        estimator: Estimator::Central,
        ..MethodConfig::default()
    };
    let weights = WeightsConfig::default();
    let architecture = ArchitectureConfig {
        lr: if staged { 1e-4 } else { 3e-4 },
        order: if staged { Order::WeightsFirst } else { Order::ArchitectureFirst },
        ..ArchitectureConfig::default()
    };
    let order: Vec<String> = case.entry("parameter_order").map_or_else(Vec::new, |order| {
        serde_json::from_value(order.clone()).unwrap_or_else(|error| panic!("{name}: parameter_order: {error}"))
    });
    let mut bilevel = case.bilevel(&Place::cpu_f64(), "_0");
    let count = case.tensor("train_x").shape[0];
    for step in 0..count {
        let batch = |part: &str| case.batch(&format!("{part}_x"), &format!("{part}_y"), Some(step));
        let settings = settings(&method, &weights, &architecture, step as u64);
        let report = block_on(bilevel.step(&batch("train"), &batch("valid"), &settings)).expect("a step");
        let (suffix, key) = (format!("_{}", step + 1), format!("step{}", step + 1));

        let alphas = bilevel.architecture.tables.concat().concat();
        failures.at_most(
            name,
            &format!("alphas{suffix}"),
            relative(&alphas, &case.flat_kinds("alphas", &suffix)),
            LIMIT,
        );
        let error = relative(&report.alpha, &case.flat_kinds("grad_alphas", &suffix));
        failures.at_most(name, &format!("grad_alphas{suffix}"), error, LIMIT);

        let now = block_on(bilevel.weights()).expect("the weights");
        let norms = order.iter().map(|wanted| {
            let slot = bilevel.net.weight_names().find(|(weight, ..)| weight == wanted);
            slot.map_or(f64::NAN, |(_, shape, at)| norm(&now[at..at + shape.iter().product::<usize>()]))
        });
        let norms: Vec<f64> = norms.collect();
        let tensor = format!("param_norms{suffix}");
        failures.at_most(name, &tensor, relative(&norms, &case.tensor(&tensor).values), LIMIT);

        let loss = case.scalar(&[key.as_str(), "loss_train"]);
        let size = case.scalar(&[key.as_str(), "weights_only_grad_norm"]);
        let size = size.or_else(|| case.scalar(&[key.as_str(), "grad_norm_before_clip"]));
        for (what, found, truth) in [("loss_train", report.train.loss, loss), ("norm", report.gradient_norm, size)] {
            if let Some(truth) = truth {
                failures.at_most(name, &format!("{key}: {what}"), relative(&[found], &[truth]), LIMIT);
            }
        }
    }
    let now = block_on(bilevel.weights()).expect("the weights");
    let truth = case.vector(bilevel.net.weight_names(), "final/");
    failures.at_most(name, "final/, all", relative(&now, &truth), LIMIT);
    let floor = 1e-3 * norm(&truth);
    for (weight, shape, offset) in bilevel.net.weight_names() {
        let place = offset..offset + shape.iter().product::<usize>();
        let error = relative_above(&now[place.clone()], &truth[place], floor);
        failures.at_most(name, &format!("final/{weight}"), error, LIMIT);
    }
}

/// The unrolled gradient in double precision, without and with momentum.
fn second_order(case: &Case, failures: &mut Failures) {
    let name = case.name.as_str();
    let (method, weights) = (MethodConfig::default(), WeightsConfig::default());
    let architecture = ArchitectureConfig { unrolled: true, ..ArchitectureConfig::default() };
    let settings = settings(&method, &weights, &architecture, 0);
    let [train, valid] = ["train", "valid"].map(|part| case.batch(&format!("{part}_x"), &format!("{part}_y"), None));
    for suffix in ["_A", "_B"] {
        let mut bilevel = case.bilevel(&Place::cpu_f64(), "");
        if suffix == "_B" {
            let momentum = case.vector(bilevel.net.weight_names(), "momentum/");
            bilevel.set_momentum(momentum).expect("the momentum's number");
        }
        let found = block_on(bilevel.architecture_gradient(&train, &valid, &settings)).expect("a gradient");
        let error = relative(&found, &case.flat_kinds("dalpha", suffix));
        failures.at_most(name, &format!("dalpha{suffix}"), error, 1e-3);
    }
}

/// A derived network: a training pass, then predictions by the running statistics that it left.
fn derived(case: &Case, place: &Place, limit: f64, failures: &mut Failures) {
    let name = case.name.as_str();
    let mut net = case.derived(place);
    let batch = case.batch("x", "y", None);
    let found = block_on(net.train(&batch, 0)).expect("a pass");
    failures.at_most(name, "loss", relative(&[found.loss], &[case.scalar(&["loss"]).unwrap_or(f64::NAN)]), limit);
    failures.at_most(name, "logits", relative(&found.logits, &case.tensor("logits").values), limit);
    let truth = case.vector(net.weight_names(), "grad/");
    let floor = 1e-3 * norm(&truth);
    for (weight, shape, offset) in net.weight_names() {
        let place = offset..offset + shape.iter().product::<usize>();
        let error = relative_above(&found.gradient[place.clone()], &truth[place], floor);
        failures.at_most(name, &format!("grad/{weight}"), error, limit);
    }
    let logits = block_on(net.predict(&batch)).expect("logits");
    failures.at_most(name, "logits_eval", relative(&logits, &case.tensor("logits_eval").values), limit);
}

/// Parameters and multiply-adds of a file, to the digit.
fn costs(name: &str, json: &Value, failures: &mut Failures) {
    let space = |name: &str| Space::named(name).expect("a space");
    let mut check = |what: &str, (space, genotype): (Space, Genotype), size: Size, truth: &Value| {
        let cost = Cost::of(&space, &genotype, size, [32, 32]).unwrap_or_else(|error| panic!("{what}: {error}"));
        failures.equal(name, &format!("{what}: parameters"), &json!(cost.parameters), &truth["params"]);
        if let Some(multiply_adds) = truth.get("macs_32x32") {
            failures.equal(name, &format!("{what}: multiply-adds"), &json!(cost.multiply_adds), multiply_adds);
        }
    };
    let entries = json.as_object().expect("an object");
    for (genotype, sizes) in entries.iter().filter(|(_, entry)| entry.get("genotype").is_some()) {
        let derived = darts_genotype(&sizes["genotype"]);
        for (size, truth) in sizes.as_object().expect("an object").iter().filter(|(key, _)| key.starts_with('C')) {
            let numbers: Vec<usize> =
                size.split('_').filter_map(|part| part.trim_start_matches(char::is_alphabetic).parse().ok()).collect();
            let [channels, cells, classes] = numbers[..] else { panic!("{name}: {size}") };
            let size = Size { channels, cells, image_channels: 3, classes };
            check(&format!("{genotype} {channels} {cells}"), (space("darts"), derived.clone()), size, truth);
        }
    }
    for (cell, truth) in entries.get("nb201_infer_C16_N5").and_then(Value::as_object).into_iter().flatten() {
        let space = space("nas-bench-201");
        let size = Size::published(space.layout, 3, 10);
        check(cell, (space, Genotype::parse(cell).expect("a genotype")), size, truth);
    }
    for (supernet, truth) in entries.get("search_params").and_then(Value::as_object).into_iter().flatten() {
        let (named, cells) = match supernet.split('_').next() {
            Some("nb201") => ("nas-bench-201", 5),
            Some("s5") => ("darts", 8),
            named => (named.unwrap_or_default(), 8),
        };
        let size = Size { channels: 16, cells, image_channels: 3, classes: 10 };
        let net = Supernet::new(&space(named), size, 0, &Place::cpu()).expect("a supernet");
        failures.equal(name, supernet, &json!(net.weight_count()), truth);
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
    let alphas = case.for_kinds("alphas", "");
    for (at, truth) in truths.iter().enumerate() {
        let tables = alphas.iter().map(|(_, numbers)| {
            let [_, edges, candidates] = numbers.shape[..] else { panic!("{}: shape of the alphas", case.name) };
            let table = &numbers.values[at * edges * candidates..(at + 1) * edges * candidates];
            table.chunks(candidates).map(<[f64]>::to_vec).collect::<Vec<_>>()
        });
        let architecture = Architecture { tables: tables.collect() };
        failures.equal(&case.name, &format!("genotype {at}"), &written(&architecture.derive(&space)), truth);
    }
}

#[test]
fn golden_ops() {
    each(Kind::Operations, |case, _, failures| operations(case, failures));
}

#[test]
fn golden_search() {
    each(Kind::Search, |case, _, failures| pass(case, &Place::cpu(), 1e-4, failures));
}

#[test]
fn golden_regularizer() {
    each(Kind::Regularizer, |case, read, failures| {
        let Some((stem, _)) = case.name.rsplit_once('_') else { return };
        let base = read(&format!("{stem}_base"));
        regularizer(case, &base, form(&case.name).unwrap_or_default(), failures);
    });
}

#[test]
fn golden_nb201() {
    each(Kind::NasBench201, |case, _, failures| {
        pass(case, &Place::cpu(), 1e-4, failures);
        regularizer(case, case, Form::Cosine, failures);
    });
}

#[test]
fn golden_steps() {
    each(Kind::Steps, |case, _, failures| steps(case, failures));
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
        derived(case, &Place::cpu(), 1e-4, failures);
        derived(case, &Place::cpu_f64(), 1e-6, failures);
    });
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
    let place = match Place::named("vulkan") {
        Ok(place) => place,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}");
            println!("skipped: {error}");
            return;
        }
    };
    println!("on {}", place.name());
    let mut failures = Failures::default();
    let tensors = place.clone().without_kernels().unwrap();
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
    let later: Vec<_> = names.iter().filter(|name| kind(name) == Some(Kind::Later)).collect();
    println!("left for later: {later:?}");
    let unknown: Vec<_> = names.iter().filter(|name| kind(name).is_none()).collect();
    assert!(unknown.is_empty(), "no test reads {unknown:?}");
}
