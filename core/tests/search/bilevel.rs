//! Tests of a bilevel step that fails: it leaves everything as it was.

use lambda_darts::data::Batch;
use lambda_darts::device::Device;
use lambda_darts::graph::NetworkSize;
use lambda_darts::method::{MethodConfig, Moment, Preset};
use lambda_darts::search::{ArchitectureConfig, Bilevel, Order, SessionError, StepSettings, WeightsConfig};
use lambda_darts::space::Space;
use pollster::block_on;

/// Four small images of a wave and their labels.
pub(super) fn batch(pixel: f32) -> Batch {
    let images = (0u8..).take(4 * 64).map(|i| pixel * (f32::from(i) * 0.7).sin()).collect();
    Batch { images, labels: vec![0, 1, 2, 1], shape: [4, 1, 8, 8] }
}

/// A batch whose loss is not finite fails one of the two steps, before or after the other one.
#[test]
fn a_failed_step_changes_nothing() {
    let space = Space::named("nas-bench-201").expect("a space");
    let size = NetworkSize { channels: 4, cells: 1, image_channels: 1, classes: 3 };
    let weights = WeightsConfig::default();
    for (order, unrolled) in
        [(Order::ArchitectureFirst, false), (Order::WeightsFirst, false), (Order::WeightsFirst, true)]
    {
        let method = MethodConfig::preset(Preset::LambdaDarts).build(&space).expect("a method");
        let mut bilevel = block_on(Bilevel::new(&space, size, method, 3, &Device::cpu())).expect("a supernet");
        let architecture = ArchitectureConfig { order, unrolled, ..ArchitectureConfig::default() };
        let moment = |step| Moment { epoch: 1, epochs: 3, step, seed: 3 };
        let settings =
            |step| StepSettings { moment: moment(step), lr: 0.1, weights: &weights, architecture: &architecture };
        block_on(bilevel.step(&batch(1.0), &batch(0.5), &settings(0))).expect("a step");
        let before = block_on(bilevel.state()).expect("a state");
        // Where the architecture step comes first, a training batch fails after α has moved.
        for (train, valid) in [(1.0, f32::INFINITY), (f32::INFINITY, 1.0)] {
            let failed = block_on(bilevel.step(&batch(train), &batch(valid), &settings(1)));
            assert!(matches!(failed, Err(SessionError::NotFinite { .. })), "{order:?}: {failed:?}");
            assert!(block_on(bilevel.state()).expect("a state") == before, "{order:?}, unrolled {unrolled}");
        }
        // The next step is that of a search in which nothing failed.
        let after = block_on(bilevel.step(&batch(1.0), &batch(0.5), &settings(1))).expect("a step");
        let moved = block_on(bilevel.state()).expect("a state");
        block_on(bilevel.restore(before)).expect("a restored state");
        assert_eq!(block_on(bilevel.step(&batch(1.0), &batch(0.5), &settings(1))).expect("a step"), after);
        assert!(block_on(bilevel.state()).expect("a state") == moved);
    }
}
