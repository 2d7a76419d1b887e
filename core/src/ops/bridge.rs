//! Between tensors and kernels.

use std::any::Any;
use std::collections::BTreeSet;
use std::future::ready;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::tensor::{Element, Tensor, TensorData};

use super::{Branches, Recorded, Seen, StepNoise};
use crate::device::{DeviceError, Place, Processor};
use crate::kernels::cpu::Real;
use crate::kernels::pass::{Engine, Found, Keep, Request, Target, Wanted, Written};
use crate::kernels::plan::Plan;
use crate::kernels::{cpu, gpu};

/// What will be found. In a box, because the code of an `async fn` is generated in the crate that awaits it: each program
/// would compile all kernels anew.
type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, DeviceError>> + 'a>>;

/// A plan with the kernels that ran it last. A clone shares the plan but not the buffers.
#[derive(Debug)]
pub(crate) struct Kernels {
    plan: Arc<Plan>,
    slot: Mutex<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    engine: Option<Box<dyn Any + Send>>,
    /// Images of these shapes are too much for the GPU.
    too_large: BTreeSet<[usize; 4]>,
}

impl Clone for Kernels {
    fn clone(&self) -> Self {
        Self { plan: Arc::clone(&self.plan), slot: Mutex::default() }
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
    pub(crate) wanted: Wanted,
    pub(crate) noise: &'a mut StepNoise,
}

/// Which derivative of the weights' gradient is to be taken.
pub(crate) struct Derivative<'a> {
    /// The number of the pass that found the gradient, the last one, with its branches recorded.
    pub(crate) of: u64,
    pub(crate) omega: &'a Tensor<1>,
    pub(crate) p: &'a [Vec<f64>],
    pub(crate) labels: &'a [i64],
    /// How each cell's p moves.
    pub(crate) directions: &'a [Vec<f64>],
    /// How often ∂L/∂ω itself is added.
    pub(crate) base: f64,
    pub(crate) wanted: Wanted,
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
        Self { plan: Arc::new(plan), slot: Mutex::default() }
    }

    /// What is run.
    #[cfg(test)]
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What runs a pass over images of a shape at a place, if it is not tensors: the CPU where a GPU has no room.
    ///
    /// # Errors
    /// [`DeviceError`] where a GPU cannot be had.
    pub(crate) fn processor<'a>(&'a self, place: &'a Place, shape: [usize; 4]) -> Later<'a, Option<Processor>> {
        Box::pin(self.processor_of(place, shape))
    }

    async fn processor_of(&self, place: &Place, shape: [usize; 4]) -> Result<Option<Processor>, DeviceError> {
        let processor = place.processor();
        if !matches!(processor, Some(Processor::Gpu(_))) {
            return Ok(processor);
        }
        if self.slot().too_large.contains(&shape) {
            return Ok(Some(Processor::Single));
        }
        let fit = async {
            let mut own = self.take::<gpu::Engine>(place).await?;
            own.fit(shape).await?;
            self.slot().engine = Some(own);
            Ok::<(), DeviceError>(())
        };
        match fit.await {
            Ok(()) => Ok(processor),
            Err(error @ DeviceError::NoRoom { .. }) => {
                tracing::warn!("{}: {error}; the CPU computes instead", place.name());
                self.slot().too_large.insert(shape);
                Ok(Some(Processor::Single))
            }
            Err(error) => Err(error),
        }
    }

    /// One pass.
    ///
    /// # Errors
    /// [`DeviceError::Lost`] where the device fails.
    pub(crate) fn run<'a>(
        &'a self,
        processor: Processor,
        inputs: Inputs<'a>,
        goal: &'a Goal<'a>,
    ) -> Later<'a, Outputs> {
        match processor {
            Processor::Single => Box::pin(self.run_on::<cpu::Engine<f32>>(inputs, goal)),
            #[cfg(not(target_family = "wasm"))]
            Processor::Double => Box::pin(self.run_on::<cpu::Engine<f64>>(inputs, goal)),
            Processor::Gpu(_) => Box::pin(self.run_on::<gpu::Engine>(inputs, goal)),
        }
    }

    /// base · ∂L/∂ω and its derivative along a direction of p, and the derivative of all cell gradients, as they are
    /// wanted; ReLUs and max pools held as they were.
    ///
    /// # Errors
    /// [`DeviceError::Lost`] where the processor takes none, or another pass came between.
    pub(crate) fn differentiate<'a>(
        &'a self,
        processor: Processor,
        place: &'a Place,
        derivative: &'a Derivative<'a>,
    ) -> Later<'a, [Tensor<1>; 2]> {
        match processor {
            Processor::Single => Box::pin(self.differentiate_on::<f32>(place, derivative)),
            #[cfg(not(target_family = "wasm"))]
            Processor::Double => Box::pin(self.differentiate_on::<f64>(place, derivative)),
            Processor::Gpu(_) => Box::pin(ready(Err(nothing_to_differentiate()))),
        }
    }

    async fn differentiate_on<T: Real>(
        &self,
        place: &Place,
        derivative: &Derivative<'_>,
    ) -> Result<[Tensor<1>; 2], DeviceError> {
        let &Derivative { of, omega, p, labels, directions, base, wanted } = derivative;
        let mut own = self.take::<cpu::Engine<T>>(place).await?;
        let [p, directions] = [p, directions].map(|cells| cells.iter().map(|cell| narrow(cell)).collect::<Vec<_>>());
        let found = own.differentiate(of, &numbers(omega), &p, labels, &directions, T::of(base), wanted);
        self.slot().engine = Some(own);
        Ok(found.ok_or_else(nothing_to_differentiate)?.map(|values| tensor(values, place)))
    }

    async fn run_on<E: Engine>(&self, inputs: Inputs<'_>, goal: &Goal<'_>) -> Result<Outputs, DeviceError> {
        let mut own = self.take::<E>(inputs.place).await?;
        let outputs = run(&mut *own, &self.plan, inputs, goal).await?;
        self.slot().engine = Some(own);
        Ok(outputs)
    }

    /// The engine that is there, if it is of this kind, or a new one. It is put back after a pass that went well.
    async fn take<E: Engine>(&self, place: &Place) -> Result<Box<E>, DeviceError> {
        let there = self.slot().engine.take();
        match there.map(Box::<dyn Any + Send>::downcast) {
            Some(Ok(own)) => Ok(own),
            _ => Ok(Box::new(E::new(place, Arc::clone(&self.plan)).await?)),
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn nothing_to_differentiate() -> DeviceError {
    DeviceError::Lost { reason: "there is no pass to differentiate".to_owned() }
}

/// In the precision of a processor.
fn narrow<T: Real>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&value| T::of(value)).collect()
}

fn tensor<T: Real>(values: Vec<T>, place: &Place) -> Tensor<1> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), (&place.device(false), T::dtype()))
}

fn numbers<T: Real, const D: usize>(tensor: &Tensor<D>) -> Vec<T> {
    let data = tensor.clone().without_autodiff().into_data();
    data.try_into_vec().expect("every tensor of a place has its precision")
}

/// Tensors to what a pass reads, and what it found back.
async fn run<E: Engine>(
    engine: &mut E,
    plan: &Plan,
    inputs: Inputs<'_>,
    goal: &Goal<'_>,
) -> Result<Outputs, DeviceError> {
    let Inputs { place, omega, p, images, running, branches, again, wanted, noise } = inputs;
    let keep = match &branches {
        Branches::Free => Keep::Free,
        Branches::Record(_) => Keep::Record,
        Branches::Replay(recorded) => match recorded.kept.clone().map(Written::downcast::<E::Kept>) {
            Some(Ok(kept)) => Keep::Replay(kept),
            _ => return Err(DeviceError::Lost { reason: "no branches were kept there".to_owned() }),
        },
    };
    let p: Vec<Vec<E::Number>> = p.iter().map(|cell| narrow(cell)).collect();
    let running = running.map(|pair| pair.map(numbers::<E::Number, 1>));
    let along: Vec<E::Number> = match goal {
        Goal::Along(along) => narrow(along),
        _ => Vec::new(),
    };
    let drawn = plan.noises(images.dims()).map(|(slot, shape)| numbers::<E::Number, 4>(&noise.get(slot, shape, place)));
    let noise: Vec<_> = drawn.collect();
    let request = Request {
        omega: &numbers::<E::Number, 1>(omega),
        p: &p,
        images: &numbers::<E::Number, 4>(images),
        shape: images.dims(),
        noise: &noise,
        running: running.as_ref().map(|[mean, variance]| [mean.as_slice(), variance.as_slice()]),
        again,
        wanted,
        target: match goal {
            Goal::Labels(labels) => Target::Labels(labels),
            Goal::Along(_) => Target::Along(&along),
            Goal::None => Target::None,
        },
    };
    let (found, kept) = engine.run(request, &keep).await?;
    let Found { pass, output, output_shape, loss, weights, cells, image, seen: [means, variances] } = found;
    let branches = match kept {
        Some(kept) => Branches::Record(Recorded::of(kept)),
        None => branches,
    };
    let device = place.device(false);
    Ok(Outputs {
        pass,
        output: Tensor::from_data(TensorData::new(output, output_shape), (&device, E::Number::dtype())),
        loss: tensor(vec![E::Number::of(loss)], place),
        weights: tensor(weights, place),
        cells: tensor(cells, place),
        image: tensor(image, place),
        branches,
        seen: Seen { means: vec![tensor(means, place)], variances: vec![tensor(variances, place)] },
    })
}
