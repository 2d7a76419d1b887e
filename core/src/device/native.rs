//! GPUs by name, outside browsers.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

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

/// A device can be set up once in a process.
static KNOWN: Mutex<BTreeMap<String, Place>> = Mutex::new(BTreeMap::new());

pub(super) fn named(name: &str) -> Result<Place, DeviceError> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = known.get(name) {
        return Ok(place.clone());
    }
    let place = set_up(name)?;
    known.insert(name.to_owned(), place.clone());
    Ok(place)
}

impl Place {
    /// By which name this GPU was asked for.
    pub(crate) fn gpu_backend(&self) -> Option<String> {
        if !self.kernels {
            return None;
        }
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(_, place)| place.device == self.device).map(|(name, _)| name.clone())
    }

    /// The adapter of this GPU.
    pub(crate) fn adapter(&self) -> Option<wgpu::Adapter> {
        let name = self.gpu_backend()?;
        let same = |adapter: &wgpu::Adapter| {
            let info = adapter.get_info();
            backend(&info) == name && info.name == self.name
        };
        adapters().into_iter().find(same)
    }
}

fn set_up(name: &str) -> Result<Place, DeviceError> {
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
    Ok(Place { device, dtype: DType::F32, name: best.name.clone(), kernels: true })
}
