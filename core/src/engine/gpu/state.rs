//! State on a GPU: vectors of the length of ω, running statistics, and the kernels on them.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::buffers::Buffers;
use super::device::Kernels;
use super::engine::bring;
use super::program::{NONE, ROW, word};
use super::shader::StateKernel;
use crate::device::{DeviceError, wgpu};
use crate::engine::{Plan, SgdStep, State};

/// Numbers that one workgroup of a norm adds up.
const PART: usize = 4096;

/// Offsets within the state.
#[derive(Clone, Copy, Debug)]
struct Places {
    weights: usize,
    gradient: usize,
    momentum: usize,
    marked: usize,
    saved: usize,
    /// Running means, then variances.
    running: usize,
    saved_running: usize,
    /// Kept means, then variances.
    kept: usize,
    /// For each normalized channel 1 if its statistics are kept, else 0.
    measured: usize,
    parts: usize,
    norm: usize,
    size: usize,
}

/// State of an engine in one buffer.
#[derive(Debug)]
pub(super) struct DeviceState {
    buffer: wgpu::Buffer,
    /// Offsets of scales and shifts within ω.
    affine: wgpu::Buffer,
    call: wgpu::Buffer,
    unused: [wgpu::Buffer; 2],
    /// True for each normalized channel whose statistics are kept.
    measured: Vec<bool>,
    places: Places,
    weights: usize,
    normalized: usize,
    /// Ranges of ω that no step moves, in order.
    frozen: Vec<Range<usize>>,
    launched: AtomicU64,
}

/// Parameters of a kernel on the state.
#[derive(Clone, Copy, Debug, Default)]
struct Call {
    count: usize,
    to: usize,
    from: usize,
    other: usize,
    coefficients: [f64; 4],
    flag: bool,
}

impl DeviceState {
    pub(super) async fn new(kernels: &Kernels, plan: &Plan) -> Result<Self, DeviceError> {
        let (weights, normalized) = (plan.weights, plan.normalized);
        let mut end = 0;
        let mut take = |size: usize| {
            let at = end;
            end += size.next_multiple_of(64);
            at
        };
        let places = Places {
            weights: take(weights),
            gradient: take(weights),
            momentum: take(weights),
            marked: take(weights),
            // Weights and momentum, saved as they lie.
            saved: take(2 * weights.next_multiple_of(64)),
            running: take(2 * normalized),
            saved_running: take(2 * normalized),
            kept: take(2 * normalized),
            measured: take(normalized),
            parts: take(weights.div_ceil(PART).max(1)),
            norm: take(1),
            size: take(0),
        };
        let mut affine = vec![NONE; 2 * normalized.max(1)];
        for value in plan.values() {
            let Some(norm) = value.norm else { continue };
            let Some([scale, shift]) = norm.affine else { continue };
            for channel in 0..value.channels {
                affine[norm.offset + channel] = word(scale + channel);
                affine[normalized + norm.offset + channel] = word(shift + channel);
            }
        }
        let state = Self {
            buffer: kernels.storage(places.size).await?,
            affine: kernels.storage(affine.len()).await?,
            call: kernels.buffer(9, wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST).await?,
            unused: [kernels.storage(0).await?, kernels.storage(0).await?],
            measured: vec![true; normalized],
            places,
            weights,
            normalized,
            frozen: Vec::new(),
            launched: AtomicU64::new(0),
        };
        kernels.write_words(&state.affine, &affine);
        // Running variances start at 1, and all channels are measured; buffers start at 0.
        for at in [places.running + normalized, places.measured] {
            kernels.write(&state.buffer, at, &vec![1.0; normalized]);
        }
        Ok(state)
    }

    /// Number of kernels launched so far.
    pub(super) fn launched(&self) -> u64 {
        self.launched.load(Ordering::Relaxed)
    }

    /// Runs one kernel over `workgroups`, with the buffers of a pass if it reads or writes them.
    fn dispatch(
        &self,
        kernels: &Kernels,
        kernel: StateKernel,
        call: Call,
        workgroups: usize,
        buffers: Option<&Buffers>,
    ) {
        let gpu = &kernels.gpu;
        #[expect(clippy::cast_possible_truncation, reason = "single precision is what a GPU has")]
        let coefficients = call.coefficients.map(|coefficient| (coefficient as f32).to_bits());
        let words = [word(call.count), word(call.to), word(call.from), word(call.other)];
        let flag = [u32::from(call.flag)];
        kernels.write_words(&self.call, &[&words[..], &coefficients, &flag].concat());
        let results = buffers.map_or(&self.unused[0], |buffers| &buffers.results);
        let norms = buffers.map_or(&self.unused[1], |buffers| &buffers.values[0]);
        let bound = [&self.call, &self.buffer, results, norms, &self.affine];
        let entries: Vec<_> = (0..)
            .zip(bound)
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &kernels.state_layout,
            entries: &entries,
        });
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(kernels.state_pipeline(kernel));
        pass.set_bind_group(0, &group, &[]);
        let rows = word(workgroups).div_ceil(ROW).max(1);
        pass.dispatch_workgroups(word(workgroups).div_ceil(rows), rows, 1);
        drop(pass);
        gpu.submit(encoder);
        self.launched.fetch_add(1, Ordering::Relaxed);
    }

    /// Runs a kernel of one thread a number.
    fn each(&self, kernels: &Kernels, kernel: StateKernel, call: Call, buffers: Option<&Buffers>) {
        if call.count > 0 {
            self.dispatch(kernels, kernel, call, call.count.div_ceil(256), buffers);
        }
    }

    /// Copies parts of the state to other places: start, new start and length of each.
    fn copy(&self, kernels: &Kernels, parts: &[(usize, usize, usize)]) {
        // A copy within one buffer is not allowed: the numbers go through another.
        let between = self.taken_out(kernels, parts.iter().map(|&(from, _, size)| from..from + size));
        self.put_back(kernels, &between, parts.iter().map(|&(_, to, size)| to..to + size));
    }

    /// Copies ranges of the state into a buffer, one after the other.
    fn taken_out(&self, kernels: &Kernels, ranges: impl Iterator<Item = Range<usize>> + Clone) -> wgpu::Buffer {
        let size = ranges.clone().map(|range| range.len()).sum::<usize>().max(1);
        let buffer = kernels.gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: (size * 4) as u64,
            usage: wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = kernels.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for (own, outside) in placed(ranges) {
            encoder.copy_buffer_to_buffer(&self.buffer, bytes(own.start), &buffer, bytes(outside), bytes(own.len()));
        }
        kernels.gpu.submit(encoder);
        buffer
    }

    /// Copies the numbers of a buffer into ranges of the state, one after the other; the buffer is gone afterwards.
    fn put_back(&self, kernels: &Kernels, buffer: &wgpu::Buffer, ranges: impl Iterator<Item = Range<usize>>) {
        let mut encoder = kernels.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for (own, outside) in placed(ranges) {
            encoder.copy_buffer_to_buffer(buffer, bytes(outside), &self.buffer, bytes(own.start), bytes(own.len()));
        }
        kernels.gpu.submit(encoder);
        buffer.destroy();
    }

    /// Copies the weights into the inputs of a pass.
    pub(super) fn give_weights(&self, kernels: &Kernels, inputs: &wgpu::Buffer) {
        if self.weights == 0 {
            return;
        }
        let mut encoder = kernels.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let from = (self.places.weights * 4) as u64;
        encoder.copy_buffer_to_buffer(&self.buffer, from, inputs, 0, (self.weights * 4) as u64);
        kernels.gpu.submit(encoder);
    }

    /// Adds `coefficient` times the gradient of a pass.
    pub(super) fn accumulate(&self, kernels: &Kernels, buffers: &Buffers, coefficient: f64) {
        let coefficients = [coefficient, 0.0, 0.0, 0.0];
        let call = Call { count: self.weights, to: self.places.gradient, coefficients, ..Call::default() };
        self.each(kernels, StateKernel::Accumulate, call, Some(buffers));
        self.clear_frozen(kernels, self.places.gradient);
    }

    /// Freezes ranges of ω, in order, in the place of those before.
    pub(super) fn freeze(&mut self, kernels: &Kernels, ranges: Vec<Range<usize>>) {
        self.frozen = ranges;
        self.clear_frozen(kernels, self.places.gradient);
    }

    /// Sets the frozen places of a vector of the length of ω to zero.
    fn clear_frozen(&self, kernels: &Kernels, vector: usize) {
        if self.frozen.is_empty() {
            return;
        }
        let mut encoder = kernels.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for range in &self.frozen {
            encoder.clear_buffer(&self.buffer, bytes(vector + range.start), Some(bytes(range.len())));
        }
        kernels.gpu.submit(encoder);
    }

    /// Keeps the statistics of a pass, which has taken those of the channels in `measured`.
    pub(super) fn keep_statistics(&mut self, kernels: &Kernels, buffers: &Buffers, measured: Vec<bool>) {
        if measured != self.measured {
            let factors: Vec<f32> = measured.iter().map(|&measured| f32::from(u8::from(measured))).collect();
            kernels.write(&self.buffer, self.places.measured, &factors);
            self.measured = measured;
        }
        let (to, other) = (self.places.kept, self.places.kept + self.normalized);
        let call = Call { count: self.normalized, to, other, ..Call::default() };
        self.each(kernels, StateKernel::KeepStatistics, call, Some(buffers));
    }

    pub(super) fn update_running(&self, kernels: &Kernels) {
        let Places { running: to, kept: from, measured: other, .. } = self.places;
        let coefficients = [0.9, 0.1, 0.0, 0.0];
        let call = Call { count: 2 * self.normalized, to, from, other, coefficients, ..Call::default() };
        self.each(kernels, StateKernel::UpdateRunning, call, None);
    }

    /// Sets the readers of all normalized channels by the running statistics.
    pub(super) fn running_norms(&self, kernels: &Kernels, buffers: &Buffers) {
        let Places { weights: to, running: from, .. } = self.places;
        let call = Call { count: self.normalized, to, from, other: from + self.normalized, ..Call::default() };
        self.each(kernels, StateKernel::RunningNorms, call, Some(buffers));
    }

    pub(super) fn clear_gradient(&self, kernels: &Kernels) {
        if self.weights == 0 {
            return;
        }
        let mut encoder = kernels.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.clear_buffer(&self.buffer, (self.places.gradient * 4) as u64, Some((self.weights * 4) as u64));
        kernels.gpu.submit(encoder);
    }

    pub(super) fn step(&self, kernels: &Kernels, step: SgdStep) {
        let Places { weights: to, gradient: from, momentum: other, .. } = self.places;
        let coefficients = [step.lr, step.momentum, step.decay, step.scale];
        let call = Call { count: self.weights, to, from, other, coefficients, flag: step.nesterov };
        if self.frozen.is_empty() {
            self.each(kernels, StateKernel::Sgd, call, None);
            return;
        }
        let frozen = self.frozen.iter().map(|range| to + range.start..to + range.end);
        let held = self.taken_out(kernels, frozen.clone());
        self.each(kernels, StateKernel::Sgd, call, None);
        self.put_back(kernels, &held, frozen);
        self.clear_frozen(kernels, other);
    }

    pub(super) fn save(&self, kernels: &Kernels) {
        let Places { weights, momentum, saved, running, saved_running, .. } = self.places;
        let second = saved + self.weights.next_multiple_of(64);
        let parts = [
            (weights, saved, self.weights),
            (momentum, second, self.weights),
            (running, saved_running, 2 * self.normalized),
        ];
        self.copy(kernels, &parts);
    }

    pub(super) fn restore(&self, kernels: &Kernels) {
        let Places { weights, momentum, saved, running, saved_running, .. } = self.places;
        let second = saved + self.weights.next_multiple_of(64);
        let parts = [
            (saved, weights, self.weights),
            (second, momentum, self.weights),
            (saved_running, running, 2 * self.normalized),
        ];
        self.copy(kernels, &parts);
    }

    pub(super) fn displace(&self, kernels: &Kernels, by: f64) {
        let Places { weights: to, saved: from, gradient: other, .. } = self.places;
        let call = Call { count: self.weights, to, from, other, coefficients: [by, 0.0, 0.0, 0.0], flag: false };
        self.each(kernels, StateKernel::Displace, call, None);
    }

    pub(super) fn mark_gradient(&self, kernels: &Kernels) {
        let Places { gradient, marked, .. } = self.places;
        self.copy(kernels, &[(gradient, marked, self.weights)]);
    }

    /// Norm of the gradient's change since the mark; the change takes the place of the mark.
    pub(super) async fn gradient_norm_since_mark(&self, kernels: &Kernels) -> Result<f64, DeviceError> {
        let Places { gradient: from, marked: to, .. } = self.places;
        let call = Call { count: self.weights, to, from, other: to, coefficients: [-1.0, 0.0, 0.0, 0.0], flag: false };
        self.each(kernels, StateKernel::Displace, call, None);
        self.norm(kernels, to).await
    }

    pub(super) async fn gradient_norm(&self, kernels: &Kernels) -> Result<f64, DeviceError> {
        self.norm(kernels, self.places.gradient).await
    }

    /// Norm of a vector of the length of ω.
    async fn norm(&self, kernels: &Kernels, from: usize) -> Result<f64, DeviceError> {
        if self.weights == 0 {
            return Ok(0.0);
        }
        let Places { parts, norm, .. } = self.places;
        let count = self.weights.div_ceil(PART);
        let call = Call { count: self.weights, to: parts, from, ..Call::default() };
        self.dispatch(kernels, StateKernel::NormParts, call, count, None);
        let call = Call { count, to: norm, from: parts, ..Call::default() };
        self.dispatch(kernels, StateKernel::NormTotal, call, 1, None);
        let square = self.bring(kernels, norm, 1).await?;
        Ok(f64::from(square.first().copied().unwrap_or(f32::NAN)).sqrt())
    }

    async fn bring(&self, kernels: &Kernels, at: usize, count: usize) -> Result<Vec<f32>, DeviceError> {
        let read = kernels.buffer(count, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST).await?;
        let mut encoder = kernels.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let bytes = (count * 4) as u64;
        if count > 0 {
            encoder.copy_buffer_to_buffer(&self.buffer, (at * 4) as u64, &read, 0, bytes);
        }
        kernels.gpu.submit(encoder);
        let numbers = bring(&kernels.gpu, &read, bytes).await;
        read.destroy();
        numbers
    }

    fn range(&self, state: State) -> (usize, usize) {
        let places = &self.places;
        match state {
            State::Weights => (places.weights, self.weights),
            State::Gradient => (places.gradient, self.weights),
            State::Momentum => (places.momentum, self.weights),
            State::RunningMean => (places.running, self.normalized),
            State::RunningVariance => (places.running + self.normalized, self.normalized),
        }
    }

    pub(super) async fn read(&self, kernels: &Kernels, state: State) -> Result<Vec<f32>, DeviceError> {
        let (at, count) = self.range(state);
        self.bring(kernels, at, count).await
    }

    pub(super) fn write(&self, kernels: &Kernels, state: State, numbers: &[f32]) {
        kernels.write(&self.buffer, self.range(state).0, numbers);
        if state == State::Gradient {
            self.clear_frozen(kernels, self.places.gradient);
        }
    }
}

/// Ranges that are not empty, each with its start where they stand one after the other.
fn placed(ranges: impl Iterator<Item = Range<usize>>) -> impl Iterator<Item = (Range<usize>, usize)> {
    ranges.filter(|range| !range.is_empty()).scan(0, |end, range| {
        let start = *end;
        *end += range.len();
        Some((range, start))
    })
}

/// Number of bytes of some numbers.
const fn bytes(numbers: usize) -> u64 {
    (numbers * 4) as u64
}

/// In browsers, a buffer that is merely dropped waits for the garbage collector, which does not see its size.
impl Drop for DeviceState {
    fn drop(&mut self) {
        [&self.buffer, &self.affine, &self.call].into_iter().chain(&self.unused).for_each(wgpu::Buffer::destroy);
    }
}
