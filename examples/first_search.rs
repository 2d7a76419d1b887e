//! A first search in twenty lines: Λ-DARTS on the embedded digits.

use std::sync::Arc;

use lambda_darts::data::ImageData;
use lambda_darts::device::Device;
use lambda_darts::search::{EventKind, SearchConfig, Session};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = SearchConfig::digits("nas-bench-201");
    config.epochs = 3;
    let data = Arc::new(ImageData::load(&config.data, config.seed)?);
    let mut session = pollster::block_on(Session::new(config, data, &Device::named("auto")?))?;
    for event in session.events() {
        if let EventKind::Epoch(epoch) = event?.kind {
            println!("epoch {}: loss {:.3}, Λ {:?}", epoch.epoch, epoch.train_loss, epoch.cell_types[0].alignment);
        }
    }
    println!("{}", session.genotype().to_nas_bench_201().unwrap_or_default());
    Ok(())
}
