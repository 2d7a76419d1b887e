//! Where tensors live: the CPU, or a GPU through wgpu.

use burn::tensor::{DType, Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// A device together with the precision of the numbers on it.
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
}

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
        Self { device: Device::flex(), dtype: DType::F32, name: "CPU".to_owned() }
    }

    /// The CPU in double precision: slower, for checking numbers.
    #[must_use]
    pub fn cpu_f64() -> Self {
        Self { dtype: DType::F64, ..Self::cpu() }
    }

    /// A device by its name: `auto` is a real GPU where there is one, else the CPU; `cpu`; `vulkan`, `metal` and
    /// `dx12` take software drivers too.
    ///
    /// # Errors
    /// [`DeviceError`] where the name is not known or nothing of that kind is here.
    pub fn named(name: &str) -> Result<Self, DeviceError> {
        match name {
            "cpu" => Ok(Self::cpu()),
            "auto" => Ok(gpu::real().unwrap_or_else(Self::cpu)),
            "vulkan" | "metal" | "dx12" => gpu::named(name),
            _ => Err(DeviceError::Unknown { name: name.chars().take(64).collect() }),
        }
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

#[cfg(feature = "wgpu")]
mod gpu {
    use burn::tensor::wgpu::{WgpuBackend, wgpu};
    use burn::tensor::{DType, Device, DeviceKind};

    use super::{DeviceError, Found, Place};

    fn adapters() -> Vec<wgpu::Adapter> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY))
    }

    fn backend(info: &wgpu::AdapterInfo) -> String {
        info.backend.to_str().to_owned()
    }

    pub(super) fn list() -> Vec<Found> {
        let found = |adapter: &wgpu::Adapter| {
            let (info, limits) = (adapter.get_info(), adapter.limits());
            let kind = match info.device_type {
                wgpu::DeviceType::DiscreteGpu => "discrete gpu",
                wgpu::DeviceType::IntegratedGpu => "integrated gpu",
                wgpu::DeviceType::VirtualGpu => "virtual gpu",
                wgpu::DeviceType::Cpu => "software",
                wgpu::DeviceType::Other => "other",
            };
            Found {
                backend: backend(&info),
                name: info.name,
                kind: kind.to_owned(),
                largest_buffer: Some(limits.max_buffer_size),
                storage_buffers: Some(limits.max_storage_buffers_per_shader_stage),
            }
        };
        adapters().iter().map(found).collect()
    }

    /// A GPU that is hardware.
    pub(super) fn real() -> Option<Place> {
        list().into_iter().find(|found| found.kind.ends_with("gpu")).and_then(|found| named(&found.backend).ok())
    }

    pub(super) fn named(name: &str) -> Result<Place, DeviceError> {
        let missing = |reason: String| DeviceError::Missing { name: name.to_owned(), reason };
        let api = match name {
            "metal" => WgpuBackend::Metal,
            "dx12" => WgpuBackend::Dx12,
            _ => WgpuBackend::Vulkan,
        };
        let here: Vec<_> = list().into_iter().filter(|found| found.backend == name).collect();
        let rank = |found: &&Found| {
            ["discrete gpu", "integrated gpu", "virtual gpu"].iter().position(|&kind| kind == found.kind).unwrap_or(9)
        };
        let best = here.iter().min_by_key(rank).ok_or_else(|| missing("no driver found".to_owned()))?;
        let kind = match best.kind.as_str() {
            "discrete gpu" => DeviceKind::DiscreteGpu(0),
            "integrated gpu" => DeviceKind::IntegratedGpu(0),
            "virtual gpu" => DeviceKind::VirtualGpu(0),
            _ => DeviceKind::Cpu,
        };
        let device = Device::wgpu_options()
            .device_kind(kind)
            .graphics_api(api)
            .init()
            .map_err(|error| missing(error.to_string()))?;
        Ok(Place { device, dtype: DType::F32, name: best.name.clone() })
    }
}

#[cfg(not(feature = "wgpu"))]
mod gpu {
    use super::{DeviceError, Found, Place};

    pub(super) fn list() -> Vec<Found> {
        Vec::new()
    }

    pub(super) fn real() -> Option<Place> {
        None
    }

    pub(super) fn named(name: &str) -> Result<Place, DeviceError> {
        Err(DeviceError::Missing { name: name.to_owned(), reason: "built without the feature `wgpu`".to_owned() })
    }
}
