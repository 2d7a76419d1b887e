//! Steps of a search by each method, from one start.

use std::collections::BTreeMap;

use lambda_darts::device::Device;
use lambda_darts::engine::State;
use lambda_darts::method::{MethodConfig, Moment, PRESETS, Preset};
use lambda_darts::search::{ArchitectureConfig, Bilevel, Order, StepSettings, WeightsConfig};
use pollster::block_on;
use serde_json::Value;

use crate::golden::{Case, Failures, relative};
use crate::network::read;

/// Checks the steps by every method of a case: p, losses, the gradient of α, and how far α and the weights move.
///
/// # Panics
/// If the case lacks something, or a step fails.
pub fn check(case: &Case, device: &Device, limit: f64, failures: &mut Failures) {
    let methods: BTreeMap<String, MethodConfig> =
        serde_json::from_value(entry(case, "methods")).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    let names = PRESETS.iter().copied().map(Preset::name);
    let lacking: Vec<&str> = names.filter(|name| !methods.contains_key(*name)).collect();
    failures.equal(&case.name, "presets without steps", &lacking, &Vec::new());
    for (method, config) in &methods {
        let method = method.as_str();
        Comparison { case, method, limit, failures: &mut *failures }.steps(config, device);
    }
}

/// Entry of a case's JSON file.
fn entry(case: &Case, key: &str) -> Value {
    case.entry(key).cloned().unwrap_or_else(|| panic!("{}: no {key}", case.name))
}

/// Moment of a case's first step.
fn first_moment(case: &Case) -> Moment {
    let moment = entry(case, "moment");
    let number = |key: &str| moment[key].as_u64().unwrap_or_else(|| panic!("{}: no {key}", case.name));
    let [epoch, epochs] = ["epoch", "epochs"].map(|key| usize::try_from(number(key)).expect("a small number"));
    Moment { epoch, epochs, step: number("step"), seed: number("seed") }
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
        let method = config.build(&space).unwrap_or_else(|error| panic!("{}: {error}", self.method));
        let mut bilevel = case.bilevel(device, "", method.clone());
        let start = read(bilevel.engine(), State::Weights);
        let rate = |key: &str| entry(case, key).as_f64().unwrap_or_else(|| panic!("{}: no {key}", case.name));
        let weights = WeightsConfig::default();
        let architecture = ArchitectureConfig {
            lr: rate("architecture_lr"),
            order: Order::WeightsFirst,
            ..ArchitectureConfig::default()
        };
        let (first, count) = (first_moment(case), case.tensor("train_x").shape[0]);
        for step in 0..count {
            let moment = Moment { step: first.step + step as u64, ..first };
            let settings = StepSettings { moment, lr: rate("lr"), weights: &weights, architecture: &architecture };
            let before = bilevel.architecture.clone();
            let [trained, asked] = [0, 1].map(|pass| method.relax(&before, &space, &moment, pass).p.concat().concat());
            let batch = |part: &str| case.batch(&format!("{part}_x"), &format!("{part}_y"), Some(step));
            let report = block_on(bilevel.step(&batch("train"), &batch("valid"), &settings));
            let report = report.unwrap_or_else(|error| panic!("{}: {error}", self.method));
            let [before, after] = [&before, &bilevel.architecture].map(|alpha| alpha.tables.concat().concat());
            let tensors = [
                ("p_weights", trained),
                ("p_architecture", asked),
                ("grad_alphas", report.alpha),
                ("moved_alphas", difference(&after, &before)),
            ];
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
        let moved = difference(&read(bilevel.engine(), State::Weights), &start);
        let truth = self.truth("moved");
        self.compare("moved", &first_numbers(case, &bilevel, &moved), truth);
        if case.has(&format!("{}/frozen", self.method)) {
            self.freezing(&mut bilevel);
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
        for (tensor, found) in [("agreements", sums), ("frozen", frozen)] {
            let truth = self.truth(tensor);
            self.compare(tensor, &found, truth);
        }
    }

    /// Numbers of a tensor of the method.
    fn truth(&self, tensor: &str) -> &'a [f64] {
        &self.case.tensor(&format!("{}/{tensor}", self.method)).values
    }

    fn compare(&mut self, what: &str, found: &[f64], truth: &[f64]) {
        let what = format!("{}: {what}", self.method);
        self.failures.at_most(&self.case.name, &what, relative(found, truth), self.limit);
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
