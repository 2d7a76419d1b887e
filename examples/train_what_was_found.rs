//! A search on the built-in digits, then the network that it found, trained from scratch. The loop and the optimizer are
//! one's own; the library gives losses and gradients.

use std::f64::consts::PI;
use std::sync::Arc;

use lambda_darts::data::{Batches, SearchData};
use lambda_darts::derived::{Cost, DerivedError, DerivedNetwork};
use lambda_darts::device::Place;
use lambda_darts::search::{EventKind, SearchConfig, Session};
use lambda_darts::supernet::Size;
use pollster::block_on;

const EPOCHS: u32 = 12;
const RATE: f64 = 0.05;
const MOMENTUM: f64 = 0.9;
const DECAY: f64 = 3e-4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let place = Place::cpu();
    let config = SearchConfig::small("nas-bench-201");
    let data = Arc::new(SearchData::load(&config.data, config.seed)?);
    let mut session = Session::new(config.clone(), Arc::clone(&data), &place)?;
    while let Some(event) = block_on(session.next())? {
        if let EventKind::Epoch(epoch) = event.kind {
            println!("search, epoch {}: {:.1} % right", epoch.epoch + 1, 100.0 * epoch.supernet_accuracy);
        }
    }

    let (space, genotype) = (config.search_space()?, session.genotype());
    let size = Size { channels: 16, cells: 1, image_channels: data.channels(), classes: data.classes().len() };
    let Cost { parameters, multiply_adds } = Cost::of(&space, &genotype, size, [8, 8])?;
    println!("{}", genotype.to_nas_bench_201().unwrap_or_default());
    println!("{parameters} parameters, {multiply_adds} multiply-adds an image");

    let mut net = DerivedNetwork::new(&space, &genotype, size, config.seed, &place)?;
    let mut batches = Batches::new(data, config.batch, config.seed)?;
    let mut weights = block_on(net.weights())?;
    let mut momentum = vec![0.0; weights.len()];
    let mut steps = 0;
    for epoch in 0..EPOCHS {
        let rate = RATE * (1.0 + (PI * f64::from(epoch) / f64::from(EPOCHS)).cos()) / 2.0;
        let mut loss = 0.0;
        for step in 0..batches.steps() {
            let found = block_on(net.train(&batches.pair(epoch as usize, step).train, steps))?;
            (loss, steps) = (found.loss, steps + 1);
            for ((weight, momentum), gradient) in weights.iter_mut().zip(&mut momentum).zip(&found.gradient) {
                *momentum = MOMENTUM * *momentum + gradient + DECAY * *weight;
                *weight -= rate * *momentum;
            }
            net.set_weights(weights.clone())?;
        }
        let right = 100.0 * accuracy(&net, &batches)?;
        println!("training, epoch {}: loss of the last batch {loss:.3}, {right:.1} % right", epoch + 1);
    }
    Ok(())
}

/// The share of the validation half that the network gets right. The search has fitted α to it.
fn accuracy(net: &DerivedNetwork, batches: &Batches) -> Result<f64, DerivedError> {
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
