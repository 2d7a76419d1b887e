//! Tests of PC-DARTS: the gradients of α and β in its supernet, its state, and settings that it cannot have.

use lambda_darts::device::Device;
use lambda_darts::graph::NetworkSize;
use lambda_darts::method::parts::{PartialChannels, WeightsOnly};
use lambda_darts::method::{MethodConfig, Moment, Preset};
use lambda_darts::search::{ArchitectureConfig, Bilevel, SearchConfig, StepSettings, WeightsConfig};
use lambda_darts::space::Space;
use pollster::block_on;

use crate::bilevel::batch;
use crate::session::{config, start, take};

fn norm(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Sets all α, and then all β.
fn set(bilevel: &mut Bilevel, values: &[f64]) {
    let mut values = values.iter();
    let tables = bilevel.architecture.tables.iter_mut().flatten().flatten();
    tables.zip(values.by_ref()).for_each(|(place, value)| *place = *value);
    bilevel.beta_mut().zip(values).for_each(|(place, value)| *place = *value);
}

/// The gradients of both against two-sided differences of L_val; the channels that pass by have a part in that of β.
#[test]
fn gradients_of_alpha_and_beta_are_those_of_the_loss() {
    const R: f64 = 1e-5;
    let (weights, architecture) = (WeightsConfig::default(), ArchitectureConfig::default());
    let moment = Moment { epoch: 1, epochs: 3, step: 0, seed: 3 };
    let settings = StepSettings { moment, lr: 0.0, weights: &weights, architecture: &architecture };
    let with_skip = r#"{ "name": "pc-darts", "auxiliary_skip": {} }"#;
    for (name, cells, method) in [("nas-bench-201", 1, with_skip), ("s2", 3, r#"{ "name": "pc-darts" }"#)] {
        let space = Space::named(name).expect("a space");
        let size = NetworkSize { channels: 4, cells, image_channels: 1, classes: 3 };
        let config: MethodConfig = serde_json::from_str(method).expect("settings");
        let method = config.build(&space).expect("a method");
        let mut bilevel = block_on(Bilevel::new(&space, size, method, 3, &Device::cpu_f64())).expect("a supernet");
        let of_alpha: usize = bilevel.architecture.tables.iter().flatten().map(Vec::len).sum();
        let count = of_alpha + bilevel.beta().concat().len();
        let here: Vec<f64> = (0_u16..).take(count).map(|at| (f64::from(at) * 2.3).sin()).collect();
        set(&mut bilevel, &here);
        let batch = batch(1.0);
        let found = block_on(bilevel.architecture_gradient(&batch, &batch, &settings)).expect("a gradient");
        let mut loss = |at: usize, by: f64| {
            let mut moved = here.clone();
            moved[at] += by;
            set(&mut bilevel, &moved);
            block_on(bilevel.step(&batch, &batch, &settings)).expect("a step").valid.loss
        };
        let expected: Vec<f64> = (0..count).map(|at| (loss(at, R) - loss(at, -R)) / (2.0 * R)).collect();
        assert_eq!(found.len(), count);
        for range in [0..of_alpha, of_alpha..count] {
            let (found, expected) = (&found[range.clone()], &expected[range]);
            let apart: Vec<f64> = found.iter().zip(expected).map(|(found, expected)| found - expected).collect();
            assert!(norm(expected) > 1e-3, "{name}: {expected:?}");
            assert!(norm(&apart) <= 1e-4 * norm(expected), "{name}: {found:?}, not {expected:?}");
        }
    }
}

fn pc_darts() -> SearchConfig {
    let mut method = MethodConfig::preset(Preset::PcDarts);
    // α and β move from the first epoch on.
    method.weights_only = Some(WeightsOnly { share: 0.0 });
    SearchConfig { method, ..config() }
}

#[test]
fn beta_is_trained_and_part_of_the_state() {
    let mut session = start(&pc_darts());
    let before = session.bilevel().beta().to_vec();
    take(&mut session, 4);
    let tensors = block_on(session.state()).expect("a state").into_tensors();
    let beta = &tensors["betas_normal"];
    assert_eq!((&beta.shape[..], beta.values.len()), (&[6][..], 6));
    // The only edge into the first node has the weight 1 whatever its β is: decay alone moves that.
    assert!(beta.values.iter().zip(&before[0]).skip(1).all(|(after, before)| (after - before).abs() > 1e-6));
    // A tensor of its candidates has a channel of the four.
    assert_eq!(tensors["cells.0.edges.1<-0.2.op.1.weight"].shape, [1, 1, 1, 1]);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let message = |config: &SearchConfig| config.check().expect_err("a refusal").to_string();
    let mut config = pc_darts();
    config.supernet.channels = 6;
    let found = message(&config);
    assert!(
        found.contains("`method.partial_channels.k` must be a divisor of `supernet.channels`, which is 6"),
        "{found}"
    );
    config.set("method.partial_channels.k", "3").expect("a setting");
    config.check().expect("a third of the channels");
    config.measures.curvature = true;
    assert!(message(&config).contains("and `edge_normalization` multiplies it"));

    let mut session = start(&pc_darts());
    take(&mut session, 2);
    for k in [None, Some(2)] {
        let mut other = pc_darts();
        // The preset would bring its parts back.
        other.method.name = Preset::Darts;
        other.method.partial_channels = k.map(|k| PartialChannels { k });
        let refused = session.change(other).expect_err("a refusal").to_string();
        assert!(refused.contains("`method.partial_channels` cannot change"), "{refused}");
    }
}
