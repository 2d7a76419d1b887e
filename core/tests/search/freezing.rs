//! Tests of frozen operations: they keep their weights, and a comparison alone changes nothing.

use lambda_darts::device::Device;
use lambda_darts::engine::State;
use lambda_darts::graph::NetworkSize;
use lambda_darts::method::parts::Oles;
use lambda_darts::method::{MethodConfig, Moment, OlesForm, Preset};
use lambda_darts::search::{ArchitectureConfig, Bilevel, Order, SearchConfig, StepSettings, WeightsConfig};
use lambda_darts::space::Space;
use pollster::block_on;

use crate::bilevel::batch;
use crate::session::{config, data, start};

/// Order of the steps, and true if the gradient is unrolled.
const ORDERS: [(Order, bool); 3] =
    [(Order::ArchitectureFirst, false), (Order::WeightsFirst, false), (Order::ArchitectureFirst, true)];

/// Takes some steps with the settings of OLES, if there are some, or else with DARTS; returns the weights after each.
fn weights(oles: Option<Oles>, order: Order, unrolled: bool) -> (Bilevel, Vec<Vec<f64>>) {
    let space = Space::named("nas-bench-201").unwrap();
    let size = NetworkSize { channels: 4, cells: 1, image_channels: 1, classes: 3 };
    let method = MethodConfig { oles, ..MethodConfig::preset(Preset::Darts) }.build(&space).unwrap();
    let mut bilevel = block_on(Bilevel::new(&space, size, method, 3, &Device::cpu())).unwrap();
    let settings = (WeightsConfig::default(), ArchitectureConfig { order, unrolled, ..ArchitectureConfig::default() });
    let found = (0..4).map(|step| {
        let moment = Moment { epoch: 0, epochs: 2, step, seed: 3 };
        let settings = StepSettings { moment, lr: 0.1, weights: &settings.0, architecture: &settings.1 };
        block_on(bilevel.step(&batch(1.0), &batch(0.5), &settings)).unwrap();
        block_on(bilevel.engine().read(State::Weights)).unwrap().to_f64()
    });
    let found = found.collect();
    (bilevel, found)
}

/// With a window of one step and the largest threshold, all operations freeze as soon as there are two gradients.
#[test]
fn operations_below_the_threshold_keep_their_weights() {
    let oles = Oles { form: OlesForm::Clean, window: 1, clean_threshold: 1.0, ..Oles::default() };
    for (order, unrolled) in ORDERS {
        let (bilevel, after) = weights(Some(oles.clone()), order, unrolled);
        let (_, free) = weights(None, order, unrolled);
        assert_eq!(after[0], free[0], "{order:?}");
        for parameter in bilevel.graph().parameters() {
            let at = |step: usize| &after[step][parameter.range()];
            let in_cell = parameter.name.contains(".edges.");
            for step in 1..after.len() {
                assert_eq!(at(step) == at(step - 1), in_cell, "{order:?}: {} in step {step}", parameter.name);
            }
        }
    }
}

/// Four gradients in double precision are on the host in a step, and one of them in a checkpoint. A search whose method
/// makes no copies has none in its estimate.
#[test]
fn the_copies_of_gradients_are_in_the_estimate_of_memory() {
    let memory = |preset: Preset| {
        let config = SearchConfig { method: MethodConfig::preset(preset), ..config() };
        let session = start(&config);
        (config.memory(&data(&config), &Device::cpu()).unwrap(), session.weights() as u64)
    };
    let [(darts, weights), (oles, same)] = [Preset::Darts, Preset::Oles].map(memory);
    assert_eq!(weights, same);
    assert_eq!((darts.gradients, oles.gradients), (0, 4 * 8 * weights));
    assert_eq!(oles.host() - darts.host(), 5 * 8 * weights);
}

/// A threshold that no agreement is below leaves the search as it is, to the bit.
#[test]
fn a_comparison_changes_nothing() {
    for (order, unrolled) in ORDERS {
        let oles = Oles { form: OlesForm::Clean, window: 1, clean_threshold: -1.0, ..Oles::default() };
        assert_eq!(weights(Some(oles), order, unrolled).1, weights(None, order, unrolled).1, "{order:?} {unrolled}");
    }
}
