//! Networks on a device, for tests that hold numbers against each other.

use lambda_darts::data::Batch;
use lambda_darts::device::Device;
use lambda_darts::engine::{Draws, Engine, Found, Input, Loss, Numbers, Probes, State, Statistics, Want, open};
use lambda_darts::graph::{Cell, Graph};
use lambda_darts::space::Architecture;
use pollster::block_on;

/// Values of a feature map.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureMap {
    /// Values, columns fastest.
    pub values: Vec<f64>,
    /// Batch, channels, height, width.
    pub shape: [usize; 4],
}

impl FeatureMap {
    /// Returns the values in single precision.
    #[must_use]
    pub fn single(&self) -> Vec<f32> {
        #[expect(clippy::cast_possible_truncation, reason = "inputs are exact in single precision")]
        let values = self.values.iter().map(|&value| value as f32).collect();
        values
    }
}

/// Results of an operation on its own.
#[derive(Clone, Debug)]
pub struct SingleRun {
    /// Output.
    pub y: Vec<f64>,
    /// ∂⟨y, gy⟩/∂x.
    pub gx: Vec<f64>,
    /// ∂⟨y, gy⟩/∂ω.
    pub weights: Vec<f64>,
    /// Running means and variances after this one pass.
    pub running: [Vec<f64>; 2],
}

/// Runs a graph without a head in training mode and takes the gradients of ⟨y, gy⟩.
///
/// # Panics
/// If the device fails, or the sizes do not fit.
#[must_use]
pub fn run_single(graph: &Graph, x: &FeatureMap, weights: &[f64], gy: &[f32], device: &Device) -> SingleRun {
    let mut engine = block_on(open(graph.clone(), device)).expect("an engine");
    write(engine.as_mut(), State::Weights, weights);
    let images = x.single();
    let draws = Draws::new(graph, x.shape, 0, 0);
    let (loss, statistics) = (Loss::Cotangent(gy), Statistics::Batch);
    let input = Input { images: &images, shape: x.shape, loss, p: &[], probes: Probes::All, statistics, draws: &draws };
    let want = Want { weights: 1.0, image: true, statistics: true, ..Want::default() };
    let found = block_on(engine.pass(input, want)).expect("a pass").into_found();
    block_on(engine.update_running()).expect("statistics");
    SingleRun {
        y: found.output,
        gx: found.image,
        weights: read(engine.as_mut(), State::Gradient),
        running: [State::RunningMean, State::RunningVariance].map(|state| read(engine.as_mut(), state)),
    }
}

/// Reads a part of an engine's state.
///
/// # Panics
/// If the device fails.
pub fn read(engine: &mut dyn Engine, state: State) -> Vec<f64> {
    block_on(engine.read(state)).expect("numbers").to_f64()
}

/// Replaces a part of an engine's state.
///
/// # Panics
/// If the number of numbers differs.
pub fn write(engine: &mut dyn Engine, state: State, numbers: &[f64]) {
    block_on(engine.write(state, &Numbers::Double(numbers.to_vec()))).expect("as many numbers");
}

/// Returns the flattened p of every cell, followed by weights of 1 for its edges, if it reads these.
#[must_use]
pub fn copies(graph: &Graph, architecture: &Architecture) -> Vec<Vec<f64>> {
    let tables = architecture.probabilities();
    let of_cell = |cell: &Cell| {
        let mut p = tables[cell.cell_type].concat();
        p.resize(cell.weights, 1.0);
        p
    };
    graph.cells().iter().map(of_cell).collect()
}

/// Draws of a pass with known noise.
#[must_use]
pub fn draws(graph: &Graph, shape: [usize; 4], noise: &[(String, FeatureMap)]) -> Draws {
    let mut draws = Draws::new(graph, shape, 0, 0);
    for (name, map) in noise {
        draws.set_noise(graph, name, map.single());
    }
    draws
}

/// Makes the input of a pass over a batch.
#[must_use]
pub fn input<'a>(batch: &'a Batch, p: &'a [Vec<f64>], draws: &'a Draws) -> Input<'a> {
    let loss = Loss::Labels(&batch.labels);
    let (probes, statistics) = (Probes::All, Statistics::Batch);
    Input { images: &batch.images, shape: batch.shape, loss, p, probes, statistics, draws }
}

/// Returns cell gradients of which none is absent.
///
/// # Panics
/// If one is.
#[must_use]
pub fn all_present(cells: &[Vec<Option<f64>>]) -> Vec<Vec<f64>> {
    cells.iter().map(|cell| cell.iter().map(|gradient| gradient.expect("a gradient")).collect()).collect()
}

/// Runs a training pass over a batch; the gradient, cleared before, is ∂L/∂ω afterwards.
///
/// # Panics
/// If the device fails.
pub fn train(engine: &mut dyn Engine, batch: &Batch, p: &[Vec<f64>], draws: &Draws) -> Found {
    block_on(engine.clear_gradient()).expect("a gradient");
    let want = Want { weights: 1.0, cells: true, statistics: true, ..Want::default() };
    block_on(engine.pass(input(batch, p, draws), want)).expect("a pass").into_found()
}

/// Returns the logits of a batch with running statistics.
///
/// # Panics
/// If the device fails.
pub fn predict(engine: &mut dyn Engine, batch: &Batch, p: &[Vec<f64>], draws: &Draws) -> Vec<f64> {
    let input = Input { loss: Loss::None, statistics: Statistics::Running, ..input(batch, p, draws) };
    block_on(engine.pass(input, Want::default())).expect("a pass").into_found().output
}
