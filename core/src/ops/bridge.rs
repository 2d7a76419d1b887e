//! Between tensors and the kernels of the CPU.

use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{Tensor, TensorData};

use super::{Branches, Recorded, Seen, StepNoise};
use crate::device::{Place, Precision};
use crate::kernels::cpu::{Engine, Found, Keep, Real, Request, Target, Wanted as Kinds};
use crate::kernels::plan::Plan;

/// A plan with whatever kernels have run it. A clone shares the plan but not the buffers.
#[derive(Debug)]
pub(crate) struct Kernels {
    plan: Arc<Plan>,
    engine: Mutex<Option<AnyEngine>>,
}

#[derive(Debug)]
enum AnyEngine {
    Single(Engine<f32>),
    Double(Engine<f64>),
}

impl Clone for Kernels {
    fn clone(&self) -> Self {
        Self { plan: Arc::clone(&self.plan), engine: Mutex::new(None) }
    }
}

/// What a pass is given, in tensors.
pub(crate) struct Inputs<'a> {
    pub(crate) place: &'a Place,
    pub(crate) omega: &'a Tensor<1>,
    pub(crate) p: &'a [Vec<f64>],
    /// `[batch, channels, height, width]`.
    pub(crate) images: &'a Tensor<4>,
    pub(crate) running: Option<[&'a Tensor<1>; 2]>,
    pub(crate) branches: Branches,
    pub(crate) again: Option<u64>,
    pub(crate) wanted: Kinds,
    pub(crate) noise: &'a mut StepNoise,
}

/// What the gradients of a pass are of.
pub(crate) enum Goal<'a> {
    Labels(&'a [i64]),
    Along(&'a [f64]),
    None,
}

/// What a pass gave, in tensors.
pub(crate) struct Outputs {
    pub(crate) pass: u64,
    /// `[batch, classes, 1, 1]`, or the output of an operation.
    pub(crate) output: Tensor<4>,
    pub(crate) loss: Tensor<1>,
    pub(crate) weights: Tensor<1>,
    pub(crate) cells: Tensor<1>,
    pub(crate) image: Tensor<1>,
    pub(crate) branches: Branches,
    pub(crate) seen: Seen,
}

impl Kernels {
    pub(crate) fn new(plan: Plan) -> Self {
        Self { plan: Arc::new(plan), engine: Mutex::new(None) }
    }

    /// One pass in the precision of the place.
    pub(crate) fn run(&self, precision: Precision, inputs: Inputs<'_>, goal: &Goal<'_>) -> Outputs {
        // A panic in a pass leaves buffers that the next one writes anew.
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        match precision {
            Precision::Single => {
                let mut own = match engine.take() {
                    Some(AnyEngine::Single(own)) => own,
                    _ => Engine::new(Arc::clone(&self.plan)),
                };
                let outputs = run(&mut own, inputs, goal);
                *engine = Some(AnyEngine::Single(own));
                outputs
            }
            Precision::Double => {
                let mut own = match engine.take() {
                    Some(AnyEngine::Double(own)) => own,
                    _ => Engine::new(Arc::clone(&self.plan)),
                };
                let outputs = run(&mut own, inputs, goal);
                *engine = Some(AnyEngine::Double(own));
                outputs
            }
        }
    }
}

fn numbers<T: Real, const D: usize>(tensor: &Tensor<D>) -> Vec<T> {
    let data = tensor.clone().without_autodiff().into_data();
    data.try_into_vec().expect("every tensor of a place has its precision")
}

fn run<T: Real>(engine: &mut Engine<T>, inputs: Inputs<'_>, goal: &Goal<'_>) -> Outputs {
    let Inputs { place, omega, p, images, running, branches, again, wanted, noise } = inputs;
    let p: Vec<Vec<T>> = p.iter().map(|cell| cell.iter().map(|&p| T::of(p)).collect()).collect();
    let running = running.map(|pair| pair.map(numbers::<T, 1>));
    let along: Vec<T> = match goal {
        Goal::Along(along) => along.iter().map(|&value| T::of(value)).collect(),
        _ => Vec::new(),
    };
    let keep = match &branches {
        Branches::Free => Keep::Free,
        Branches::Record(_) => Keep::Record,
        Branches::Replay(recorded) => recorded.kept.clone().map_or(Keep::Free, Keep::Replay),
    };
    let found = engine.run(Request {
        omega: &numbers::<T, 1>(omega),
        p: &p,
        images: &numbers::<T, 4>(images),
        shape: images.dims(),
        noise: &mut |slot, shape| numbers::<T, 4>(&noise.get(slot, shape, place)),
        running: running.as_ref().map(|[mean, variance]| [mean.as_slice(), variance.as_slice()]),
        keep,
        again,
        wanted,
        target: match goal {
            Goal::Labels(labels) => Target::Labels(labels),
            Goal::Along(_) => Target::Along(&along),
            Goal::None => Target::None,
        },
    });
    let Found { pass, output, output_shape, loss, weights, cells, image, seen: [means, variances], kept } = found;
    let branches = match kept {
        Some(kept) => Branches::Record(Recorded::of(kept)),
        None => branches,
    };
    let device = place.device(false);
    let list = |values: Vec<T>| {
        let count = values.len();
        Tensor::from_data(TensorData::new(values, [count]), (&device, T::dtype()))
    };
    Outputs {
        pass,
        output: Tensor::from_data(TensorData::new(output, output_shape), (&device, T::dtype())),
        loss: list(vec![T::of(loss)]),
        weights: list(weights),
        cells: list(cells),
        image: list(image),
        branches,
        seen: Seen { means: vec![list(means)], variances: vec![list(variances)] },
    }
}
