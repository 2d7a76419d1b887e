//! A search on the embedded digits, and the training of the resulting network from scratch.

use std::sync::Arc;

use lambda_darts::data::{DataSet, ImageData};
use lambda_darts::device::Device;
use lambda_darts::search::{EventKind, SearchConfig, Session};
use lambda_darts::training::{Recipe, Training, TrainingConfig, load};
use pollster::block_on;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::cpu();
    let config = SearchConfig::digits("nas-bench-201");
    let data = Arc::new(ImageData::load(&config.data, config.seed)?);
    let mut session = block_on(Session::new(config.clone(), data, &device))?;
    for event in session.events() {
        if let EventKind::Epoch(epoch) = event?.kind {
            println!("search, epoch {}: {:.1} % right", epoch.epoch, 100.0 * epoch.supernet_accuracy);
        }
    }
    let cell = session.genotype();
    println!("{}", cell.to_nas_bench_201().unwrap_or_default());

    let mut config = TrainingConfig { seed: config.seed, ..TrainingConfig::new(Recipe::Small, &config.space, cell) };
    config.data.set = DataSet::Digits;
    let data = Arc::new(load(&config)?);
    let mut training = block_on(Training::new(config, data, &device))?;
    println!("{} weights", training.weights());
    for event in training.events() {
        if let EventKind::TrainingEpoch(epoch) = event?.kind {
            println!("training, epoch {}: {:.1} % of the test images", epoch.epoch, 100.0 * epoch.test_accuracy);
        }
    }
    Ok(())
}
