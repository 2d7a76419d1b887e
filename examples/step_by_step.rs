//! A search inside an application, with its own progress and a stop button that is pressed after twenty steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lambda_darts::data::ImageData;
use lambda_darts::device::Device;
use lambda_darts::search::{EventKind, SearchConfig, Session};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stop = AtomicBool::new(false);
    let config = SearchConfig::digits("nas-bench-201");
    let data = Arc::new(ImageData::load(&config.data, config.seed)?);
    let mut session = pollster::block_on(Session::new(config, Arc::clone(&data), &Device::cpu()))?;
    let mut steps = 0;
    while !stop.load(Ordering::Relaxed) {
        let Some(event) = pollster::block_on(session.next_event())? else { break };
        if let EventKind::Step(step) = event.kind {
            steps += 1;
            println!("step {steps}: loss {:.3} (train) {:.3} (validation)", step.train_loss, step.valid_loss);
            stop.store(steps == 20, Ordering::Relaxed);
        }
    }
    // The whole state is one value. It is kept as JSON here, and the restored search continues as if it had never
    // stopped.
    let kept = serde_json::to_string(&pollster::block_on(session.state())?)?;
    let mut again = pollster::block_on(Session::restore(serde_json::from_str(&kept)?, data, &Device::cpu()))?;
    if let Some(event) = pollster::block_on(again.next_event())? {
        println!("resumed with {}", serde_json::to_string(&event)?);
    }
    Ok(())
}
