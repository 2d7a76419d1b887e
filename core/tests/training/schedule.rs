//! Tests of the schedules of the learning rate and of the drop paths.

use lambda_darts::device::Device;
use lambda_darts::space::Genotype;
use lambda_darts::training::{EventKind, Recipe, TrainingConfig};

use crate::{CELL, config, start, take};

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-15, "{found}, should be {expected}");
}

/// The numbers are those of PyTorch's `CosineAnnealingLR` and `ExponentialLR`.
#[test]
fn schedules_are_those_of_the_papers() {
    let cell = Genotype::parse(CELL).expect("a genotype");
    let recipe = |recipe| TrainingConfig::new(recipe, "darts", cell.clone());
    for (config, rates) in [
        (recipe(Recipe::Darts), [(0, 0.025), (1, 0.024_999_828_653_092_835), (599, 1.713_469_071_656_925_7e-7)]),
        (recipe(Recipe::DartsImagenet), [(0, 0.1), (1, 0.097), (249, 5.083_488_346_347_185e-5)]),
        (recipe(Recipe::NasBench201), [(0, 0.1), (100, 0.05), (199, 6.168_375_916_970_615e-6)]),
    ] {
        for (epoch, rate) in rates {
            close(config.learning_rate(epoch), rate);
        }
    }
    let mut config = recipe(Recipe::Darts);
    for (epoch, probability) in [(0, 0.0), (1, 0.2 / 600.0), (300, 0.1), (599, 0.2 * 599.0 / 600.0)] {
        close(config.drop_path(epoch), probability);
    }
    (config.epochs, config.weights.lr, config.weights.lr_min) = (10, 0.1, 0.02);
    close(config.learning_rate(5), 0.06);
}

/// Drop paths drop nothing in the first epoch, and something in the second.
#[test]
fn a_training_follows_its_schedules() {
    let mut config = config("nas-bench-201", CELL);
    let plain = take(&mut start(&config, &Device::cpu_f64()), usize::MAX);
    config.network.drop_path = 0.5;
    let dropped = take(&mut start(&config, &Device::cpu_f64()), usize::MAX);
    let losses = |events: &[EventKind], epoch: usize| -> Vec<f64> {
        let loss = |event: &EventKind| match event {
            EventKind::TrainingStep(step) => (step.epoch == epoch).then_some(step.train_loss),
            _ => None,
        };
        events.iter().filter_map(loss).collect()
    };
    let apart = |epoch| -> f64 {
        let [a, b] = [&plain, &dropped].map(|events| losses(events, epoch));
        assert!(a.len() > 2 && a.len() == b.len());
        a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    assert!(apart(1) < 1e-9 && apart(2) > 1e-3, "{:e} and {:e} apart", apart(1), apart(2));
    let epochs = dropped.iter().filter_map(|event| match event {
        EventKind::TrainingEpoch(epoch) => Some((epoch.epoch, [epoch.lr, epoch.drop_path])),
        _ => None,
    });
    let (numbers, settings): (Vec<usize>, Vec<[f64; 2]>) = epochs.unzip();
    assert_eq!(numbers, [1, 2]);
    for (found, expected) in settings.into_iter().flatten().zip([0.1, 0.0, 0.05, 0.25]) {
        close(found, expected);
    }
}
