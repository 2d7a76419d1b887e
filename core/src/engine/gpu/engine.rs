//! Engine of a GPU: passes and their tangents.

use std::ops::Range;
use std::sync::Arc;

use web_time::Instant;

use super::answer::Answer;
use super::buffers::{APART, Buffers, Kept, Ready};
use super::device::Kernels;
use super::forward::{ActivationPattern, Goal, Mode};
use super::masks;
use super::pace::Pace;
use super::program::{ROW, word};
use super::state::DeviceState;
use crate::device::{DeviceError, GpuDevice, OpenGpu, STORAGE_BUFFERS, wgpu};
use crate::engine::difference::Difference;
use crate::engine::state::merged;
use crate::engine::{
    Engine, EngineError, Found, Input, Later, Loss, Numbers, Paths, Plan, Reuse, SgdStep, State, Statistics,
    TangentWant, Traffic, Want,
};
use crate::graph::{Graph, IMAGE};

/// Graph on a GPU with its state and the buffers of its passes.
#[derive(Debug)]
pub(crate) struct GpuEngine {
    pub(super) kernels: Arc<Kernels>,
    pub(super) plan: Arc<Plan>,
    pub(super) state: DeviceState,
    name: String,
    buffers: Option<Buffers>,
    /// Activation pattern of the last pass that wanted a tangent.
    kept: Option<Arc<Kept>>,
    /// True if the last pass has run all candidates.
    whole: bool,
    pace: Pace,
    launched: u64,
}

impl GpuEngine {
    pub(crate) async fn open(graph: Graph, gpu: &GpuDevice) -> Result<Self, EngineError> {
        let kernels = Kernels::of(gpu).await?;
        Self::with(kernels, graph, gpu.name().to_owned()).await
    }

    pub(super) async fn with(kernels: Arc<Kernels>, graph: Graph, name: String) -> Result<Self, EngineError> {
        let plan = Arc::new(Plan::new(graph));
        let state = DeviceState::new(&kernels, &plan).await?;
        Ok(Self { kernels, plan, state, name, buffers: None, kept: None, whole: false, pace: Pace::new(), launched: 0 })
    }

    /// Allocates buffers for images of a shape.
    async fn allocate(&mut self, shape: [usize; 4]) -> Result<(), DeviceError> {
        if self.buffers.as_ref().is_some_and(|buffers| buffers.shape == shape) {
            return Ok(());
        }
        // The old buffers go first: there may be no memory for both.
        (self.buffers, self.kept) = (None, None);
        let mut buffers = Buffers::new(&self.kernels, &self.plan, shape).await?;
        let headless = self.plan.heads().is_empty();
        let goal = if headless { Goal::Along } else { Goal::Labels };
        let pattern = ActivationPattern::Own;
        let mode =
            Mode { reuse: false, running: false, keep: pattern, goal, weights: true, cells: true, image: headless };
        buffers.prepare(&self.kernels, &self.plan, mode, &Paths::default()).await?;
        self.buffers = Some(buffers);
        Ok(())
    }

    async fn pass(
        &mut self,
        input: &Input<'_>,
        want: Want,
        reuse: Reuse,
        pattern: ActivationPattern,
        read: bool,
    ) -> Result<Found, DeviceError> {
        self.allocate(input.shape).await?;
        let (kernels, plan) = (Arc::clone(&self.kernels), Arc::clone(&self.plan));
        // A pattern that is held is that of all candidates.
        let held = pattern == ActivationPattern::Held;
        let paths = if held { Paths::default() } else { Paths::new(input, want) };
        let mut mode = Mode {
            reuse: reuse == Reuse::Batch && self.whole,
            running: input.statistics == Statistics::Running,
            keep: pattern,
            goal: match input.loss {
                Loss::None => Goal::None,
                _ if !want.gradients() => Goal::None,
                Loss::Labels(_) => Goal::Labels,
                Loss::Cotangent(_) => Goal::Along,
            },
            weights: false,
            cells: false,
            image: false,
        };
        // Losses are computed with their gradients.
        if matches!(input.loss, Loss::Labels(_)) {
            mode.goal = Goal::Labels;
        }
        if mode.goal != Goal::None {
            mode.want(want);
        }
        self.whole = paths.is_whole();
        let Some(buffers) = &mut self.buffers else {
            return Err(DeviceError::Lost { reason: "no buffers".to_owned() });
        };
        if let Err(error) = buffers.prepare(&kernels, &plan, mode, &paths).await {
            // Some of the buffers may be gone.
            (self.buffers, self.kept) = (None, None);
            return Err(error);
        }
        let kept = match pattern {
            ActivationPattern::Own => None,
            ActivationPattern::Record => Some(buffers.keep(&kernels).await?),
            ActivationPattern::Held => self.kept.clone(),
        };
        let Some(ready) = buffers.ready(mode, &paths) else {
            return Err(DeviceError::Lost { reason: "no program".to_owned() });
        };
        let mut given = vec![1.0];
        #[expect(clippy::cast_possible_truncation, reason = "single precision is what a GPU has")]
        given.extend(input.p.iter().flatten().map(|&p| p as f32));
        given.resize(buffers.places.given.labels - plan.weights, 0.0);
        match input.loss {
            #[expect(clippy::cast_precision_loss, reason = "fewer than 2^24 classes")]
            Loss::Labels(labels) => given.extend(labels.iter().map(|&label| label as f32)),
            Loss::Cotangent(cotangent) => {
                if let Some(at) = ready.output {
                    kernels.write(&buffers.gradients, at, cotangent);
                }
            }
            Loss::None => {}
        }
        given.resize(buffers.places.given.masks - plan.weights, 0.0);
        given.extend(input.draws.masks_of(input.statistics).iter().flat_map(masks::numbers));
        // Without masks, nothing is dropped.
        given.resize(buffers.places.given.size - plan.weights, 1.0);
        kernels.write(&buffers.inputs, plan.weights, &given);
        if !mode.reuse {
            buffers.write_value(&kernels, IMAGE, input.images);
            for ((slot, _), y) in plan.noise_shapes(input.shape).into_iter().zip(plan.noise_values()) {
                buffers.write_value(&kernels, y, &input.draws.noise[slot]);
            }
            self.state.give_weights(&kernels, &buffers.inputs);
        }
        if mode.running {
            self.state.running_norms(&kernels, buffers);
        }
        let began = Instant::now();
        submit(&kernels, buffers, ready, kept.as_deref(), self.pace);
        let dispatches = ready.program.dispatches.len();
        self.launched += dispatches as u64;
        if mode.weights {
            self.state.accumulate(&kernels, buffers, want.weights);
        }
        if want.statistics {
            self.state.keep_statistics(&kernels, buffers, plan.measured(&paths));
        }
        let found = if read { find(&kernels, &plan, buffers, ready, mode, &paths).await? } else { Found::default() };
        if read {
            let workgroups = ready.program.dispatches.iter().map(|dispatch| u64::from(dispatch.3)).sum();
            self.pace.learn(workgroups, began);
        }
        if pattern == ActivationPattern::Record {
            self.kept = kept;
        }
        Ok(found)
    }

    async fn run_pass(&mut self, input: &Input<'_>, want: Want, reuse: Reuse) -> Result<Found, EngineError> {
        // The old pattern goes first: its buffer is taken again. Another pass at the same batch leaves it.
        if reuse == Reuse::Nothing {
            self.kept = None;
        }
        let pattern = if want.tangent { ActivationPattern::Record } else { ActivationPattern::Own };
        let result = self.pass(input, want, reuse, pattern, true).await;
        Ok(self.noticed(result)?)
    }

    /// Two-sided difference with the activation pattern of the last pass held.
    async fn difference(
        &mut self,
        input: &Input<'_>,
        direction: &[Vec<f64>],
        want: TangentWant,
    ) -> Result<Vec<Vec<f64>>, EngineError> {
        if self.kept.is_none() {
            return Err(EngineError::NoTangent);
        }
        let Some(difference) = Difference::new(direction, want.epsilon) else {
            return Ok(if want.cells { direction.to_vec() } else { Vec::new() });
        };
        let mut sides = [Vec::new(), Vec::new()];
        for (side, sign) in sides.iter_mut().zip(Difference::SIDES) {
            let p = difference.side(input.p, sign);
            let wants = Want { weights: difference.share(sign, want.weights), cells: want.cells, ..Want::default() };
            let input = Input { p: &p, ..*input };
            let result = self.pass(&input, wants, Reuse::Batch, ActivationPattern::Held, want.cells).await;
            *side = self.noticed(result)?.cells;
        }
        Ok(difference.quotient(sides))
    }

    /// Forgets the device after a failure, so that it is opened anew.
    pub(super) fn noticed<T>(&self, result: Result<T, DeviceError>) -> Result<T, DeviceError> {
        if matches!(result, Err(DeviceError::Lost { .. })) {
            self.kernels.gpu.forget();
        }
        result
    }
}

/// Submits a program in pieces.
fn submit(kernels: &Kernels, buffers: &Buffers, ready: &Ready, kept: Option<&Kept>, pace: Pace) {
    let gpu = &kernels.gpu;
    let kept = kept.map_or(&buffers.unused, |kept| &kept.buffer);
    let storage = [
        &buffers.inputs,
        &ready.items,
        &buffers.values[0],
        &buffers.gradients,
        &buffers.values[1],
        &buffers.results,
        kept,
        &buffers.scratch,
    ];
    let call = wgpu::BufferBinding { buffer: &ready.calls, offset: 0, size: wgpu::BufferSize::new(16) };
    let call = wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::Buffer(call) };
    let storage = (1..=STORAGE_BUFFERS).zip(storage);
    let storage =
        storage.map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() });
    let entries: Vec<_> = std::iter::once(call).chain(storage).collect();
    let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &kernels.layout,
        entries: &entries,
    });
    let dispatches = &ready.program.dispatches;
    let mut at = 0;
    while at < dispatches.len() {
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        if at == 0 {
            encoder.clear_buffer(&buffers.results, 0, None);
        }
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        let mut workgroups = 0;
        while at < dispatches.len() && workgroups <= pace.workgroups() {
            let (kind, _, _, groups) = dispatches[at];
            let rows = groups.div_ceil(ROW).max(1);
            pass.set_pipeline(kernels.pipeline(kind));
            pass.set_bind_group(0, &group, &[word(at * APART)]);
            pass.dispatch_workgroups(groups.div_ceil(rows), rows, 1);
            workgroups += u64::from(groups);
            at += 1;
        }
        drop(pass);
        gpu.submit(encoder);
    }
}

/// Brings the results of a pass to the host; none of them has the length of ω.
async fn find(
    kernels: &Kernels,
    plan: &Plan,
    buffers: &Buffers,
    ready: &Ready,
    mode: Mode,
    paths: &Paths,
) -> Result<Found, DeviceError> {
    let (places, shape) = (&buffers.places, buffers.shape);
    let results = &places.results;
    let headless = plan.heads().is_empty();
    let [height, width] = places.sizes[plan.output()];
    let output = if headless { shape[0] * plan.values()[plan.output()].channels * height * width } else { 0 };
    let image: usize = shape.iter().product();
    let mut parts = vec![(&buffers.results, results.cells, results.read - results.cells)];
    if headless {
        let [first, second] = kernels.split(places.values[plan.output()], output);
        parts
            .extend([(&buffers.values[0], first.start, first.len()), (&buffers.values[1], second.start, second.len())]);
    }
    if let Some(at) = ready.image {
        parts.push((&buffers.gradients, at, image));
    }
    let mut encoder = kernels.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let mut end = 0;
    for &(buffer, from, size) in parts.iter().filter(|(_, _, size)| *size > 0) {
        encoder.copy_buffer_to_buffer(buffer, (from * 4) as u64, &buffers.read, end, (size * 4) as u64);
        end += (size * 4) as u64;
    }
    kernels.gpu.submit(encoder);
    let numbers = bring(&kernels.gpu, &buffers.read, end).await?;
    let wide = |part: &[f32]| part.iter().copied().map(f64::from).collect::<Vec<_>>();
    let (small, rest) = numbers.split_at(results.read - results.cells);
    let (values, gradient) = rest.split_at(output);
    let first_head = results.heads.first();
    let output = first_head.map_or_else(|| wide(values), |head| wide(&small[head.logits - results.cells..]));
    let losses = results.heads.iter().map(|head| f64::from(small[head.loss - results.cells]));
    let cells = small.len().min(plan.cells().iter().map(|cell| cell.weights).sum());
    Ok(Found {
        loss: if mode.goal == Goal::Labels { losses.sum() } else { 0.0 },
        output,
        cells: if mode.cells { paths.present(by_cell(plan, &wide(&small[..cells]))) } else { Vec::new() },
        image: match (mode.image, ready.image) {
            (true, Some(_)) => wide(gradient),
            (true, None) => vec![0.0; image],
            _ => Vec::new(),
        },
    })
}

/// Cuts the gradients of all cells, one after the other, into those of each.
fn by_cell(plan: &Plan, mut all: &[f64]) -> Vec<Vec<f64>> {
    let cells = plan.cells().iter().map(|cell| {
        let (own, rest) = all.split_at(cell.weights);
        all = rest;
        own.to_vec()
    });
    cells.collect()
}

/// Waits for a buffer and reads its numbers.
pub(super) async fn bring(gpu: &OpenGpu, buffer: &wgpu::Buffer, end: u64) -> Result<Vec<f32>, DeviceError> {
    let lost = |reason: String| DeviceError::Lost { reason };
    if end == 0 {
        return Ok(Vec::new());
    }
    let (answer, asked) = Answer::new();
    buffer.map_async(wgpu::MapMode::Read, 0..end, move |result| answer.give(result));
    gpu.wait()?;
    let mapped = asked.await;
    gpu.count_received(end);
    gpu.check()?;
    mapped.map_err(|error| lost(error.to_string()))?;
    let view = buffer.get_mapped_range(0..end).map_err(|error| lost(error.to_string()))?;
    let numbers = view.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
    let numbers = numbers.collect();
    drop(view);
    buffer.unmap();
    Ok(numbers)
}

impl Engine for GpuEngine {
    fn graph(&self) -> &Graph {
        self.plan.graph()
    }

    fn device_name(&self) -> &str {
        &self.name
    }

    fn launches(&self) -> Option<u64> {
        Some(self.launched + self.state.launched())
    }

    fn traffic(&self) -> Option<Traffic> {
        let [sent, received] = self.kernels.gpu.traffic();
        Some(Traffic { sent, received })
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
        Box::pin(async move {
            let norm = self.state.gradient_norm(&self.kernels).await;
            Ok(self.noticed(norm)?)
        })
    }

    fn mark_gradient(&mut self) -> Later<'_, ()> {
        self.state.mark_gradient(&self.kernels);
        Box::pin(std::future::ready(Ok(())))
    }

    fn gradient_norm_since_mark(&mut self) -> Later<'_, f64> {
        Box::pin(async move {
            let norm = self.state.gradient_norm_since_mark(&self.kernels).await;
            Ok(self.noticed(norm)?)
        })
    }

    fn clear_gradient(&mut self) -> Later<'_, ()> {
        self.state.clear_gradient(&self.kernels);
        Box::pin(std::future::ready(Ok(())))
    }

    fn step(&mut self, step: SgdStep) -> Later<'_, ()> {
        self.state.step(&self.kernels, step);
        Box::pin(std::future::ready(Ok(())))
    }

    fn freeze(&mut self, ranges: &[Range<usize>]) {
        self.state.freeze(&self.kernels, merged(ranges, self.plan.weights));
    }

    fn update_running(&mut self) -> Later<'_, ()> {
        self.state.update_running(&self.kernels);
        Box::pin(std::future::ready(Ok(())))
    }

    fn save(&mut self) -> Later<'_, ()> {
        self.state.save(&self.kernels);
        Box::pin(std::future::ready(Ok(())))
    }

    fn restore(&mut self) -> Later<'_, ()> {
        self.state.restore(&self.kernels);
        Box::pin(std::future::ready(Ok(())))
    }

    fn displace(&mut self, by: f64) -> Later<'_, ()> {
        self.state.displace(&self.kernels, by);
        Box::pin(std::future::ready(Ok(())))
    }

    fn read(&mut self, state: State) -> Later<'_, Numbers> {
        Box::pin(async move {
            let numbers = self.state.read(&self.kernels, state).await;
            Ok(Numbers::Single(self.noticed(numbers)?))
        })
    }

    fn write<'e>(&'e mut self, state: State, numbers: &'e Numbers) -> Later<'e, ()> {
        let checked = state.check(self.plan.graph(), numbers.len());
        if checked.is_ok() {
            self.kept = None;
            self.state.write(&self.kernels, state, &numbers.to_f32());
        }
        Box::pin(std::future::ready(checked))
    }
}
