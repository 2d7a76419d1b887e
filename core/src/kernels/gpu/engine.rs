//! A pass on a GPU.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::Answer;
use super::device::{Gpu, count};
use super::forward::{Builder, Goal, Mode, NORM, Places, Way};
use super::program::{Program, ROW, word};
use crate::device::{DeviceError, Place, Processor, STORAGE, wgpu};
use crate::kernels::pass::{self, Done, Found, Keep, Request, Target};
use crate::kernels::plan::{IMAGE, Plan, Value, ValueId};

const EPSILON: f64 = 1e-5;
/// Bytes between the parameters of two dispatches.
const APART: usize = 256;

/// Which way ReLUs and max pools of a pass went, on the GPU. The buffer goes back when nobody needs it.
#[derive(Debug)]
pub(crate) struct Kept {
    buffer: wgpu::Buffer,
    pool: Pool,
}

/// Buffers to be used again; none when what they are for is gone.
type Pool = Arc<Mutex<Option<Vec<wgpu::Buffer>>>>;

impl Drop for Kept {
    fn drop(&mut self) {
        match self.pool.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(pool) => pool.push(self.buffer.clone()),
            None => self.buffer.destroy(),
        }
    }
}

/// A program with its buffers.
#[derive(Debug)]
struct Ready {
    program: Program,
    items: wgpu::Buffer,
    calls: wgpu::Buffer,
    /// Offsets within the gradients.
    output: Option<usize>,
    image: Option<usize>,
}

/// Everything for images of one shape.
#[derive(Debug)]
struct Fitted {
    shape: [usize; 4],
    places: Places,
    /// All feature maps, in one buffer or two.
    values: [wgpu::Buffer; 2],
    results: wgpu::Buffer,
    inputs: wgpu::Buffer,
    gradients: wgpu::Buffer,
    scratch: wgpu::Buffer,
    read: wgpu::Buffer,
    unused: wgpu::Buffer,
    programs: BTreeMap<Mode, Ready>,
    pool: Pool,
}

/// A plan with the buffers of its passes, which stay from pass to pass.
#[derive(Debug)]
pub(crate) struct Engine {
    gpu: Arc<Gpu>,
    plan: Arc<Plan>,
    fitted: Option<Fitted>,
    passes: u64,
}

fn bytes(numbers: usize) -> u64 {
    (numbers.max(64) as u64) * 4
}

impl Gpu {
    async fn buffer(&self, numbers: usize, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer, DeviceError> {
        let size = bytes(numbers);
        if size > self.most {
            let reason = format!("a buffer of {size} bytes is more than the {} that it can have", self.most);
            return Err(DeviceError::NoRoom { reason });
        }
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer =
            self.device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
        match scope.pop().await {
            Some(error) => Err(DeviceError::NoRoom { reason: error.to_string() }),
            None => Ok(buffer),
        }
    }

    async fn storage(&self, numbers: usize) -> Result<wgpu::Buffer, DeviceError> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        self.buffer(numbers, usage).await
    }

    /// Where numbers of values lie within each of the two buffers.
    fn split(&self, at: usize, count: usize) -> [Range<usize>; 2] {
        let (start, end) = (at, at + count);
        [start.min(self.room)..end.min(self.room), start.max(self.room) - self.room..end.max(self.room) - self.room]
    }

    fn write(&self, buffer: &wgpu::Buffer, at: usize, numbers: &[f32]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        if !bytes.is_empty() {
            self.queue.write_buffer(buffer, (at * 4) as u64, &bytes);
        }
    }

    fn write_words(&self, buffer: &wgpu::Buffer, words: &[u32]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.queue.write_buffer(buffer, 0, &bytes);
    }
}

/// In browsers, a buffer that is merely dropped waits for the garbage collector, which does not see its size.
impl Drop for Fitted {
    fn drop(&mut self) {
        let kept = self.pool.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        let programs = self.programs.values().flat_map(|ready| [&ready.items, &ready.calls]);
        let own = [&self.results, &self.inputs, &self.gradients, &self.scratch, &self.read, &self.unused];
        kept.iter().chain(programs).chain(&self.values).chain(own).for_each(wgpu::Buffer::destroy);
    }
}

impl Fitted {
    async fn new(gpu: &Gpu, plan: &Plan, shape: [usize; 4]) -> Result<Self, DeviceError> {
        let numbers = |value: &Value| {
            let [height, width] = value.size([shape[2], shape[3]]);
            [shape[0], value.channels, height, width].iter().map(|&side| side as u64).product::<u64>()
        };
        let all: u64 = plan.values.iter().map(numbers).sum();
        // Twice, for winners. Items have words of 32 bits.
        if plan.normalized * NORM > gpu.room || all > u64::from(u32::MAX / 2) {
            return Err(DeviceError::NoRoom { reason: format!("{all} numbers in feature maps") });
        }
        let places = Places::new(plan, shape);
        let image: usize = shape.iter().product();
        let [height, width] = places.sizes[plan.output];
        let output = shape[0] * plan.values[plan.output].channels * height * width;
        let read = places.results.read + plan.normalized * NORM + output + image;
        Ok(Self {
            shape,
            values: [
                gpu.storage(places.arena.min(gpu.room)).await?,
                gpu.storage(places.arena.saturating_sub(gpu.room)).await?,
            ],
            results: gpu.storage(places.results.size).await?,
            inputs: gpu.storage(places.given.size).await?,
            gradients: gpu.storage(0).await?,
            scratch: gpu.storage(0).await?,
            unused: gpu.storage(0).await?,
            read: gpu.buffer(read, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST).await?,
            places,
            programs: BTreeMap::new(),
            pool: Arc::new(Mutex::new(Some(Vec::new()))),
        })
    }

    /// Makes a program for a kind of pass, and room for it.
    async fn prepare(&mut self, gpu: &Gpu, plan: &Plan, mode: Mode) -> Result<(), DeviceError> {
        if self.programs.contains_key(&mode) {
            return Ok(());
        }
        let mut builder = Builder::new(plan, &self.places, mode);
        builder.forward();
        let ends = builder.backward();
        let program = builder.list.compile();
        for (buffer, size) in [&mut self.gradients, &mut self.scratch].into_iter().zip(program.sizes) {
            if buffer.size() < bytes(size) {
                // It goes first: both may be too much.
                buffer.destroy();
                *buffer = gpu.storage(size).await?;
            }
        }
        let items = gpu.storage(program.items.len()).await?;
        gpu.write_words(&items, &program.items);
        let mut calls = vec![0; program.dispatches.len() * APART / 4];
        for (call, &(_, first, items, groups)) in calls.chunks_exact_mut(APART / 4).zip(&program.dispatches) {
            call[..4].copy_from_slice(&[first, items, groups, word(self.shape[0])]);
        }
        let uniform = gpu.buffer(calls.len(), wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST).await?;
        gpu.write_words(&uniform, &calls);
        let [output, image] = [ends.output, ends.image].map(|part| part.map(|part| program.offsets[part]));
        self.programs.insert(mode, Ready { program, items, calls: uniform, output, image });
        Ok(())
    }

    fn write_value(&self, gpu: &Gpu, value: ValueId, numbers: &[f32]) {
        let [first, second] = gpu.split(self.places.values[value], numbers.len());
        let (left, right) = numbers.split_at(first.len());
        gpu.write(&self.values[0], first.start, left);
        gpu.write(&self.values[1], second.start, right);
    }

    async fn keep(&self, gpu: &Gpu) -> Result<Arc<Kept>, DeviceError> {
        let free = self.pool.lock().unwrap_or_else(PoisonError::into_inner).as_mut().and_then(Vec::pop);
        let buffer = match free {
            Some(buffer) => buffer,
            None => gpu.storage(self.places.kept).await?,
        };
        Ok(Arc::new(Kept { buffer, pool: Arc::clone(&self.pool) }))
    }
}

impl Engine {
    pub(super) fn on(gpu: Arc<Gpu>, plan: Arc<Plan>) -> Self {
        Self { gpu, plan, fitted: None, passes: 0 }
    }

    /// Makes room for images of a shape and the largest pass over them.
    pub(crate) async fn fit(&mut self, shape: [usize; 4]) -> Result<(), DeviceError> {
        if self.fitted.as_ref().is_some_and(|fitted| fitted.shape == shape) {
            return Ok(());
        }
        // What was there goes first: both may be too much.
        self.fitted = None;
        let mut fitted = Fitted::new(&self.gpu, &self.plan, shape).await?;
        let goal = if self.plan.head.is_some() { Goal::Labels } else { Goal::Along };
        let (again, running, keep, image) = (false, false, Way::Record, self.plan.head.is_none());
        let largest = Mode { again, running, keep, goal, weights: true, cells: true, image };
        fitted.prepare(&self.gpu, &self.plan, largest).await?;
        drop(fitted.keep(&self.gpu).await?);
        self.fitted = Some(fitted);
        Ok(())
    }

    async fn pass(&mut self, request: Request<'_, f32>, keep: &Keep<Kept>) -> Done<f32, Kept> {
        let Request { omega, p, images, shape, noise, running, again, wanted, target, .. } = request;
        let again = again.is_some_and(|pass| pass == self.passes)
            && self.fitted.as_ref().is_some_and(|fitted| fitted.shape == shape);
        self.fit(shape).await?;
        if !again {
            self.passes += 1;
        }
        let (gpu, plan) = (Arc::clone(&self.gpu), Arc::clone(&self.plan));
        let Some(fitted) = &mut self.fitted else {
            return Err(DeviceError::Lost { reason: "no buffers".to_owned() });
        };
        let mut mode = Mode {
            again,
            running: running.is_some(),
            keep: match keep {
                Keep::Free => Way::Free,
                Keep::Record => Way::Record,
                Keep::Replay(_) => Way::Replay,
            },
            goal: match target {
                Target::Labels(_) => Goal::Labels,
                Target::Along(_) => Goal::Along,
                Target::None => Goal::None,
            },
            weights: false,
            cells: false,
            image: false,
        };
        if mode.goal != Goal::None {
            mode.wants(wanted);
        }
        fitted.prepare(&gpu, &plan, mode).await?;
        let Some(ready) = fitted.programs.get(&mode) else {
            return Err(DeviceError::Lost { reason: "no program".to_owned() });
        };
        let mut given = omega.to_vec();
        given.push(1.0);
        given.extend(p.iter().flatten());
        given.resize(fitted.places.given.labels, 0.0);
        match target {
            #[expect(clippy::cast_precision_loss, reason = "fewer than 2^24 classes")]
            Target::Labels(labels) => given.extend(labels.iter().map(|&label| label as f32)),
            Target::Along(along) => {
                if let Some(at) = ready.output {
                    gpu.write(&fitted.gradients, at, along);
                }
            }
            Target::None => {}
        }
        gpu.write(&fitted.inputs, 0, &given);
        if !again {
            fitted.write_value(&gpu, IMAGE, images);
        }
        for (y, drawn) in plan.noisy().zip(noise) {
            fitted.write_value(&gpu, y, drawn);
        }
        if let Some(running) = running {
            gpu.write(&fitted.values[0], 0, &readers(&plan, omega, running));
        }
        let kept = match keep {
            Keep::Free => None,
            Keep::Record => Some(fitted.keep(&gpu).await?),
            Keep::Replay(kept) => Some(Arc::clone(kept)),
        };
        let found = fitted.submit(&gpu, &plan, ready, kept.as_deref(), mode).await?;
        let found = Found { pass: self.passes, ..found };
        Ok((found, if mode.keep == Way::Record { kept } else { None }))
    }
}

impl pass::Engine for Engine {
    type Number = f32;
    type Kept = Kept;

    async fn new(place: &Place, plan: Arc<Plan>) -> Result<Self, DeviceError> {
        let Some(Processor::Gpu(api)) = place.processor() else {
            return Err(DeviceError::Lost { reason: format!("{} has no kernels of GPUs", place.name()) });
        };
        Ok(Self::on(Gpu::of(api).await?, plan))
    }

    async fn run(&mut self, request: Request<'_, f32>, keep: &Keep<Kept>) -> Done<f32, Kept> {
        let done = self.pass(request, keep).await;
        if matches!(done, Err(DeviceError::Lost { .. })) {
            self.gpu.forget();
        }
        done
    }
}

/// How every normalized channel is read with running statistics.
fn readers(plan: &Plan, omega: &[f32], [means, variances]: [&[f32]; 2]) -> Vec<f32> {
    let mut norms = vec![0.0; plan.normalized * NORM];
    for value in &plan.values {
        let Some(norm) = value.norm else { continue };
        for channel in 0..value.channels {
            let at = norm.offset + channel;
            let [scale, shift] = norm.affine.map_or([1.0, 0.0], |affine| affine.map(|offset| omega[offset + channel]));
            #[expect(clippy::cast_possible_truncation, reason = "single precision is what the GPU has")]
            let inverse = (1.0 / (f64::from(variances[at]) + EPSILON).sqrt()) as f32;
            norms[at * NORM..at * NORM + 4].copy_from_slice(&[means[at], inverse, scale * inverse, shift]);
        }
    }
    norms
}

impl Fitted {
    /// Runs a program and reads what it found.
    async fn submit(
        &self,
        gpu: &Gpu,
        plan: &Plan,
        ready: &Ready,
        kept: Option<&Kept>,
        mode: Mode,
    ) -> Result<Found<f32>, DeviceError> {
        let kept = kept.map_or(&self.unused, |kept| &kept.buffer);
        let storage = [
            &self.inputs,
            &ready.items,
            &self.values[0],
            &self.gradients,
            &self.values[1],
            &self.results,
            kept,
            &self.scratch,
        ];
        let call = wgpu::BufferBinding { buffer: &ready.calls, offset: 0, size: wgpu::BufferSize::new(16) };
        let call = wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::Buffer(call) };
        let storage = (1..=STORAGE).zip(storage);
        let storage =
            storage.map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() });
        let entries: Vec<_> = std::iter::once(call).chain(storage).collect();
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &gpu.layout,
            entries: &entries,
        });
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.clear_buffer(&self.results, 0, None);
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            for (at, &(kind, _, _, groups)) in ready.program.dispatches.iter().enumerate() {
                pass.set_pipeline(gpu.pipeline(kind));
                pass.set_bind_group(0, &group, &[word(at * APART)]);
                pass.dispatch_workgroups(groups.min(ROW), groups.div_ceil(ROW), 1);
            }
        }
        count(ready.program.dispatches.len());
        let places = &self.places;
        let [height, width] = places.sizes[plan.output];
        let output_shape = match plan.head {
            Some(head) => [self.shape[0], head.classes, 1, 1],
            None => [self.shape[0], plan.values[plan.output].channels, height, width],
        };
        let output: usize = output_shape.iter().product();
        let norms = plan.normalized * NORM;
        let image: usize = self.shape.iter().product();
        // Results, norms, output, gradient of the image.
        let mut parts = vec![(&self.results, 0, places.results.read), (&self.values[0], 0, norms)];
        if plan.head.is_none() {
            let [first, second] = gpu.split(places.values[plan.output], output);
            parts.extend([(&self.values[0], first.start, first.len()), (&self.values[1], second.start, second.len())]);
        }
        if let Some(at) = ready.image {
            parts.push((&self.gradients, at, image));
        }
        let mut end = 0;
        for &(buffer, from, size) in parts.iter().filter(|(_, _, size)| *size > 0) {
            encoder.copy_buffer_to_buffer(buffer, (from * 4) as u64, &self.read, end, (size * 4) as u64);
            end += (size * 4) as u64;
        }
        gpu.queue.submit([encoder.finish()]);
        let numbers = self.bring(gpu, end).await?;
        let mut rest = numbers.as_slice();
        let mut take = |size: usize| {
            let (own, others) = rest.split_at(size);
            rest = others;
            own
        };
        let results = take(places.results.read);
        let norms = take(norms);
        let channel = |which: usize| norms.iter().skip(which).step_by(NORM).copied().collect();
        let output = match plan.head {
            Some(_) => results[places.results.logits..].to_vec(),
            None => take(output).to_vec(),
        };
        let gradient = match (mode.image, ready.image) {
            (true, Some(_)) => take(image).to_vec(),
            (true, None) => vec![0.0; image],
            _ => Vec::new(),
        };
        let part = |wanted: bool, from: usize, to: usize| if wanted { results[from..to].to_vec() } else { Vec::new() };
        Ok(Found {
            pass: 0,
            output,
            output_shape,
            loss: f64::from(results[places.results.loss]),
            weights: part(mode.weights, 0, plan.weights),
            cells: part(mode.cells, places.results.cells, places.results.loss),
            image: gradient,
            seen: [channel(0), channel(6)],
        })
    }

    async fn bring(&self, gpu: &Gpu, end: u64) -> Result<Vec<f32>, DeviceError> {
        let lost = |reason: String| DeviceError::Lost { reason };
        let (answer, asked) = Answer::new();
        self.read.map_async(wgpu::MapMode::Read, 0..end, move |result| answer.give(result));
        // Browsers go on by themselves.
        // wgpu panics where the driver says that the device is lost.
        let polled = catch_unwind(AssertUnwindSafe(|| gpu.device.poll(wgpu::PollType::wait_indefinitely())));
        polled.map_err(|_| lost("the driver lost it".to_owned()))?.map_err(|error| lost(error.to_string()))?;
        let mapped = asked.await;
        gpu.check()?;
        mapped.map_err(|error| lost(error.to_string()))?;
        let view = self.read.get_mapped_range(0..end).map_err(|error| lost(error.to_string()))?;
        let numbers = view.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        let numbers = numbers.collect();
        drop(view);
        self.read.unmap();
        Ok(numbers)
    }
}
