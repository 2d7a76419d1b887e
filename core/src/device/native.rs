//! GPUs by name, outside browsers.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use burn::tensor::wgpu::WgpuBackend;
pub(crate) use burn::tensor::wgpu::wgpu;
use burn::tensor::{DType, Device, DeviceKind};

use super::{DeviceError, Found, Place, Processor, can_run};

fn adapters() -> Vec<wgpu::Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY))
}

fn describe(adapter: &wgpu::Adapter) -> Found {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => "discrete gpu",
        wgpu::DeviceType::IntegratedGpu => "integrated gpu",
        wgpu::DeviceType::VirtualGpu => "virtual gpu",
        wgpu::DeviceType::Cpu => "software",
        wgpu::DeviceType::Other => "other",
    };
    Found {
        backend: info.backend.to_str().to_owned(),
        name: info.name,
        kind: kind.to_owned(),
        largest_buffer: Some(limits.max_buffer_size),
        storage_buffers: Some(limits.max_storage_buffers_per_shader_stage),
    }
}

pub(super) fn list() -> Vec<Found> {
    adapters().iter().map(describe).collect()
}

/// The best adapter of an API.
fn best(api: &str) -> Result<(wgpu::Adapter, Found), DeviceError> {
    let missing = || DeviceError::Missing { name: api.to_owned(), reason: "no driver found".to_owned() };
    let rank = |found: &Found| {
        ["discrete gpu", "integrated gpu", "virtual gpu"].iter().position(|&kind| kind == found.kind).unwrap_or(9)
    };
    let here = adapters().into_iter().map(|adapter| {
        let found = describe(&adapter);
        (adapter, found)
    });
    here.filter(|(_, found)| found.backend == api).min_by_key(|(_, found)| rank(found)).ok_or_else(missing)
}

pub(super) fn named(name: &str) -> Result<Place, DeviceError> {
    let api = ["vulkan", "metal", "dx12"].into_iter().find(|&api| api == name);
    let api = api.ok_or_else(|| DeviceError::Unknown { name: name.to_owned() })?;
    let (adapter, found) = best(api)?;
    if !can_run(&adapter.limits()) {
        return tensors(api);
    }
    Ok(Place { device: Device::flex(), dtype: DType::F32, name: found.name, processor: Some(Processor::Gpu(api)) })
}

/// The adapter on which an API's kernels run.
pub(crate) fn adapter(api: &str) -> std::future::Ready<Result<wgpu::Adapter, DeviceError>> {
    std::future::ready(best(api).map(|(adapter, _)| adapter))
}

/// Tensors on a GPU; it can be set up for them once in a process.
pub(super) fn tensors(api: &'static str) -> Result<Place, DeviceError> {
    static KNOWN: Mutex<BTreeMap<&str, Place>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = known.get(api) {
        return Ok(place.clone());
    }
    let place = set_up(api)?;
    known.insert(api, place.clone());
    Ok(place)
}

fn set_up(name: &str) -> Result<Place, DeviceError> {
    let api = match name {
        "metal" => WgpuBackend::Metal,
        "dx12" => WgpuBackend::Dx12,
        _ => WgpuBackend::Vulkan,
    };
    let (_, best) = best(name)?;
    let kind = match best.kind.as_str() {
        "discrete gpu" => DeviceKind::DiscreteGpu(0),
        "integrated gpu" => DeviceKind::IntegratedGpu(0),
        "virtual gpu" => DeviceKind::VirtualGpu(0),
        _ => DeviceKind::Cpu,
    };
    let missing = |reason: String| DeviceError::Missing { name: name.to_owned(), reason };
    let device = Device::wgpu_options()
        .device_kind(kind)
        .graphics_api(api)
        .init()
        .map_err(|error| missing(error.to_string()))?;
    Ok(Place { device, dtype: DType::F32, name: best.name, processor: None })
}
