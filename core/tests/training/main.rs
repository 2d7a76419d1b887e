//! Tests of trainings through the public interface of the library.

mod loss;
mod schedule;
mod session;
mod step;

use std::sync::Arc;

use lambda_darts::data::{DataSet, ImageData};
use lambda_darts::device::Device;
use lambda_darts::graph::Graph;
use lambda_darts::space::Genotype;
use lambda_darts::training::{EventKind, Recipe, Training, TrainingConfig, load};
use pollster::block_on;
use serde_json::Value;

/// Cell of NAS-Bench-201 with convolutions, a pool and a skip connection.
const CELL: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
/// Cells of the DARTS space with one node, which reads both inputs.
const DARTS: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1)], normal_concat=range(2, 3), \
                     reduce=[('max_pool_3x3', 0), ('skip_connect', 1)], reduce_concat=range(2, 3))";

/// Settings of a training of two epochs on a few digits.
fn config(space: &str, cell: &str) -> TrainingConfig {
    let mut config = TrainingConfig::new(Recipe::Small, space, Genotype::parse(cell).expect("a genotype"));
    (config.epochs, config.batch, config.network.channels) = (2, 16, 2);
    (config.data.set, config.data.images) = (DataSet::Digits, Some(100));
    config
}

fn data(config: &TrainingConfig) -> Arc<ImageData> {
    Arc::new(load(config).expect("the digits"))
}

fn start(config: &TrainingConfig, device: &Device) -> Training {
    block_on(Training::new(config.clone(), data(config), device)).expect("a training")
}

/// Returns the next events, at most `max`, without their times.
fn take(training: &mut Training, max: usize) -> Vec<EventKind> {
    training.events().take(max).map(|event| event.expect("an event").kind).collect()
}

/// Returns the state of a training without its time.
fn state(training: &mut Training) -> Value {
    let mut state = serde_json::to_value(block_on(training.state()).expect("a state")).expect("plain data");
    state.as_object_mut().and_then(|state| state.remove("seconds")).expect("a time");
    state
}

/// Returns the tensors of all parameters in a state as one vector, in the order of the graph.
fn vector(state: &Value, graph: &Graph, before: &str) -> Vec<f64> {
    let tensors = &state["work"]["tensors"];
    let values = |name: &str| tensors[format!("{before}{name}")]["values"].as_array().expect("a tensor").iter();
    let all = graph.parameters().iter().flat_map(|parameter| values(&parameter.name));
    all.map(|value| value.as_f64().expect("a number")).collect()
}
