//! Compiled kernels of a GPU: made once for each device.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::shader::{KERNELS, Kind, STATE_KERNELS, StateKernel};
use crate::device::wgpu;
use crate::device::{DeviceError, GpuDevice, OpenGpu, STORAGE_BUFFERS};

/// Maximum capacity of a buffer, in numbers: words of an item have 32 bits.
const MAX_NUMBERS: u64 = 1 << 31;
/// Storage buffers of a kernel on the state.
const STATE_BUFFERS: u32 = 4;

/// GPU with its compiled kernels.
#[derive(Debug)]
pub(crate) struct Kernels {
    pub(super) gpu: Arc<OpenGpu>,
    pub(super) layout: wgpu::BindGroupLayout,
    pub(super) state_layout: wgpu::BindGroupLayout,
    pipelines: BTreeMap<Kind, wgpu::ComputePipeline>,
    state_pipelines: BTreeMap<StateKernel, wgpu::ComputePipeline>,
    /// Largest buffer that a kernel can read, in bytes.
    pub(super) max_bytes: u64,
    /// Capacity of the first buffer of values, in numbers.
    pub(super) capacity: usize,
}

impl Kernels {
    /// Kernels of a device, compiled at the first call and after a loss of the device.
    pub(super) async fn of(gpu: &GpuDevice) -> Result<Arc<Self>, DeviceError> {
        let opened = gpu.open().await?;
        let there = gpu.extension().and_then(|extension| Arc::downcast::<Self>(extension).ok());
        if let Some(there) = there.filter(|there| Arc::ptr_eq(&there.gpu, &opened)) {
            return Ok(there);
        }
        let made = Arc::new(Self::new(opened, MAX_NUMBERS).await?);
        gpu.set_extension(Arc::clone(&made) as Arc<dyn Any + Send + Sync>);
        Ok(made)
    }

    /// Kernels whose first buffer of values has a capacity of at most `capacity` numbers.
    pub(super) async fn new(gpu: Arc<OpenGpu>, capacity: u64) -> Result<Self, DeviceError> {
        let limits = gpu.device.limits();
        let max_bytes = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let capacity = usize::try_from(capacity.min(max_bytes / 4) / 64 * 64).unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^32")]
        let constants = [("room", capacity as f64)];
        let device = &gpu.device;
        // A driver's compiler fails with an internal error.
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let inner = device.push_error_scope(wgpu::ErrorFilter::Internal);
        // Inputs and items are read only.
        let (layout, pipeline_layout) = layouts(device, STORAGE_BUFFERS, &[1, 2], true);
        let pipelines = KERNELS.iter().map(|&(kind, source)| {
            (kind, pipeline(device, &format!("{kind:?}"), source, &pipeline_layout, &constants))
        });
        let pipelines = pipelines.collect();
        let (state_layout, pipeline_layout) = layouts(device, STATE_BUFFERS, &[4], false);
        let state_pipelines = STATE_KERNELS
            .iter()
            .map(|&(kind, source)| (kind, pipeline(device, &format!("{kind:?}"), source, &pipeline_layout, &[])));
        let state_pipelines = state_pipelines.collect();
        // A scope belongs to its thread: both are popped before the first await.
        let (inner, outer) = (inner.pop(), scope.pop());
        let error = inner.await;
        if let Some(error) = outer.await.or(error) {
            return Err(DeviceError::Lost { reason: format!("a kernel does not compile: {error}") });
        }
        Ok(Self { gpu, layout, state_layout, pipelines, state_pipelines, max_bytes, capacity })
    }

    pub(super) fn pipeline(&self, kind: Kind) -> &wgpu::ComputePipeline {
        &self.pipelines[&kind]
    }

    pub(super) fn state_pipeline(&self, kind: StateKernel) -> &wgpu::ComputePipeline {
        &self.state_pipelines[&kind]
    }
}

/// Bind group layout of one uniform buffer and some storage buffers, of which those in `read_only` are not written.
fn layouts(
    device: &wgpu::Device,
    storage: u32,
    read_only: &[u32],
    has_dynamic_offset: bool,
) -> (wgpu::BindGroupLayout, wgpu::PipelineLayout) {
    let uniform = wgpu::BindGroupLayoutEntry {
        binding: 0,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Uniform,
            has_dynamic_offset,
            min_binding_size: None,
        },
        count: None,
    };
    let storage = (1..=storage).map(|binding| wgpu::BindGroupLayoutEntry {
        binding,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only: read_only.contains(&binding) },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        ..uniform
    });
    let entries: Vec<_> = std::iter::once(uniform).chain(storage).collect();
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: None,
        bind_group_layouts: &[Some(&layout)],
        immediate_size: 0,
    });
    (layout, pipeline_layout)
}

fn pipeline(
    device: &wgpu::Device,
    label: &str,
    source: &str,
    layout: &wgpu::PipelineLayout,
    constants: &[(&str, f64)],
) -> wgpu::ComputePipeline {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(label),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(label),
        layout: Some(layout),
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions {
            constants,
            // Every kernel writes its workgroup's memory before it reads it. Zeroing it takes longer than some kernels.
            zero_initialize_workgroup_memory: false,
        },
        cache: None,
    })
}
