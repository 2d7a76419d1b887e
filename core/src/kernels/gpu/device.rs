//! A GPU with its compiled kernels: set up once in a process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::shader::{KINDS, Kind};
use crate::device::{DeviceError, STORAGE, adapter, wgpu};

static DISPATCHES: AtomicU64 = AtomicU64::new(0);

/// Dispatches of this process so far.
pub(crate) fn dispatches() -> u64 {
    DISPATCHES.load(Ordering::Relaxed)
}

pub(super) fn count(dispatches: usize) {
    DISPATCHES.fetch_add(dispatches as u64, Ordering::Relaxed);
}

/// Words of an item have 32 bits.
const MOST_NUMBERS: u64 = 1 << 31;

#[derive(Debug)]
pub(crate) struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) layout: wgpu::BindGroupLayout,
    pipelines: BTreeMap<Kind, wgpu::ComputePipeline>,
    /// The largest buffer that a kernel can read.
    pub(super) most: u64,
    /// How many numbers the first buffer of values has room for.
    pub(super) room: usize,
    /// The first error that nobody waited for.
    failure: Arc<Mutex<Option<String>>>,
}

/// The GPU of each API.
type Known = BTreeMap<&'static str, Arc<Gpu>>;

fn known() -> MutexGuard<'static, Known> {
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gpu {
    /// The GPU of an API.
    pub(crate) async fn of(api: &'static str) -> Result<Arc<Self>, DeviceError> {
        let there = known().get(api).cloned();
        if let Some(there) = there {
            return Ok(there);
        }
        let made = Arc::new(Self::new(&adapter(api).await?, MOST_NUMBERS).await?);
        // Whoever was faster is right.
        Ok(Arc::clone(known().entry(api).or_insert(made)))
    }

    /// After a failure it is set up anew.
    pub(super) fn forget(&self) {
        known().retain(|_, there| !std::ptr::eq(self, Arc::as_ptr(there)));
    }

    /// `room` is for how many numbers of values there is to be room in one buffer, if the device has as much.
    pub(super) async fn new(adapter: &wgpu::Adapter, room: u64) -> Result<Self, DeviceError> {
        let limits = adapter.limits();
        let most = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let room = usize::try_from(room.min(most / 4) / 64 * 64).unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^32")]
        let constants = [("room", room as f64)];
        let lost = |reason: String| DeviceError::Lost { reason };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("lambda-darts"),
            required_limits: limits,
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = adapter.request_device(&descriptor).await.map_err(|error| lost(error.to_string()))?;
        let failure = Arc::new(Mutex::new(None));
        let told = Arc::clone(&failure);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            told.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.to_string());
        }));
        // A driver's compiler fails with the second kind.
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let inner = device.push_error_scope(wgpu::ErrorFilter::Internal);
        // One uniform buffer comes before the storage buffers.
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
                compilation_options: wgpu::PipelineCompilationOptions {
                    constants: &constants,
                    ..wgpu::PipelineCompilationOptions::default()
                },
                cache: None,
            });
            (kind, pipeline)
        };
        let pipelines = KINDS.iter().map(pipeline).collect();
        let error = inner.pop().await;
        if let Some(error) = scope.pop().await.or(error) {
            return Err(lost(format!("a kernel does not compile: {error}")));
        }
        Ok(Self { device, queue, layout, pipelines, most, room, failure })
    }

    /// What went wrong since it was last asked, where nobody waited for it.
    pub(super) fn check(&self) -> Result<(), DeviceError> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.map_or(Ok(()), |reason| Err(DeviceError::Lost { reason }))
    }

    pub(super) fn pipeline(&self, kind: Kind) -> &wgpu::ComputePipeline {
        &self.pipelines[&kind]
    }
}
