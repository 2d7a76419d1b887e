//! Tests of the loss with smoothed labels and an auxiliary head, against arithmetic by hand.

use lambda_darts::data::{Batch, TrainingBatches};
use lambda_darts::device::Device;
use lambda_darts::engine::{Numbers, State};
use lambda_darts::training::{DerivedNetwork, EventKind, TrainingConfig};
use pollster::block_on;

use crate::{DARTS, config, data, start, take};

const WEIGHT: f64 = 0.4;
const SMOOTHING: f64 = 0.1;

/// Settings of a network with an auxiliary head, which needs images of 32 pixels.
fn settings() -> TrainingConfig {
    let mut config = config("darts", DARTS);
    (config.batch, config.network.cells, config.data.size) = (8, 3, Some(32));
    (config.network.auxiliary_weight, config.network.label_smoothing) = (WEIGHT, SMOOTHING);
    config
}

/// Returns the network of the settings for three classes, or ten as the digits have.
fn network(config: &TrainingConfig, classes: usize, device: &Device) -> DerivedNetwork {
    let space = config.network_space().expect("a space");
    let (size, options) = (config.network_size(1, classes), config.network_options());
    block_on(DerivedNetwork::new(&space, &config.genotype, size, options, config.seed, device)).expect("a network")
}

/// Returns the mean cross-entropy of logits with smoothed labels, and its gradient with respect to a bias of them all.
fn cross_entropy(logits: &[f64], labels: &[i64]) -> (f64, [f64; 3]) {
    let (mut loss, mut gradient) = (0.0, [0.0; 3]);
    for (logits, &label) in logits.chunks(3).zip(labels) {
        let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
        for (class, logit) in (0..).zip(logits) {
            let of_label = if class == label { 1.0 - SMOOTHING } else { 0.0 };
            let target = of_label + SMOOTHING / 3.0;
            loss -= target * (logit.exp() / sum).ln() / 4.0;
            gradient[usize::try_from(class).expect("a class")] += (logit.exp() / sum - target) / 4.0;
        }
    }
    (loss, gradient)
}

#[test]
fn the_loss_is_that_by_hand() {
    const BIAS: [f64; 3] = [0.3, -0.2, 0.5];
    let mut net = network(&settings(), 3, &Device::cpu_f64());
    let range = |net: &DerivedNetwork, name: &str| {
        let parameter = net.graph().parameters().iter().find(|parameter| parameter.name == name);
        parameter.unwrap_or_else(|| panic!("no parameter {name}")).range()
    };
    // The logits of the auxiliary head become known: those of its bias.
    let mut weights = block_on(net.engine().read(State::Weights)).expect("weights").to_f64();
    weights[range(&net, "auxiliary_head.classifier.weight")].fill(0.0);
    let bias = range(&net, "auxiliary_head.classifier.bias");
    weights[bias.clone()].copy_from_slice(&BIAS);
    block_on(net.engine().write(State::Weights, &Numbers::Double(weights))).expect("weights");

    let images = (0_u16..).take(4 * 32 * 32).map(|i| (f32::from(i) * 0.37).sin()).collect();
    let batch = Batch { images, labels: vec![2, 0, 1, 2], shape: [4, 1, 32, 32] };
    let found = block_on(net.loss_and_gradient(&batch, 0)).expect("a pass");
    let (own, own_gradient) = cross_entropy(&found.logits, &batch.labels);
    let (auxiliary, auxiliary_gradient) = cross_entropy(&BIAS.repeat(4), &batch.labels);
    let loss = own + WEIGHT * auxiliary;
    assert!((found.loss - loss).abs() < 1e-12, "{}, should be {loss}", found.loss);
    let gradient = found.gradient.to_f64();
    let own_bias = range(&net, "classifier.bias");
    for (found, expected) in
        [(&gradient[own_bias], own_gradient), (&gradient[bias], auxiliary_gradient.map(|slope| WEIGHT * slope))]
    {
        let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart < 1e-12, "{found:?}, should be {expected:?}");
    }
}

/// The loss of a step is that of the network with its auxiliary head, on the batch of the step.
#[test]
fn a_training_descends_this_loss() {
    let config = settings();
    let events = take(&mut start(&config, &Device::cpu()), 2);
    let [EventKind::TrainingStart { weights, .. }, EventKind::TrainingStep(step)] = &events[..] else {
        panic!("no step: {events:?}")
    };
    let mut net = network(&config, 10, &Device::cpu());
    assert_eq!(*weights, net.graph().parameter_count());
    let mut batches = TrainingBatches::new(data(&config), config.batch, config.seed).expect("batches");
    let found = block_on(net.loss_and_gradient(&batches.batch(0, 0), 0)).expect("a pass");
    assert_eq!(step.train_loss.to_bits(), found.loss.to_bits(), "{}, should be {}", step.train_loss, found.loss);
}
