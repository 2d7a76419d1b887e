//! A test of the steps of a training against arithmetic by hand: clipping, decay and both kinds of momentum.

use lambda_darts::data::TrainingBatches;
use lambda_darts::device::Device;
use lambda_darts::engine::{Numbers, State};
use lambda_darts::training::{DerivedNetwork, EventKind};
use pollster::block_on;

use crate::{CELL, config, data, start, state, take, vector};

/// Checks that two vectors are equal but for rounding in double precision.
fn close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let most = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(most < 1e-10, "{what}: {most:e} apart");
}

#[test]
fn steps_are_those_by_hand() {
    const LR: f64 = 0.1;
    const MOMENTUM: f64 = 0.8;
    const DECAY: f64 = 1e-2;
    let device = Device::cpu_f64();
    for (nesterov, clip) in [(true, 0.1), (false, 0.1), (true, 0.0)] {
        let mut config = config("nas-bench-201", CELL);
        (config.weights.lr, config.weights.momentum, config.weights.decay) = (LR, MOMENTUM, DECAY);
        (config.weights.nesterov, config.weights.clip) = (nesterov, clip);
        let mut training = start(&config, &device);
        assert!(matches!(take(&mut training, 1)[..], [EventKind::TrainingStart { .. }]));

        let space = config.network_space().expect("a space");
        let (size, options) = (config.network_size(1, 10), config.network_options());
        let net = DerivedNetwork::new(&space, &config.genotype, size, options, config.seed, &device);
        let mut net = block_on(net).expect("a network");
        let mut batches = TrainingBatches::new(data(&config), config.batch, config.seed).expect("batches");
        let mut momentum = vec![0.0; net.graph().parameter_count()];
        for step in 0..3_u8 {
            let what = format!("step {step}, nesterov {nesterov}, clip {clip}");
            let batch = batches.batch(0, step.into());
            let found = block_on(net.loss_and_gradient(&batch, step.into())).expect("a pass");
            let gradient = found.gradient.to_f64();
            let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
            assert!(norm > 2.0 * clip, "{what}: a gradient of norm {norm} is not clipped");
            let scale = if clip > 0.0 { clip / (norm + 1e-6) } else { 1.0 };
            let mut weights = block_on(net.engine().read(State::Weights)).expect("weights").to_f64();
            for ((weight, momentum), g) in weights.iter_mut().zip(&mut momentum).zip(&gradient) {
                let d = scale * g + DECAY * *weight;
                *momentum = MOMENTUM * *momentum + d;
                *weight -= LR * if nesterov { d + MOMENTUM * *momentum } else { *momentum };
            }
            let written = Numbers::Double(weights.clone());
            block_on(net.engine().write(State::Weights, &written)).expect("weights");

            let [EventKind::TrainingStep(event)] = take(&mut training, 1)[..] else { panic!("{what}: no step") };
            close(&[event.train_loss, event.gradient_norm], &[found.loss, norm], &what);
            let state = state(&mut training);
            close(&vector(&state, net.graph(), ""), &weights, &format!("weights of {what}"));
            close(&vector(&state, net.graph(), "momentum."), &momentum, &format!("momentum of {what}"));
        }
    }
}
