//! A GPU with its compiled kernels: set up once in a process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::wgpu::wgpu;

use super::shader::{KINDS, Kind};
use crate::device::Place;

static DISPATCHES: AtomicU64 = AtomicU64::new(0);

/// Dispatches of this process so far.
pub(crate) fn dispatches() -> u64 {
    DISPATCHES.load(Ordering::Relaxed)
}

pub(super) fn count(dispatches: usize) {
    DISPATCHES.fetch_add(dispatches as u64, Ordering::Relaxed);
}

/// Storage buffers of the kernels; before them is one uniform buffer.
pub(super) const STORAGE: u32 = 8;

#[derive(Debug)]
pub(crate) struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) layout: wgpu::BindGroupLayout,
    pipelines: BTreeMap<Kind, wgpu::ComputePipeline>,
    /// The largest buffer that a kernel can read.
    pub(super) most: u64,
}

static KNOWN: Mutex<BTreeMap<String, Option<Arc<Gpu>>>> = Mutex::new(BTreeMap::new());

impl Gpu {
    /// The GPU of a place, if it can run the kernels.
    pub(crate) fn of(place: &Place) -> Option<Arc<Self>> {
        let backend = place.gpu_backend()?;
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .entry(format!("{backend} {}", place.name()))
            .or_insert_with(|| {
                let made = place.adapter().and_then(|adapter| Self::new(&adapter));
                if made.is_none() {
                    tracing::warn!("{} cannot run this program's kernels; tensors are used instead", place.name());
                }
                made.map(Arc::new)
            })
            .clone()
    }

    fn new(adapter: &wgpu::Adapter) -> Option<Self> {
        let limits = adapter.limits();
        if limits.max_storage_buffers_per_shader_stage < STORAGE || limits.max_compute_invocations_per_workgroup < 256 {
            return None;
        }
        let most = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("lambda-darts"),
            required_limits: limits,
            ..Default::default()
        }))
        .ok()?;
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let uniform = wgpu::BindGroupLayoutEntry {
            binding: 0,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Uniform,
                has_dynamic_offset: true,
                min_binding_size: None,
            },
            count: None,
        };
        // Inputs and items are read only.
        let storage = (1..=STORAGE).map(|binding| wgpu::BindGroupLayoutEntry {
            binding,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Storage { read_only: binding <= 2 },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            ..uniform
        });
        let entries: Vec<_> = std::iter::once(uniform).chain(storage).collect();
        let layout =
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = |&kind: &Kind| {
            let label = format!("{kind:?}");
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(&label),
                source: wgpu::ShaderSource::Wgsl(kind.source().into()),
            });
            let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(&label),
                layout: Some(&pipeline_layout),
                module: &module,
                entry_point: Some("main"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            });
            (kind, pipeline)
        };
        let pipelines = KINDS.iter().map(pipeline).collect();
        if let Some(error) = pollster::block_on(scope.pop()) {
            tracing::warn!("a kernel does not compile: {error}");
            return None;
        }
        Some(Self { device, queue, layout, pipelines, most })
    }

    pub(super) fn pipeline(&self, kind: Kind) -> &wgpu::ComputePipeline {
        &self.pipelines[&kind]
    }
}
