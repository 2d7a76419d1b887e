//! GPUs outside browsers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::gpu::{GpuDevice, limitation, wgpu};
use super::{Device, DeviceError, DeviceInfo, DeviceKind, Processor};

/// Adapter of an API with its index there.
struct Found {
    adapter: wgpu::Adapter,
    api: &'static str,
    index: usize,
}

fn instance() -> wgpu::Instance {
    wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle())
}

fn adapters(instance: &wgpu::Instance) -> Vec<Found> {
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    let all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    let found = all.into_iter().map(|adapter| {
        let api = adapter.get_info().backend.to_str();
        let next = next.entry(api).or_default();
        *next += 1;
        Found { adapter, api, index: *next - 1 }
    });
    found.collect()
}

fn kind(adapter: &wgpu::Adapter) -> DeviceKind {
    match adapter.get_info().device_type {
        wgpu::DeviceType::DiscreteGpu => DeviceKind::DiscreteGpu,
        wgpu::DeviceType::IntegratedGpu => DeviceKind::IntegratedGpu,
        wgpu::DeviceType::VirtualGpu => DeviceKind::VirtualGpu,
        wgpu::DeviceType::Cpu => DeviceKind::Software,
        wgpu::DeviceType::Other => DeviceKind::Other,
    }
}

impl Found {
    fn describe(&self) -> DeviceInfo {
        let limits = self.adapter.limits();
        DeviceInfo {
            backend: format!("{}:{}", self.api, self.index),
            name: self.adapter.get_info().name,
            kind: kind(&self.adapter),
            largest_buffer: Some(limits.max_buffer_size),
            storage_buffers: Some(limits.max_storage_buffers_per_shader_stage),
            vendor: Some(self.adapter.get_info().vendor),
            limitation: limitation(&limits),
        }
    }
}

pub(super) fn list() -> Vec<DeviceInfo> {
    adapters(&instance()).iter().map(Found::describe).collect()
}

/// Opens a GPU of an API: the best one, the one of an index, or the first one with a text in its name.
pub(super) fn open(api: &str, which: Option<&str>) -> Result<Device, DeviceError> {
    /// GPUs of this process, so that all engines share one device.
    static KNOWN: Mutex<BTreeMap<(String, usize), Arc<GpuDevice>>> = Mutex::new(BTreeMap::new());
    let instance = instance();
    let mut here: Vec<Found> = adapters(&instance).into_iter().filter(|found| found.api == api).collect();
    let asked = which.map_or_else(|| api.to_owned(), |which| format!("{api}:{which}"));
    if here.is_empty() {
        return Err(DeviceError::Missing { name: asked, reason: "no driver found".to_owned() });
    }
    let names = here.iter().map(|found| format!("{api}:{} {}", found.index, found.adapter.get_info().name));
    let names = names.collect::<Vec<_>>().join(", ");
    let place = match which {
        None => best(&here),
        Some(which) => here.iter().position(|found| match which.parse::<usize>() {
            Ok(index) => found.index == index,
            Err(_) => found.adapter.get_info().name.to_lowercase().contains(&which.to_lowercase()),
        }),
    };
    let Some(place) = place else {
        return Err(DeviceError::Missing { name: asked, reason: format!("the GPUs of this API are {names}") });
    };
    let Found { adapter, index, .. } = here.swap_remove(place);
    let name = adapter.get_info().name;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let gpu = known
        .entry((api.to_owned(), index))
        .or_insert_with(|| Arc::new(GpuDevice::new(instance, adapter, name.clone())));
    let device = Device { processor: Processor::Gpu(Arc::clone(gpu)), name };
    if gpu.limitation().is_none() {
        return Ok(device);
    }
    #[cfg(feature = "burn")]
    return device.reference();
    #[cfg(not(feature = "burn"))]
    Err(DeviceError::Missing { name: asked, reason: gpu.limitation().unwrap_or_default() })
}

/// Position of the best adapter: discrete, integrated, virtual, others.
fn best(here: &[Found]) -> Option<usize> {
    let order = [DeviceKind::DiscreteGpu, DeviceKind::IntegratedGpu, DeviceKind::VirtualGpu];
    let rank = |found: &Found| order.iter().position(|&kind_| kind_ == kind(&found.adapter)).unwrap_or(order.len());
    (0..here.len()).min_by_key(|&at| rank(&here[at]))
}
