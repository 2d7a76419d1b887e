//! Buffers of a graph on a GPU, for images of one shape.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::device::Kernels;
use super::forward::{Builder, Mode, NORM, Places};
use super::program::{Program, word};
use crate::device::{DeviceError, wgpu};
use crate::engine::{Paths, Plan};
use crate::graph::ValueId;

/// Bytes between the parameters of two dispatches.
pub(super) const APART: usize = 256;

/// Recorded activation pattern. When it is dropped, its buffer returns to the pool.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) buffer: wgpu::Buffer,
    pool: Pool,
}

/// Free buffers; `None` after the buffers of the shape are dropped.
type Pool = Arc<Mutex<Option<Vec<wgpu::Buffer>>>>;

impl Drop for Kept {
    fn drop(&mut self) {
        match self.pool.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(pool) => pool.push(self.buffer.clone()),
            None => self.buffer.destroy(),
        }
    }
}

/// Program with its buffers.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) program: Program,
    pub(super) items: wgpu::Buffer,
    pub(super) calls: wgpu::Buffer,
    /// Offsets within the gradients.
    pub(super) output: Option<usize>,
    pub(super) image: Option<usize>,
}

/// Buffers and programs for images of one shape.
#[derive(Debug)]
pub(super) struct Buffers {
    pub(super) shape: [usize; 4],
    pub(super) places: Places,
    /// All feature maps, in one buffer or two.
    pub(super) values: [wgpu::Buffer; 2],
    pub(super) results: wgpu::Buffer,
    pub(super) inputs: wgpu::Buffer,
    pub(super) gradients: wgpu::Buffer,
    pub(super) scratch: wgpu::Buffer,
    pub(super) read: wgpu::Buffer,
    pub(super) unused: wgpu::Buffer,
    /// Programs by kind of pass, and of those of passes that leave candidates out the last one alone: the choice of the
    /// candidates is often a random draw.
    programs: BTreeMap<(Mode, Paths), Ready>,
    pool: Pool,
}

fn bytes(numbers: usize) -> u64 {
    (numbers.max(64) as u64) * 4
}

impl Kernels {
    pub(super) async fn buffer(&self, numbers: usize, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer, DeviceError> {
        let size = bytes(numbers);
        if size > self.max_bytes {
            let reason = format!("a buffer of {size} bytes is more than the {} that it can have", self.max_bytes);
            return Err(DeviceError::NoRoom { reason });
        }
        let scope = self.gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = self.gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size,
            usage,
            mapped_at_creation: false,
        });
        match scope.pop().await {
            Some(error) => Err(DeviceError::NoRoom { reason: error.to_string() }),
            None => Ok(buffer),
        }
    }

    pub(super) async fn storage(&self, numbers: usize) -> Result<wgpu::Buffer, DeviceError> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        self.buffer(numbers, usage).await
    }

    /// Ranges of some numbers of the values within each of the two buffers.
    pub(super) fn split(&self, at: usize, count: usize) -> [Range<usize>; 2] {
        let (start, end) = (at, at + count);
        let capacity = self.capacity;
        [start.min(capacity)..end.min(capacity), start.max(capacity) - capacity..end.max(capacity) - capacity]
    }

    pub(super) fn write(&self, buffer: &wgpu::Buffer, at: usize, numbers: &[f32]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        if !bytes.is_empty() {
            self.gpu.count_sent(bytes.len());
            self.gpu.queue.write_buffer(buffer, (at * 4) as u64, &bytes);
        }
    }

    pub(super) fn write_words(&self, buffer: &wgpu::Buffer, words: &[u32]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.gpu.count_sent(bytes.len());
        self.gpu.queue.write_buffer(buffer, 0, &bytes);
    }
}

/// In browsers, a buffer that is merely dropped waits for the garbage collector, which does not see its size.
impl Drop for Buffers {
    fn drop(&mut self) {
        let kept = self.pool.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        let programs = self.programs.values().flat_map(|ready| [&ready.items, &ready.calls]);
        let own = [&self.results, &self.inputs, &self.gradients, &self.scratch, &self.read, &self.unused];
        kept.iter().chain(programs).chain(&self.values).chain(own).for_each(wgpu::Buffer::destroy);
    }
}

impl Buffers {
    pub(super) async fn new(kernels: &Kernels, plan: &Plan, shape: [usize; 4]) -> Result<Self, DeviceError> {
        let all = plan.activations([shape[2], shape[3]]).saturating_mul(shape[0] as u64);
        // Twice, for the argmax of max pools. Items have words of 32 bits.
        if plan.normalized * NORM > kernels.capacity || all > u64::from(u32::MAX / 2) {
            return Err(DeviceError::NoRoom { reason: format!("{all} numbers in feature maps") });
        }
        let places = Places::new(plan, shape);
        let image: usize = shape.iter().product();
        let [height, width] = places.sizes[plan.output()];
        let output = shape[0] * plan.values()[plan.output()].channels * height * width;
        let read = places.results.read + output + image;
        Ok(Self {
            shape,
            values: [
                kernels.storage(places.arena.min(kernels.capacity)).await?,
                kernels.storage(places.arena.saturating_sub(kernels.capacity)).await?,
            ],
            results: kernels.storage(places.results.size).await?,
            inputs: kernels.storage(places.given.size).await?,
            gradients: kernels.storage(0).await?,
            scratch: kernels.storage(0).await?,
            unused: kernels.storage(0).await?,
            read: kernels.buffer(read, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST).await?,
            places,
            programs: BTreeMap::new(),
            pool: Arc::new(Mutex::new(Some(Vec::new()))),
        })
    }

    /// Program of a kind of pass, which [`prepare`](Self::prepare) has made.
    pub(super) fn ready(&self, mode: Mode, paths: &Paths) -> Option<&Ready> {
        self.programs.get(&(mode, paths.clone()))
    }

    /// Makes a program for a kind of pass, and allocates its buffers.
    pub(super) async fn prepare(
        &mut self,
        kernels: &Kernels,
        plan: &Plan,
        mode: Mode,
        paths: &Paths,
    ) -> Result<(), DeviceError> {
        if self.ready(mode, paths).is_some() {
            return Ok(());
        }
        if !paths.is_whole() {
            self.programs.retain(|(_, other), ready| {
                if !other.is_whole() {
                    [&ready.items, &ready.calls].into_iter().for_each(wgpu::Buffer::destroy);
                }
                other.is_whole()
            });
        }
        let mut builder = Builder::new(plan, &self.places, mode, paths);
        builder.forward();
        let ends = builder.backward();
        let program = builder.list.compile();
        for (buffer, size) in [&mut self.gradients, &mut self.scratch].into_iter().zip(program.sizes) {
            if buffer.size() < bytes(size) {
                // The old buffer goes first: there may be no memory for both.
                buffer.destroy();
                *buffer = kernels.storage(size).await?;
            }
        }
        let items = kernels.storage(program.items.len()).await?;
        kernels.write_words(&items, &program.items);
        let mut calls = vec![0; program.dispatches.len() * APART / 4];
        for (call, &(_, first, items, groups)) in calls.chunks_exact_mut(APART / 4).zip(&program.dispatches) {
            call[..4].copy_from_slice(&[first, items, groups, word(self.shape[0])]);
        }
        let uniform = kernels.buffer(calls.len(), wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST).await?;
        kernels.write_words(&uniform, &calls);
        let [output, image] = [ends.output, ends.image].map(|part| part.map(|part| program.offsets[part]));
        self.programs.insert((mode, paths.clone()), Ready { program, items, calls: uniform, output, image });
        Ok(())
    }

    pub(super) fn write_value(&self, kernels: &Kernels, value: ValueId, numbers: &[f32]) {
        let [first, second] = kernels.split(self.places.values[value], numbers.len());
        let (left, right) = numbers.split_at(first.len());
        kernels.write(&self.values[0], first.start, left);
        kernels.write(&self.values[1], second.start, right);
    }

    pub(super) async fn keep(&self, kernels: &Kernels) -> Result<Arc<Kept>, DeviceError> {
        let free = self.pool.lock().unwrap_or_else(PoisonError::into_inner).as_mut().and_then(Vec::pop);
        let buffer = match free {
            Some(buffer) => buffer,
            None => kernels.storage(self.places.kept).await?,
        };
        Ok(Arc::new(Kept { buffer, pool: Arc::clone(&self.pool) }))
    }
}
