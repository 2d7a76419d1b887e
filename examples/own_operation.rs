//! A candidate operation of one's own: a 5×5 convolution, added from outside of the library and searched beside its own.

use std::sync::Arc;

use lambda_darts::data::ImageData;
use lambda_darts::device::Device;
use lambda_darts::graph::{Builder, CandidateContext, ValueId, Window, register};
use lambda_darts::search::{EventKind, SearchConfig, Session};
use lambda_darts::space::CustomSpace;

/// ReLU, 5×5 convolution, batch norm. Shape, cost, gradients and kernels follow from these calls, on every device.
fn nor_conv_5x5(builder: &mut Builder, x: ValueId, context: CandidateContext) -> ValueId {
    let channels = builder.channels(x);
    let y = builder.conv(x, true, "op.1", channels, Window::square(5, context.stride, 2, 1));
    builder.norm(y, "op.2", context.affine);
    y
}

const SPACE: &str = r#"
    name = "with-5x5"
    layout = "staged"
    nodes = 3

    [cells.normal]
    operations = ["none", "skip_connect", "nor_conv_3x3", "nor_conv_5x5"]
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // From here on the name can be used in spaces, genotypes and files.
    register("nor_conv_5x5", nor_conv_5x5)?;
    let mut config = SearchConfig::digits("nas-bench-201");
    config.custom_space = Some(CustomSpace::read(SPACE)?);
    (config.epochs, config.data.images) = (3, Some(600));
    let data = Arc::new(ImageData::load(&config.data, config.seed)?);
    let mut session = pollster::block_on(Session::new(config, data, &Device::cpu()))?;
    for event in session.events() {
        if let EventKind::Epoch(epoch) = event?.kind {
            println!("epoch {}: {:.0} % right", epoch.epoch, 100.0 * epoch.supernet_accuracy);
        }
    }
    println!("{}", serde_json::to_string(&session.genotype())?);
    Ok(())
}
