//! GPU of a browser.

use std::sync::Arc;

use super::gpu::{GpuDevice, wgpu};
use super::{Device, DeviceError, Processor};

fn missing(reason: String) -> DeviceError {
    DeviceError::Missing { name: "webgpu".to_owned(), reason }
}

/// Opens the adapter that the browser chooses.
pub(super) async fn open() -> Result<Device, DeviceError> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::BROWSER_WEBGPU;
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..wgpu::RequestAdapterOptions::default()
    };
    let instance = wgpu::Instance::new(descriptor);
    let adapter = instance.request_adapter(&options).await.map_err(|error| missing(error.to_string()))?;
    let name = adapter.get_info().name;
    let name = if name.is_empty() { "WebGPU".to_owned() } else { format!("{name} (WebGPU)") };
    let gpu = GpuDevice::new(instance, adapter, name.clone());
    if let Some(limitation) = gpu.limitation() {
        return Err(missing(limitation));
    }
    Ok(Device { processor: Processor::Gpu(Arc::new(gpu)), name })
}
