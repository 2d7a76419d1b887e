//! Tests of the session: its configuration determines it, and from a saved state it goes on as if it had never stopped.

use lambda_darts::data::Batch;
use lambda_darts::device::Device;
use lambda_darts::training::{EventKind, SessionError, Trained, Training, TrainingConfig, TrainingEpochEvent};
use pollster::block_on;

use crate::{CELL, config, data, start, state, take};

/// Settings under which all is drawn that a training can draw.
fn drawn() -> TrainingConfig {
    let mut config = config("nas-bench-201", CELL);
    for (path, value) in [("network.drop_path", "0.3"), ("data.cutout", "2"), ("data.augment", "published")] {
        config.set(path, value).expect("a setting");
    }
    config
}

fn last_epoch(events: &[EventKind]) -> TrainingEpochEvent {
    let epoch = events.iter().rev().find_map(|event| match event {
        EventKind::TrainingEpoch(epoch) => Some(*epoch),
        _ => None,
    });
    epoch.expect("an epoch")
}

#[test]
fn one_seed_gives_one_training_and_another_a_different_one() {
    let run = |config: &TrainingConfig| {
        let mut training = start(config, &Device::cpu());
        let events = take(&mut training, usize::MAX);
        (events, state(&mut training))
    };
    let mut config = drawn();
    let first = run(&config);
    assert!(matches!(first.0[..], [EventKind::TrainingStart { .. }, .., EventKind::TrainingEnd { .. }]));
    assert!(first == run(&config), "one seed gives the same bits");
    config.seed += 1;
    assert_ne!(last_epoch(&first.0), last_epoch(&run(&config).0));
}

#[test]
fn a_restored_training_goes_on_exactly() {
    let config = drawn();
    let mut whole = start(&config, &Device::cpu());
    let events = take(&mut whole, usize::MAX);
    // The start, an epoch and two steps: the middle of an epoch, where momentum and sums are not zero.
    let count = events.iter().position(|event| matches!(event, EventKind::TrainingEpoch(_))).expect("an epoch") + 3;
    let mut training = start(&config, &Device::cpu());
    assert_eq!(take(&mut training, count), events[..count]);
    let middle = block_on(training.state()).expect("a state");
    let saved = state(&mut training);
    drop(training);
    let mut restored = block_on(Training::restore(middle, data(&config), &Device::cpu())).expect("a training");
    assert!(state(&mut restored) == saved, "the state is the one that was saved");
    assert_eq!(take(&mut restored, usize::MAX), events[count..]);
    assert!(state(&mut restored) == state(&mut whole), "both end with the same bits");
}

/// A measured step is taken back.
#[test]
fn a_measured_step_leaves_no_trace() {
    let mut training = start(&drawn(), &Device::cpu());
    take(&mut training, 3);
    let before = state(&mut training);
    block_on(training.time_step()).expect("a step");
    assert!(state(&mut training) == before);
}

#[test]
fn a_state_is_refused_on_other_images() {
    let config = drawn();
    let mut training = start(&config, &Device::cpu());
    take(&mut training, 2);
    let state = block_on(training.state()).expect("a state");
    let mut other = config;
    other.data.images = Some(90);
    let error = block_on(Training::restore(state, data(&other), &Device::cpu())).expect_err("other images");
    assert!(error.to_string().contains("other images"), "{error}");
}

/// The trained network knows the classes of the test images as well as the training says.
#[test]
fn a_trained_network_predicts_what_the_training_measured() {
    let config = drawn();
    let data = data(&config);
    let mut training = start(&config, &Device::cpu());
    let last = last_epoch(&take(&mut training, usize::MAX));
    let state = block_on(training.state()).expect("a state");
    let mut trained = block_on(Trained::new(state, &Device::cpu())).expect("a network");
    assert_eq!((trained.classes(), trained.image_shape()), (data.classes(), [1, 8, 8]));
    let images = data.valid_images();
    let found = block_on(trained.evaluate(&images)).expect("an evaluation");
    for (found, measured) in
        [(found.top1, last.test_accuracy), (found.top5, last.test_top5), (found.loss, last.test_loss)]
    {
        assert!((found - measured).abs() < 1e-6, "{found}, measured {measured}");
    }

    // The probabilities are those of the network's logits for normalized pixels.
    let probabilities = block_on(trained.predict(&images)).expect("probabilities");
    let (mean, std) = (data.mean()[0], data.std()[0]);
    let pixels = images.pixels.iter().map(|&pixel| (f32::from(pixel) / 255.0 - mean) / std).collect();
    let labels = images.labels.iter().map(|&label| i64::from(label)).collect();
    let batch = Batch { images: pixels, labels, shape: [images.len(), 1, 8, 8] };
    let logits = block_on(trained.network().predict(&batch)).expect("logits");
    assert_eq!((probabilities.len(), found.predictions.len()), (images.len(), images.len()));
    for ((probabilities, logits), prediction) in probabilities.iter().zip(logits.chunks(10)).zip(&found.predictions) {
        let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
        for (probability, logit) in probabilities.iter().zip(logits) {
            assert!((probability - logit.exp() / sum).abs() < 1e-6, "{probabilities:?}, {logits:?}");
        }
        assert!((probabilities[prediction.class] - prediction.confidence).abs() < 1e-12, "{prediction:?}");
        assert!((probabilities[prediction.label] - prediction.of_label).abs() < 1e-12, "{prediction:?}");
        let most = prediction.confidence + 1e-12;
        assert!(probabilities.iter().all(|&probability| probability <= most), "{prediction:?}, {probabilities:?}");
    }
}

/// A step that fails leaves the training as it was.
#[test]
fn a_step_that_is_not_finite_changes_nothing() {
    let mut config = config("nas-bench-201", CELL);
    (config.weights.lr, config.weights.clip) = (1e30, 0.0);
    let mut training = start(&config, &Device::cpu());
    let before = loop {
        let before = state(&mut training);
        match block_on(training.next_event()) {
            Ok(event) => assert!(event.is_some(), "the training ended"),
            Err(SessionError::NotFinite { .. }) => break before,
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(before, state(&mut training));
}

/// The end of an epoch has the means of its steps.
#[test]
fn an_epoch_has_the_means_of_its_steps() {
    let mut config = config("nas-bench-201", CELL);
    config.weights.clip = 1.0;
    let events = take(&mut start(&config, &Device::cpu()), usize::MAX);
    let steps: Vec<_> = events
        .iter()
        .filter_map(|event| if let EventKind::TrainingStep(step) = event { Some(*step) } else { None })
        .filter(|step| step.epoch == config.epochs)
        .collect();
    let last = last_epoch(&events);
    let count = f64::from(u32::try_from(steps.len()).expect("a few steps"));
    assert!(count > 2.0);
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
    close(last.train_loss, steps.iter().map(|step| step.train_loss).sum::<f64>() / count);
    close(last.gradient_norm, steps.iter().map(|step| step.gradient_norm).sum::<f64>() / count);
    close(last.clipped, steps.iter().map(|step| f64::from(u8::from(step.gradient_norm > 1.0))).sum::<f64>() / count);
    assert!(last.clipped > 0.0, "no step was clipped");
}
