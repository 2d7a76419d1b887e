//! A search on the built-in digits, and the training of the resulting network from scratch. The loop is the example's;
//! the library computes losses and gradients and takes the steps, and nothing of the size of ω leaves the device.

use std::f64::consts::PI;
use std::sync::Arc;

use lambda_darts::data::{Batches, ImageData};
use lambda_darts::device::Device;
use lambda_darts::engine::SgdStep;
use lambda_darts::graph::{Cost, NetworkOptions, NetworkSize};
use lambda_darts::search::{EventKind, SearchConfig, Session};
use lambda_darts::training::{DerivedNetwork, TrainingError};
use pollster::block_on;

const EPOCHS: u32 = 12;
const RATE: f64 = 0.05;
const MOMENTUM: f64 = 0.9;
const DECAY: f64 = 3e-4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::cpu();
    let config = SearchConfig::digits("nas-bench-201");
    let data = Arc::new(ImageData::load(&config.data, config.seed)?);
    let mut session = block_on(Session::new(config.clone(), Arc::clone(&data), &device))?;
    for event in session.events() {
        if let EventKind::Epoch(epoch) = event?.kind {
            println!("search, epoch {}: {:.1} % right", epoch.epoch, 100.0 * epoch.supernet_accuracy);
        }
    }

    let (space, genotype) = (config.search_space()?, session.genotype());
    let size = NetworkSize { channels: 16, cells: 1, image_channels: data.channels(), classes: data.classes().len() };
    let Cost { parameters, multiply_adds } = Cost::derived(&space, &genotype, size, [8, 8])?;
    println!("{}", genotype.to_nas_bench_201().unwrap_or_default());
    println!("{parameters} parameters, {multiply_adds} multiply-adds an image");

    let mut net =
        block_on(DerivedNetwork::new(&space, &genotype, size, NetworkOptions::default(), config.seed, &device))?;
    let mut batches = Batches::new(data, config.batch, config.seed)?;
    let mut steps = 0;
    for epoch in 0..EPOCHS {
        let lr = RATE * (1.0 + (PI * f64::from(epoch) / f64::from(EPOCHS)).cos()) / 2.0;
        let mut loss = 0.0;
        for step in 0..batches.steps() {
            (loss, _) = block_on(net.accumulate(&batches.pair(epoch as usize, step).train, steps))?;
            steps += 1;
            block_on(net.engine().step(SgdStep { lr, momentum: MOMENTUM, decay: DECAY, scale: 1.0, nesterov: false }))?;
        }
        let right = 100.0 * accuracy(&mut net, &batches)?;
        println!("training, epoch {}: loss of the last batch {loss:.3}, {right:.1} % right", epoch + 1);
    }
    Ok(())
}

/// Returns the share of the validation half that the network classifies correctly. The search has fitted α to that
/// half.
fn accuracy(net: &mut DerivedNetwork, batches: &Batches) -> Result<f64, TrainingError> {
    let (mut right, mut all) = (0_u32, 0_u32);
    for batch in (0..batches.validation_batches()).filter_map(|index| batches.validation(index)) {
        let logits = block_on(net.predict(&batch))?;
        for (logits, &label) in logits.chunks(logits.len() / batch.labels.len()).zip(&batch.labels) {
            let own = logits[usize::try_from(label).unwrap_or_default()];
            right += u32::from(logits.iter().all(|&logit| logit <= own));
            all += 1;
        }
    }
    Ok(f64::from(right) / f64::from(all))
}
