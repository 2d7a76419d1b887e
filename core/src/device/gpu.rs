//! GPUs: an adapter, and the device that is opened on it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use ::wgpu;

use super::DeviceError;

/// Storage buffers of a kernel.
pub(crate) const STORAGE_BUFFERS: u32 = 8;

/// Threads of a workgroup.
const THREADS: u32 = 256;

/// Time after which a GPU that has not done a submission counts as lost.
const TIME_OUT: Duration = Duration::from_mins(1);

/// GPU that can be opened.
#[derive(Debug)]
pub(crate) struct GpuDevice {
    pub(super) instance: wgpu::Instance,
    pub(crate) adapter: wgpu::Adapter,
    name: String,
    opened: Mutex<Option<Arc<OpenGpu>>>,
    /// Compiled kernels, kept for the engines that come.
    extension: Mutex<Option<Arc<dyn Any + Send + Sync>>>,
}

/// Open GPU: a wgpu device and its queue.
#[derive(Debug)]
pub(crate) struct OpenGpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    /// First uncaptured error.
    failure: Arc<Mutex<Option<String>>>,
    lost: Mutex<bool>,
    /// Submissions that nothing has waited for.
    pending: Mutex<Vec<wgpu::SubmissionIndex>>,
    /// Bytes that were sent and received.
    traffic: [AtomicU64; 2],
    /// Burn's device on the same wgpu device.
    #[cfg(all(feature = "burn", not(target_family = "wasm")))]
    pub(super) burn: std::sync::OnceLock<super::BurnDevice>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl GpuDevice {
    pub(super) fn new(instance: wgpu::Instance, adapter: wgpu::Adapter, name: String) -> Self {
        Self { instance, adapter, name, opened: Mutex::new(None), extension: Mutex::new(None) }
    }

    /// Name that the driver gives.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Opens the device, if it is not open; one that was lost is opened anew.
    pub(crate) async fn open(&self) -> Result<Arc<OpenGpu>, DeviceError> {
        let there = lock(&self.opened).clone().filter(|opened| !*lock(&opened.lost));
        if let Some(there) = there {
            return Ok(there);
        }
        let made = Arc::new(OpenGpu::new(&self.adapter).await?);
        let mut opened = lock(&self.opened);
        // Another thread may have opened it in the meantime.
        if let Some(there) = opened.as_ref().filter(|opened| !*lock(&opened.lost)) {
            return Ok(Arc::clone(there));
        }
        *opened = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Compiled kernels, if there are any.
    pub(crate) fn extension(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        lock(&self.extension).clone()
    }

    pub(crate) fn set_extension(&self, extension: Arc<dyn Any + Send + Sync>) {
        *lock(&self.extension) = Some(extension);
    }

    /// Reason for which the kernels cannot run on the adapter, if they cannot.
    pub(super) fn limitation(&self) -> Option<String> {
        limitation(&self.adapter.limits())
    }
}

/// Returns which limit is too low for the kernels; they need no more than WebGPU's defaults.
pub(super) fn limitation(limits: &wgpu::Limits) -> Option<String> {
    let too_low = |what: &str, is: u32, needed: u32| {
        (is < needed).then(|| format!("its shaders have {is} {what}, and the kernels need {needed}"))
    };
    too_low("storage buffers", limits.max_storage_buffers_per_shader_stage, STORAGE_BUFFERS)
        .or_else(|| too_low("threads in a group", limits.max_compute_invocations_per_workgroup, THREADS))
}

impl OpenGpu {
    pub(crate) async fn new(adapter: &wgpu::Adapter) -> Result<Self, DeviceError> {
        let mut required_features = adapter
            .features()
            .difference(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS | wgpu::Features::all_experimental_mask());
        if cfg!(target_family = "wasm") {
            required_features = wgpu::Features::empty();
        }
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("lambda-darts"),
            required_features,
            required_limits: adapter.limits(),
            ..wgpu::DeviceDescriptor::default()
        };
        let lost = |error: wgpu::RequestDeviceError| DeviceError::Lost { reason: error.to_string() };
        let (device, queue) = adapter.request_device(&descriptor).await.map_err(lost)?;
        let failure = Arc::new(Mutex::new(None));
        let told = Arc::clone(&failure);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            lock(&told).get_or_insert(error.to_string());
        }));
        Ok(Self {
            device,
            queue,
            failure,
            lost: Mutex::new(false),
            pending: Mutex::default(),
            traffic: [const { AtomicU64::new(0) }; 2],
            #[cfg(all(feature = "burn", not(target_family = "wasm")))]
            burn: std::sync::OnceLock::new(),
        })
    }

    /// Submits commands.
    pub(crate) fn submit(&self, encoder: wgpu::CommandEncoder) {
        let index = self.queue.submit([encoder.finish()]);
        lock(&self.pending).push(index);
    }

    /// Waits until the device has done all that was submitted. Each submission has the time-out, so that a slow device is
    /// not taken for a lost one.
    pub(crate) fn wait(&self) -> Result<(), DeviceError> {
        let pending = std::mem::take(&mut *lock(&self.pending));
        for submission_index in pending.into_iter().map(Some).chain([None]) {
            let wait = wgpu::PollType::Wait { submission_index, timeout: Some(TIME_OUT) };
            // Browsers poll by themselves. wgpu panics if the driver says that the device is lost.
            let polled = catch_unwind(AssertUnwindSafe(|| self.device.poll(wait)));
            let lost = |reason: String| DeviceError::Lost { reason };
            polled.map_err(|_| lost("the driver lost it".to_owned()))?.map_err(|error| lost(error.to_string()))?;
        }
        Ok(())
    }

    /// Fails with the first uncaptured error since the last call.
    pub(crate) fn check(&self) -> Result<(), DeviceError> {
        lock(&self.failure).take().map_or(Ok(()), |reason| Err(DeviceError::Lost { reason }))
    }

    /// Counts bytes that are sent to the device.
    pub(crate) fn count_sent(&self, bytes: usize) {
        self.traffic[0].fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts bytes that are received from the device.
    pub(crate) fn count_received(&self, bytes: u64) {
        self.traffic[1].fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes that were sent and received so far.
    pub(crate) fn traffic(&self) -> [u64; 2] {
        [0, 1].map(|way| self.traffic[way].load(Ordering::Relaxed))
    }

    /// Marks the device as lost.
    pub(crate) fn forget(&self) {
        *lock(&self.lost) = true;
    }
}
