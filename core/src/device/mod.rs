//! Where tensors live: the CPU, or a GPU through wgpu.

#[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
mod native;
#[cfg(not(all(feature = "wgpu", not(target_family = "wasm"))))]
mod no_gpu;
#[cfg(all(feature = "webgpu", target_family = "wasm"))]
mod web;

use burn::tensor::{DType, Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

#[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
use native as gpu;
#[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
pub(crate) use native::{adapter, wgpu};
#[cfg(not(all(feature = "wgpu", not(target_family = "wasm"))))]
use no_gpu as gpu;
#[cfg(all(feature = "webgpu", target_family = "wasm"))]
pub(crate) use web::{adapter, wgpu};

/// A device together with the precision of the numbers on it.
///
/// Where the supernet's own kernels run on a GPU, weights and batches stay with the host between passes.
///
/// ```
/// use lambda_darts::device::Place;
///
/// let cpu = Place::cpu();
/// assert_eq!(cpu.name(), "CPU");
/// ```
#[derive(Clone, Debug)]
pub struct Place {
    device: Device,
    dtype: DType,
    name: String,
    /// What runs the supernet's own kernels; without, there are tensors alone.
    processor: Option<Processor>,
}

/// What runs the supernet's own kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Processor {
    /// The CPU in single precision.
    Single,
    /// The CPU in double precision.
    #[cfg(not(target_family = "wasm"))]
    Double,
    /// A GPU by its API, in single precision.
    #[cfg_attr(not(any(feature = "wgpu", feature = "webgpu")), expect(dead_code, reason = "built without"))]
    Gpu(&'static str),
}

/// Whether networks run on tensors where there are no kernels. Browsers have kernels everywhere, and what they load is
/// a third as large without the other form.
pub(crate) const TENSORS: bool = cfg!(not(target_family = "wasm"));

/// A device that a search can run on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What it is asked for by: `cpu`, `vulkan`, `metal`, `dx12`.
    pub backend: String,
    /// The name that the driver gives.
    pub name: String,
    /// `cpu`, `discrete gpu`, `integrated gpu`, `virtual gpu`, `software` or `other`.
    pub kind: String,
    /// The largest buffer in bytes; absent on the CPU, where memory is the limit.
    pub largest_buffer: Option<u64>,
    /// How many storage buffers a shader may use; absent on the CPU.
    pub storage_buffers: Option<u32>,
}

/// Why a device could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No device has this name.
    #[error("unknown device `{name}`; known are auto, cpu, vulkan, metal, dx12")]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// It was there and no longer answers.
    #[error("the device failed: {reason}")]
    Lost {
        /// What the driver said.
        reason: String,
    },
    /// It has no memory, or no buffers, of the size that a network needs.
    #[error("the device has no room: {reason}")]
    NoRoom {
        /// What was too much.
        reason: String,
    },
    /// The device exists in principle, but not here.
    #[error("no {name} device: {reason}; `lambda-darts devices` lists what is here, `--device cpu` always works")]
    Missing {
        /// The name asked for.
        name: String,
        /// What the driver said.
        reason: String,
    },
}

impl Place {
    /// The CPU in single precision.
    #[must_use]
    pub fn cpu() -> Self {
        let processor = Some(Processor::Single);
        Self { device: Device::flex(), dtype: DType::F32, name: "CPU".to_owned(), processor }
    }

    /// The CPU in double precision: slower, for checking numbers. Not in browsers.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn cpu_f64() -> Self {
        Self { dtype: DType::F64, processor: Some(Processor::Double), ..Self::cpu() }
    }

    /// A device by its name: `auto` is what is known to be fastest, so far the CPU; `cpu`; `vulkan`, `metal` and `dx12` take software drivers too.
    ///
    /// # Errors
    /// [`DeviceError`] where the name is not known or nothing of that kind is here.
    pub fn named(name: &str) -> Result<Self, DeviceError> {
        match name {
            "auto" | "cpu" => Ok(Self::cpu()),
            "vulkan" | "metal" | "dx12" => gpu::named(name),
            _ => Err(DeviceError::Unknown { name: name.chars().take(64).collect() }),
        }
    }

    /// The browser's GPU.
    ///
    /// # Errors
    /// [`DeviceError::Missing`] where the browser has no adapter for this page.
    #[cfg(all(feature = "webgpu", target_family = "wasm"))]
    pub async fn webgpu() -> Result<Self, DeviceError> {
        web::place().await
    }

    /// Everything a search can run on here, the CPU first.
    #[must_use]
    pub fn list() -> Vec<Found> {
        let cpu = Found {
            backend: "cpu".to_owned(),
            name: "CPU".to_owned(),
            kind: "cpu".to_owned(),
            largest_buffer: None,
            storage_buffers: None,
        };
        std::iter::once(cpu).chain(gpu::list()).collect()
    }

    /// The same place without the supernet's own kernels: everything runs on tensors there, which is their
    /// specification. Not in browsers.
    ///
    /// # Errors
    /// [`DeviceError`] where a GPU cannot be set up for tensors.
    #[cfg(not(target_family = "wasm"))]
    pub fn without_kernels(self) -> Result<Self, DeviceError> {
        match self.processor {
            Some(Processor::Gpu(api)) => gpu::tensors(api),
            _ => Ok(Self { processor: None, ..self }),
        }
    }

    /// What runs the supernet's own kernels here.
    pub(crate) fn processor(&self) -> Option<Processor> {
        self.processor
    }

    /// What the device calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether gradients are recorded for tensors made there.
    pub(crate) fn device(&self, gradients: bool) -> Device {
        if gradients { self.device.clone().autodiff() } else { self.device.clone() }
    }

    /// A tensor of this place's precision.
    pub(crate) fn tensor<const D: usize>(&self, values: Vec<f64>, shape: [usize; D], gradients: bool) -> Tensor<D> {
        let device = self.device(gradients);
        let data = if self.dtype == DType::F64 {
            TensorData::new(values, shape)
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "single precision is what was asked for")]
            TensorData::new(values.into_iter().map(|value| value as f32).collect::<Vec<_>>(), shape)
        };
        Tensor::from_data(data, (&device, self.dtype))
    }
}

/// Storage buffers of a kernel.
#[cfg(any(all(feature = "wgpu", not(target_family = "wasm")), all(feature = "webgpu", target_family = "wasm")))]
pub(crate) const STORAGE: u32 = 8;

/// Whether the supernet's own kernels run within these limits, which are no more than WebGPU's defaults.
#[cfg(any(all(feature = "wgpu", not(target_family = "wasm")), all(feature = "webgpu", target_family = "wasm")))]
fn can_run(limits: &wgpu::Limits) -> bool {
    limits.max_storage_buffers_per_shader_stage >= STORAGE && limits.max_compute_invocations_per_workgroup >= 256
}

/// Brings a device's numbers to the host. Asynchronous, because a page in a browser cannot block.
pub(crate) async fn read(tensor: Tensor<1>) -> Result<Vec<f64>, DeviceError> {
    let data = tensor.into_data_async().await.map_err(|error| DeviceError::Lost { reason: format!("{error:?}") })?;
    Ok(data.iter::<f64>().collect())
}
