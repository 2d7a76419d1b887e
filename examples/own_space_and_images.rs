//! A custom search space and custom images: vertical and horizontal stripes.

use std::sync::Arc;

use lambda_darts::data::{ImageData, Images};
use lambda_darts::device::Device;
use lambda_darts::search::{EventKind, SearchConfig, Session};
use lambda_darts::space::CustomSpace;

const SPACE: &str = r#"
    name = "small"
    layout = "stacked"
    nodes = 2

    [cells.normal]
    operations = ["skip_connect", "max_pool_3x3", "sep_conv_3x3"]
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = SearchConfig::digits("darts");
    config.custom_space = Some(CustomSpace::read(SPACE)?);
    (config.epochs, config.batch, config.supernet.cells) = (2, 16, 2);
    let data = Arc::new(ImageData::prepare(stripes(), &config.data, config.seed)?);
    let mut session = pollster::block_on(Session::new(config, data, &Device::cpu()))?;
    while let Some(event) = pollster::block_on(session.next_event())? {
        if let EventKind::Epoch(epoch) = event.kind {
            println!("epoch {}: {:.0} % right", epoch.epoch, 100.0 * epoch.supernet_accuracy);
        }
    }
    println!("{}", serde_json::to_string(&session.genotype())?);
    Ok(())
}

/// Makes 128 grey images of 9×9 pixels in two classes.
fn stripes() -> Images {
    let mut pixels = Vec::new();
    for image in 0..128_usize {
        for (y, x) in (0..81).map(|at| (at / 9, at % 9)) {
            let along = if image % 2 == 0 { x } else { y };
            pixels.push(if (along + image / 2) % 3 == 0 { 255 } else { 20 });
        }
    }
    let labels = (0..128).map(|image| image % 2).collect();
    let classes = ["upright", "lying"].map(str::to_owned).to_vec();
    Images { channels: 1, height: 9, width: 9, pixels, labels, classes }
}
