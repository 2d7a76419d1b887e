//! Reference engine: its state, its passes and the methods that change them.

use std::ops::Range;

use burn::tensor::{DType, Device, Gradients, Int, Tensor, TensorData};

use super::forward::{Forward, cross_entropy};
use super::pattern::ActivationPattern;
use crate::device::{BurnDevice, DeviceError};
use crate::engine::difference::Difference;
use crate::engine::state::merged;
use crate::engine::{
    Engine, EngineError, Found, Input, Later, Loss, Mask, Numbers, Paths, Reuse, SgdStep, State, Statistics,
    TangentWant, Want,
};
use crate::graph::{Graph, IMAGE, Primitive, Sum, ValueId};

/// Graph on a Burn device; the state is in tensors there.
#[derive(Debug)]
pub(crate) struct ReferenceEngine {
    graph: Graph,
    burn: BurnDevice,
    name: String,
    weights: Tensor<1>,
    gradient: Tensor<1>,
    momentum: Tensor<1>,
    running: [Tensor<1>; 2],
    saved: Option<[Tensor<1>; 4]>,
    /// 1 for weights that steps move and 0 for frozen ones, if there are frozen ones.
    free: Option<Tensor<1>>,
    /// Gradient that a later one is compared with.
    marked: Option<Tensor<1>>,
    /// Means and unbiased variances of the batch norms that the last pass has run, by their first channel.
    kept_statistics: Vec<(usize, [Tensor<1>; 2])>,
    /// Activation pattern of the last pass that wanted a tangent.
    pattern: Option<ActivationPattern>,
}

/// Results of a pass in tensors.
struct Outcome {
    output: Tensor<1>,
    loss: Option<Tensor<1>>,
    weights: Option<Tensor<1>>,
    cells: Vec<Tensor<1>>,
    image: Option<Tensor<1>>,
    /// Means and unbiased variances of the batch norms by their first channel.
    statistics: Vec<(usize, [Tensor<1>; 2])>,
    pattern: ActivationPattern,
    paths: Paths,
}

impl ReferenceEngine {
    pub(crate) fn new(graph: Graph, burn: BurnDevice, name: &str) -> Self {
        let (weights, normalized) = (graph.parameter_count(), graph.normalized_channels());
        let vector = |value: f64, count: usize| tensor(&burn, vec![value; count], [count]);
        Self {
            weights: vector(0.0, weights),
            gradient: vector(0.0, weights),
            momentum: vector(0.0, weights),
            running: [vector(0.0, normalized), vector(1.0, normalized)],
            saved: None,
            free: None,
            marked: None,
            kept_statistics: Vec::new(),
            pattern: None,
            graph,
            burn,
            name: name.to_owned(),
        }
    }

    fn pass(&self, input: &Input<'_>, p: &[Vec<f64>], want: Want, pattern: ActivationPattern) -> Outcome {
        let burn = &self.burn;
        let backward = want.gradients() && !matches!(input.loss, Loss::None);
        // A pattern that is held is that of all candidates.
        let held = matches!(pattern, ActivationPattern::Held(..));
        let paths = if held { Paths::default() } else { Paths::new(input, want) };
        let tracked = |tensor: Tensor<1>, track: bool| if track { tensor.autodiff().require_grad() } else { tensor };
        let parameters =
            self.graph.parameters().iter().map(|parameter| {
                tracked(self.weights.clone().slice([parameter.range()]), backward && want.weights != 0.0)
            });
        let weights: Vec<Tensor<1>> = parameters.collect();
        let copies: Vec<Tensor<1>> =
            p.iter().map(|p| tracked(tensor(burn, p.clone(), [p.len()]), backward && want.cells)).collect();
        let images: Vec<f64> = input.images.iter().copied().map(f64::from).collect();
        let image = tracked(tensor(burn, images, [input.images.len()]), backward && want.image);
        let drawn =
            self.graph.noise_shapes(input.shape).into_iter().map(|(slot, shape)| {
                tensor(burn, input.draws.noise[slot].iter().copied().map(f64::from).collect(), shape)
            });
        let noise = drawn.collect();
        let masks = self.masks(input);
        let running = (input.statistics == Statistics::Running).then(|| self.running.clone());
        let image4 = image.clone().reshape(input.shape);
        let mut forward = Forward::new(&self.graph, &weights, &copies, running, &image4);
        (forward.noise, forward.masks, forward.pattern) = (noise, masks, pattern);
        forward.paths.clone_from(&paths);
        forward.run(image4);
        let (mut output, mut loss) = (None, None);
        for head in self.graph.heads() {
            if output.is_some() && !matches!(input.loss, Loss::Labels(_)) {
                break;
            }
            let logits = forward.logits(head);
            if let Loss::Labels(labels) = input.loss {
                let labels = TensorData::new(labels.to_vec(), [labels.len()]);
                let labels: Tensor<1, Int> = Tensor::from_data(labels, burn.device());
                let own = cross_entropy(logits.clone(), labels, head.loss);
                loss = Some(match loss {
                    Some(loss) => own.add(loss),
                    None => own,
                });
            }
            output.get_or_insert_with(|| flat(logits));
        }
        if self.graph.heads().is_empty() {
            let y = flat(forward.stored(self.graph.output()));
            if let Loss::Cotangent(cotangent) = input.loss {
                let cotangent: Vec<f64> = cotangent.iter().copied().map(f64::from).collect();
                let count = cotangent.len();
                loss = Some(y.clone().mul(tensor(burn, cotangent, [count])).sum());
            }
            output = Some(y);
        }
        let statistics = std::mem::take(&mut forward.seen);
        let pattern = std::mem::take(&mut forward.pattern);
        let (mut gradient, mut cells, mut of_image) = (None, Vec::new(), None);
        // An operation may read nothing that gradients are kept for.
        let tracked = |loss: &Tensor<1>| loss.device().is_autodiff();
        if let (true, Some(loss)) = (backward, loss.clone().filter(tracked)) {
            let mut gradients = loss.backward();
            gradient = (want.weights != 0.0).then(|| collect(&weights, &mut gradients, &self.weights));
            if want.cells {
                cells = copies.iter().map(|copy| take(copy, &mut gradients)).collect();
            }
            of_image = want.image.then(|| take(&image, &mut gradients));
        } else if backward {
            if want.cells {
                cells = copies.iter().map(|copy| copy.clone().without_autodiff().zeros_like()).collect();
            }
            of_image = want.image.then(|| image.without_autodiff().zeros_like());
        }
        Outcome {
            output: output.expect("a graph has a head or an output").without_autodiff(),
            loss: loss.map(Tensor::without_autodiff),
            weights: gradient,
            cells,
            image: of_image,
            statistics,
            pattern,
            paths,
        }
    }

    /// Masks of a pass by slot.
    fn masks(&self, input: &Input<'_>) -> Vec<Tensor<4>> {
        let [batch, _, height, width] = input.shape;
        let sizes = self.graph.sizes([height, width]);
        // Sums that share a drop path may have different shapes; a mask of dropout belongs to one.
        let mut masked = vec![IMAGE; self.graph.masks().len()];
        for operation in self.graph.operations() {
            if let Primitive::Sum(Sum { mask: Some(slot), y, .. }) = operation {
                masked[*slot] = *y;
            }
        }
        let of_sum = |(mask, y): (&Mask, ValueId)| match mask {
            Mask::Images(factors) => {
                tensor(&self.burn, factors.iter().copied().map(f64::from).collect(), [batch, 1, 1, 1])
            }
            Mask::Numbers(dropout) => {
                let [height, width] = sizes[y];
                let shape = [batch, self.graph.values()[y].channels, height, width];
                let count: usize = shape.iter().product();
                let factors = (0..count).map(|place| f64::from(dropout.factor(place)));
                tensor(&self.burn, factors.collect(), shape)
            }
        };
        input.draws.masks_of(input.statistics).iter().zip(masked).map(of_sum).collect()
    }

    async fn run_pass(&mut self, input: &Input<'_>, want: Want, reuse: Reuse) -> Result<Found, EngineError> {
        if reuse == Reuse::Nothing {
            self.pattern = None;
        }
        let pattern = if want.tangent { ActivationPattern::Record(Vec::new()) } else { ActivationPattern::Own };
        let outcome = self.pass(input, input.p, want, pattern);
        self.add(outcome.weights.clone(), want.weights);
        if want.statistics {
            self.kept_statistics.clone_from(&outcome.statistics);
        }
        if let ActivationPattern::Record(choices) = &outcome.pattern {
            self.pattern = Some(ActivationPattern::Held(choices.clone(), 0));
        }
        find(outcome).await
    }

    fn add(&mut self, gradient: Option<Tensor<1>>, coefficient: f64) {
        if let Some(gradient) = gradient {
            self.gradient = self.without_frozen(self.gradient.clone().add(gradient.mul_scalar(coefficient)));
        }
    }

    /// Vector of the length of ω with zeros for the frozen weights.
    fn without_frozen(&self, vector: Tensor<1>) -> Tensor<1> {
        match &self.free {
            Some(free) => vector.mul(free.clone()),
            None => vector,
        }
    }

    /// Two-sided difference with the activation pattern of the last pass held.
    async fn difference(
        &mut self,
        input: &Input<'_>,
        direction: &[Vec<f64>],
        want: TangentWant,
    ) -> Result<Vec<Vec<f64>>, EngineError> {
        let Some(pattern) = self.pattern.clone() else { return Err(EngineError::NoTangent) };
        let Some(difference) = Difference::new(direction, want.epsilon) else {
            return Ok(if want.cells { direction.to_vec() } else { Vec::new() });
        };
        let mut sides = [Vec::new(), Vec::new()];
        for (side, sign) in sides.iter_mut().zip(Difference::SIDES) {
            let p = difference.side(input.p, sign);
            let wants = Want { weights: want.weights, cells: want.cells, ..Want::default() };
            let outcome = self.pass(input, &p, wants, pattern.clone());
            self.add(outcome.weights.clone(), difference.share(sign, want.weights));
            *side = find(outcome).await?.cells;
        }
        Ok(difference.quotient(sides))
    }

    fn state(&mut self, state: State) -> &mut Tensor<1> {
        match state {
            State::Weights => &mut self.weights,
            State::Gradient => &mut self.gradient,
            State::Momentum => &mut self.momentum,
            State::RunningMean => &mut self.running[0],
            State::RunningVariance => &mut self.running[1],
        }
    }
}

fn tensor<const D: usize>(burn: &BurnDevice, values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
    let device: &Device = burn.device();
    if burn.dtype() == DType::F64 {
        return Tensor::from_data(TensorData::new(values, shape), (device, DType::F64));
    }
    #[expect(clippy::cast_possible_truncation, reason = "single precision is what was asked for")]
    let values = values.into_iter().map(|value| value as f32).collect::<Vec<_>>();
    Tensor::from_data(TensorData::new(values, shape), (device, DType::F32))
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let count = tensor.dims().iter().product::<usize>();
    tensor.reshape([count])
}

/// Gradient of a leaf; zero where it had no part in the loss.
fn take(leaf: &Tensor<1>, gradients: &mut Gradients) -> Tensor<1> {
    leaf.grad_remove(gradients).unwrap_or_else(|| leaf.clone().without_autodiff().zeros_like())
}

/// Gradients of leaves as one vector.
fn collect(leaves: &[Tensor<1>], gradients: &mut Gradients, weights: &Tensor<1>) -> Tensor<1> {
    if leaves.is_empty() {
        return weights.clone().zeros_like();
    }
    Tensor::cat(leaves.iter().map(|leaf| take(leaf, gradients)).collect(), 0)
}

/// Numbers of a tensor on the host.
async fn read(tensor: Tensor<1>) -> Result<Vec<f64>, DeviceError> {
    let data = tensor.into_data_async().await.map_err(|error| DeviceError::Lost { reason: format!("{error:?}") })?;
    Ok(data.iter::<f64>().collect())
}

async fn find(outcome: Outcome) -> Result<Found, EngineError> {
    let mut cells = Vec::with_capacity(outcome.cells.len());
    for cell in outcome.cells {
        cells.push(read(cell).await?);
    }
    let loss = match outcome.loss {
        Some(loss) => read(loss).await?[0],
        None => 0.0,
    };
    let image = match outcome.image {
        Some(image) => read(image).await?,
        None => Vec::new(),
    };
    Ok(Found { loss, output: read(outcome.output).await?, cells: outcome.paths.present(cells), image })
}

/// Future that is ready.
fn done<'a>() -> Later<'a, ()> {
    Box::pin(std::future::ready(Ok(())))
}

impl Engine for ReferenceEngine {
    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn device_name(&self) -> &str {
        &self.name
    }

    fn run<'e>(&'e mut self, input: Input<'e>, want: Want, reuse: Reuse) -> Later<'e, Found> {
        Box::pin(async move { self.run_pass(&input, want, reuse).await })
    }

    fn run_tangent<'e>(
        &'e mut self,
        input: Input<'e>,
        direction: &'e [Vec<f64>],
        want: TangentWant,
    ) -> Later<'e, Vec<Vec<f64>>> {
        Box::pin(async move { self.difference(&input, direction, want).await })
    }

    fn gradient_norm(&mut self) -> Later<'_, f64> {
        let square = self.gradient.clone().square().sum();
        Box::pin(async move { Ok(read(square).await?[0].sqrt()) })
    }

    fn mark_gradient(&mut self) -> Later<'_, ()> {
        self.marked = Some(self.gradient.clone());
        done()
    }

    fn gradient_norm_since_mark(&mut self) -> Later<'_, f64> {
        let gradient = self.gradient.clone();
        let change = self.marked.take().map_or(gradient.clone(), |marked| gradient - marked);
        let square = change.square().sum();
        Box::pin(async move { Ok(read(square).await?[0].sqrt()) })
    }

    fn clear_gradient(&mut self) -> Later<'_, ()> {
        self.gradient = self.gradient.clone().zeros_like();
        done()
    }

    fn step(&mut self, step: SgdStep) -> Later<'_, ()> {
        let gradient = self.gradient.clone().mul_scalar(step.scale);
        let gradient = self.without_frozen(gradient.add(self.weights.clone().mul_scalar(step.decay)));
        self.momentum = self.without_frozen(self.momentum.clone().mul_scalar(step.momentum)).add(gradient.clone());
        let ahead = self.momentum.clone();
        let ahead = if step.nesterov { ahead.mul_scalar(step.momentum).add(gradient) } else { ahead };
        self.weights = self.weights.clone().sub(ahead.mul_scalar(step.lr));
        self.clear_gradient()
    }

    fn freeze(&mut self, ranges: &[Range<usize>]) {
        let count = self.graph.parameter_count();
        let ranges = merged(ranges, count);
        self.free = (!ranges.is_empty()).then(|| {
            let mut free = vec![1.0; count];
            for range in ranges {
                free[range].fill(0.0);
            }
            tensor(&self.burn, free, [count])
        });
        self.gradient = self.without_frozen(self.gradient.clone());
    }

    fn update_running(&mut self) -> Later<'_, ()> {
        for (offset, seen) in &self.kept_statistics {
            for (running, seen) in self.running.iter_mut().zip(seen) {
                let place = *offset..offset + seen.dims()[0];
                let before = running.clone().slice([place.clone()]);
                let moved = before.mul_scalar(0.9).add(seen.clone().mul_scalar(0.1));
                *running = running.clone().slice_assign([place], moved);
            }
        }
        done()
    }

    fn save(&mut self) -> Later<'_, ()> {
        let [mean, variance] = self.running.clone();
        self.saved = Some([self.weights.clone(), self.momentum.clone(), mean, variance]);
        done()
    }

    fn restore(&mut self) -> Later<'_, ()> {
        if let Some([weights, momentum, mean, variance]) = self.saved.clone() {
            (self.weights, self.momentum, self.running) = (weights, momentum, [mean, variance]);
        }
        done()
    }

    fn displace(&mut self, by: f64) -> Later<'_, ()> {
        if let Some([weights, ..]) = &self.saved {
            self.weights = weights.clone().add(self.gradient.clone().mul_scalar(by));
        }
        done()
    }

    fn read(&mut self, state: State) -> Later<'_, Numbers> {
        let (tensor, double) = (self.state(state).clone(), self.burn.dtype() == DType::F64);
        Box::pin(async move {
            let numbers = Numbers::Double(read(tensor).await?);
            Ok(if double { numbers } else { Numbers::Single(numbers.to_f32()) })
        })
    }

    fn write<'e>(&'e mut self, state: State, numbers: &'e Numbers) -> Later<'e, ()> {
        let checked = state.check(&self.graph, numbers.len());
        if checked.is_ok() {
            self.pattern = None;
            let new = tensor(&self.burn, numbers.to_f64(), [numbers.len()]);
            *self.state(state) = if state == State::Gradient { self.without_frozen(new) } else { new };
        }
        Box::pin(std::future::ready(checked))
    }
}
