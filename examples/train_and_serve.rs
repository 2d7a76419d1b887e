//! A cell trained on the embedded images of Fashion-MNIST, and its network in service: one image in, one class out.

use std::sync::Arc;

use lambda_darts::data::Images;
use lambda_darts::device::Device;
use lambda_darts::space::Genotype;
use lambda_darts::training::{EventKind, Recipe, Trained, Training, TrainingConfig, load};
use pollster::block_on;

const CELL: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = TrainingConfig::new(Recipe::Small, "nas-bench-201", Genotype::parse(CELL)?);
    (config.epochs, config.network.channels) = (3, 8);
    let data = Arc::new(load(&config)?);
    let mut training = block_on(Training::new(config, data, &Device::cpu()))?;
    for event in training.events() {
        if let EventKind::TrainingEpoch(epoch) = event?.kind {
            println!("epoch {}: {:.1} % of the test images", epoch.epoch, 100.0 * epoch.test_accuracy);
        }
    }

    // A server would read the network from a checkpoint, by `Trained::read`.
    let mut network = block_on(Trained::new(block_on(training.state())?, &Device::cpu()))?;
    let test = Images::fashion_test();
    for number in 0..10 {
        let image = Images { pixels: test.image(number).to_vec(), labels: vec![0], ..test.clone() };
        let probabilities = block_on(network.predict(&image))?.remove(0);
        let (class, probability) = (0..).zip(probabilities).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default();
        println!("test image {number}: {} ({:.0} %)", network.classes()[class], 100.0 * probability);
    }
    Ok(())
}
