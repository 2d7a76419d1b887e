//! Between tensors and kernels.

use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{Tensor, TensorData};

use super::cpu::{Engine, Found, Keep, Kept, Real, Request, Target, Wanted as Kinds};
#[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
use super::gpu;
use super::plan::Plan;
use crate::device::Place;
use crate::ops::{Branches, Recorded, Seen, StepNoise};

/// What kernels compute with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    Single,
    Double,
    /// Single, on a GPU.
    #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
    Gpu,
}

/// Which way ReLUs and max pools of a pass went, as kernels wrote it down.
#[derive(Clone, Debug)]
pub(crate) enum Written {
    Cpu(Arc<Vec<Kept>>),
    #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
    Gpu(Arc<gpu::Kept>),
}

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
    #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
    Gpu(Box<gpu::Engine>),
    /// A GPU has no room for images of this shape.
    #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
    TooLarge([usize; 4]),
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

    /// What is run.
    #[cfg(test)]
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// With what kernels a pass over images of a shape runs at a place, if with any.
    pub(crate) fn precision(&self, place: &Place, shape: [usize; 4]) -> Option<Precision> {
        #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
        if place.gpu_backend().is_some() {
            return self.fit(place, shape).then_some(Precision::Gpu);
        }
        let _ = shape;
        place.cpu_kernels()
    }

    /// Whether a place's GPU has room.
    #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
    fn fit(&self, place: &Place, shape: [usize; 4]) -> bool {
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = match engine.take() {
            Some(AnyEngine::Gpu(own)) => own,
            Some(AnyEngine::TooLarge(known)) if known == shape => {
                *engine = Some(AnyEngine::TooLarge(shape));
                return false;
            }
            _ => match gpu::Gpu::of(place) {
                Some(gpu) => Box::new(gpu::Engine::new(gpu, Arc::clone(&self.plan))),
                None => return false,
            },
        };
        let fits = own.fit(shape);
        if let Err(error) = &fits {
            tracing::warn!("tensors are used instead of kernels: {error}");
        }
        *engine = Some(if fits.is_ok() { AnyEngine::Gpu(own) } else { AnyEngine::TooLarge(shape) });
        fits.is_ok()
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
            #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
            Precision::Gpu => {
                let mut own = match engine.take() {
                    Some(AnyEngine::Gpu(own)) => own,
                    _ => match gpu::Gpu::of(inputs.place) {
                        Some(gpu) => Box::new(gpu::Engine::new(gpu, Arc::clone(&self.plan))),
                        None => panic!("the GPU is gone"),
                    },
                };
                let outputs = run_on_gpu(&mut own, inputs, goal);
                *engine = Some(AnyEngine::Gpu(own));
                outputs
            }
        }
    }
}

fn numbers<T: Real, const D: usize>(tensor: &Tensor<D>) -> Vec<T> {
    let data = tensor.clone().without_autodiff().into_data();
    // The precision is the place's, so this copies nothing but the numbers.
    data.try_into_vec().unwrap_or_default()
}

fn run<T: Real>(engine: &mut Engine<T>, inputs: Inputs<'_>, goal: &Goal<'_>) -> Outputs {
    let keep = match &inputs.branches {
        Branches::Free => Keep::Free,
        Branches::Record(_) => Keep::Record,
        Branches::Replay(recorded) => match &recorded.kept {
            Some(Written::Cpu(kept)) => Keep::Replay(Arc::clone(kept)),
            _ => Keep::Free,
        },
    };
    let pass = |request: Request<'_, T>| {
        let mut found = engine.run(request);
        let kept = found.kept.take().map(Written::Cpu);
        (found, kept)
    };
    convert(pass, keep, inputs, goal)
}

#[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
fn run_on_gpu(engine: &mut gpu::Engine, inputs: Inputs<'_>, goal: &Goal<'_>) -> Outputs {
    let held = match &inputs.branches {
        Branches::Free => gpu::Held::Free,
        Branches::Record(_) => gpu::Held::Record,
        Branches::Replay(recorded) => match &recorded.kept {
            Some(Written::Gpu(kept)) => gpu::Held::Replay(Arc::clone(kept)),
            _ => gpu::Held::Free,
        },
    };
    let pass = |request: Request<'_, f32>| match engine.run(request, &held) {
        Ok((found, kept)) => (found, kept.map(Written::Gpu)),
        // As tensors do: a lost device cannot be gone on with.
        Err(error) => panic!("{error}"),
    };
    convert(pass, Keep::Free, inputs, goal)
}

/// Tensors to what a pass reads, and what it found back.
fn convert<T: Real>(
    pass: impl FnOnce(Request<'_, T>) -> (Found<T>, Option<Written>),
    keep: Keep,
    inputs: Inputs<'_>,
    goal: &Goal<'_>,
) -> Outputs {
    let Inputs { place, omega, p, images, running, branches, again, wanted, noise } = inputs;
    let p: Vec<Vec<T>> = p.iter().map(|cell| cell.iter().map(|&p| T::of(p)).collect()).collect();
    let running = running.map(|pair| pair.map(numbers::<T, 1>));
    let along: Vec<T> = match goal {
        Goal::Along(along) => along.iter().map(|&value| T::of(value)).collect(),
        _ => Vec::new(),
    };
    let (found, kept) = pass(Request {
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
    let Found { pass, output, output_shape, loss, weights, cells, image, seen: [means, variances], .. } = found;
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
