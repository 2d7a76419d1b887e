//! Steps of a search by each method, from one start.

use std::collections::BTreeMap;

use lambda_darts::device::Device;
use lambda_darts::engine::State;
use lambda_darts::method::{Method, MethodConfig, Moment, PRESETS, Preset};
use lambda_darts::search::{ArchitectureConfig, Bilevel, Order, StepSettings, WeightsConfig};
use lambda_darts::space::Space;
use pollster::block_on;
use serde_json::Value;

use crate::golden::{Case, Failures, relative};
use crate::network::read;

/// Checks the steps by every method of a case: p, losses, the gradients of α and β, and how far α, β, the weights and
/// those of a policy move. A case on NAS-Bench-201 has all presets.
///
/// # Panics
/// If the case lacks something, or a step fails.
pub fn check(case: &Case, device: &Device, limit: f64, failures: &mut Failures) {
    let methods: BTreeMap<String, MethodConfig> =
        serde_json::from_value(entry(case, "methods")).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    if case.space().name == "nas-bench-201" {
        let names = PRESETS.iter().copied().map(Preset::name);
        let lacking: Vec<&str> = names.filter(|name| !methods.contains_key(*name)).collect();
        failures.equal(&case.name, "presets without steps", &lacking, &Vec::new());
    }
    for (method, config) in &methods {
        let method = method.as_str();
        Comparison { case, method, limit, failures: &mut *failures }.steps(config, device);
    }
}

/// Entry of a case's JSON file.
fn entry(case: &Case, key: &str) -> Value {
    case.entry(key).cloned().unwrap_or_else(|| panic!("{}: no {key}", case.name))
}

/// Moment of the first step of a method: its own, or that of the case.
fn first_moment(case: &Case, method: &str) -> Moment {
    let own = case.entry("moments").and_then(|moments| moments.get(method)).cloned();
    let moment = own.unwrap_or_else(|| entry(case, "moment"));
    let number = |key: &str| moment[key].as_u64().unwrap_or_else(|| panic!("{}: no {key}", case.name));
    let [epoch, epochs] = ["epoch", "epochs"].map(|key| usize::try_from(number(key)).expect("a small number"));
    Moment { epoch, epochs, step: number("step"), seed: number("seed") }
}

/// Settings of a method whose stages go on with the supernet: that of a case is the one of its stage.
fn of_stage(config: &MethodConfig) -> MethodConfig {
    let mut config = config.clone().complete();
    if let Some(stages) = &mut config.candidate_stages {
        stages.depth.clear();
    }
    if let Some(groups) = &mut config.operation_groups {
        groups.new_weights = false;
    }
    config
}

/// Comparison of the steps of one method.
struct Comparison<'a> {
    case: &'a Case,
    method: &'a str,
    limit: f64,
    failures: &'a mut Failures,
}

impl<'a> Comparison<'a> {
    fn steps(mut self, config: &MethodConfig, device: &Device) {
        let (case, space) = (self.case, self.case.space());
        let method = of_stage(config).build(&space).unwrap_or_else(|error| panic!("{}: {error}", self.method));
        let first = first_moment(case, self.method);
        let mut bilevel = self.started(method, &first, device);
        let [weights, theta] = [read(bilevel.engine(), State::Weights), policy(&mut bilevel, "weights")];
        for step in 0..case.tensor("train_x").shape[0] {
            let moment = Moment { step: first.step + step as u64, ..first };
            self.step(&mut bilevel, &space, step, moment);
        }
        let moved = difference(&read(bilevel.engine(), State::Weights), &weights);
        let truth = self.truth("moved");
        self.compare("moved", &first_numbers(case, &bilevel, &moved), truth);
        if self.has("frozen") {
            self.freezing(&mut bilevel);
        }
        if self.has("policy_moved") {
            let moved = difference(&policy(&mut bilevel, "weights"), &theta);
            let [gradient, baseline] = ["gradient", "baseline"].map(|key| policy(&mut bilevel, key));
            self.compare_all([("policy_moved", moved), ("policy_gradient", gradient), ("policy_baseline", baseline)]);
        }
    }

    /// Supernet of the case at a moment: the stage before has ended, and β are those of the case, if it has some.
    fn started(&self, method: Method, moment: &Moment, device: &Device) -> Bilevel {
        let mut bilevel = self.case.bilevel(device, "", method);
        let stage = bilevel.method().stage(moment.epoch, moment.epochs);
        if let Some(epoch) = stage.epochs.start.checked_sub(1) {
            block_on(bilevel.end_stage(&Moment { epoch, ..*moment })).expect("the next stage");
        }
        if self.has("betas") {
            let betas = self.truth("betas");
            assert_eq!(bilevel.beta().concat().len(), betas.len(), "{}: number of β", self.method);
            bilevel.beta_mut().zip(betas).for_each(|(place, value)| *place = *value);
        }
        bilevel
    }

    /// Takes a step and compares what it reads, reports and moves.
    fn step(&mut self, bilevel: &mut Bilevel, space: &Space, step: usize, moment: Moment) {
        let case = self.case;
        let rate = |key: &str| entry(case, key).as_f64().unwrap_or_else(|| panic!("{}: no {key}", case.name));
        let weights = WeightsConfig::default();
        let architecture = ArchitectureConfig {
            lr: rate("architecture_lr"),
            order: Order::WeightsFirst,
            ..ArchitectureConfig::default()
        };
        let settings = StepSettings { moment, lr: rate("lr"), weights: &weights, architecture: &architecture };
        let (before, betas) = (bilevel.architecture.clone(), bilevel.beta().concat());
        let relax = |pass| bilevel.method().relax(&before, space, &moment, pass).p.concat().concat();
        let [trained, asked] = [0, 1].map(relax);
        let batch = |part: &str| case.batch(&format!("{part}_x"), &format!("{part}_y"), Some(step));
        let report = block_on(bilevel.step(&batch("train"), &batch("valid"), &settings));
        let report = report.unwrap_or_else(|error| panic!("{}: {error}", self.method));
        let [before, after] = [&before, &bilevel.architecture].map(|alpha| alpha.tables.concat().concat());
        let (of_alpha, of_beta) = report.alpha.split_at(before.len());
        let mut tensors = vec![
            ("p_weights", trained),
            ("p_architecture", asked),
            ("grad_alphas", of_alpha.to_vec()),
            ("moved_alphas", difference(&after, &before)),
        ];
        if self.has("grad_betas") {
            let moved = difference(&bilevel.beta().concat(), &betas);
            tensors.extend([("grad_betas", of_beta.to_vec()), ("moved_betas", moved)]);
        }
        let count = case.tensor("train_x").shape[0];
        for (tensor, found) in tensors {
            let all = self.truth(tensor);
            let truth = &all[all.len() / count * step..][..all.len() / count];
            self.compare(&format!("{tensor}, step {}", step + 1), &found, truth);
        }
        let scalars = [
            ("loss_train", report.train.loss),
            ("loss_valid", report.valid.loss),
            ("gradient_norm", report.norms.total),
        ];
        let key = format!("step{}", step + 1);
        for (scalar, found) in scalars {
            let truth = case.scalar(&[self.method, key.as_str(), scalar]).unwrap_or(f64::NAN);
            self.compare(&format!("{scalar}, step {}", step + 1), &[found], &[truth]);
        }
    }

    /// Sums of the agreements of the candidates with weights in the windows that are not complete, and which of the
    /// candidates are frozen: a state has them.
    fn freezing(&mut self, bilevel: &mut Bilevel) {
        let state = block_on(bilevel.state()).expect("a state");
        let state = serde_json::to_value(&state).expect("JSON");
        let windows = state["freezing"]["windows"].as_array().expect("windows");
        let sums: Vec<f64> = windows.iter().map(|window| window["sum"].as_f64().unwrap_or(f64::NAN)).collect();
        let is_frozen = |window: &Value| if window["frozen"].as_bool() == Some(true) { 1.0 } else { 0.0 };
        let frozen: Vec<f64> = windows.iter().map(is_frozen).collect();
        self.compare_all([("agreements", sums), ("frozen", frozen)]);
    }

    /// True if the case has a tensor of the method.
    fn has(&self, tensor: &str) -> bool {
        self.case.has(&format!("{}/{tensor}", self.method))
    }

    /// Numbers of a tensor of the method.
    fn truth(&self, tensor: &str) -> &'a [f64] {
        &self.case.tensor(&format!("{}/{tensor}", self.method)).values
    }

    /// Compares whole tensors of the method.
    fn compare_all<const N: usize>(&mut self, tensors: [(&str, Vec<f64>); N]) {
        for (tensor, found) in tensors {
            let truth = self.truth(tensor);
            self.compare(tensor, &found, truth);
        }
    }

    fn compare(&mut self, what: &str, found: &[f64], truth: &[f64]) {
        let what = format!("{}: {what}", self.method);
        self.failures.at_most(&self.case.name, &what, relative(found, truth), self.limit);
    }
}

/// Numbers of a field of the state of the policy; none without one.
fn policy(bilevel: &mut Bilevel, field: &str) -> Vec<f64> {
    let state = block_on(bilevel.state()).expect("a state");
    let state = serde_json::to_value(&state).expect("JSON");
    match &state["policy"][field] {
        Value::Array(numbers) => numbers.iter().filter_map(Value::as_f64).collect(),
        number => number.as_f64().into_iter().collect(),
    }
}

fn difference(after: &[f64], before: &[f64]) -> Vec<f64> {
    after.iter().zip(before).map(|(after, before)| after - before).collect()
}

/// First numbers of each parameter, in the order of the case.
fn first_numbers(case: &Case, bilevel: &Bilevel, vector: &[f64]) -> Vec<f64> {
    let count = usize::try_from(entry(case, "first").as_u64().expect("a count")).expect("a small number");
    let order: Vec<String> = serde_json::from_value(entry(case, "parameter_order")).expect("names");
    let mut numbers = Vec::new();
    for name in &order {
        let parameter = bilevel.graph().parameters().iter().find(|parameter| &parameter.name == name);
        let range = parameter.unwrap_or_else(|| panic!("{}: no parameter {name}", case.name)).range();
        numbers.extend(vector[range].iter().take(count));
    }
    numbers
}
