//! Test of the gradient of iDARTS against the same series with weights written and gradients read by hand.

use lambda_darts::data::Batch;
use lambda_darts::device::Device;
use lambda_darts::engine::{Draws, Input, Loss, Numbers, Probes, State, Statistics, Want};
use lambda_darts::graph::NetworkSize;
use lambda_darts::method::parts::Neumann;
use lambda_darts::method::{Method, MethodConfig, Moment, Preset, Relaxed};
use lambda_darts::search::{ArchitectureConfig, Bilevel, StepSettings, WeightsConfig};
use lambda_darts::space::Space;
use pollster::block_on;

use crate::bilevel::batch;

/// Learning rate of the weights.
const LR: f64 = 0.1;

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// ∂L/∂ω and the cell gradients of a batch at some weights.
fn at(bilevel: &mut Bilevel, batch: &Batch, p: &[Vec<f64>], weights: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let draws = Draws::new(bilevel.graph(), batch.shape, 0, 0);
    let input = Input {
        images: &batch.images,
        shape: batch.shape,
        loss: Loss::Labels(&batch.labels),
        p,
        probes: Probes::All,
        statistics: Statistics::Batch,
        draws: &draws,
    };
    let engine = bilevel.engine();
    block_on(engine.write(State::Weights, &Numbers::Double(weights.to_vec()))).unwrap();
    block_on(engine.clear_gradient()).unwrap();
    let want = Want { weights: 1.0, cells: true, ..Want::default() };
    let cells = block_on(engine.pass(input, want)).unwrap().into_found().cells;
    let present = |cell: &Vec<Option<f64>>| cell.iter().map(|gradient| gradient.expect("a gradient")).collect();
    let cells: Vec<Vec<f64>> = cells.iter().map(present).collect();
    (block_on(engine.read(State::Gradient)).unwrap().to_f64(), cells)
}

/// ∂L/∂ω, and ∂L/∂p cell by cell.
type Slopes = (Vec<f64>, Vec<Vec<f64>>);

/// Gradients at ω + r·v and at ω − r·v, and r = 0.01/‖v‖.
fn sides(bilevel: &mut Bilevel, batch: &Batch, p: &[Vec<f64>], weights: &[f64], v: &[f64]) -> (f64, [Slopes; 2]) {
    let r = 0.01 / norm(v);
    let side = |by: f64| {
        let moved: Vec<f64> = weights.iter().zip(v).map(|(weight, v)| weight + by * v).collect();
        at(bilevel, batch, p, &moved)
    };
    (r, [r, -r].map(side))
}

#[test]
fn the_gradient_is_the_series() {
    let space = Space::named("nas-bench-201").unwrap();
    let size = NetworkSize { channels: 3, cells: 1, image_channels: 1, classes: 3 };
    let (train, valid) = (batch(1.0), batch(-0.7));
    let moment = Moment { epoch: 0, epochs: 2, step: 0, seed: 3 };
    let (weights, architecture) = (WeightsConfig::default(), ArchitectureConfig::default());
    let settings = StepSettings { moment, lr: LR, weights: &weights, architecture: &architecture };
    let mut before = Vec::new();
    for terms in [0, 1, 2] {
        let config = MethodConfig { neumann: Some(Neumann { terms }), ..MethodConfig::preset(Preset::Idarts) };
        let method = config.build(&space).unwrap();
        let mut bilevel = block_on(Bilevel::new(&space, size, method, 3, &Device::cpu_f64())).unwrap();
        let state = block_on(bilevel.state()).unwrap();
        let found = block_on(bilevel.architecture_gradient(&train, &valid, &settings)).unwrap();
        assert!(block_on(bilevel.state()).unwrap() == state, "the gradient has changed the state");

        let (alpha, cell_types) = (bilevel.architecture.clone(), bilevel.cell_types().to_vec());
        let flat: Vec<Vec<f64>> = alpha.probabilities().iter().map(|table| table.concat()).collect();
        let p: Vec<Vec<f64>> = cell_types.iter().map(|&cell_type| flat[cell_type].clone()).collect();
        let of_alpha = |cells: &[Vec<f64>]| {
            let plain = Method::new(Vec::new());
            plain.alpha_gradient(&alpha, &Relaxed::softmax(&alpha), &space, &cell_types, cells, &moment)
        };
        let weights = block_on(bilevel.engine().read(State::Weights)).unwrap().to_f64();
        let (mut v, cells) = at(&mut bilevel, &valid, &p, &weights);
        let (first, mut sum) = (of_alpha(&cells), v.clone());
        for _ in 0..terms {
            let (r, [(plus, _), (minus, _)]) = sides(&mut bilevel, &train, &p, &weights, &v);
            for (v, (plus, minus)) in v.iter_mut().zip(plus.iter().zip(&minus)) {
                *v -= LR * (plus - minus) / (2.0 * r);
            }
            sum.iter_mut().zip(&v).for_each(|(sum, v)| *sum += v);
        }
        let (r, [(_, plus), (_, minus)]) = sides(&mut bilevel, &train, &p, &weights, &sum);
        let mixed = of_alpha(&plus).into_iter().zip(of_alpha(&minus)).map(|(plus, minus)| (plus - minus) / (2.0 * r));
        let expected: Vec<f64> = first.iter().zip(mixed).map(|(first, mixed)| first - LR * mixed).collect();
        let distance = |other: &[f64]| norm(&found.iter().zip(other).map(|(a, b)| a - b).collect::<Vec<_>>());
        assert!(distance(&expected) <= 1e-8 * norm(&expected), "{terms}: {found:?}, not {expected:?}");
        // Neither the term as a whole nor its last summand is lost in rounding.
        assert!(distance(&first) > 1e-4 * norm(&first) && (terms == 0 || distance(&before) > 1e-6 * norm(&first)));
        before = found;
    }
}
